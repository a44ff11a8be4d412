package logging

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// started returns a logger with one file of all levels, and how to read it.
func started(t *testing.T, s FileSettings) (*Logger, func() string) {
	t.Helper()
	l := New()
	t.Cleanup(l.Close)
	s.Path = filepath.Join(t.TempDir(), "log", "messages")
	if s.Levels == 0 {
		s.Levels = allBits
	}
	if err := l.Add(s, false); err != nil {
		t.Fatal(err)
	}
	return l, func() string {
		t.Helper()
		l.Flush()
		text, err := os.ReadFile(s.Path)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
}

func TestLinesGoWhereTheirLevelIsWanted(t *testing.T) {
	dir := t.TempDir()
	s, problems := Load(nil, []Line{{Key: "messages", Value: "notice,warning,error"}, {Key: "full", Value: "*"}}, dir)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	l := New()
	if err := l.Apply(s); err != nil {
		t.Fatal(err)
	}
	l.SetVerbose(3)
	log := l.Slog().With("channel", "Local/1@a;1")
	log.Warn("something is odd", "why", "two words")
	Verbosef(log, 3, "Executing [%s]", "1@a:1")
	Verbosef(log, 4, "too much")
	log.Debug("not asked for")
	l.Close()
	for name, want := range map[string]string{
		"messages": `^\[.{15}\] WARNING\[\d+\] logger_test\.go: something is odd channel=Local/1@a;1 why="two words"\n$`,
		"full":     `^\[.*something is odd.*\n\[.{15}\] VERBOSE\[\d+\] logger_test\.go: Executing \[1@a:1\] channel=.*\n$`,
	} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !regexp.MustCompile(want).Match(got) {
			t.Errorf("%s: %q, %v; want %s", name, got, err, want)
		}
	}
}

// The forms are those of Asterisk 22's files and console, with our place of the code.
func TestFormsOfLines(t *testing.T) {
	e := entry{time: time.Date(2026, 11, 1, 5, 0, 7, 89e6, time.UTC), bit: noticeBit, name: "NOTICE", verbosity: -1, callID: "[C-00000001]",
		message: `hello "you"`, at: place{"Ext. 1", 5, "@ t"}}
	loud := e
	loud.bit, loud.name, loud.verbosity = verboseBit, "VERBOSE", 2
	c := &Console{color: true}
	for _, one := range []struct{ name, got, want string }{
		{"file", string(e.render(fileForm, usual, "")), `[Nov  1 05:00:07] NOTICE[PID][C-00000001] Ext. 1: hello "you"`},
		{"plain", string(e.render(plainForm, "%F %T.%3q", "")), `[2026-11-01 05:00:07.089] NOTICE[PID][C-00000001]: Ext. 1:5 @ t: hello "you"`},
		{"console", string(e.render(consoleForm, usual, "")), `[Nov  1 05:00:07] NOTICE[PID][C-00000001]: Ext. 1:5 @ t: hello "you"`},
		{"syslog", string(e.render(syslogForm, usual, "")), `NOTICE[PID][C-00000001]: Ext. 1:5 in @ t: hello "you"`},
		{"json", string(e.render(jsonForm, usual, "h")), `{"hostname":"h","timestamp":"Nov  1 05:00:07","identifiers":{"lwp":PID,"callid":"[C-00000001]"},` +
			`"logmsg":{"location":{"filename":"Ext. 1","function":"@ t","line":5},"level":"NOTICE","message":"hello \"you\"\n"}}`},
		{"verbose in a file", string(loud.render(fileForm, usual, "")), `[Nov  1 05:00:07] VERBOSE[PID][C-00000001] Ext. 1: hello "you"`},
		{"verbose on a console", string(loud.render(consoleForm, usual, "")), `  == hello "you"`},
		{"colours", string(c.decorate(&e, nil, usual)), "[Nov  1 05:00:07] \x1b[1;33mNOTICE\x1b[0m[PID][C-00000001]: \x1b[1;37mExt. 1\x1b[0m:\x1b[1;37m5\x1b[0m \x1b[1;37m@ t\x1b[0m: hello \"you\""},
		{"colours of verbose", string(c.decorate(&loud, nil, usual)), "\x1b[1;30m  == \x1b[0mhello \"you\""},
	} {
		if got := strings.ReplaceAll(one.got, pid, "PID"); got != one.want+"\n" {
			t.Errorf("%s:\ngot  %q\nwant %q", one.name, got, one.want)
		}
	}
}

