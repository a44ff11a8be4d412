package control

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/internal/sdn/pipeline"
)

// A stackState is that of a stack port, with Faucet's numbers.
type stackState int

const (
	stackInit stackState = 1 // nothing was heard yet
	stackBad  stackState = 2 // somebody else than configured is at the other end
	stackUp   stackState = 3
	stackGone stackState = 4 // it has no link, or nothing was heard for too long
)

// A stackPort is what is known of one.
type stackPort struct {
	state stackState
	heard time.Time
}

// A stack is what its switches tell each other through the controller. Its
// methods may be called concurrently; none waits for anything.
type stack struct {
	update time.Duration // how often the root's health is looked at

	mu         sync.Mutex // leaf
	started    time.Time
	candidates []candidate // for root, the best first
	peers      map[pipeline.LinkEnd]pipeline.LinkEnd
	ports      map[pipeline.LinkEnd]*stackPort
	root       uint64
	view       *pipeline.StackState // of all that is above, made anew when it changes
	seen       map[uint64]time.Time // when a switch was last connected
	lacp       map[uint64]float64   // the share of LACP ports that carry traffic
	edges      map[hostKey]uint64   // the switch by which a host came into the stack
	moved      map[uint64]map[hostKey]bool
}

// A candidate is a switch that may be root.
type candidate struct {
	id                      uint64
	name                    string
	priority, downTime      int
	minHealth, minLACPShare float64
	ports                   []pipeline.LinkEnd
}

func newStack(update time.Duration, now time.Time) *stack {
	return &stack{update: update, started: now, ports: map[pipeline.LinkEnd]*stackPort{}, seen: map[uint64]time.Time{},
		lacp: map[uint64]float64{}, edges: map[hostKey]uint64{}, moved: map[uint64]map[hostKey]bool{}, view: &pipeline.StackState{}}
}

// configure takes a configuration: who may be root, and which ports are joined.
func (s *stack) configure(c *config.Config) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.candidates, s.peers = nil, map[pipeline.LinkEnd]pipeline.LinkEnd{}
	for _, dp := range c.DPs {
		if dp.Stack == nil {
			continue
		}
		var ends []pipeline.LinkEnd
		for _, p := range dp.Ports {
			if p.IsStack() {
				s.peers[pipeline.End(p)] = pipeline.End(p.Peer)
				ends = append(ends, pipeline.End(p))
			}
		}
		if k := dp.StackConfig; k != nil && k.Priority != nil && *k.Priority > 0 {
			s.candidates = append(s.candidates, candidate{dp.DatapathID(), dp.Name, *k.Priority, k.DownTime, k.MinHealth, k.MinLACPHealth, ends})
		}
	}
	slices.SortFunc(s.candidates, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.priority, b.priority), cmp.Compare(a.name, b.name))
	})
	maps.DeleteFunc(s.ports, func(end pipeline.LinkEnd, _ *stackPort) bool { _, there := s.peers[end]; return !there })
	if !slices.ContainsFunc(s.candidates, func(c candidate) bool { return c.id == s.root }) {
		s.root = 0
		if len(s.candidates) > 0 {
			s.root = s.candidates[0].id
		}
	}
	s.look()
}

// look makes the view anew; mu is held.
func (s *stack) look() {
	v := &pipeline.StackState{Root: s.root, Up: map[pipeline.LinkEnd]bool{}}
	for end, p := range s.ports {
		v.Up[end] = p.state == stackUp
	}
	s.view = v
}

// now is the view; nobody may change it.
func (s *stack) now() *pipeline.StackState {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.view
}

func (s *stack) stateOf(p *config.Port) stackState {
	s.mu.Lock()
	defer s.mu.Unlock()
	if x := s.ports[pipeline.End(p)]; x != nil {
		return x.state
	}
	return stackInit
}

// set notes the state of a port, and when it was heard; was is the one before.
func (s *stack) set(end pipeline.LinkEnd, state stackState, heard time.Time) (was stackState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.ports[end]
	if x == nil {
		x = &stackPort{}
		s.ports[end] = x
	}
	was = x.state
	x.state = state
	if !heard.IsZero() {
		x.heard = heard
	}
	if (was == stackUp) != (state == stackUp) {
		s.look()
	}
	return was
}

// silent says whether a port that heard something has not for a time.
func (s *stack) silent(end pipeline.LinkEnd, limit time.Duration, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.ports[end]
	return x != nil && (x.state == stackUp || x.state == stackBad) && now.Sub(x.heard) > limit
}

// running notes that a switch is connected, and how many of its LACP ports carry
// traffic.
func (s *stack) running(id uint64, now time.Time, lacp float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[id], s.lacp[id] = now, lacp
}

// works says whether both ends of a link hear each other; mu is held.
func (s *stack) works(end pipeline.LinkEnd) bool { return s.view.Up[end] && s.view.Up[s.peers[end]] }

// health judges a switch as root; mu is held.
func (s *stack) health(c candidate, now time.Time) (running, linked, healthy bool) {
	up := 0
	for _, end := range c.ports {
		if s.works(end) {
			up++
		}
	}
	seen, ever := s.seen[c.id]
	running = ever && now.Sub(seen) <= time.Duration(max(c.downTime, 1))*s.update
	share := 1.0
	if len(c.ports) > 0 {
		share = float64(up) / float64(len(c.ports))
	}
	return running, up > 0, running && share >= c.minHealth && s.lacp[c.id] >= c.minLACPShare
}

// elect chooses the root: the one that is, as long as it is healthy; then the
// first that is; then, of those that run, one that is linked to others. A root
// that nobody reaches is replaced at once, others when it is time (due).
func (s *stack) elect(now time.Time, due bool) (changed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.started) < s.update || len(s.candidates) == 0 {
		return false // all may still be on their way
	}
	best, rank := s.root, -1
	for _, c := range s.candidates {
		running, linked, healthy := s.health(c, now)
		is := c.id == s.root
		if is && linked && !due {
			return false
		}
		points := 0
		for _, good := range []struct {
			yes    bool
			points int
		}{{healthy, 16}, {healthy && is, 8}, {running && linked, 4}, {running, 2}, {is, 1}} {
			if good.yes {
				points += good.points
			}
		}
		if points > rank {
			best, rank = c.id, points
		}
	}
	if best == s.root {
		return false
	}
	s.root = best
	s.look()
	return true
}

// rootNow is the datapath id of the root; 0 if there is no stack.
func (s *stack) rootNow() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.root
}

// enter notes by which switch a host came into the stack, and for which others it
// has moved: they are told by moves.
func (s *stack) enter(k hostKey, id uint64, members []*config.DP) (moved bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	was, known := s.edges[k]
	s.edges[k] = id
	if !known || was == id {
		return false
	}
	for _, m := range members {
		if other := m.DatapathID(); other != id {
			if s.moved[other] == nil {
				s.moved[other] = map[hostKey]bool{}
			}
			s.moved[other][k] = true
		}
	}
	return true
}

// leave forgets a host that came in by a switch.
func (s *stack) leave(k hostKey, id uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.edges[k] == id {
		delete(s.edges, k)
	}
}

// edge is the switch by which a host came in.
func (s *stack) edge(k hostKey) (id uint64, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, known = s.edges[k]
	return id, known
}

// moves are the hosts that moved since it was last asked for a switch.
func (s *stack) moves(id uint64) map[hostKey]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.moved[id]
	delete(s.moved, id)
	return list
}
