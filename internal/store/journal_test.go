package store

import (
	"context"
	"database/sql"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// openIn opens a database in a folder; its engine may have to be compiled.
func openIn(t *testing.T, dir string) *Database {
	t.Helper()
	d := New(slog.New(slog.DiscardHandler))
	d.Open(filepath.Join(dir, "astdb.sqlite3"), "")
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	if err := d.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	return d
}

func closeIt(t *testing.T, d *Database) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := d.Close(ctx); err != nil {
		t.Error(err)
	}
}

// While somebody keeps the file, changes can't be committed. A process that is killed then
// finds them again, those that removed something, too.
func TestChangesOutliveTheProcessBeforeTheirCommit(t *testing.T) {
	dir, after := t.TempDir(), t.TempDir()
	d := openIn(t, dir)
	for _, key := range []string{"old", "gone"} {
		if err := d.Put("family", key, "1"); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	other, err := sql.Open("sqlite3", "file:"+filepath.Join(dir, "astdb.sqlite3"))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	tx, err := other.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec("INSERT INTO astdb(key, value) VALUES('/family/other', 'x')"); err != nil {
		t.Fatal(err)
	}
	_ = d.Put("family", "new", "2")
	_ = d.Put("family", "old", "3")
	_, _ = d.Del("family", "gone")
	want := len(appendChange(appendChange(appendChange(nil, "/family/new", new(string)), "/family/old", new(string)), "/family/gone", nil)) + 2
	var left []string
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		size := 0
		left, _ = filepath.Glob(filepath.Join(dir, "*"+journalName+"*"))
		for _, name := range left {
			text, _ := os.ReadFile(name)
			size += len(text)
		}
		if size == want {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%d bytes of %d are in the journal %v", size, want, left)
		}
	}
	// What is there now is what a killed process leaves: the journal, and a file without the changes.
	for _, name := range left {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, 0, 0, 0, 200, 1) // a write that did not come to its end
		if err := os.WriteFile(filepath.Join(after, filepath.Base(name)), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	closeIt(t, d)
	if left, _ := filepath.Glob(filepath.Join(dir, "*"+journalName+"*")); len(left) > 0 {
		t.Errorf("after a commit there is still %v", left)
	}

	base := openIn(t, after) // where nothing of it was committed
	for key, want := range map[string]string{"new": "2", "old": "3"} {
		if got, ok := base.Get("family", key); !ok || got != want {
			t.Errorf("%s is %q, %v; want %q", key, got, ok, want)
		}
	}
	if _, ok := base.Get("family", "gone"); ok {
		t.Error("what was removed has come back")
	}
	closeIt(t, base)
	if left, _ := filepath.Glob(filepath.Join(after, "*"+journalName+"*")); len(left) > 0 {
		t.Errorf("after the commit of what was taken up there is still %v", left)
	}
	again := openIn(t, after)
	if got, _ := again.Get("family", "old"); got != "3" {
		t.Errorf("old is %q", got)
	}
	closeIt(t, again)
}

func FuzzChange(f *testing.F) {
	value := "value"
	f.Add(appendChange(appendChange(nil, "/a/b", &value), "/c/d", nil))
	f.Add([]byte{0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, '+'})
	f.Fuzz(func(t *testing.T, b []byte) {
		for rest := b; ; {
			key, value, more, ok := cutChange(rest)
			if !ok {
				return
			}
			again := appendChange(nil, key, value)
			if key2, value2, _, ok := cutChange(again); !ok || key2 != key || (value == nil) != (value2 == nil) || value != nil && *value != *value2 {
				t.Errorf("%q %v became %q %v", key, value, key2, value2)
			}
			rest = more
		}
	})
}