func TestHeadsOfLines(t *testing.T) {
	l, read := started(t, FileSettings{Formatter: "plain"})
	log := l.Slog().With(CallID("C-0000002a"))
	log.Log(context.Background(), Notice, "named", At("Ext. 1", 7, "@ office"))
	log.WithGroup("sip").Warn("grouped", "status", 404, slog.Group("from", "host", "a b"))
	log.Error("forged\n[Nov  1 05:00:07] ERROR[1]", "name", "x\ny")
	got := regexp.MustCompile(`(?m)^\[.{15}\] |\[\d+\]|:\d+ `).ReplaceAllString(read(), "")
	want := "NOTICE[C-0000002a]: Ext. 1@ office: named\n" +
		"WARNING[C-0000002a]: logger_test.goTestHeadsOfLines: grouped sip.status=404 sip.from.host=\"a b\"\n" +
		"ERROR[C-0000002a]: logger_test.goTestHeadsOfLines: forged [Nov  1 05:00:07] ERROR name=\"x\\ny\"\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// What comes from the network can't begin a line at any level, nor steer the
// terminal of who reads, but in other characters than ASCII's it stays as it is.
func TestNothingIsForged(t *testing.T) {
	l, read := started(t, FileSettings{Formatter: "plain", Verbosity: 3})
	l.SetVerbose(3)
	l.SetDebug(3)
	l.SetTrace(1)
	log, ctx := l.Slog(), context.Background()
	const name = "a\r\n[Nov  1]\x1b[31m\x07\x7f\u009b1m\x9b1m\u2028Zoë\xe9\t"
	const want = "a  [Nov  1] [31m   1m 1m Zoë\xe9\t"
	for _, level := range []slog.Level{slog.LevelError, slog.LevelWarn, Notice, slog.LevelInfo, Verbose, DebugAt(1), Trace, DTMF, Fax, Security} {
		log.Log(ctx, level, "name "+name)
	}
	Verbosef(log, 1, "name %s", name)
	CallVerboseLines(log, 0, 1, "\nfirst\nname "+Clean(name))
	text := read()
	if n := strings.Count(text, "name "+want+"\n"); n != 12 {
		t.Errorf("%d of 12 lines are %q in\n%q", n, want, text)
	}
	if n := strings.Count(text, "\n"); n != 14 {
		t.Errorf("%d lines, want 14, in\n%q", n, text)
	}
	log.Warn("odd", "name", name)
	if text := read(); !strings.HasSuffix(text, ` odd name="a\r\n[Nov  1]\x1b[31m\a\x7f\u009b1m\x9b1m\u2028Zoë\xe9\t"`+"\n") {
		t.Errorf("%q", text[max(0, len(text)-200):])
	}
}

func TestConsoles(t *testing.T) {
	l := New()
	defer l.Close()
	var mu sync.Mutex
	seen := map[string]string{}
	attach := func(name string, s ConsoleSettings) *Console {
		s.Show = func(text []byte, _ int) {
			mu.Lock()
			defer mu.Unlock()
			seen[name] += strings.TrimSpace(string(text[bytes.LastIndexByte(text[:len(text)-1], ':')+1:])) + ","
		}
		return l.Attach(s)
	}
	quiet := attach("quiet", ConsoleSettings{Levels: warningBit | verboseBit, Verbosity: 0})
	loud := attach("loud", ConsoleSettings{Levels: allBits, Verbosity: 5})
	attach("root", ConsoleSettings{Levels: verboseBit, Verbosity: -1})
	l.SetVerbose(1)
	log := l.Slog()
	say := func() {
		for level := range 7 {
			Verbosef(log, level, "%d", level)
		}
		log.Warn("w")
	}
	check := func(want string) {
		t.Helper()
		if got := fmt.Sprint(seen); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		clear(seen)
	}
	say()
	check("map[loud:0,1,== 2,-- 3,> 4,> 5,w, quiet:0,w, root:0,1,]")
	_ = quiet
	quiet.SetVerbosity(1)
	loud.SetMuted(true)
	if l.ShowsVerbose(2) {
		t.Error("level 2 is shown by nobody and wanted")
	}
	if !quiet.SetLevel("warning", false) || quiet.SetLevel("foo", true) {
		t.Error("SetLevel takes the wrong names")
	}
	say()
	check("map[quiet:0,1, root:0,1,]")
	loud.SetMuted(false)
	loud.Detach()
	quiet.Detach()
	say()
	check("map[root:0,1,]")
}

func TestDebugByModule(t *testing.T) {
	l, read := started(t, FileSettings{Formatter: "default"})
	log, ctx := l.Slog(), context.Background()
	say := func() {
		for depth := 1; depth <= 4; depth++ {
			log.Log(ctx, DebugAt(depth), fmt.Sprint("d", depth))
		}
	}
	say()
	l.SetDebug(2)
	say()
	l.SetDebug(0)
	if before := l.SetModuleDebug("logger_test", 1); before != 0 {
		t.Errorf("before %d", before)
	}
	say()
	l.SetModuleDebug("logging", 3)
	say()
	l.SetModuleDebug("logging", 0)
	l.SetModuleDebug("logger_test", 0)
	l.SetModuleDebug("other", 4)
	say()
	log.Log(ctx, Trace, "t0")
	l.SetTrace(1)
	log.Log(ctx, Trace, "t1")
	got := regexp.MustCompile(`(?m)^.*: (.*)\n`).ReplaceAllString(read(), "$1 ")
	if want := "d1 d2 d1 d1 d2 d3 t1 "; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// blocked is a file whose disk stands still until it is let go.
type blocked struct {
	go_  chan struct{}
	text bytes.Buffer
}

func (b *blocked) Write(p []byte) (int, error) { <-b.go_; return b.text.Write(p) }
func (b *blocked) Close() error                { return nil }

func TestASlowDiskLosesLinesAndSaysSo(t *testing.T) {
	l := New()
	disk := &blocked{go_: make(chan struct{})}
	l.put(&Channel{Name: "slow", Kind: "File", Levels: allBits, Verbosity: -1, file: disk})
	l.writer.limit.Store(10)
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		for i := range 1000 {
			l.Slog().Warn("line", "n", i)
		}
	}()
	<-finished // though the disk stands still
	lost := l.Dropped()
	if lost < 900 {
		t.Errorf("%d lines were dropped, want most of 1000", lost)
	}
	close(disk.go_)
	l.Close()
	text := disk.text.String()
	if n := strings.Count(text, ": line"); n != 1000-int(lost) {
		t.Errorf("%d lines written, %d dropped", n, lost)
	}
	if !strings.Contains(text, fmt.Sprintf("%d log lines were dropped", lost)) {
		t.Errorf("the loss is not told: %s", text)
	}
	l.Slog().Warn("after the end")
	if l.Dropped() != lost+1 {
		t.Error("a line after the end is not counted")
	}
}

// full is a file on a disk that is full.
type full struct{}

func (full) Write([]byte) (int, error) {
	return 0, &os.PathError{Op: "write", Path: "/log/full", Err: syscall.ENOSPC}
}
func (full) Close() error { return nil }

// A full disk is told of elsewhere, once a minute.
func TestAFullDiskIsToldOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New()
		defer l.Close()
		var out strings.Builder
		l.SetLastResort(&out)
		l.put(&Channel{Name: "full", Kind: "File", Levels: allBits, Verbosity: -1, file: full{}})
		for range 150 {
			l.Slog().Warn("line")
			l.Flush()
			time.Sleep(time.Second)
		}
		if got, want := out.String(), strings.Repeat("lines of the log are lost: write /log/full: no space left on device\n", 3); got != want {
			t.Errorf("said %q, want %q", got, want)
		}
		if n := l.Dropped(); n != 150 {
			t.Errorf("%d lines count as dropped, want 150", n)
		}
	})
}

