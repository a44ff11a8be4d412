package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if file := os.Getenv("STORE_TEST_WRITE"); file != "" {
		writeAndHang(file)
	}
	goleak.VerifyTestMain(m)
}

var cache = filepath.Join(os.TempDir(), "octothorpe-test-cache")

func open(t testing.TB, file string) *Database {
	t.Helper()
	d := New(slog.New(slog.DiscardHandler))
	d.Open(file, cache)
	t.Cleanup(func() { shut(t, d) })
	if err := d.Ready(soon(t)); err != nil {
		t.Fatal(err)
	}
	return d
}

func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func shut(t testing.TB, d *Database) {
	t.Helper()
	if err := d.Close(soon(t)); err != nil {
		t.Error(err)
	}
}

// fill puts "family key value" lines.
func fill(d *Database, lines ...string) {
	for _, line := range lines {
		words := strings.SplitN(line, " ", 3)
		_ = d.Put(words[0], words[1], words[2])
	}
}

func TestEntriesSurviveARestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a b?#%.sqlite3")
	d := open(t, file)
	fill(d, "a x 1", "a y/z 2", "b x 3", "b gone 4")
	if ok, _ := d.Del("b", "gone"); !ok {
		t.Error("Del of an entry reports that there was none")
	}
	if ok, _ := d.Del("b", "gone"); ok {
		t.Error("Del of nothing reports an entry")
	}
	shut(t, d)
	if _, err := os.Stat(file); err != nil {
		t.Fatal(err)
	}
	d = open(t, file)
	want := []Entry{{"/a/x", "1"}, {"/a/y/z", "2"}, {"/b/x", "3"}}
	if got := d.List("", ""); !reflect.DeepEqual(got, want) {
		t.Errorf("after a restart %v, want %v", got, want)
	}
	if got := d.Keys("a"); !reflect.DeepEqual(got, []string{"x", "y"}) {
		t.Errorf("Keys(a) = %v, want x and y", got)
	}
	if n := d.DelTree("a", ""); n != 2 || len(d.List("", "")) != 1 {
		t.Errorf("DelTree(a) = %d, %d left; want 2 and 1", n, len(d.List("", "")))
	}
	shut(t, d)
	if d = open(t, file); len(d.List("", "")) != 1 {
		t.Errorf("what was deleted is back: %v", d.List("", ""))
	}
}

// What Asterisk 22's console answered.
func TestListsAreTheReferences(t *testing.T) {
	d := New(slog.New(slog.DiscardHandler))
	fill(d, "fam key 1", "Fam key 2", "fam sub/key 3", "family key 4", "f_m x 5", "fa% x 6", "fam Key 7", "/lead/ /k 8", " k 9", "fam  e", "fam a two words")
	for _, c := range []struct{ family, part, want string }{
		{"", "", "//k //lead///k /Fam/key /f_m/x /fa%/x /fam/ /fam/Key /fam/a /fam/key /fam/sub/key /family/key"},
		{"fam", "", "/Fam/key /fam/ /fam/Key /fam/a /fam/key /fam/sub/key"},
		{"FAM", "", "/Fam/key /fam/ /fam/Key /fam/a /fam/key /fam/sub/key"},
		{"f_m", "", "/Fam/key /f_m/x /fam/ /fam/Key /fam/a /fam/key /fam/sub/key"},
		{"fa%", "", "/Fam/key /fa%/x /fam/ /fam/Key /fam/a /fam/key /fam/sub/key /family/key"},
		{"fam", "sub", "/fam/sub/key"},
		{"fam", "su", ""},
		{"fam", "a", "/fam/a"},
		{"/fam", "", ""},
	} {
		if got := keys(d.List(c.family, c.part)); got != c.want {
			t.Errorf("List(%q, %q) = %s, want %s", c.family, c.part, got, c.want)
		}
	}
	for key, want := range map[string]string{"key": "/Fam/key /fam/Key /fam/key /fam/sub/key /family/key", "KEY": "/Fam/key /fam/Key /fam/key /fam/sub/key /family/key", "sub/key": "/fam/sub/key"} {
		if got := keys(d.ListKey(key)); got != want {
			t.Errorf("ListKey(%q) = %s, want %s", key, got, want)
		}
	}
	if _, ok := d.Get("FAM", "key"); ok {
		t.Error("Get does not mind the case")
	}
	if v, _ := d.Get("/lead/", "/k"); v != "8" {
		t.Errorf("Get(/lead/, /k) = %q, want 8", v)
	}
	for _, c := range []struct {
		family, part string
		want         int
	}{{"fam", "su", 0}, {"fam", "sub", 1}, {"fam", "", 5}, {"nofam", "", 0}, {"fa%", "", 2}, {"", "", 3}} {
		if got := d.DelTree(c.family, c.part); got != c.want {
			t.Errorf("DelTree(%q, %q) = %d, want %d", c.family, c.part, got, c.want)
		}
	}
}

