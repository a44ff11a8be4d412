package rest

import (
	"bufio"
	"context"
	"encoding/binary"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/fanout"
	"github.com/octothorpe/octothorpe/internal/rest/stasis"
)

// A wire is the connection of a WebSocket that a client has opened. Messages go past the
// WebSocket's own writer: an event for a thousand clients would wake a goroutine for each, which
// costs more than the write. What the WebSocket says itself, a pong or its end, is one write
// for it and goes in between.
type wire struct {
	net.Conn
	sink   *fanout.Sink
	fronts *fronts
}

// crowdPause is how often what many applications hear, and is not of their own calls, is written
// to them at most: at 100 events a second a write has five.
const crowdPause = 50 * time.Millisecond

// A writer writes to all wires. It begins with the first.
type writer struct {
	once   sync.Once
	mu     sync.Mutex // a leaf
	hub    *fanout.Hub
	fronts fronts
}

func (w *writer) wire(conn net.Conn, patience time.Duration, failed func()) *wire {
	w.once.Do(func() {
		w.mu.Lock()
		w.hub = fanout.New(fanout.Options{Pause: crowdPause})
		w.mu.Unlock()
	})
	return &wire{Conn: conn, fronts: &w.fronts, sink: w.hub.NewSink(conn, fanout.SinkOptions{Limit: socketBytes, Stall: patience, Failed: func(error) { failed() }})}
}

func (w *writer) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.hub != nil {
		w.hub.Close()
		w.hub = nil
	}
}

// Write implements net.Conn for the WebSocket.
func (w *wire) Write(b []byte) (int, error) {
	w.sink.Send(append([]byte(nil), b...))
	w.sink.Flush()
	return len(b), nil
}

// The deadlines of writing are the sink's.
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

// SetDeadline is one of reading.
func (w *wire) SetDeadline(at time.Time) error { return w.SetReadDeadline(at) }

// A server's frames are not masked: RFC 6455 §5.2.
const (
	finalText = 0x81
	len16     = 126
	len64     = 127
)

// send queues a message. It reports false where the client does not take what it is sent.
func (w *wire) send(message []byte) bool {
	if w.sink.Waiting()+len(message) > socketBytes {
		return false
	}
	w.sink.Send(append(appendHead(make([]byte, 0, 10+len(message)), len(message)), message...))
	w.sink.FlushSoon()
	return true
}

// appendHead appends what is before a text of n bytes.
func appendHead(b []byte, n int) []byte {
	b = append(b, finalText)
	switch {
	case n < len16:
		return append(b, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, len16), uint16(n))
	}
	return binary.BigEndian.AppendUint64(append(b, len64), uint64(n))
}

// fronts has the beginnings of the last messages that many were sent, with the heads of their
// frames: the names of applications have few lengths, so few of them differ.
type fronts struct {
	mu   sync.Mutex // a leaf
	last [4]front
	next int
}

// A front is a head and the beginning of a text of so many bytes.
type front struct {
	begin []byte
	of    int
	b     []byte
}

// of is the front of a text of n bytes that begins so. Nobody changes it.
func (f *fronts) of(begin []byte, n int) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, known := range f.last {
		if known.of == n && len(known.begin) == len(begin) && len(begin) > 0 && &known.begin[0] == &begin[0] {
			return known.b
		}
	}
	b := append(appendHead(make([]byte, 0, 10+len(begin)), n), begin...)
	f.last[f.next] = front{begin, n, b}
	f.next = (f.next + 1) % len(f.last)
	return b
}

// shareBatch is how much may wait in a connection for more to come.
const shareBatch = 64 << 10

// share queues a message of two parts, of which others may have the first, too; it may wait
// for those that come within some milliseconds.
func (w *wire) share(begin, end []byte) bool {
	waiting := w.sink.SendParts(w.fronts.of(begin, len(begin)+len(end)), end)
	if waiting > socketBytes {
		return false
	}
	if waiting > shareBatch {
		w.sink.FlushSoon()
	} else {
		w.sink.FlushTick()
	}
	return true
}

// abort ends the connection, whatever waits. nil is none.
func (w *wire) abort() {
	if w != nil {
		w.sink.Abort()
	}
}

// hijacked has a WebSocket's connection be a wire.
type hijacked struct {
	http.ResponseWriter
	server *Server
	socket *socket
	wire   *wire // once there is one
}

// Hijack implements http.Hijacker.
func (h *hijacked) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	h.wire = h.server.writer.wire(conn, h.socket.patience, h.socket.Close)
	return h.wire, bufio.NewReadWriter(rw.Reader, bufio.NewWriter(h.wire)), nil
}

// What is told again may wait up to this in a connection, which is looked at so often.
const (
	replayBytes = 1 << 20
	replayTick  = 5 * time.Millisecond
)

// replay sends what a client has missed, as fast as it takes it. What comes meanwhile waits in
// the queue: a client that takes too long is cut off, and goes on from where it has come.
func (k *socket) replay(ctx context.Context, w *wire, missed *stasis.Backlog) bool {
	for message := range missed.All() {
		for w.sink.Waiting() > replayBytes {
			select {
			case <-k.ended:
				return false
			case <-ctx.Done():
				return false
			case <-time.After(replayTick):
			}
		}
		w.send(message)
	}
	return true
}

// attach has all messages take the wire, those that wait first.
func (k *socket) attach(w *wire) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for {
		select {
		case message := <-k.queue:
			w.send(message)
			continue
		default:
		}
		k.bytes, k.queue, k.wired = 0, nil, w
		return
	}
}
