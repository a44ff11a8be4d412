package proxy

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/ami"
)

// An upstream is a server and the connection to it.
type upstream struct {
	proxy  *Proxy
	config Upstream
	tls    string // the sum of its files
	known  bool   // it takes the place of another one
	logger *slog.Logger
	cancel context.CancelFunc
	done   chan struct{}

	client    atomic.Pointer[ami.Client]
	connected atomic.Bool
	losses    atomic.Uint64
	events    atomic.Uint64
	banner    atomic.Pointer[string]

	mu      sync.Mutex     // a leaf
	pending map[string]int // responses that are owed, by the ActionID there
}

// errGone is the answer to an action whose server can't be asked.
var errGone = errors.New("the server is not connected")

// start connects to a server, again and again until it is stopped.
// Clients that knew it by another configuration are told when it is there again.
func (p *Proxy) start(ctx context.Context, config Upstream, tls clientTLS, known bool) *upstream {
	ctx, cancel := context.WithCancel(ctx)
	u := &upstream{proxy: p, config: config, known: known, tls: tls.sum, cancel: cancel, done: make(chan struct{}), pending: map[string]int{},
		logger: p.logger.With("server", config.Name)}
	settings := ami.Config{Address: config.Address, Username: config.Username, Secret: config.Secret, PlainLogin: config.Plain,
		Events: config.Events, Resync: config.Resync == nil || *config.Resync, TLS: tls.config, Observe: u.observe,
		Logger: u.logger, Dial: p.dial, MinBackoff: p.backoff}
	go func() {
		defer close(u.done)
		u.run(ctx, settings)
	}()
	return u
}

// run makes the first connection, which package ami does not try twice, and keeps the
// client until the end.
func (u *upstream) run(ctx context.Context, settings ami.Config) {
	pause := or(settings.MinBackoff, 500*time.Millisecond)
	for {
		c, err := ami.Dial(ctx, settings)
		if err == nil {
			u.up(c)
			<-ctx.Done()
			_ = c.Close()
			return
		}
		if ctx.Err() != nil {
			return
		}
		u.logger.Warn("could not connect to the server", "address", settings.Address, "error", err)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
		pause = min(2*pause, 30*time.Second)
	}
}

// up is the first connection: what comes with a later one is told by the client's own
// events.
func (u *upstream) up(c *ami.Client) {
	u.client.Store(c)
	banner := c.Banner()
	u.banner.Store(&banner)
	u.connected.Store(true)
	u.logger.Info("connected to the server", "address", u.config.Address)
	if u.known {
		u.proxy.tell(u.config.Name, ami.Message{{Key: "Event", Value: "Reconnected"}, {Key: "Resynchronised", Value: "no"}})
	}
}

// close ends the connection and waits for it.
func (u *upstream) close() {
	u.cancel()
	<-u.done
}

// observe gets all that the server sends.
func (u *upstream) observe(m ami.Message) {
	event := m.Event()
	switch event {
	case "Disconnected":
		u.connected.Store(false)
		u.losses.Add(1)
		u.lost()
	case "Reconnected":
		u.connected.Store(true)
		u.logger.Info("connected to the server again", "resynchronised", m.Get("Resynchronised"))
	}
	if id, ok := m.Lookup("ActionID"); ok {
		if s, original, ours := u.proxy.asker(id); ours {
			if event == "" {
				u.settle(id)
			}
			if event == "" || !broadcast[event] {
				if s != nil {
					u.answer(s, m, original)
				}
				return
			}
			m = restore(m, original)
		}
	}
	if event != "" {
		u.events.Add(1)
		u.proxy.tell(u.config.Name, m)
	}
}

// broadcast are the events that everybody sees although an action led to them: they
// bear its ActionID, as the answers for who asked do.
var broadcast = map[string]bool{"OriginateResponse": true, "UserEvent": true, "SIPQualifyPeerDone": true}

// restore is a message with the ActionID that its client knows, or none.
func restore(m ami.Message, original string) ami.Message {
	if original == "" {
		return m.Without("ActionID")
	}
	return m.Set("ActionID", original)
}

// answer gives a message to who asked for it.
func (u *upstream) answer(s *session, m ami.Message, original string) {
	m = restore(m, original)
	if m.Event() != "" {
		s.send(m.With("Server", u.config.Name))
	} else {
		s.send(m)
	}
	s.heard(m)
	s.sink.FlushSoon()
}

// ask sends an action for a session.
func (u *upstream) ask(ctx context.Context, s *session, action ami.Message) error {
	c := u.client.Load()
	if c == nil || !u.connected.Load() {
		return errGone
	}
	id := s.prefix + action.Get("ActionID")
	u.mu.Lock()
	u.pending[id]++
	u.mu.Unlock()
	err := c.Send(ctx, action.Without("Server").Set("ActionID", id))
	if err != nil && u.settle(id) {
		return err
	}
	return nil // if lost was quicker it has answered
}

// settle notes that a response has come, and tells whether it was owed.
func (u *upstream) settle(id string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch n := u.pending[id]; n {
	case 0:
		return false
	case 1:
		delete(u.pending, id)
	default:
		u.pending[id] = n - 1
	}
	return true
}

// lost answers what was owed when the connection ended.
func (u *upstream) lost() {
	u.mu.Lock()
	owed := u.pending
	u.pending = map[string]int{}
	u.mu.Unlock()
	for id, n := range owed {
		s, original, _ := u.proxy.asker(id)
		if s == nil {
			continue
		}
		for range n {
			s.fail(original, "The connection to the server "+u.config.Name+" was lost")
			s.heard(nil)
		}
		s.sink.FlushSoon()
	}
}

// The ActionIDs that we give tell whose they are: "px", the session's number, a dot,
// and the client's own.
const idPrefix = "px"

// asker finds the session of an ActionID; nil if it has left, and ours is false if the
// ActionID is none of ours.
func (p *Proxy) asker(id string) (s *session, original string, ours bool) {
	rest, ours := strings.CutPrefix(id, idPrefix)
	if !ours {
		return nil, "", false
	}
	number, original, ours := strings.Cut(rest, ".")
	if !ours {
		return nil, "", false
	}
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.sessions[number], original, true
}
