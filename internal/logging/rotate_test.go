package logging

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestRotationStrategies(t *testing.T) {
	for _, c := range []struct{ strategy, want string }{
		{"", "messages:4 messages.0:1 messages.1:2 messages.2:3"},
		{"sequential", "messages:4 messages.0:1 messages.1:2 messages.2:3"},
		{"rotate", "messages:4 messages.0:3 messages.1:2 messages.2:1"},
		{"none", "messages:1234"},
	} {
		t.Run("strategy "+c.strategy, func(t *testing.T) {
			dir := t.TempDir()
			l := New()
			defer l.Close()
			if err := l.Apply(Settings{RotateStrategy: c.strategy, Files: []FileSettings{{Path: filepath.Join(dir, "messages"), Levels: allBits}}}); err != nil {
				t.Fatal(err)
			}
			for i, word := range []string{"1", "2", "3", "4"} {
				if i > 0 {
					if err := l.Rotate(); err != nil {
						t.Fatal(err)
					}
				}
				l.Slog().Warn(word)
			}
			l.Flush()
			if got := contents(t, dir); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// contents lists the files of a folder with the last word of each line.
func contents(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		text, _ := os.ReadFile(filepath.Join(dir, e.Name()))
		words := ""
		for line := range strings.Lines(string(text)) {
			words += line[strings.LastIndexByte(line, ' ')+1 : len(line)-1]
		}
		list = append(list, e.Name()+":"+words)
	}
	return strings.Join(list, " ")
}

func TestTimestampsOfRotatedFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := putAway(path, "timestamp", time.Unix(1234, 0))
	if err != nil || got != path+".1234" {
		t.Errorf("%s, %v; want .1234", got, err)
	}
	if got, err = putAway(path, "", time.Now()); got != "" || err != nil {
		t.Errorf("a file that is gone: %s, %v", got, err)
	}
}

func TestACommandRunsAfterRotation(t *testing.T) {
	dir := t.TempDir()
	l := New()
	defer l.Close()
	s := Settings{AfterRotate: "mv ${filename} ${filename}.done", Files: []FileSettings{{Path: filepath.Join(dir, "m"), Levels: allBits}}}
	if err := l.Apply(s); err != nil {
		t.Fatal(err)
	}
	l.Slog().Warn("1")
	if err := l.Rotate(); err != nil {
		t.Fatal(err)
	}
	if got, want := contents(t, dir), "m: m.0.done:1"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	s.AfterRotate = "exit 3"
	if err := l.Apply(s); err != nil {
		t.Fatal(err)
	}
	if err := l.Rotate(); err == nil {
		t.Error("a command that fails is not reported")
	}
}

// What is logged while logger.conf is read again is in a file, the old or the new
// one, or counted.
func TestReloadLosesNoLine(t *testing.T) {
	dir := t.TempDir()
	l := New()
	defer l.Close()
	apply := func() {
		if err := l.Apply(Settings{Files: []FileSettings{{Path: filepath.Join(dir, "m"), Levels: warningBit}, {Path: filepath.Join(dir, "m"), Levels: warningBit}}}); err != nil {
			t.Error(err)
		}
	}
	apply()
	const lines = 2000
	said := make(chan struct{})
	go func() {
		defer close(said)
		for range lines {
			l.Slog().Warn("w1")
		}
	}()
	for done := false; !done; apply() {
		select {
		case <-said:
			done = true
		default:
		}
	}
	l.Flush()
	text, err := os.ReadFile(filepath.Join(dir, "m"))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), "w1\n") + int(l.Dropped()); n != lines {
		t.Errorf("%d lines are written or counted, want %d; %d were dropped", n, lines, l.Dropped())
	}
	if n := int(l.Dropped()); n > lines/10 {
		t.Errorf("%d of %d lines were dropped", n, lines)
	}
}

// A file that somebody else put away is begun anew by a reload.
func TestReloadOpensFilesAnew(t *testing.T) {
	dir := t.TempDir()
	l := New()
	defer l.Close()
	l.SetBanner("Octothorpe 1")
	s := Settings{Files: []FileSettings{{Path: filepath.Join(dir, "m"), Levels: warningBit}}}
	for _, word := range []string{"1", "2"} {
		if err := l.Apply(s); err != nil {
			t.Fatal(err)
		}
		l.Slog().Warn("w" + word)
		l.Flush()
		if word == "1" {
			if err := os.Rename(filepath.Join(dir, "m"), filepath.Join(dir, "old")); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got, want := contents(t, dir), "m:1w2 old:1w1"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
