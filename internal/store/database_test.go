package store

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"
)

func open(t *testing.T, file string) *Database {
	t.Helper()
	d := New(slog.New(slog.DiscardHandler))
	d.Open(file, filepath.Join(os.TempDir(), "octothorpe-test-cache"))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := d.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	return d
}

func shut(t *testing.T, d *Database) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := d.Close(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestEntriesSurviveARestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "astdb.sqlite3")
	d := open(t, file)
	for _, e := range [][3]string{{"a", "x", "1"}, {"a", "y/z", "2"}, {"b", "x", "3"}, {"b", "gone", "4"}} {
		if err := d.Put(e[0], e[1], e[2]); err != nil {
			t.Fatal(err)
		}
	}
	if ok, _ := d.Del("b", "gone"); !ok {
		t.Error("Del of an entry reports that there was none")
	}
	shut(t, d)
	d = open(t, file)
	defer shut(t, d)
	want := []Entry{{"/a/x", "1"}, {"/a/y/z", "2"}, {"/b/x", "3"}}
	if got := d.List("", ""); !reflect.DeepEqual(got, want) {
		t.Errorf("after a restart %v, want %v", got, want)
	}
	if got := d.Keys("a"); !reflect.DeepEqual(got, []string{"x", "y"}) {
		t.Errorf("Keys(a) = %v, want x and y", got)
	}
	if n := d.DelTree("a", ""); n != 2 || d.Count("") != 1 {
		t.Errorf("DelTree(a) = %d, %d left; want 2 and 1", n, d.Count(""))
	}
}

func TestADamagedFileLeavesTheExchangeRunning(t *testing.T) {
	file := filepath.Join(t.TempDir(), "astdb.sqlite3")
	if err := os.WriteFile(file, []byte("this is no database, and long enough to be taken for one"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := open(t, file)
	defer shut(t, d)
	if d.Degraded() == nil {
		t.Error("a damaged file is not reported")
	}
	if err := d.Put("a", "b", "c"); err != nil {
		t.Fatal(err)
	}
	if v, ok := d.Get("a", "b"); !ok || v != "c" {
		t.Errorf("Get = %q, %v; want c", v, ok)
	}
}
