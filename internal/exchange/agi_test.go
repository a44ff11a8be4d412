package exchange

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
)

// agiPlan is the dialplan of the recorded sessions: the leg at s runs AGI.
const agiPlan = `[agi]
exten => s,1,Answer()
 same => n,AGI(agi://%[1]s/script/sub?a=1&b=2,one,two three)
 same => n,NoOp(${AGISTATUS})
exten => h,1,NoOp(h)
exten => quiet,1,Answer()
 same => n,Wait(600)
[sub]
exten => s,1,Set(X=${ARG1})
 same => n,Return(retval)
`

// TestAGIReference plays the commands of recorded sessions and compares what comes back.
func TestAGIReference(t *testing.T) {
	files, err := filepath.Glob("testdata/agi/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no sessions", err)
	}
	cases := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		session := strings.ReplaceAll(string(text), "/tmp/agirec", filepath.Join(t.TempDir(), "recording"))
		cases += strings.Count(session, "\n> ")
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			replay(t, session)
		})
	}
	if cases < 200 {
		t.Errorf("%d commands are compared, fewer than there were", cases)
	}
}

// replay is one session.
func replay(t *testing.T, session string) {
	l, err := net.Listen("tcp", loopback+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	k := begin(t, fmt.Sprintf(agiPlan, l.Addr()))
	defer k.end()
	var mu sync.Mutex
	var results []string
	k.bus.Subscribe(event.Kinds(event.KindAGIExecEnd), func(s event.Stamped) {
		e := s.Event.(*event.AGIExecEnd)
		mu.Lock()
		results = append(results, fmt.Sprintf("* %d %s", e.ResultCode, e.Result))
		mu.Unlock()
	})
	boss := k.login()
	boss.answer("Action: Originate\nChannel: Local/quiet@agi\nContext: agi\nExten: s\nPriority: 1\nCallerID: \"Ann Onymous\" <555>\nAsync: true")
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(2 * time.Minute))
	in := bufio.NewReader(conn)
	line := func() string {
		text, err := in.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSuffix(text, "\n")
	}
	var got, early []string
	for text := line(); text != ""; text = line() {
		if strings.Contains(session, "\nE ") {
			got = append(got, "E "+text)
		}
	}
	for _, asked := range strings.Split(session, "\n") {
		switch {
		case asked == "!hangup":
			got = append(got, asked)
			k.execute("channel request hangup all")
			early = append(early, "< "+line()) // HANGUP, which was recorded with the next reply
		case strings.HasPrefix(asked, "> "):
			got = append(append(got, asked), early...)
			early = nil
			fmt.Fprintf(conn, "%s\n", asked[2:])
			got = append(got, reply(line)...)
			mu.Lock()
			got = append(got, results...) // told before the reply
			results = nil
			mu.Unlock()
		}
	}
	want := slices.DeleteFunc(strings.Split(strings.TrimSpace(session), "\n"), func(s string) bool { return strings.HasPrefix(s, "#") })
	compareLines(t, want, got)
}

// reply reads what comes back for a command.
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

// Of what differs in every run, and what is our own.
var ours = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`endpos=[1-9]\d*`), "endpos=N"},
	{regexp.MustCompile(`^E agi_(uniqueid|threadid|version|channel): .*`), "E agi_$1: N"},
	{regexp.MustCompile(loopback + `:\d+`), "HOST"},
	{regexp.MustCompile(`RECORD FILE /\S+/recording`), "RECORD FILE RECORDING"},
}

func compareLines(t *testing.T, want, got []string) {
	t.Helper()
	normal := func(lines []string) []string {
		lines = slices.Clone(lines)
		for i := range lines {
			for _, o := range ours {
				lines[i] = o.pattern.ReplaceAllString(lines[i], o.with)
			}
		}
		return lines
	}
	want, got = normal(want), normal(got)
	command := ""
	for i := range max(len(want), len(got)) {
		w, g := "", ""
		if i < len(want) {
			w = want[i]
		}
		if i < len(got) {
			g = got[i]
		}
		if strings.HasPrefix(w, "> ") {
			command = w
		}
		if w != g {
			t.Fatalf("after %s: line %d is %q, the reference's %q", command, i, g, w)
		}
	}
}

