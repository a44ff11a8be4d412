package proxy

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/octothorpe/octothorpe/ami"
	"github.com/octothorpe/octothorpe/internal/fanout"
)

// A session is one client. Its goroutine reads and carries out; what it is told goes
// through its sink.
type session struct {
	proxy  *Proxy
	conn   net.Conn
	remote netip.Addr
	source source
	sink   *fanout.Sink
	number string
	prefix string // of its ActionIDs on servers
	json   bool
	ctx    context.Context
	cancel context.CancelFunc
	user   atomic.Pointer[User] // nil before it has logged in
	name   string               // of the user; the goroutine's, and under the proxy's mu

	asked    uint64        // actions sent to servers; the goroutine's
	answered atomic.Uint64 // responses from there
	lists    atomic.Int64  // of these, lists whose end has not come
	rested   chan struct{} // has an element when all was answered, now and then

	// the goroutine's
	challenge string
	bucket    bucket
	counters  [results]prometheus.Counter // of its user's actions, as they are needed

	// of events, under the proxy's viewing
	mask        classes
	filters     ami.Filters
	filterTexts []filterText
	view        *view
	gone        bool
}

// A source reads the actions of a client.
type source interface {
	Next() (ami.Message, error)
	Buffered() int // bytes that were received already
}

// lines is a connection of AMI as a source.
type lines struct{ *ami.Reader }

// Next implements source.
func (l lines) Next() (ami.Message, error) { return l.Read() }

// errBye ends a session that asked for it, or whose login was refused.
var errBye = errors.New("bye")

// serve is a connection from its beginning to its end.
func (p *Proxy) serve(conn net.Conn, from netip.Addr, in source, object bool) {
	s := &session{proxy: p, conn: conn, remote: from, source: in, json: object, mask: everything, rested: make(chan struct{}, 1)}
	s.ctx, s.cancel = context.WithCancel(p.ctx)
	defer s.cancel()
	s.sink = p.hub.NewSink(conn, fanout.SinkOptions{Limit: p.config.Load().Limits.Queue, Stall: p.config.Load().Limits.Stall,
		Failed: func(err error) { s.slow(err) }})
	if !p.add(s) {
		p.figures.refused.Add(1)
		s.sink.Abort()
		return
	}
	if object {
		s.send(ami.Message{{Key: "Greeting", Value: p.banner()}})
	} else {
		s.sink.Send([]byte(p.banner() + "\r\n"))
	}
	s.sink.Flush()
	_ = conn.SetReadDeadline(time.Now().Add(p.config.Load().Limits.LoginTimeout))
	err := s.read()
	if errors.Is(err, io.EOF) {
		s.drain()
	}
	p.remove(s)
	s.sink.Close()
	if s.user.Load() != nil {
		p.logger.Debug("a client left", "user", s.name, "address", s.remote, "reason", err)
	}
}

// slow is told when the client could not be written to.
func (s *session) slow(why error) {
	s.cancel()
	if errors.Is(why, fanout.ErrSlow) {
		s.proxy.figures.slow.Add(1)
		s.proxy.logger.Warn("disconnected a client", "user", s.proxy.nameOf(s), "address", s.remote, "reason", why)
	}
}

// read carries out what the client asks. Answers are written when nothing more was
// received: many actions that come together are answered together.
func (s *session) read() error {
	for {
		if s.source.Buffered() == 0 {
			s.sink.Flush()
		}
		m, err := s.source.Next()
		switch {
		case errors.Is(err, errForm):
			s.fail("", noAction)
			continue
		case errors.Is(err, ami.ErrTooLarge):
			s.fail(m.Get("ActionID"), "Failed to parse message: line too long")
			continue
		case err != nil:
			return err
		}
		if err := s.act(m); err != nil {
			return err
		}
		if s.ctx.Err() != nil {
			return context.Cause(s.ctx)
		}
	}
}

// longestDrain is how long who leaves is told what servers answer.
const longestDrain = 5 * time.Second

// drain waits for the answers to what the client has asked: on a server they come
// before its good-bye, and programs send their actions and Logoff at once.
func (s *session) drain() {
	s.sink.Flush()
	over := time.NewTimer(longestDrain)
	defer over.Stop()
	for s.owed() {
		select {
		case <-s.rested:
		case <-over.C:
			return
		case <-s.ctx.Done():
			return
		}
	}
}

// owed tells whether an answer is still to come.
func (s *session) owed() bool { return s.answered.Load() < s.asked || s.lists.Load() > 0 }

// heard notes that a server has answered, or told of a list.
func (s *session) heard(m ami.Message) {
	part := m.Get("EventList")
	switch {
	case m.Event() != "" && (strings.EqualFold(part, "Complete") || strings.EqualFold(part, "cancelled")):
		s.lists.Add(-1)
	case m.Event() != "":
		return
	case strings.EqualFold(part, "start"):
		s.lists.Add(1)
		fallthrough
	default:
		s.answered.Add(1)
	}
	select {
	case s.rested <- struct{}{}:
	default:
	}
}

// send queues a message for the client.
func (s *session) send(m ami.Message) {
	if s.json {
		s.sink.Send(appendJSON(nil, m))
		return
	}
	s.sink.Send(m.Append(make([]byte, 0, 256)))
}

// reply answers an action.
func (s *session) reply(action ami.Message, response, text string, pairs ...string) {
	m := make(ami.Message, 0, 8)
	m = append(m, ami.Field{Key: "Response", Value: response})
	if id := action.Get("ActionID"); id != "" {
		m = append(m, ami.Field{Key: "ActionID", Value: id})
	}
	if text != "" {
		m = append(m, ami.Field{Key: "Message", Value: text})
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		m = append(m, ami.Field{Key: pairs[i], Value: pairs[i+1]})
	}
	s.send(m)
}

// fail answers an action, of which the ActionID is left, with an error.
func (s *session) fail(id, text string) {
	s.reply(ami.Message{{Key: "ActionID", Value: id}}, "Error", text)
}

// value is what a line says, without the spaces that servers overlook.
func value(m ami.Message, key string) string { return strings.TrimSpace(m.Get(key)) }

// A bucket holds the actions that a client may still send.
type bucket struct {
	level float64
	at    time.Time
}

// take takes one, if rate allows it: it fills by rate a second, up to two seconds'.
func (b *bucket) take(rate float64, now time.Time) bool {
	most := max(2*rate, 1)
	if b.at.IsZero() {
		b.level = most
	} else {
		b.level = min(most, b.level+rate*now.Sub(b.at).Seconds())
	}
	b.at = now
	if b.level < 1 {
		return false
	}
	b.level--
	return true
}
