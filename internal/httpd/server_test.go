package httpd

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/config"
)

// configured is a server of an http.conf that does not listen.
func configured(t *testing.T, text string) *Server {
	t.Helper()
	f, err := config.Parse("http.conf", []byte(text), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	g, problems := Load(f, nil)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	s := NewServer(Config{Logger: slog.New(slog.DiscardHandler), Name: "Test/1", Folder: t.TempDir(),
		MayUpload: func(r *http.Request) bool { return r.Header.Get("X-Boss") != "" }})
	s.settings.Store(g)
	return s
}

func ask(s *Server, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	s.serve(w, r)
	return w.Result()
}

// Which page a request gets, and what where there is none, as on Asterisk 22.
func TestPages(t *testing.T) {
	s := configured(t, "[general]\nenabled=yes\nbindaddr=127.0.0.1\nenable_status=yes\nenable_static=yes\nredirect=/ /static/index.html\n"+
		"[/secret]\ntype=restriction\ndeny=0.0.0.0/0\npermit=10.0.0.0/8\n")
	page := func(name string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, name+" "+r.URL.Path) })
	}
	s.Handle(Page{Path: "/one", Handler: page("one")})
	s.Handle(Page{Path: "/secret", Below: true, Handler: page("secret")})
	s.Handle(Page{Path: "/off", Handler: page("off"), On: func() bool { return false }})
	if err := os.MkdirAll(filepath.Join(s.config.Folder, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"a.css": "body{}", "sub/b": "text"} {
		if err := os.WriteFile(filepath.Join(s.config.Folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc", filepath.Join(s.config.Folder, "etc")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		from, method, path string
		status             int
		words              string
	}{
		{"", "GET", "/", 302, ""}, {"", "GET", "/one", 200, "one /one"}, {"", "GET", "/ONE", 200, "one"}, {"", "GET", "/one/x", 404, "was not found"},
		{"", "GET", "/off", 404, "<address>Test/1</address>"}, {"", "GET", "/secret", 403, "Access denied by ACL"}, {"", "GET", "/secret/x", 403, ""},
		{"10.1.2.3:4", "GET", "/secret/x", 200, "secret /secret/x"}, {"10.1.2.3:4", "GET", "/secretary", 404, ""},
		{"", "GET", "/static/a.css", 200, "body{}"}, {"", "HEAD", "/static/a.css", 200, ""}, {"", "POST", "/static/a.css", 501, "unimplemented"},
		{"", "GET", "/static/sub/b", 200, "text"}, {"", "GET", "/static/sub", 404, ""}, {"", "GET", "/static", 403, ""}, {"", "GET", "/static/nosuch", 404, ""},
		{"", "GET", "/static/../../etc/passwd", 403, "permission"}, {"", "GET", "/static/%2e%2e/x", 403, ""}, {"", "GET", "/static/etc/passwd", 404, ""},
		{"", "GET", "/httpstatus?a=<b>", 200, "Submitted GET Variable 'a'</i></td><td>&lt;b&gt;"}, {"", "POST", "/httpstatus", 501, ""},
	} {
		r := httptest.NewRequestWithContext(t.Context(), c.method, c.path, nil)
		if c.from != "" {
			r.RemoteAddr = c.from
		}
		answer := ask(s, r)
		body, _ := io.ReadAll(answer.Body)
		if answer.StatusCode != c.status || !strings.Contains(string(body), c.words) || answer.Header.Get("Server") != "Test/1" {
			t.Errorf("%s %s: %d %q", c.method, c.path, answer.StatusCode, body)
		}
	}
}

// Below a prefix there is what was at the root, and nothing else is; a name of its own
// is said instead of ours, or none.
func TestPrefixAndName(t *testing.T) {
	for name, want := range map[string]string{"servername=Phones\n": "Phones", "servername=\n": "", "": "Test/1"} {
		s := configured(t, "[general]\nenabled=yes\nbindaddr=127.0.0.1\nprefix=asterisk\nenable_status=yes\n"+name)
		for path, status := range map[string]int{"/asterisk/httpstatus": 200, "/httpstatus": 404, "/asteriskhttpstatus": 404, "/asterisk": 404} {
			answer := ask(s, httptest.NewRequestWithContext(t.Context(), "GET", path, nil))
			if answer.StatusCode != status || answer.Header.Get("Server") != want {
				t.Errorf("%s: %d by %q, want %d by %q", path, answer.StatusCode, answer.Header.Get("Server"), status, want)
			}
		}
	}
}

// Files are posted by who may, whole, and nowhere but into their folder.
func TestUploads(t *testing.T) {
	folder := t.TempDir()
	s := configured(t, "[general]\nenabled=yes\nbindaddr=127.0.0.1\n[post_mappings]\nup="+folder+"\n")
	post := func(boss, name string, cut int) int {
		var b bytes.Buffer
		form := multipart.NewWriter(&b)
		part, _ := form.CreateFormFile("f", name)
		_, _ = io.WriteString(part, "content")
		_ = form.Close()
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/up", bytes.NewReader(b.Bytes()[:b.Len()-cut]))
		r.Header.Set("Content-Type", form.FormDataContentType())
		if boss != "" {
			r.Header.Set("X-Boss", boss)
		}
		return ask(s, r).StatusCode
	}
	for _, c := range []struct {
		boss, name string
		cut, want  int
	}{{"", "a", 0, 403}, {"x", "a", 0, 200}, {"x", "../b", 0, 200}, {"x", ".hidden", 0, 500}, {"x", "cut", 60, 500}} {
		if got := post(c.boss, c.name, c.cut); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
	list, _ := os.ReadDir(folder)
	if len(list) != 2 || list[0].Name() != "a" || list[1].Name() != "b" {
		t.Errorf("the folder has %v, want a and b", list)
	}
}

// Pages change while the server runs, connections stay; sockets that change are new.
func TestReconfigure(t *testing.T) {
	s := NewServer(Config{Logger: slog.New(slog.DiscardHandler)})
	base := Settings{Address: "127.0.0.1:0", Sessions: 10, KeepAlive: 1e9, Inactivity: 1e9, Body: 1000}
	for i, change := range []func(*Settings){func(*Settings) {}, func(g *Settings) { g.Status = true }, func(g *Settings) { g.Sessions = 11 }} {
		before, _ := s.Address()
		g := base
		change(&g)
		if err := s.Configure(&g); err != nil {
			t.Fatal(err)
		}
		after, ok := s.Address()
		if !ok || (before == after) != (i == 1) {
			t.Errorf("change %d: from %v to %v", i, before, after)
		}
	}
	if err := s.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, ok := s.Address(); ok {
		t.Error("it is closed and served")
	}
}

// The names that OpenSSL has for cipher suites are understood, expressions ignored.
func TestCipherNames(t *testing.T) {
	ids, unknown := cipherSuites("ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:HIGH:!aNULL:!EDH-RSA-DES-CBC3-SHA:DHE-RSA-AES128-SHA,ecdhe-rsa-aes256-gcm-sha384")
	if len(ids) != 3 || ids[0] != 0xc02f || ids[1] != 0xcca9 || ids[2] != 0xc030 || len(unknown) != 1 || unknown[0] != "DHE-RSA-AES128-SHA" {
		t.Errorf("%x, unknown %v", ids, unknown)
	}
}
