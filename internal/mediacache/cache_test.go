package mediacache

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// astDB is one in memory.
type astDB struct {
	mu      sync.Mutex
	entries map[string]string // by /family/key
}

func (d *astDB) Get(family, key string) (string, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	value, ok := d.entries["/"+family+"/"+key]
	return value, ok
}

func (d *astDB) Put(family, key, value string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.entries["/"+family+"/"+key] = value
	return nil
}

func (d *astDB) Del(family, key string) (bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.entries, "/"+family+"/"+key)
	return true, nil
}

func (d *astDB) Keys(prefix string) (names []string) {
	d.Walk(prefix, func(e store.Entry) bool {
		names = append(names, strings.TrimPrefix(e.Key, "/"+prefix+"/"))
		return true
	})
	return names
}

func (d *astDB) Walk(prefix string, f func(store.Entry) bool) {
	d.mu.Lock()
	var list []store.Entry
	for key, value := range d.entries {
		if strings.HasPrefix(key, "/"+prefix+"/") {
			list = append(list, store.Entry{Key: key, Value: value})
		}
	}
	d.mu.Unlock()
	for _, e := range list {
		if !f(e) {
			return
		}
	}
}

// a web server, which notes what it is asked, and a cache.
type office struct {
	*Cache
	t     *testing.T
	url   string
	asked []string
	mu    sync.Mutex
}

func newOffice(t *testing.T, database Database) *office {
	o := &office{t: t}
	server := httptest.NewServer(o)
	t.Cleanup(server.Close)
	o.url = server.URL
	o.Cache = New(filepath.Join(t.TempDir(), "sounds"), database, slog.New(slog.DiscardHandler))
	t.Cleanup(o.Close)
	return o
}

// ServeHTTP answers as the path says.
func (o *office) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	line := r.URL.Path
	if tag := r.Header.Get("If-None-Match"); tag != "" {
		line += " unless " + tag
	}
	o.mu.Lock()
	o.asked = append(o.asked, line)
	o.mu.Unlock()
	query := r.URL.Query()
	for _, name := range []string{"Cache-Control", "Expires", "ETag", "Content-Type", "Location"} {
		if value := query.Get(name); value != "" {
			w.Header().Set(name, value)
		}
	}
	switch {
	case query.Get("Location") != "":
		w.WriteHeader(http.StatusFound)
	case r.URL.Path == "/gone.ulaw":
		w.WriteHeader(http.StatusNotFound)
	case r.Header.Get("If-None-Match") != "":
		w.WriteHeader(http.StatusNotModified)
	default:
		fmt.Fprint(w, strings.Repeat("~", 160))
	}
}

// answers returns what the server was asked since.
func (o *office) answers() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := strings.Join(o.asked, ", ")
	o.asked = nil
	return all
}

func (o *office) get(path string) (string, error) {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(o.t.Context(), 10*time.Second)
	defer cancel()
	return o.Retrieve(ctx, o.url+path)
}

