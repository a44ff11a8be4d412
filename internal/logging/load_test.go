package logging

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestLoggerConf(t *testing.T) {
	general := []Line{{Key: "dateformat", Value: "%F %T", Number: 1}, {Key: "dateformat", Value: "%T", Number: 2}, {Key: "use_callids", Value: "no", Number: 3},
		{Key: "rotatestrategy", Value: "sideways", Number: 4}, {Key: "log_calls", Value: "yes", Number: 5}, {Key: "datefromat", Value: "x", Number: 6},
		{Key: "logger_queue_limit", Value: "500", Number: 7}}
	files := []Line{{Key: "console", Value: "notice,verbose(3)"}, {Key: "full", Value: "[json]*"}, {Key: "/abs/x", Value: "[fancy]notice,loud", Number: 9},
		{Key: "syslog.local3", Value: "error"}, {Key: "syslog.nofac", Value: "error", Number: 11}, {Key: "nothing", Value: ""}}
	s, problems := Load(general, files, "/log")
	if s.DateFormat != "%F %T" || !s.NoCallIDs || s.QueueLimit != 500 || s.RotateStrategy != "" {
		t.Errorf("general: %+v", s)
	}
	if s.Console != noticeBit|verboseBit || s.ConsoleVerbosity != 3 {
		t.Errorf("console: %s, %d", s.Console, s.ConsoleVerbosity)
	}
	want := []FileSettings{{"/log/full", allBits, AnyVerbosity, "json"}, {"/abs/x", noticeBit, -1, "default"}, {"/log/nothing", 0, -1, "default"}}
	if fmt.Sprint(s.Files) != fmt.Sprint(want) {
		t.Errorf("files %v, want %v", s.Files, want)
	}
	if len(s.Syslogs) != 1 || s.Syslogs[0].Path != "syslog.local3" {
		t.Errorf("syslogs %v", s.Syslogs)
	}
	var lines []string
	for _, p := range problems {
		lines = append(lines, fmt.Sprintf("%d %s", p.Number, p.What))
	}
	if got, want := strings.Join(lines, "\n"), `4 rotatestrategy = sideways is not known
5 option log_calls is known and not honoured yet: calls have no file of their own
6 unknown option datefromat
9 unknown formatter fancy: default is used
9 unknown level loud
11 syslog.nofac: unknown facility`; got != want {
		t.Errorf("problems\n%s\nwant\n%s", got, want)
	}
}

func TestLevels(t *testing.T) {
	for _, c := range []struct {
		text, levels, unknown string
		verbosity             int
	}{
		{"notice, WARNING ,error", "NOTICE WARNING ERROR", "", -1},
		{"verbose(3),verbose", "VERBOSE", "", 3},
		{"verbose(x)", "VERBOSE", "verbose(x)", -1},
		{"*", "DEBUG TRACE NOTICE WARNING ERROR VERBOSE DTMF FAX SECURITY", "", AnyVerbosity},
		{"", "", "", -1},
		{"dtmf,,cc", "DTMF", "cc", -1},
	} {
		levels, verbosity, unknown := ParseLevels(c.text)
		if levels.String() != c.levels || verbosity != c.verbosity || strings.Join(unknown, ",") != c.unknown {
			t.Errorf("%q: %s, %d, %v; want %s, %d, %s", c.text, levels, verbosity, unknown, c.levels, c.verbosity, c.unknown)
		}
	}
}

// What Asterisk 22 wrote at that moment.
func TestDates(t *testing.T) {
	at := time.Date(2026, 11, 21, 6, 40, 37, 188_500_000, time.UTC)
	for format, want := range map[string]string{
		"%q|%2q": "188|18",
		"%s|%p %I %j %y %D %R %a %A %B %h %U %Z %z %k %l %n%t%%": "1795243237|AM 06 325 26 11/21/26 06:40 Sat Saturday November Nov 46 UTC +0000  6  6 \n\t%",
		usual:            "Nov 21 06:40:37",
		"%F %T.%3q %6q%": "2026-11-21 06:40:37.188 188500%",
		"%i":             "%i",
	} {
		if got := string(appendDate(nil, at, format)); got != want {
			t.Errorf("%q: got %q, want %q", format, got, want)
		}
	}
}

func TestChannelsComeAndGo(t *testing.T) {
	dir := t.TempDir()
	l := New()
	defer l.Close()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	if err := l.Apply(Settings{Files: []FileSettings{{Path: a, Levels: noticeBit | debugBit}}}); err != nil {
		t.Fatal(err)
	}
	if err := l.Add(FileSettings{Path: b, Levels: warningBit, Formatter: "json"}, true); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range l.Channels() {
		got = append(got, fmt.Sprintf("%s %s %s%s%t", filepath.Base(c.Name), c.Kind, c.Formatter, c.Configuration(), c.Dynamic))
	}
	if want := "b File json - WARNING true; a File default - DEBUG NOTICE false"; strings.Join(got, "; ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, "; "), want)
	}
	if !l.Remove(b) || l.Remove(b) {
		t.Error("Remove reports the wrong thing")
	}
	l.Slog().Warn("for nobody")
	l.Flush()
	if text, _ := os.ReadFile(b); len(text) > 0 {
		t.Errorf("a removed channel got %q", text)
	}
	if err := l.Apply(Settings{Files: []FileSettings{{Path: filepath.Join(a, "below"), Levels: allBits}, {Path: b, Levels: allBits}}}); err == nil || len(l.Channels()) != 1 {
		t.Errorf("a file below a file: %v, %d channels", err, len(l.Channels()))
	}
}