// TestAGIScript runs a local script: its environment, its arguments, and how its end
// is told.
func TestAGIScript(t *testing.T) {
	k := prepareTrial(t, `[house]
exten => _[a-z].,1,AGI(${EXTEN}.sh,one,"two three")
 same => n,UserEvent(Done,Status: ${AGISTATUS},Name: ${NAME})
exten => ear,1,Answer()
 same => n,EAGI(ear.sh)
 same => n,UserEvent(Done,Status: ${AGISTATUS},Name: ${NAME})
exten => 1,1,Answer()
 same => n,Milliwatt()
`)
	scripts := k.dirs.AGI
	if err := os.MkdirAll(scripts, 0o755); err != nil {
		t.Fatal(err)
	}
	const head = "#!/bin/sh\nwhile read l && [ -n \"$l\" ]; do case $l in agi_arg_2*) arg=${l#*: };; esac; done\n"
	for name, text := range map[string]string{
		"good":   head + "echo \"SET VARIABLE NAME \\\"$#/$2/$arg/${AST_AGI_DIR##*/}\\\"\"; read r\n",
		"bad":    head + "exit 3\n",
		"killed": head + "kill -9 $$\n",
		"unread": "#!/bin/sh\necho SET VARIABLE NAME early\n",
		"noshow": "#!/no/such/interpreter\n",
		"ear":    head + "n=$(head -c 3200 <&3 | tr -d '\\000' | wc -c); [ $n -gt 1000 ] && n=heard; echo SET VARIABLE NAME $n; read r\n",
		// closes its output and goes on
		"behind": head + "echo SET VARIABLE NAME gone; read r; trap '' HUP; exec >&- <&-; exec sleep 3\n",
	} {
		if err := os.WriteFile(filepath.Join(scripts, name+".sh"), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(scripts, "plain.sh"), []byte("text\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := k.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan string, 1)
	k.bus.Subscribe(event.Kinds(event.KindUserEvent), func(s event.Stamped) {
		e := s.Event.(*event.UserEvent)
		done <- e.Fields[0].Value + " " + e.Fields[1].Value
	})
	for name, want := range map[string]string{"good": "SUCCESS 2/two three/two three/agi-bin", "bad": "FAILURE ", "killed": "FAILURE ", "unread": "SUCCESS early",
		"noshow": "FAILURE ", "plain": "FAILURE ", "missing": "NOTFOUND ", "ear": "SUCCESS heard", "behind": "SUCCESS gone"} {
		k.execute("channel originate Local/1@house extension " + name + "@house")
		select {
		case got := <-done:
			if got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		case <-time.After(patient):
			t.Errorf("%s: the dialplan does not go on", name)
		}
		k.execute("channel request hangup all")
	}
	k.end()
}

// TestAGILeavesNothing runs many sessions with servers that behave badly, and counts
// what stays open.
func TestAGILeavesNothing(t *testing.T) {
	l, err := net.Listen("tcp", loopback+":0")
	if err != nil {
		t.Fatal(err)
	}
	var servers sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	servers.Go(func() {
		for n := 0; ; n++ {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			servers.Go(func() {
				defer conn.Close()
				switch n % 5 {
				case 0: // closes at once
				case 1:
					fmt.Fprint(conn, strings.Repeat("x", 1<<20)) // a line without an end
				case 2:
					fmt.Fprint(conn, "\x00\xff\x00\nNOOP\nSTREAM FI") // binary, half a line
				case 3:
					_ = conn.(*net.TCPConn).SetLinger(0) // resets
					fmt.Fprint(conn, "ANSWER\n")
				case 4:
					for range 1000 { // does not read
						fmt.Fprint(conn, "NOOP\n")
					}
				}
			})
		}
	})
	k := begin(t, fmt.Sprintf("[house]\nexten => 1,1,AGI(agi://%s)\n same => n,UserEvent(Done,Status: ${AGISTATUS})\nexten => 2,1,Wait(60)\n", l.Addr()))
	done := make(chan struct{}, 100)
	k.bus.Subscribe(event.Kinds(event.KindUserEvent), func(event.Stamped) { done <- struct{}{} })
	sessions := func(n int) {
		t.Helper()
		for range n {
			k.execute("channel originate Local/1@house application Wait 5")
			select {
			case <-done:
			case <-time.After(patient):
				t.Fatal("the dialplan does not go on")
			}
			k.execute("channel request hangup all")
		}
		k.eventually("no leg stands", func() bool { return k.channels.Count() == 0 })
	}
	sessions(20)
	before := descriptors(t)
	sessions(100)
	if after := descriptors(t); after > before+5 {
		t.Errorf("%d descriptors after 100 sessions, %d before", after, before)
	}
	cancel()
	<-ctx.Done()
	_ = l.Close()
	servers.Wait()
	k.end()
}

func descriptors(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip(err)
	}
	return len(list)
}
