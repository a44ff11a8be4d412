package manager

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/octothorpe/octothorpe/internal/httpd"
)

// browser asks the pages of a trial, with the cookie that it was given.
type browser struct {
	*trial
	pages  *httpd.Server
	byPath map[string]http.Handler
	cookie string
}

func (k *trial) browser() *browser {
	b := &browser{trial: k, pages: httpd.NewServer(httpd.Config{Logger: slog.New(slog.DiscardHandler)}), byPath: map[string]http.Handler{}}
	for _, p := range k.Pages(b.pages) {
		b.byPath[p.Path] = p
	}
	return b
}

// do asks with headers, key and value in turn.
func (b *browser) do(method, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(b.t.Context(), method, target, strings.NewReader(body))
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	if b.cookie != "" {
		r.Header.Set("Cookie", b.cookie)
	}
	w := httptest.NewRecorder()
	b.byPath[r.URL.Path].ServeHTTP(w, r)
	if set := w.Header().Get("Set-Cookie"); set != "" && b.cookie == "" {
		b.cookie, _, _ = strings.Cut(set, ";")
	}
	return w
}

func (b *browser) get(target string) string { return b.do("GET", target, "").Body.String() }

const denied = "Response: Error\r\nMessage: Permission denied\r\n\r\n"

// What the reference answers over HTTP, in the three dresses.
func TestHTTPSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newTrial(t, "")
		defer k.end()
		b := k.browser()
		if got := b.get("/rawman?action=ping"); got != denied {
			t.Errorf("nobody logged in: %q", got)
		}
		b.cookie = ""
		w := b.do("GET", "/rawman?action=login&username=boss&secret=secret", "")
		if got := w.Header().Get("Set-Cookie"); !regexp.MustCompile(`^mansession_id="[0-9a-f]{32}"; Version=1; Max-Age=60$`).MatchString(got) {
			t.Errorf("cookie %q", got)
		}
		if got := w.Body.String(); got != "Response: Success\r\nMessage: Authentication accepted\r\n\r\n" {
			t.Errorf("login: %q", got)
		}
		b.get("/rawman?action=userevent&userevent=X%20Y&X-Foo%20Bar=1&A=%3Cb%3E&a=2&q=%0d%0az")
		want := "<ajax-response>\n<response type='object' id='d'><generic response='Success' message='Waiting for Event completed.' /></response>\n" +
			"<response type='object' id='d'><generic event='UserEvent' privilege='user,all' userevent='X Y' x_foo_bar='1' a='&lt;b&gt;' a-2='2' q='  z' /></response>\n" +
			"<response type='object' id='d'><generic event='WaitEventComplete' /></response>\n</ajax-response>\n"
		got := regexp.MustCompile(`(?m)^.*SuccessfulAuth.*\n`).ReplaceAllString(b.get("/mxml?action=waitevent&timeout=1&ajaxdest=d"), "")
		if got != want {
			t.Errorf("XML %q\nwant %q", got, want)
		}
		if got := b.get("/manager?action=challenge&authtype=md5"); !strings.Contains(got, "<tr><td>Response</td><td>Success</td></tr>\n<tr><td>Challenge</td>") {
			t.Errorf("HTML %q", got)
		}
		if got := b.do("POST", "/rawman?action=logoff", "action=nosuch", "Content-Type", "application/x-www-form-urlencoded").Body.String(); !strings.Contains(got, "unknown command: nosuch") {
			t.Errorf("a form: %q", got)
		}
		if got := b.get("/rawman?action=events&eventmask=user&since=x-1"); !strings.Contains(got, string(errSinceWeb)) {
			t.Errorf("Since: %q", got)
		}
		if w := b.do("PUT", "/rawman", ""); w.Code != http.StatusNotImplemented {
			t.Errorf("PUT: %d", w.Code)
		}
		if w := b.do("POST", "/rawman", "action=ping&x="+strings.Repeat("y", 50_000), "Content-Type", "application/x-www-form-urlencoded"); w.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("a large form: %d", w.Code)
		}
		if got := b.get("/rawman?action=logoff"); !strings.HasPrefix(got, "Response: Goodbye") {
			t.Errorf("logoff: %q", got)
		}
		if got := b.get("/rawman?action=ping"); got != denied {
			t.Errorf("after logoff: %q", got)
		}
	})
}

// A session ends when nobody asks for its time, and what it held is gone.
func TestHTTPSessionEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newTrial(t, "[general](+)\nhttptimeout=20\n")
		defer k.end()
		b := k.browser()
		b.get("/rawman?action=login&username=boss&secret=secret")
		for range 5 {
			time.Sleep(19 * time.Second)
			if got := b.get("/rawman?action=ping"); !strings.Contains(got, "Pong") {
				t.Fatalf("too early: %q", got)
			}
		}
		began := time.Now()
		b.get("/rawman?action=events&eventmask=call")
		b.get("/rawman?action=waitevent&timeout=0") // what came until now
		b.get("/rawman?action=waitevent")
		if took := time.Since(began); took != 10*time.Second {
			t.Errorf("WaitEvent took %v, want ten seconds less than the session has", took)
		}
		if n := len(k.Sessions()); n != 1 {
			t.Errorf("%d sessions", n)
		}
		time.Sleep(21 * time.Second)
		synctest.Wait()
		if n := len(k.Sessions()); n != 0 || len(k.web) != 0 || len(k.hub.streams) != 0 {
			t.Errorf("%d sessions, %d of HTTP, %d streams are left", n, len(k.web), len(k.hub.streams))
		}
		if got := b.get("/rawman?action=ping"); got != denied {
			t.Errorf("then: %q", got)
		}
	})
}

