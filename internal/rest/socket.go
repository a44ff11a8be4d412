package rest

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/google/uuid"

	"github.com/octothorpe/octothorpe/internal/rest/stasis"
)

// The limits of what waits for a WebSocket: messages and bytes.
const (
	socketMessages = 4096
	socketBytes    = 16 << 20
)

// A socket is the WebSocket of a client.
type socket struct {
	conn     *websocket.Conn
	queue    chan []byte // of what has no wire
	ended    chan struct{}
	once     sync.Once
	patience time.Duration // how long the client may take no message
	peer     string        // where the client is

	drained chan struct{} // closed by Drain
	last    sync.Once

	mu    sync.Mutex // above the wire's
	bytes int        // that wait
	wired *wire      // nil until there is a connection, and for one that we opened
}

// Send implements stasis.Socket.
func (k *socket) Send(message []byte) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.wired != nil {
		return k.wired.send(message)
	}
	if k.bytes+len(message) > socketBytes {
		return false
	}
	k.bytes += len(message)
	select {
	case k.queue <- message:
		return true
	default:
		return false
	}
}

// Peer implements stasis.Peer.
func (k *socket) Peer() string { return k.peer }

// Share implements stasis.Socket.
func (k *socket) Share(begin, end []byte) bool {
	k.mu.Lock()
	if w := k.wired; w != nil {
		defer k.mu.Unlock()
		return w.share(begin, end)
	}
	k.mu.Unlock()
	return k.Send(slices.Concat(begin, end))
}

// Waiting implements stasis.Socket.
func (k *socket) Waiting() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.wired != nil {
		return k.wired.sink.Waiting()
	}
	return k.bytes
}

// Flush implements stasis.Socket. What has no wire is written by a goroutine of its own.
func (k *socket) Flush() {
	k.mu.Lock()
	w := k.wired
	k.mu.Unlock()
	if w != nil {
		w.sink.Flush()
	}
}

// Close implements stasis.Socket. It does not wait.
func (k *socket) Close() { k.once.Do(func() { close(k.ended) }) }

// newSocket makes a WebSocket that has no connection yet.
func newSocket(patience time.Duration) *socket {
	return &socket{queue: make(chan []byte, socketMessages), ended: make(chan struct{}), drained: make(chan struct{}), patience: patience}
}

// Drain ends the socket when what waits was sent. It does not wait.
func (k *socket) Drain() { k.last.Do(func() { close(k.drained) }) }

// resumedHeader says that what came since the place in it is told first. A server that knows
// nothing of places does not say it.
const resumedHeader = "Octothorpe-Since"

// serveSocket answers GET /events: the WebSocket of one or several applications.
func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Upgrade") == "" {
		w.Header().Set("Upgrade", "websocket")
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusUpgradeRequired)
		_, _ = w.Write([]byte("<html><head><title>426 Upgrade Required</title></head><body><h1>Upgrade Required</h1></body></html>"))
		return
	}
	q := &request{Request: r, server: s, query: queryOf(r.URL.RawQuery)}
	apps := q.list("app")
	if len(apps) == 0 {
		s.write(w, r, s.settings.Load(), refusal(http.StatusBadRequest, "HTTP request is missing param: [app]"))
		return
	}
	if !s.enter() {
		s.write(w, r, s.settings.Load(), refusal(http.StatusServiceUnavailable, "The exchange is ending"))
		return
	}
	defer s.sockets.Done()
	k := newSocket(s.settings.Load().WriteTimeout)
	k.peer = r.RemoteAddr
	listening := stasis.Listening{Everything: q.truth("subscribeAll"), Sequence: q.truth("sequence"), Since: q.text("since"), Share: q.truth("share")}
	if listening.Since != "" {
		listening.Sequence = true
		w.Header().Set(resumedHeader, listening.Since)
	}
	missed, err := s.Hub.Register(apps, listening, k) // before the client knows that it is connected
	if err != nil {
		w.Header().Del(resumedHeader)
		s.write(w, r, s.settings.Load(), refusal(http.StatusGone, "The events since then are not kept any more"))
		return
	}
	defer s.Hub.Unregister(k)
	h := &hijacked{ResponseWriter: w, server: s, socket: k}
	conn, err := websocket.Accept(h, r, &websocket.AcceptOptions{Subprotocols: []string{"ari"}, InsecureSkipVerify: true,
		CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return // it has answered
	}
	k.conn = conn
	defer h.wire.abort()
	if !k.replay(s.life, h.wire, missed) {
		return
	}
	k.attach(h.wire)
	it := &session{id: uuid.NewString(), kind: kindInbound, peer: r.RemoteAddr, apps: apps, socket: k}
	s.list(it)
	defer s.unlist(it)
	ctx, cancel := context.WithCancel(s.life)
	s.converse(ctx, cancel, k, &caller{server: s, user: s.settings.Load().authenticate(r), app: apps[0], host: r.Host, socket: k})
}

// converse sends what the client of a WebSocket is to hear, and does what it asks, until it ends.
func (s *Server) converse(ctx context.Context, cancel context.CancelFunc, k *socket, c *caller) {
	k.conn.SetReadLimit(maxBody)
	var reading sync.WaitGroup
	reading.Add(1)
	go func() {
		defer reading.Done()
		defer k.Close()
		for {
			kind, message, err := k.conn.Read(ctx)
			if err != nil {
				return
			}
			if kind != websocket.MessageText {
				continue
			}
			if c.server.Hub.Debugs(c.app) {
				c.server.showMessage("Received ARI message from", k.Peer(), message)
			}
			response := c.ask(ctx, message)
			if !k.Send(response) {
				return
			}
			if c.server.Hub.Debugs(c.app) {
				c.server.showEvent(k.Peer(), response)
			}
		}
	}()
	k.write(ctx)
	cancel()
	_ = k.conn.CloseNow() // who is slow is not waited for
	reading.Wait()
}

// write sends what waits until the socket ends.
func (k *socket) write(ctx context.Context) {
	for {
		select {
		case <-k.ended:
			return
		case <-ctx.Done():
			return
		case message := <-k.queue:
			if !k.put(ctx, message) {
				return
			}
		case <-k.drained:
			for {
				select {
				case message := <-k.queue:
					if !k.put(ctx, message) {
						return
					}
					continue
				default:
				}
				_ = k.conn.Close(websocket.StatusNormalClosure, "")
				return
			}
		}
	}
}

// put sends one message.
func (k *socket) put(ctx context.Context, message []byte) bool {
	k.mu.Lock()
	k.bytes -= len(message)
	k.mu.Unlock()
	return k.putNow(ctx, message)
}

// putNow sends one message that has not waited.
func (k *socket) putNow(ctx context.Context, message []byte) bool {
	within, cancel := context.WithTimeout(ctx, k.patience)
	defer cancel()
	return k.conn.Write(within, websocket.MessageText, message) == nil
}