// What Asterisk 22 asks a second time, and what it takes a sound for, by what the server said.
// It asks with HEAD whether a sound has changed; here that is one request with what follows.
func TestSoundsAreFetchedOnce(t *testing.T) {
	o := newOffice(t, &astDB{entries: map[string]string{}})
	for _, c := range []struct {
		path  string
		end   string
		again string // what is asked the second time
	}{
		{"/plain.ulaw", ".ulaw", "/plain.ulaw"},
		{"/etag.ulaw?ETag=x1", ".ulaw", "/etag.ulaw unless x1"},
		{"/age.ulaw?Cache-Control=max-age%3D100", ".ulaw", ""},
		{"/shared.ulaw?Cache-Control=max-age%3D0,+s-maxage%3D200", ".ulaw", ""},
		{"/no.ulaw?Cache-Control=no-cache,+max-age%3D100", ".ulaw", "/no.ulaw"},
		{"/store.ulaw?Cache-Control=no-store", ".ulaw", "/store.ulaw"},
		{"/must.ulaw?ETag=x1&Cache-Control=must-revalidate,+max-age%3D100", ".ulaw", "/must.ulaw unless x1"},
		{"/expires.ulaw?Expires=Wed,+01+Jan+2081+00:00:00+GMT", ".ulaw", ""},
		{"/kind?Content-Type=audio/gsm", ".gsm", "/kind"},
		{"/kind.wav?Content-Type=audio/gsm", ".gsm", "/kind.wav"},
		{"/a%20b.sln16", ".sln16", "/a b.sln16"},
		{"/kind?Content-Type=audio/basic", ".pcm", "/kind"},
		{"/kind?Content-Type=audio/mpeg", "", "/kind"},
	} {
		path, err := o.get(c.path)
		if err != nil || filepath.Ext(path) != c.end {
			t.Errorf("%s: the file is %s, %v; want %s", c.path, path, err, c.end)
		}
		if data, err := os.ReadFile(path); err != nil || len(data) != 160 {
			t.Errorf("%s: %d bytes, %v", c.path, len(data), err)
		}
		o.answers()
		if _, err := o.get(c.path); err != nil {
			t.Errorf("%s: %v", c.path, err)
		}
		if got := o.answers(); got != c.again {
			t.Errorf("%s: asked %q the second time, want %q", c.path, got, c.again)
		}
	}
}

func TestWhatCannotBeFetched(t *testing.T) {
	o := newOffice(t, &astDB{entries: map[string]string{}})
	f, err := config.Parse(File, []byte("[general]\nmax_redirects = 0\nredirect_protocols = https\nprotocols = http\n"), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, problems := Read(f)
	if len(problems) > 0 {
		t.Errorf("problems: %v", problems)
	}
	o.Configure(s)
	for path, want := range map[string]string{"/gone.ulaw": "404", "/r.ulaw?Location=/x.ulaw": "redirects"} {
		if _, err := o.get(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error with %s", path, err, want)
		}
	}
	if _, err := o.Retrieve(t.Context(), strings.Replace(o.url, "http:", "https:", 1)); err == nil || !strings.Contains(err.Error(), "not allowed") {
		t.Errorf("https: %v", err)
	}
	if _, err := o.Retrieve(t.Context(), "http:///x.ulaw"); err == nil {
		t.Error("a URL without a host was fetched")
	}
	if left, _ := filepath.Glob(filepath.Join(o.folder, "*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestSoundsSurviveARestart(t *testing.T) {
	database := &astDB{entries: map[string]string{}}
	o := newOffice(t, database)
	const path = "/age.ulaw?Cache-Control=max-age%3D1000&ETag=x1"
	first, err := o.get(path)
	if err != nil {
		t.Fatal(err)
	}
	o.answers()
	next := New(o.folder, database, slog.New(slog.DiscardHandler))
	defer next.Close()
	if again, err := next.Retrieve(t.Context(), o.url+path); again != first || err != nil || o.answers() != "" {
		t.Errorf("after a restart: %s, %v; want %s", again, err, first)
	}
	if err := os.Remove(first); err != nil {
		t.Fatal(err)
	}
	if again, err := next.Retrieve(t.Context(), o.url+path); err != nil || again == first || o.answers() == "" {
		t.Errorf("a file that is gone was not fetched: %s, %v", again, err)
	}
}

func TestOneFetchForAll(t *testing.T) {
	asked := make(chan struct{}, 10)
	let := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked <- struct{}{}
		<-let
		fmt.Fprint(w, "~~~~")
	}))
	defer server.Close()
	c := New(t.TempDir(), &astDB{entries: map[string]string{}}, slog.New(slog.DiscardHandler))
	defer c.Close()
	gone, leave := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	paths := make([]string, 5)
	wait.Go(func() {
		if _, err := c.Retrieve(gone, server.URL+"/x.ulaw"); err == nil {
			t.Error("who hung up got the sound")
		}
	})
	<-asked
	for i := range paths {
		wait.Go(func() { paths[i], _ = c.Retrieve(t.Context(), server.URL+"/x.ulaw") })
	}
	leave()
	for { // all of them wait, or the one that hung up is gone
		c.mu.Lock()
		waiting := len(c.fetching)
		c.mu.Unlock()
		if waiting == 1 {
			break
		}
	}
	close(let)
	wait.Wait()
	for _, path := range paths {
		if path == "" {
			t.Errorf("not all got the sound: %v", paths)
		}
	}
}

