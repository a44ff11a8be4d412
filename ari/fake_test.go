package ari

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// A pipes is a listener in memory.
type pipes struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), done: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.done) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "memory"} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	a, b := net.Pipe()
	select {
	case p.conns <- b:
		return a, nil
	case <-p.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// A fake is a server of ARI: its WebSockets tell what the test says, and requests are
// answered by a function.
type fake struct {
	t       *testing.T
	pipes   *pipes
	server  *http.Server
	sockets chan *fakeSocket // those that were opened
	// refuse may answer an attempt to open a WebSocket.
	refuse func(w http.ResponseWriter, r *http.Request) bool
	// forgetful has it know nothing of places.
	forgetful bool
	// before is called with each request.
	before func(request string)

	mu      sync.Mutex
	answers map[string]string // "GET /channels": "200 [...]"
	framed  int               // requests that came over a WebSocket
	asked   []string
}

type fakeSocket struct {
	*websocket.Conn
	query string
}

func newFake(t *testing.T) *fake {
	f := &fake{t: t, pipes: newPipes(), sockets: make(chan *fakeSocket, 16), answers: map[string]string{}}
	f.server = &http.Server{Handler: f}
	var running sync.WaitGroup
	running.Go(func() { _ = f.server.Serve(f.pipes) })
	t.Cleanup(func() {
		_ = f.server.Close()
		running.Wait()
	})
	return f
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/ari")
	if path == "/events" && r.Method == http.MethodGet {
		if f.refuse != nil && f.refuse(w, r) {
			return
		}
		if since := r.URL.Query().Get("since"); since != "" && !f.forgetful {
			w.Header().Set(sinceHeader, since)
		}
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		conn.SetReadLimit(1 << 20)
		f.sockets <- &fakeSocket{conn, r.URL.Query().Encode()}
		f.read(conn)
		return
	}
	body, _ := io.ReadAll(r.Body)
	status, text := f.answer(r.Method, path, string(body))
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

// read answers requests over the WebSocket until it ends.
func (f *fake) read(conn *websocket.Conn) {
	for {
		_, b, err := conn.Read(context.Background())
		if err != nil {
			return
		}
		var r RESTRequest
		if err := json.Unmarshal(b, &r); err != nil || r.Type != "RESTRequest" {
			f.t.Errorf("a client sends %s", b)
			return
		}
		f.mu.Lock()
		f.framed++
		f.mu.Unlock()
		status, text := f.answer(r.Method, "/"+r.URI, r.MessageBody)
		if status == 0 {
			continue // silence
		}
		out, _ := json.Marshal(struct {
			Type string `json:"type"`
			RESTResponse
		}{"RESTResponse", RESTResponse{TransactionID: r.TransactionID, RequestID: r.RequestID, StatusCode: status, MessageBody: text}})
		if conn.Write(context.Background(), websocket.MessageText, out) != nil {
			return
		}
	}
}

func (f *fake) answer(method, path, body string) (int, string) {
	if f.before != nil {
		f.before(method + " " + path)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, strings.TrimSpace(method+" "+path+" "+body))
	answer, ok := f.answers[method+" "+path]
	if !ok {
		return http.StatusNotFound, `{"message":"nothing there"}`
	}
	var status int
	status, text := 200, answer
	if n, _ := fmt.Sscanf(answer, "%d", &status); n == 1 {
		_, text, _ = strings.Cut(answer, " ")
	}
	return status, text
}

// set says how a request is answered: "200 {}", "0" for not at all.
func (f *fake) set(request, answer string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers[request] = answer
}

func (f *fake) was() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	asked := f.asked
	f.asked = nil
	return asked
}

func (f *fake) config() Config {
	return Config{URL: "http://exchange", Username: "me", Password: "secret", Apps: []string{"app"},
		HTTPClient: &http.Client{Transport: &http.Transport{DialContext: f.pipes.dial}}}
}

// client connects, and returns the WebSocket of the client too.
func (f *fake) client(change ...func(*Config)) (*Client, *fakeSocket) {
	f.t.Helper()
	config := f.config()
	for _, one := range change {
		one(&config)
	}
	c, err := Connect(f.t.Context(), config)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = c.Close() })
	return c, f.socket()
}

// socket is the next WebSocket that is opened.
func (f *fake) socket() *fakeSocket {
	f.t.Helper()
	select {
	case s := <-f.sockets:
		return s
	case <-time.After(time.Minute):
		f.t.Fatal("no WebSocket is opened")
		return nil
	}
}

// tell tells events.
func (s *fakeSocket) tell(t *testing.T, events ...string) {
	t.Helper()
	for _, e := range events {
		if err := s.Write(t.Context(), websocket.MessageText, []byte(e)); err != nil {
			t.Fatal(err)
		}
	}
}

// Events as the tests need them.
func started(id, state string) string {
	return fmt.Sprintf(`{"type":"StasisStart","application":"app","args":["one"],"channel":%s}`, channelText(id, state))
}

func about(kind, id, state string) string {
	return fmt.Sprintf(`{"type":%q,"application":"app","channel":%s}`, kind, channelText(id, state))
}

func channelText(id, state string) string {
	return fmt.Sprintf(`{"id":%q,"name":"Local/%s","state":%q,"dialplan":{"app_name":"Stasis","app_data":"app,one"}}`, id, id, state)
}

func destroyed(id string) string {
	return fmt.Sprintf(`{"type":"ChannelDestroyed","application":"app","cause":16,"cause_txt":"Normal Clearing","channel":{"id":%q}}`, id)
}
