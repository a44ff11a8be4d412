package manager

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

// Version is the version of AMI that the banner tells.
const Version = "11.0.0"

// A Server serves AMI.
type Server struct {
	bus     *event.Bus
	logger  *slog.Logger
	table   sync.RWMutex               // a leaf
	actions map[string]*command.Action // by lower-case name
	// Booted tells whether the exchange is fully booted, and since when it runs.
	booted func() (ready bool, uptime, lastReload time.Duration)

	settings atomic.Pointer[Settings]
	refused  atomic.Uint64
	slow     atomic.Uint64

	mu       sync.Mutex
	listener net.Listener
	sessions map[*session]struct{}
	running  sync.WaitGroup
	closed   bool

	audience atomic.Pointer[[]*session] // the sessions, for encode
	encoded  uint64                     // number of the last event that was; encode's own

	subscribing sync.Mutex
	unsub       func()
	wanted      command.Class
}

// Config is what a server needs.
type Config struct {
	Bus     *event.Bus
	Logger  *slog.Logger
	Actions []command.Action
	Booted  func() (ready bool, uptime, lastReload time.Duration)
}

// New returns a server that does not listen yet.
func New(g Config) *Server {
	s := &Server{bus: g.Bus, logger: g.Logger, booted: g.Booted, actions: map[string]*command.Action{},
		sessions: map[*session]struct{}{}}
	s.settings.Store(&Settings{Accounts: map[string]*Account{}})
	s.Add(s.own())
	s.Add(g.Actions)
	return s
}

// Add puts actions into the server's table, in the place of those of their names.
func (s *Server) Add(table []command.Action) {
	s.table.Lock()
	defer s.table.Unlock()
	for i := range table {
		s.actions[strings.ToLower(table[i].Name)] = &table[i]
	}
}

// action returns the action of a name, whatever its case, or nil.
func (s *Server) action(name string) *command.Action {
	s.table.RLock()
	defer s.table.RUnlock()
	return s.actions[strings.ToLower(name)]
}

// Actions returns all actions by name.
func (s *Server) Actions() []*command.Action {
	s.table.RLock()
	defer s.table.RUnlock()
	list := make([]*command.Action, 0, len(s.actions))
	for _, a := range s.actions {
		list = append(list, a)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Name < list[j].Name })
	return list
}

// Configure applies settings: it listens, or listens elsewhere, or no more.
// Sessions that are logged in stay.
func (s *Server) Configure(g *Settings) error {
	old := s.settings.Swap(g)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errors.New("manager is closed")
	}
	if s.listener != nil && (!g.Enabled || old.Address != g.Address) {
		_ = s.listener.Close()
		s.listener = nil
	}
	if !g.Enabled || s.listener != nil {
		return nil
	}
	l, err := net.Listen("tcp", g.Address)
	if err != nil {
		return fmt.Errorf("manager can't listen: %w", err)
	}
	s.listener = l
	s.running.Add(1)
	go s.accept(l)
	return nil
}

// Address returns where the server listens, or nil.
func (s *Server) Address() net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener == nil {
		return nil
	}
	return s.listener.Addr()
}

// Close ends all sessions and waits for them, or for ctx.
func (s *Server) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	if s.listener != nil {
		_ = s.listener.Close()
		s.listener = nil
	}
	for c := range s.sessions {
		c.close(errStopping)
	}
	s.mu.Unlock()
	done := make(chan struct{})
	go func() { s.running.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Server) accept(l net.Listener) {
	defer s.running.Done()
	for {
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			s.logger.Warn("manager could not accept a connection", "error", err)
			time.Sleep(50 * time.Millisecond) // out of descriptors: let others close theirs
			continue
		}
		s.admit(conn)
	}
}

// admit starts a session unless too many have not logged in yet.
func (s *Server) admit(conn net.Conn) {
	g := s.settings.Load()
	s.mu.Lock()
	defer s.mu.Unlock()
	waiting := 0
	for c := range s.sessions {
		if c.account.Load() == nil {
			waiting++
		}
	}
	if s.closed || g.AuthLimit > 0 && waiting >= g.AuthLimit {
		s.refused.Add(1)
		_ = conn.Close()
		return
	}
	c := newSession(s, conn)
	s.sessions[c] = struct{}{}
	s.gather()
	s.running.Add(1)
	go func() {
		defer s.running.Done()
		c.serve()
		s.mu.Lock()
		delete(s.sessions, c)
		s.gather()
		s.mu.Unlock()
		s.listen()
	}()
}

// gather makes the sessions known to encode; s.mu is held.
func (s *Server) gather() {
	list := make([]*session, 0, len(s.sessions))
	for c := range s.sessions {
		list = append(list, c)
	}
	s.audience.Store(&list)
}

// listen subscribes to the events that some session wants, and to no others. The
// new subscription begins before the old one ends, so that no event is missed.
func (s *Server) listen() {
	s.subscribing.Lock() // never taken by encode, which the bus may be waiting for
	defer s.subscribing.Unlock()
	var want command.Class
	if list := s.audience.Load(); list != nil {
		for _, c := range *list {
			want |= c.wants()
		}
	}
	if want == s.wanted {
		return
	}
	s.wanted = want
	old := s.unsub
	s.unsub = nil
	if want != 0 {
		s.unsub = s.bus.Subscribe(kindsOf(want), s.encode)
	}
	if old != nil {
		old()
	}
}

// encode turns an event into bytes once and queues them for whoever wants it.
// The bus calls it, one event at a time, and holds its lock meanwhile: encode
// takes none that anybody holds while calling the bus.
func (s *Server) encode(e event.Stamped) {
	if e.Seq == s.encoded {
		return // a second subscription is about to take over from the first
	}
	s.encoded = e.Seq
	m, ok := encodeEvent(e, s.settings.Load())
	if !ok {
		return
	}
	for _, c := range *s.audience.Load() {
		if c.wants()&m.class != 0 && passes(c.filters(), m.bytes) {
			c.queue(m.bytes)
		}
	}
}

// Sessions describes who is connected and logged in.
func (s *Server) Sessions() []SessionInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []SessionInfo
	for c := range s.sessions {
		if a := c.account.Load(); a != nil {
			list = append(list, SessionInfo{User: a.Name, Address: c.remote.Addr().String(), Began: c.began,
				Read: a.Read, Write: a.Write})
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Began.Before(list[j].Began) })
	return list
}

// SessionInfo is a line of `manager show connected`.
type SessionInfo struct {
	User, Address string
	Began         time.Time
	Read, Write   command.Class
}

// Settings returns the settings in force.
func (s *Server) Settings() *Settings { return s.settings.Load() }

// Slow returns how many sessions were disconnected because they did not read, and
// Refused how many connections were refused.
func (s *Server) Slow() uint64 { return s.slow.Load() }

// Refused returns how many connections were refused.
func (s *Server) Refused() uint64 { return s.refused.Load() }