func TestTheOldestMakesRoom(t *testing.T) {
	c := New(t.TempDir(), &astDB{entries: map[string]string{}}, slog.New(slog.DiscardHandler))
	defer c.Close()
	c.open()
	defer c.mu.Unlock()
	for i := range mostItems {
		c.put(fmt.Sprint(i), &item{own: true, known: map[string]string{}})
	}
	c.items["7"].used = time.Time{}
	c.put("new", &item{own: true, known: map[string]string{}})
	if len(c.items) != mostItems || c.items["7"] != nil || c.items["new"] == nil {
		t.Errorf("%d are kept, 7 is %v", len(c.items), c.items["7"])
	}
}

// What is kept is bounded in bytes, after a restart, too; what has just been fetched is not what goes.
func TestBytesAreBounded(t *testing.T) {
	database := &astDB{entries: map[string]string{}}
	o := newOffice(t, database)
	small := func(c *Cache, bytes int64) *Cache {
		s := *c.settings.Load()
		s.most = bytes
		c.Configure(&s)
		return c
	}
	small(o.Cache, 400) // two sounds of 160 bytes
	paths := map[string]string{}
	for _, name := range []string{"a", "b", "c"} {
		path, err := o.get("/" + name + ".ulaw?Cache-Control=max-age%3D1000")
		if err != nil {
			t.Fatal(err)
		}
		paths[name] = path
	}
	kept := func() (names string) {
		for _, name := range []string{"a", "b", "c"} {
			if _, err := os.Stat(paths[name]); err == nil {
				names += name
			}
		}
		return names
	}
	if got := kept(); got != "bc" {
		t.Errorf("%q are kept, want b and c", got)
	}
	next := small(New(o.folder, database, slog.New(slog.DiscardHandler)), 200)
	defer next.Close()
	next.open()
	if got := kept(); len(got) != 1 || next.size != 160 {
		t.Errorf("after a restart with less room %q are kept, %d bytes", got, next.size)
	}
	next.mu.Unlock()
	small(next, 100)
	if got := kept(); got != "" || next.size != 0 {
		t.Errorf("with no room %q are kept, %d bytes", got, next.size)
	}
}

// What a killed exchange was fetching is removed, and nothing else that lies in the folder.
func TestSweepOfTheFolder(t *testing.T) {
	database := &astDB{entries: map[string]string{}}
	o := newOffice(t, database)
	known, err := o.get("/a.ulaw")
	if err != nil {
		t.Fatal(err)
	}
	then := time.Now().Add(-2 * abandonedAfter)
	write := func(name string, old bool) string {
		path := filepath.Join(o.folder, name)
		if err := os.WriteFile(path, []byte("~"), 0o600); err != nil {
			t.Fatal(err)
		}
		if old {
			if err := os.Chtimes(path, then, then); err != nil {
				t.Fatal(err)
			}
		}
		return path
	}
	if err := os.Chtimes(known, then, then); err != nil {
		t.Fatal(err)
	}
	half, current, foreign := write("1234567.wav", true), write("7654321.wav", false), write("hello.wav", true)
	next := New(o.folder, database, slog.New(slog.DiscardHandler))
	defer next.Close()
	next.open()
	next.mu.Unlock()
	for path, want := range map[string]bool{known: true, half: false, current: true, foreign: true} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s: %v", path, err)
		}
	}
}
