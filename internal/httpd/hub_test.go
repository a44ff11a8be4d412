package httpd

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var here = netip.MustParseAddrPort("127.0.0.1:5060")

// served is a server with a hub at /ws.
func served(t *testing.T) (*Hub, *httptest.Server) {
	t.Helper()
	h := NewHub("sip")
	s := httptest.NewServer(h)
	t.Cleanup(func() {
		s.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return h, s
}

func TestMessagesStayApart(t *testing.T) {
	h, s := served(t)
	l := h.Listen(true, here) // of the other sort: there is no better
	defer l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	client, _, err := websocket.Dial(ctx, strings.Replace(s.URL, "http", "ws", 1), &websocket.DialOptions{Subprotocols: []string{"sip"}})
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseNow()
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	c := accepted.(*Conn)
	defer c.Close()
	_ = c.SetReadDeadline(time.Now().Add(time.Millisecond))
	if _, err := c.ReadMessage(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("nothing came: %v, want the deadline", err)
	}
	_ = c.SetReadDeadline(time.Time{})
	for _, text := range []string{"one", "two\r\n"} {
		if err := client.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if b, err := c.ReadMessage(); err != nil || string(b) != text {
			t.Errorf("got %q, %v; want %q", b, err, text)
		}
	}
	if err := c.WriteMessage([]byte("three")); err != nil {
		t.Fatal(err)
	}
	if _, b, err := client.Read(ctx); err != nil || string(b) != "three" {
		t.Errorf("the phone got %q, %v", b, err)
	}
	_ = client.CloseNow()
	if _, err := c.ReadMessage(); err == nil {
		t.Error("a connection that is gone was read")
	}
}

func TestWhoIsRefused(t *testing.T) {
	h, s := served(t)
	ask := func(protocol string, upgrade bool, method string) int {
		r, err := http.NewRequestWithContext(t.Context(), method, s.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		if upgrade {
			r.Header = http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="},
				"Sec-Websocket-Version": {"13"}, "Sec-Websocket-Protocol": {protocol}}
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		return answer.StatusCode
	}
	if got := ask("sip", true, "GET"); got != 400 {
		t.Errorf("nobody listens: %d, want 400", got)
	}
	l := h.Listen(false, here)
	for _, test := range []struct {
		protocol string
		upgrade  bool
		method   string
		want     int
	}{{"", false, "GET", 426}, {"", false, "POST", 501}, {"", true, "GET", 400}, {"ari", true, "GET", 400}} {
		if got := ask(test.protocol, test.upgrade, test.method); got != test.want {
			t.Errorf("%+v: %d", test, got)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept after Close: %v", err)
	}
}
