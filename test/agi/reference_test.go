package agi

import (
	"bufio"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/ami"
	"github.com/octothorpe/octothorpe/test/blackbox"
)

// recorded are the sessions that were recorded with a real Asterisk, and that internal/exchange plays on every run.
const recorded = "../../internal/exchange/testdata/agi/*.txt"

// TestReference plays the recorded sessions on a real Asterisk again: it still answers what they say.
func TestReference(t *testing.T) {
	port := blackbox.Port(t)
	x := asterisk(t, map[string]string{"aeap.conf": engines(port)})
	x.engine(t, port)
	files, err := filepath.Glob(recorded)
	if err != nil || len(files) == 0 {
		t.Fatal("no sessions", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) { x.replay(t, read(t, file)) })
	}
}

// What differs in every run.
var changing = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`endpos=[1-9]\d*`), "endpos=N"},
	{regexp.MustCompile(`^E agi_(uniqueid|threadid|version|channel): .*`), "E agi_$1: N"},
	{regexp.MustCompile(`agi://127\.0\.0\.1:\d+|agi://HOST`), "agi://HOST"},
}

func normal(line string) string {
	for _, c := range changing {
		line = c.pattern.ReplaceAllString(line, c.with)
	}
	return line
}

// replay sends the commands of a session and compares the replies. Lines of a session: "> " a command, "< " its reply,
// "E " the environment, "* " what the events told, which is left to internal/exchange.
func (x *exchange) replay(t *testing.T, session string) {
	l := x.listen(t)
	if _, err := x.Do(within(t), ami.Action("Originate", "Channel", "Local/quiet@agi", "Context", "agi", "Exten", "s", "Priority", "1",
		"CallerID", `"Ann Onymous" <555>`, "Variable", "PROGRAM=agi://"+l.Addr().String()+"/script/sub?a=1&b=2", "Async", "true")); err != nil {
		t.Fatal(err)
	}
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(3 * time.Minute))
	in := bufio.NewReader(conn)
	line := func() string {
		text, err := in.ReadString('\n')
		if err != nil {
			t.Fatalf("the connection: %v", err)
		}
		return strings.TrimSuffix(text, "\n")
	}
	var got []string
	for text := line(); text != ""; text = line() {
		if strings.Contains(session, "\nE ") {
			got = append(got, "E "+text)
		}
	}
	var want []string
	for _, asked := range strings.Split(strings.TrimSpace(session), "\n") {
		if !strings.HasPrefix(asked, "#") && !strings.HasPrefix(asked, "* ") {
			want = append(want, asked)
		}
		switch {
		case asked == "!hangup":
			got = append(got, asked)
			if _, err := x.Do(within(t), ami.Action("Hangup", "Channel", "/^Local/quiet@agi.*$/")); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second) // as when it was recorded: nothing tells a program between two commands
		case strings.HasPrefix(asked, "> "):
			got = append(got, asked)
			fmt.Fprintf(conn, "%s\n", asked[2:])
			got = append(got, reply(line)...)
		}
	}
	for i := range max(len(want), len(got)) {
		w, g := "", ""
		if i < len(want) {
			w = normal(want[i])
		}
		if i < len(got) {
			g = normal(got[i])
		}
		if w != g {
			t.Fatalf("line %d is %q, recorded was %q, after %q", i, g, w, got[max(0, i-1)])
		}
	}
}

// reply reads what comes back for a command. Of the help of a 520 only its frame counts.
func reply(line func() string) (lines []string) {
	for {
		text := line()
		lines = append(lines, "< "+text)
		switch {
		case text == "HANGUP", strings.HasPrefix(text, "100 "):
			continue
		case strings.HasPrefix(text, "520-"):
			for text = line(); !strings.HasPrefix(text, "520 "); text = line() {
			}
			lines = append(lines, "< "+text)
		}
		return lines
	}
}
