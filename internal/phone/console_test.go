package phone

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/config"
)

// load reads a configuration out of a text.
func load(t testing.TB, technology, text string) (*Model, []config.Diagnostic) {
	t.Helper()
	file, err := config.Parse(strings.ToLower(technology)+".conf", []byte(text), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	l := &Loader{Version: "Asterisk PBX 22.10.1+dfsg+~cs6.17.60671434-1"}
	if technology == SIP {
		l.Version = "Asterisk PBX 16.28.0~dfsg-0+deb11u4"
		return l.LoadSIP(file)
	}
	return l.LoadPJSIP(file)
}

// run types a command at a driver's console and returns what it prints.
func run(t *testing.T, d *Driver, line string) (string, bool) {
	t.Helper()
	words := strings.Fields(line)
	var best command.Console
	length := 0
	for _, c := range d.Console() {
		if n, ok := matches(c.Name, words); ok && n > length {
			best, length = c, n
		}
	}
	if length == 0 {
		return "", false
	}
	var out bytes.Buffer
	err := best.Run(context.Background(), &command.ConsoleRequest{Words: words, Args: words[length:], Out: &out})
	if usage := (*command.UsageError)(nil); errors.As(err, &usage) {
		return "usage", true
	}
	if err != nil {
		fmt.Fprintf(&out, "%v\nCommand '%s' failed.\n", err, line)
	}
	return out.String(), true
}

// matches compares typed words with a command's name, in which {a|b} is a choice.
func matches(name string, words []string) (int, bool) {
	parts := strings.Fields(name)
	if len(words) < len(parts) {
		return 0, false
	}
	for i, p := range parts {
		if !slices.Contains(strings.Split(strings.Trim(p, "{}"), "|"), words[i]) {
			return 0, false
		}
	}
	return len(parts), true
}

// The commands of which the record shows the state of a running stack.
var needsStack = regexp.MustCompile(`^(pjsip show version|pjsip reload|pjsip send notify|sip show (channels|subscriptions|sched|objects|tcp|mwi|history.*|channel .*)|sip (notify|prune).*|sip qualify peer reina|pjsip show subscriptions.*|sip set debug peer reina|sip set history on|sip show peers.*|sip show peer .*)$`)

func TestConsoleIsTheReferences(t *testing.T) {
	for _, record := range []struct{ file, technology, conf string }{
		{"cli/testdata/reference/console-pjsip-idle", PJSIP, "pjsip.conf"},
		{"cli/testdata/reference/console-sip-office", SIP, "sip.conf"},
		{"manager/testdata/reference/pjsip-objects", PJSIP, "pjsip.conf"},
		{"manager/testdata/reference/sip-objects", SIP, "sip.conf"},
	} {
		archive, err := txtar.ParseFile(filepath.Join("..", record.file+".txtar"))
		if err != nil {
			t.Fatal(err)
		}
		var d *Driver
		for _, f := range archive.Files {
			if f.Name == record.conf {
				m, _ := load(t, record.technology, string(f.Data))
				d = New(Config{Model: m})
				d.setStatic(m)
			}
		}
		objects := strings.HasSuffix(record.file, "-objects")
		for _, f := range archive.Files {
			if objects && f.Name == "received" {
				d.location.put(recordedContact(string(f.Data)))
			}
		}
		for _, f := range archive.Files {
			line, ok := strings.CutPrefix(f.Name, "console ")
			if !ok || !strings.HasPrefix(line, strings.ToLower(record.technology)) || !objects && needsStack.MatchString(line) {
				continue
			}
			t.Run(strings.ReplaceAll(line, " ", "_"), func(t *testing.T) {
				got, known := run(t, d, line)
				want := string(f.Data)
				if strings.HasPrefix(want, "No such command") {
					if known {
						t.Errorf("%s is answered with %q, and the reference does not know it", line, got)
					}
					return
				}
				if got, want = timeless(got), timeless(want); got != want {
					t.Errorf("%s\n%s", line, difference(got, want))
				}
			})
		}
	}
}

// timeless takes out what differs from run to run.
func timeless(s string) string {
	s = regexp.MustCompile(`\(exp\. \d+s\)`).ReplaceAllString(s, "(exp. Ns)")
	s = regexp.MustCompile(`(Expire +): \d+`).ReplaceAllString(s, "$1: N")
	return strings.TrimRight(s, "\n")
}

// difference shows the lines that are not the same.
func difference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	var b strings.Builder
	for i := range max(len(g), len(w)) {
		var x, y string
		if i < len(g) {
			x = g[i]
		}
		if i < len(w) {
			y = w[i]
		}
		if x != y {
			b.WriteString("got  |" + x + "|\nwant |" + y + "|\n")
		}
	}
	return b.String()
}

// anyPort has a transport listen at any free port, so that tests may run side by side.
func (t *Transport) anyPort() {
	t.Bind, t.free = netip.AddrPortFrom(t.Bind.Addr(), 0), true
}