func keys(list []Entry) string {
	var words []string
	for _, e := range list {
		words = append(words, e.Key)
	}
	return strings.Join(words, " ")
}

func TestLike(t *testing.T) {
	for _, c := range []struct {
		text, pattern string
		want          bool
	}{{"", "", true}, {"", "%", true}, {"a", "", false}, {"abc", "a%c", true}, {"abc", "%b%", true}, {"abc", "a_", false}, {"aXbXc", "a%x%C", true},
		{"ä", "_", true}, {"Ä", "ä", false}, {"aab", "%ab", true}, {"/a/", "/a/%", true}, {"/ab/", "/a/%", false}} {
		if got := like(c.text, c.pattern); got != c.want {
			t.Errorf("like(%q, %q) = %t, want %t", c.text, c.pattern, got, c.want)
		}
	}
}

func TestWalkTakesNamesLiterally(t *testing.T) {
	d := New(slog.New(slog.DiscardHandler))
	fill(d, "r_c b 2", "r_c a 1", "rxc a 3", "R_C a 4", "r_c/d a 5")
	var got []string
	d.Walk("/r_c/", func(e Entry) bool {
		got = append(got, e.Key)
		_, _ = d.Del("r_c", "b") // must not deadlock
		return len(got) < 2
	})
	if want := "[/r_c/a /r_c/b]"; fmt.Sprint(got) != want {
		t.Errorf("walked %v, want %s", got, want)
	}
}

func TestReadsWaitForTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "astdb.sqlite3")
	d := open(t, file)
	fill(d, "a x old", "a y old")
	shut(t, d)
	d = New(slog.New(slog.DiscardHandler))
	fill(d, "a x new") // before the file is known: it wins
	d.Open(file, cache)
	defer shut(t, d)
	if v, _ := d.Get("a", "y"); v != "old" {
		t.Errorf("a read right after Open gives %q, want old", v)
	}
	if v, _ := d.Get("a", "x"); v != "new" {
		t.Errorf("an early write was lost: %q", v)
	}
}

// writeAndHang is the process that TestCommittedEntriesSurviveAKill kills.
func writeAndHang(file string) {
	d := New(slog.New(slog.DiscardHandler))
	d.Open(file, cache)
	for i := range 500 {
		_ = d.Put("a", fmt.Sprint(i), "x")
	}
	if err := d.Sync(context.Background()); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("synced")
	for i := 0; ; i++ { // in the midst of further commits
		_ = d.Put("b", fmt.Sprint(i%1000), fmt.Sprint(i))
	}
}

func TestCommittedEntriesSurviveAKill(t *testing.T) {
	file := filepath.Join(t.TempDir(), "astdb.sqlite3")
	run := exec.Command(os.Args[0])
	run.Env = append(os.Environ(), "STORE_TEST_WRITE="+file)
	out, err := run.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	said := make([]byte, 6)
	if _, err := out.Read(said); err != nil || string(said) != "synced" {
		t.Errorf("the writer said %q, %v", said, err)
	}
	if err := run.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = run.Wait()
	d := open(t, file)
	if err := d.Degraded(); err != nil {
		t.Fatal(err)
	}
	if n := len(d.List("a", "")); n != 500 {
		t.Errorf("%d of 500 entries survived", n)
	}
}

