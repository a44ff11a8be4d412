package manager

import (
	"log/slog"
	"maps"
	"net/netip"
	"slices"
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
	table   sync.Mutex                                 // of who changes actions
	actions atomic.Pointer[map[string]*command.Action] // by lower-case name; never changed, but replaced
	// Booted tells whether the exchange is fully booted, and since when it runs.
	booted func() (ready bool, uptime, lastReload time.Duration)

	settings atomic.Pointer[Settings]
	refused  atomic.Uint64
	slow     atomic.Uint64
	hub      *hub

	mu       sync.Mutex // before that of the hub
	ports    map[portKey]*port
	sessions map[*session]struct{}
	waiting  int // sessions that have not logged in
	figures  map[string]*figures
	nobody   figures                // of who has not logged in
	web      map[string]*webSession // sessions of HTTP by their cookies
	nonces   map[string]*nonce
	running  sync.WaitGroup
	closed   bool
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
	s := &Server{bus: g.Bus, logger: g.Logger, booted: g.Booted,
		ports: map[portKey]*port{}, sessions: map[*session]struct{}{}, figures: map[string]*figures{}, web: map[string]*webSession{}, nonces: map[string]*nonce{}}
	s.hub = newHub(g.Bus, s.settings.Load, &s.running)
	s.settings.Store(&Settings{Accounts: map[string]*Account{}})
	s.Add(s.own())
	s.Add(g.Actions)
	return s
}

// Add puts actions into the server's table, in the place of those of their names.
func (s *Server) Add(table []command.Action) {
	s.table.Lock()
	defer s.table.Unlock()
	all := map[string]*command.Action{}
	if now := s.actions.Load(); now != nil {
		maps.Copy(all, *now)
	}
	for i := range table {
		all[strings.ToLower(table[i].Name)] = &table[i]
	}
	s.actions.Store(&all)
}

// action returns the action of a name, whatever its case, or nil.
func (s *Server) action(name string) *command.Action {
	var lower [64]byte
	if len(name) > len(lower) {
		return nil
	}
	for i := range len(name) {
		b := name[i]
		if 'A' <= b && b <= 'Z' {
			b += 'a' - 'A'
		}
		lower[i] = b
	}
	return (*s.actions.Load())[string(lower[:len(name)])]
}

// Actions returns all actions by name.
func (s *Server) Actions() []*command.Action {
	list := slices.Collect(maps.Values(*s.actions.Load()))
	sort.Slice(list, func(i, j int) bool { return strings.ToLower(list[i].Name) < strings.ToLower(list[j].Name) })
	return list
}

// Sessions describes who is connected and logged in.
func (s *Server) Sessions() []SessionInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []SessionInfo
	for c := range s.sessions {
		if a := c.account.Load(); a != nil {
			list = append(list, SessionInfo{User: c.user, Address: c.remote, Began: c.began, Read: a.Read, Write: a.Write,
				Descriptor: c.descriptor(), Requests: int(c.requests.Load())})
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Began.Before(list[j].Began) })
	return list
}

// SessionInfo is a line of `manager show connected`.
type SessionInfo struct {
	User        string
	Address     netip.AddrPort
	Began       time.Time
	Read, Write command.Class
	Descriptor  int // -1: of HTTP
	Requests    int // of HTTP that are under way
}

// SetDebug has events numbered, or no more, until manager.conf is read again.
func (s *Server) SetDebug(on bool) {
	for {
		now := s.settings.Load()
		next := *now
		next.Debug = on
		if s.settings.CompareAndSwap(now, &next) {
			return
		}
	}
}

// Settings returns the settings in force.
func (s *Server) Settings() *Settings { return s.settings.Load() }

// Slow returns how many sessions were disconnected because they did not read, and
// Refused how many connections were refused.
func (s *Server) Slow() uint64 { return s.slow.Load() }

// Refused returns how many connections were refused.
func (s *Server) Refused() uint64 { return s.refused.Load() }