func BenchmarkVerboseNobodyWants(b *testing.B) {
	l := New()
	defer l.Close()
	log := l.Slog()
	for b.Loop() {
		Verbosef(log, 3, "Executing [%s] in new stack", "1@a:1")
	}
}

func BenchmarkLineToAFile(b *testing.B) {
	l := New()
	defer l.Close()
	if err := l.Add(FileSettings{Path: filepath.Join(b.TempDir(), "x"), Levels: allBits, Verbosity: -1}, false); err != nil {
		b.Fatal(err)
	}
	l.SetVerbose(3)
	log := l.Slog()
	for b.Loop() {
		Verbosef(log, 3, "Executing [%s] in new stack", "1@a:1")
	}
	b.ReportMetric(float64(l.Dropped())/float64(b.N), "dropped/op")
}

// A channel of all levels takes the Verbose lines that others want, whatever its
// own verbosity, and has none made; a record's call is found by its channel.
func TestAllLevelsAndCalls(t *testing.T) {
	l, read := started(t, FileSettings{Verbosity: AnyVerbosity})
	l.SetCallOf(func(channel string) string { return map[string]string{"A/1": "C-0000002a"}[channel] })
	log := l.Slog()
	if Shows(log, 1) {
		t.Error("lines are made that nobody wants but the channel of all levels")
	}
	other := l.Attach(ConsoleSettings{Levels: verboseBit, Verbosity: 3, Show: func([]byte, int) {}})
	defer other.Detach()
	Verbosef(log, 3, "three")
	CallVerbosef(log, 7, 3, "seven")
	log.Warn("odd", "channel", "A/1")
	log.Warn("odd", "channel", "A/2")
	got := regexp.MustCompile(`(?m)^\[.{15}\] (\w+)\[\d+\]`).ReplaceAllString(read(), "$1")
	want := "VERBOSE logger_test.go: three\nVERBOSE[C-00000007] logger_test.go: seven\n" +
		"WARNING[C-0000002a] logger_test.go: odd channel=A/1\nWARNING logger_test.go: odd channel=A/2\n"
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}