func TestAFileThatCannotBeUsedLeavesTheExchangeRunning(t *testing.T) {
	for name, make := range map[string]func(t *testing.T, file string){
		"damaged": func(t *testing.T, file string) {
			if err := os.WriteFile(file, []byte("this is no database, and long enough to be taken for one"), 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"a folder": func(t *testing.T, file string) {
			if err := os.Mkdir(file, 0o700); err != nil {
				t.Fatal(err)
			}
		},
		"no folder": func(t *testing.T, file string) {
			if err := os.Remove(filepath.Dir(file)); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "db", "astdb.sqlite3")
			if err := os.Mkdir(filepath.Dir(file), 0o700); err != nil {
				t.Fatal(err)
			}
			make(t, file)
			before, _ := os.ReadFile(file)
			d := open(t, file)
			if err := d.Degraded(); err == nil || !strings.Contains(err.Error(), file) {
				t.Errorf("Degraded() = %v, want the file's name", err)
			}
			fill(d, "a b c")
			if v, ok := d.Get("a", "b"); !ok || v != "c" {
				t.Errorf("Get = %q, %v; want c", v, ok)
			}
			if err := d.Sync(soon(t)); !errors.Is(err, ErrInMemory) {
				t.Errorf("Sync = %v, want ErrInMemory", err)
			}
			if after, _ := os.ReadFile(file); string(after) != string(before) {
				t.Error("the file was changed")
			}
		})
	}
}

// A file that somebody else holds, or that can't be written: entries are read,
// changes stay in memory until writing works again.
func TestALockedFileIsWrittenLater(t *testing.T) {
	file := filepath.Join(t.TempDir(), "astdb.sqlite3")
	d := open(t, file)
	fill(d, "a x 1")
	if err := d.Sync(soon(t)); err != nil {
		t.Fatal(err)
	}
	other := New(slog.New(slog.DiscardHandler))
	db, err := other.load(file, cache)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec("INSERT INTO astdb VALUES('/o/o', 'o')"); err != nil {
		t.Fatal(err)
	}
	fill(d, "a x 2")
	if err := d.Sync(soon(t)); err == nil || d.Degraded() == nil {
		t.Errorf("Sync of a locked file = %v, degraded %v", err, d.Degraded())
	}
	if v, _ := d.Get("a", "x"); v != "2" {
		t.Errorf("Get = %q while the file is locked, want 2", v)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := d.Sync(soon(t)); err != nil || d.Degraded() != nil {
		t.Errorf("Sync after that = %v, degraded %v", err, d.Degraded())
	}
	again := New(slog.New(slog.DiscardHandler))
	readBack, err := again.load(file, cache)
	if err != nil {
		t.Fatal(err)
	}
	defer readBack.Close()
	if v, _ := again.Get("a", "x"); v != "2" {
		t.Errorf("the file has %q, want 2", v)
	}
}

func TestWithoutAFile(t *testing.T) {
	d := New(slog.New(slog.DiscardHandler))
	fill(d, "a x 1")
	if v, _ := d.Get("a", "x"); v != "1" {
		t.Errorf("Get = %q, want 1", v)
	}
	if err := d.Sync(soon(t)); !errors.Is(err, ErrInMemory) {
		t.Errorf("Sync = %v, want ErrInMemory", err)
	}
	shut(t, d)
}

func BenchmarkGet(b *testing.B) {
	d := open(b, filepath.Join(b.TempDir(), "astdb.sqlite3"))
	for i := range 10000 {
		_ = d.Put("cidname", fmt.Sprint(i), "somebody")
	}
	for b.Loop() {
		if _, ok := d.Get("cidname", "5000"); !ok {
			b.Fatal("gone")
		}
	}
}

func BenchmarkPutAndSync1000(b *testing.B) {
	d := open(b, filepath.Join(b.TempDir(), "astdb.sqlite3"))
	n := 0
	for b.Loop() {
		for i := range 1000 {
			n++
			_ = d.Put("registrar/contact", fmt.Sprint(i), fmt.Sprint(n))
		}
		if err := d.Sync(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}
