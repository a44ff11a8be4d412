package phone

import (
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/logging"
	"github.com/octothorpe/octothorpe/internal/state"
	"github.com/octothorpe/octothorpe/sip"
)

// A subscription is one phone that watches something of ours (RFC 6665). Its
// fields are written by the goroutine of subscriptions alone, which holds mu of
// that for what tables show.
type subscription struct {
	id       string // in the store
	dialog   *sip.Dialog
	endpoint *Endpoint
	model    *Model // when it began
	event    string // the package
	header   string // Event, as the phone wrote it
	kind     string // of the bodies
	root     *node
	remote   string // URI of who watches
	digium   bool
	request  *sip.Message // the first SUBSCRIBE

	expires time.Time
	granted time.Duration // at last
	expiry  *task         // the end
	batch   *task         // until changes of a list are told
	over    bool
}

// A node is something that is watched: an extension, mailboxes, or a list of nodes.
type node struct {
	sub  *subscription
	name string // the resource
	uri  string
	list *ResourceList // nil of a leaf
	kids []*node
	told int // documents about the list so far

	exten, context string // of a leaf that is an extension
	state          state.ExtensionState
	presence       state.Presence
	boxes          []string // of a leaf that is mailboxes
	account        string
	counts         state.Counts

	versions int    // of a document that counts itself
	body     []byte // as it was told last, or is to be
	changed  bool   // since it was told
	known    string // the state, for tables: only changes count
}

// A watched names what may change.
type watched struct{ context, exten, mailbox string }

// A change is what the core told of something watched.
type stateChange struct {
	of       watched
	state    *state.ExtensionState
	presence *state.Presence
	counts   state.Counts // of a mailbox
	remote   bool         // another exchange told it

	device, deviceState string
}

// subscriptions are all of a driver. One goroutine answers SUBSCRIBE, sends NOTIFY
// and takes changes, one after the other, so that a phone hears of them in order.
type subscriptions struct {
	driver *Driver

	mu      sync.Mutex // a leaf
	list    []*subscription
	watched map[watched][]*node
	queue   []job
	hears   event.Set // what is listened to
	// asked and caller are who calls what was asked for last, the goroutine's alone.
	asked  *node
	caller *ringingBy
	// publications are the goroutine's alone.
	publications publications
	dropped      int
	wake         chan struct{}
	cancel       func() // of the bus
}

// A job is something to do, or a change.
type job struct {
	do     func()
	change *stateChange
}

// maxJobs is what may wait for the goroutine. A SUBSCRIBE beyond it is refused; a
// change takes the place of one of the same thing that waits, or is lost and counted.
const maxJobs = 16384

func newSubscriptions(d *Driver) *subscriptions {
	return &subscriptions{driver: d, watched: map[watched][]*node{}, wake: make(chan struct{}, 1)}
}

// post has f called by the goroutine. It reports false if too much waits.
func (s *subscriptions) post(f func()) bool {
	s.mu.Lock()
	full := len(s.queue) >= maxJobs
	if !full {
		s.queue = append(s.queue, job{do: f})
	}
	s.mu.Unlock()
	s.wakeUp()
	return !full
}

// must is post for what follows from a subscription that is there, and is bounded by
// how many there are.
func (s *subscriptions) must(f func()) {
	s.mu.Lock()
	s.queue = append(s.queue, job{do: f})
	s.mu.Unlock()
	s.wakeUp()
}

func (s *subscriptions) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// take is the bus's encoder: it notes changes of what somebody watches.
func (s *subscriptions) take(e event.Stamped) {
	var c stateChange
	switch e := e.Event.(type) {
	case *event.ExtensionStatus:
		c.of = watched{context: e.Context, exten: e.Exten}
		c.state = &state.ExtensionState{Number: e.Status, Text: e.StatusText}
	case *event.PresenceStatus:
		c.of = watched{context: e.Context, exten: e.Exten}
		c.presence = &state.Presence{Status: e.Status, Subtype: e.Subtype, Message: e.Message}
	case *event.MessageWaiting:
		c.of, c.counts = watched{mailbox: e.Mailbox}, state.Counts{New: e.New, Old: e.Old}
		c.remote = e.Remote
	case *event.DeviceStateChange:
		c.device, c.deviceState = e.Device, e.State
	default:
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) < maxJobs {
		s.queue = append(s.queue, job{change: &c})
	} else if !s.overtake(&c) {
		s.dropped++
	}
	s.wakeUp()
}