// A session of HTTP that nobody asks for events is ended, not filled.
func TestHTTPSessionThatForgetsItsEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newTrial(t, "[general](+)\nqueuelimit=50000\n")
		defer k.end()
		b := k.browser()
		b.get("/rawman?action=login&username=boss&secret=secret")
		for n := range 2000 {
			tick(k, n)
			if n%100 == 0 {
				synctest.Wait()
			}
		}
		synctest.Wait()
		if got := b.get("/rawman?action=ping"); got != denied {
			t.Errorf("%q", got)
		}
	})
}

// Digest authentication: once for each count, of the account that may.
func TestDigest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newTrial(t, "[far]\nsecret=secret\nread=all\nwrite=all\ndeny=0.0.0.0/0\n")
		defer k.end()
		b := k.browser()
		demand := func() string {
			w := b.do("GET", "/amxml?action=ping", "")
			m := regexp.MustCompile(`^Digest algorithm=MD5, realm="asterisk", nonce="([0-9a-f]+)", qop="auth", opaque="[0-9a-f]+"$`).FindStringSubmatch(w.Header().Get("WWW-Authenticate"))
			if w.Code != http.StatusUnauthorized || m == nil {
				t.Fatalf("%d %q", w.Code, w.Header())
			}
			return m[1]
		}
		ask := func(user, secret, nonce string, count int, uri string) *httptest.ResponseRecorder {
			answer := hexMD5(strings.Join([]string{hexMD5(user + ":asterisk:" + secret), nonce, fmt.Sprintf("%08x", count), "c", "auth", hexMD5("GET:" + uri)}, ":"))
			return b.do("GET", "/amxml?action=ping", "", "Authorization", fmt.Sprintf(`Digest username="%s", realm="asterisk", nonce="%s", uri="%s", qop=auth, nc=%08x, cnonce="c", response="%s"`,
				user, nonce, uri, count, answer))
		}
		nonce := demand()
		const uri = "/amxml?action=ping"
		for _, c := range []struct {
			user, secret, nonce string
			count               int
			uri                 string
			want                int
		}{
			{"boss", "wrong", nonce, 1, uri, 401}, {"nobody", "secret", nonce, 1, uri, 401}, {"far", "secret", nonce, 1, uri, 403},
			{"boss", "secret", "made up", 1, uri, 401}, {"boss", "secret", nonce, 2, "/other", 401}, {"boss", "secret", demand(), 1, uri, 200},
			{"boss", "secret", nonce, 2, uri, 401}, // its first right answer was another's
		} {
			if w := ask(c.user, c.secret, c.nonce, c.count, c.uri); w.Code != c.want {
				t.Errorf("%+v: %d", c, w.Code)
			}
		}
		nonce = demand()
		for count, want := range []int{401, 200, 200} {
			if w := ask("boss", "secret", nonce, count, uri); w.Code != want {
				t.Errorf("count %d: %d, want %d", count, w.Code, want)
			}
		}
		if w := ask("boss", "secret", nonce, 2, uri); w.Code != 401 || !strings.Contains(w.Header().Get("WWW-Authenticate"), "stale=true") {
			t.Errorf("the same again: %d", w.Code)
		}
		if n := len(k.Sessions()); n != 2 {
			t.Errorf("%d sessions, want one for each challenge", n)
		}
	})
}

// A browser has objects for messages, in both directions.
func TestWebSocketSession(t *testing.T) {
	k := newTrial(t, "")
	b := k.browser()
	server := httptest.NewServer(b.byPath["/ami"])
	defer server.Close()
	defer k.end()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	c, _, err := websocket.Dial(ctx, strings.Replace(server.URL, "http", "ws", 1)+"/ami", &websocket.DialOptions{Subprotocols: []string{"ami"}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	send := func(text string) {
		if err := c.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	want := func(want string) {
		t.Helper()
		if _, got, err := c.Read(ctx); err != nil || string(got) != want {
			t.Fatalf("%q, %v; want %q", got, err, want)
		}
	}
	want(`{"Greeting":"Asterisk Call Manager/11.0.0"}`)
	send(`{"Action":"Ping"}`)
	want(`{"Response":"Error","Message":"Permission denied"}`)
	send(`{"Action":"Login","Username":"boss","Secret":"secret","Events":"user","ActionID":1}`)
	want(`{"Response":"Success","ActionID":"1","Message":"Authentication accepted"}`)
	for _, text := range []string{`[1]`, `{"Action":{"x":1}}`, `nonsense`, `{"Action":`} {
		send(text)
		want(`{"Response":"Error","Message":"A message is a JSON object of texts, numbers, true, false and lists of these: {\"Action\": \"Ping\"}"}`)
	}
	send(`{"Action":"UserEvent","UserEvent":"x","Line":["a\r\nb","\u2028\"<"],"None":null}`)
	want(`{"Response":"Success","Message":"Event Sent"}`)
	want(`{"Event":"UserEvent","Privilege":"user,all","UserEvent":"x","Line":["a  b","\u2028\"<"]}`)
	send(`{"Action":"Logoff"}`)
	want(`{"Response":"Goodbye","Message":"Thanks for all the fish."}`)
	if _, _, err := c.Read(ctx); err == nil {
		t.Error("the connection is still there")
	}
}

// Posting files is for who may change the configuration.
func TestMayUpload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newTrial(t, "")
		defer k.end()
		for user, want := range map[string]bool{"boss&secret=secret": true, "clerk&secret=pencil": false, "boss&secret=wrong": false} {
			b := k.browser()
			b.get("/rawman?action=login&username=" + user)
			r := httptest.NewRequestWithContext(t.Context(), "POST", "/up", nil)
			r.Header.Set("Cookie", b.cookie)
			if got := k.MayUpload(r); got != want {
				t.Errorf("%s: %v", user, got)
			}
		}
	})
}
