package httpd

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/coder/websocket"
)

// backlog is how many WebSockets may wait to be accepted. More are refused with 503:
// whoever accepts does nothing else.
const backlog = 64

// A Hub makes WebSockets of a subprotocol of the requests that ask for one.
type Hub struct {
	protocol string

	mu        sync.Mutex // a leaf
	listeners map[bool]*listener
}

// NewHub makes the hub of a subprotocol.
func NewHub(protocol string) *Hub {
	return &Hub{protocol: protocol, listeners: map[bool]*listener{}}
}

// Listen returns the listener for connections over TLS, or in the clear. at is the
// address that it says to have. One that listened before gets no more of them.
func (h *Hub) Listen(secure bool, at netip.AddrPort) net.Listener {
	l := &listener{hub: h, secure: secure, at: net.TCPAddrFromAddrPort(at), conns: make(chan *Conn, backlog), closed: make(chan struct{})}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.listeners[secure] = l
	return l
}

// listener finds who takes a connection. Where only the other sort is listened for
// that one takes it: TLS may have ended at a proxy before us.
func (h *Hub) listener(secure bool) *listener {
	h.mu.Lock()
	defer h.mu.Unlock()
	if l := h.listeners[secure]; l != nil {
		return l
	}
	return h.listeners[!secure]
}

// ServeHTTP implements http.Handler.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method != http.MethodGet:
		http.Error(w, "Attempt to use unimplemented / unsupported method", http.StatusNotImplemented)
		return
	case !strings.EqualFold(r.Header.Get("Upgrade"), "websocket"):
		w.Header().Set("Upgrade", "websocket")
		http.Error(w, "Upgrade Required", http.StatusUpgradeRequired)
		return
	}
	l := h.listener(r.TLS != nil)
	if l == nil || !h.asked(r) {
		w.Header().Set("Sec-WebSocket-Version", "13")
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if len(l.conns) == cap(l.conns) {
		http.Error(w, "too many connections wait", http.StatusServiceUnavailable)
		return
	}
	// Any page may connect, as on Asterisk: a password is asked for by SIP, and a
	// browser has none that it would send by itself.
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{h.protocol}, InsecureSkipVerify: true,
		CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return // it has answered
	}
	l.take(newConn(c, r, l.at, longestMessage))
}

// asked reports whether a request offers our subprotocol.
func (h *Hub) asked(r *http.Request) bool {
	for _, line := range r.Header.Values("Sec-WebSocket-Protocol") {
		if slices.ContainsFunc(strings.Split(line, ","), func(p string) bool { return strings.EqualFold(strings.TrimSpace(p), h.protocol) }) {
			return true
		}
	}
	return false
}

// A listener is a net.Listener of WebSockets.
type listener struct {
	hub     *Hub
	secure  bool
	at      net.Addr
	conns   chan *Conn
	closed  chan struct{}
	closing sync.Once
}

func (l *listener) take(c *Conn) {
	select {
	case <-l.closed:
		_ = c.Close()
		return
	default:
	}
	select {
	case l.conns <- c:
	default:
		_ = c.Close()
	}
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l *listener) Close() error {
	l.closing.Do(func() {
		l.hub.mu.Lock()
		if l.hub.listeners[l.secure] == l {
			delete(l.hub.listeners, l.secure)
		}
		l.hub.mu.Unlock()
		close(l.closed)
		for {
			select {
			case c := <-l.conns:
				_ = c.Close()
				continue
			default:
			}
			return
		}
	})
	return nil
}

// Addr implements net.Listener.
func (l *listener) Addr() net.Addr { return l.at }