// overtake puts a change in the place of the last one of the same thing. The
// caller holds mu.
func (s *subscriptions) overtake(c *stateChange) bool {
	for i := len(s.queue) - 1; i >= 0; i-- {
		old := s.queue[i].change
		if old != nil && old.of == c.of && old.device == c.device && (old.state == nil) == (c.state == nil) {
			s.queue[i].change = c
			return true
		}
	}
	return false
}

// run does what waits until the driver stops, which waits for it.
func (s *subscriptions) run() {
	for {
		select {
		case <-s.driver.ctx.Done():
			return
		case <-s.wake:
		}
		for {
			s.mu.Lock()
			jobs, dropped := s.queue, s.dropped
			s.queue, s.dropped = nil, 0
			s.mu.Unlock()
			if dropped > 0 {
				s.driver.tell(logging.Warning, "%d changes of states were too many to be told to phones", dropped)
			}
			if len(jobs) == 0 || s.driver.ctx.Err() != nil {
				break
			}
			for _, j := range jobs {
				s.asked = nil
				if j.do != nil {
					j.do()
				} else {
					s.changed(j.change)
				}
			}
		}
	}
}

// listen hears of what somebody watches or is told of, and of nothing else: an event
// that no one wants is not built. Its caller is the goroutine, or begins it.
func (s *subscriptions) listen() {
	kinds := []event.Kind{event.KindMessageWaiting}
	s.mu.Lock()
	watching := len(s.list) > 0
	s.mu.Unlock()
	for _, p := range s.driver.Model().Publishes {
		watching = watching || bodyTypes(p.Event) != nil
		if p.Event == eventDevices {
			kinds = append(kinds, event.KindDeviceStateChange)
		}
	}
	if watching {
		kinds = append(kinds, event.KindExtensionStatus, event.KindPresenceStatus)
	}
	if set := event.Kinds(kinds...); set != s.hears {
		old := s.cancel // it ends after the new one has begun, so that nothing is missed
		s.hears, s.cancel = set, s.driver.bus.Subscribe(set, s.take)
		if old != nil {
			old()
		}
	}
}

// begin listens to the core.
func (s *subscriptions) begin() {
	s.listen()
	s.driver.workers.Add(1)
	go func() { defer s.driver.workers.Done(); s.run() }()
}

func (s *subscriptions) close() {
	if s.cancel != nil {
		s.cancel()
	}
}

// all returns the subscriptions as they came.
func (s *subscriptions) all() []*subscription {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*subscription(nil), s.list...)
}

// Watchers returns how many phones watch the state of an extension.
func (d *Driver) Watchers(exten, context string) int {
	d.subs.mu.Lock()
	defer d.subs.mu.Unlock()
	return len(d.subs.watched[watched{context: context, exten: exten}])
}

// add lists a subscription and has its leaves hear of changes.
func (s *subscriptions) add(sub *subscription) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, sub)
	sub.root.leaves(func(n *node) {
		for _, w := range n.watches() {
			s.watched[w] = append(s.watched[w], n)
		}
	})
}

// remove forgets a subscription.
func (s *subscriptions) remove(sub *subscription) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sub.over = true
	for i, other := range s.list {
		if other == sub {
			s.list = append(s.list[:i:i], s.list[i+1:]...)
			break
		}
	}
	sub.root.leaves(func(n *node) {
		for _, w := range n.watches() {
			var rest []*node
			for _, other := range s.watched[w] {
				if other != n {
					rest = append(rest, other)
				}
			}
			if s.watched[w] = rest; rest == nil {
				delete(s.watched, w)
			}
		}
	})
}

// leaves calls f for each leaf.
func (n *node) leaves(f func(*node)) {
	if n.list == nil {
		f(n)
		return
	}
	for _, k := range n.kids {
		k.leaves(f)
	}
}

func (n *node) watches() []watched {
	if n.exten != "" {
		return []watched{{context: n.context, exten: n.exten}}
	}
	var list []watched
	for _, box := range n.boxes {
		list = append(list, watched{mailbox: box})
	}
	return list
}
