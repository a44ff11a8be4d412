package logging

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

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
		"full":     `^\[.*something is odd.*\n\[.{15}\] VERBOSE\[\d+\] .*: Executing \[1@a:1\] channel=.*\n$`,
	} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !regexp.MustCompile(want).Match(got) {
			t.Errorf("%s: %q, %v; want %s", name, got, err, want)
		}
	}
}

func TestRotateStartsANewFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "messages")
	l := New()
	defer l.Close()
	if err := l.AddFile(path, warningBit, -1); err != nil {
		t.Fatal(err)
	}
	l.Slog().Warn("one")
	if err := l.Rotate(); err != nil {
		t.Fatal(err)
	}
	l.Slog().Warn("two")
	l.Flush()
	old, _ := os.ReadFile(path + ".0")
	now, _ := os.ReadFile(path)
	if !regexp.MustCompile("one").Match(old) || !regexp.MustCompile("two").Match(now) || regexp.MustCompile("one").Match(now) {
		t.Errorf("old %q, now %q", old, now)
	}
}
