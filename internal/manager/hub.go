package manager

import (
	"runtime"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

// How long an event may wait for others to be written with it. The wait is ten
// times what it takes to write to so many listeners, so that the writing never
// takes more than a tenth of the time, but a client must not feel it.
const (
	longestHold = 5 * time.Millisecond
	holdEach    = 50 * time.Microsecond // times the listeners
	urgentBytes = 64 << 10              // of one stream are written at once
)

// A hub encodes events, each once in each form that somebody reads, and has the
// sessions write them: not one by one, but in rounds.
type hub struct {
	bus      *event.Bus
	settings func() *Settings
	running  *sync.WaitGroup // of the rounds
	epoch    string

	subscribing sync.Mutex // never taken by encode, which the bus may be waiting for
	unsub       func()
	wanted      command.Class

	mu      sync.Mutex // a leaf; the bus's lock is held outside it
	streams map[wish]*stream
	last    uint64 // number of the last event that was encoded
	encoder encoder
	kept    history
	pending bool // a round is about to begin
	writing bool // one is under way; what comes meanwhile is the next one's
	round   *time.Timer
	closed  bool
}

func newHub(bus *event.Bus, settings func() *Settings, running *sync.WaitGroup) *hub {
	return &hub{bus: bus, settings: settings, running: running, streams: map[wish]*stream{}, epoch: newEpoch()}
}

// join gives a session the stream of a wish; one for nothing has none. What the
// session has not read of its stream so far comes before what is in the new one.
func (h *hub) join(c *session, w wish) {
	h.mu.Lock()
	h.move(c, w)
	h.mu.Unlock()
	h.listen()
}

// move puts a session into a stream; h.mu is held.
func (h *hub) move(c *session, w wish) {
	var next *stream
	if w.mask != 0 && !h.closed {
		if next = h.streams[w]; next == nil {
			next = newStream(w)
			h.streams[w] = next
		}
	}
	old := c.out.swap(next)
	if old == next {
		return
	}
	if old != nil && old.leave(c) == 0 {
		delete(h.streams, old.wish)
	}
	if next != nil {
		next.enter(c)
	}
}

// listen subscribes to the events that some session wants, or that are kept, and to
// no others. The new subscription begins before the old one ends, so that no event
// is missed.
func (h *hub) listen() {
	h.subscribing.Lock()
	defer h.subscribing.Unlock()
	var want command.Class
	h.mu.Lock()
	for w := range h.streams {
		want |= w.mask
	}
	if h.kept.on {
		want = everyClass
	}
	h.mu.Unlock()
	if want == h.wanted {
		return
	}
	h.wanted = want
	old := h.unsub
	h.unsub = nil
	if want != 0 {
		h.unsub = h.bus.Subscribe(kindsOf(want), h.encode)
	}
	if old != nil {
		old()
	}
}

const everyClass = 1<<len(command.ClassNames) - 1

// encode turns an event into bytes for whoever wants it. The bus calls it, one
// event at a time, and holds its lock meanwhile: encode takes none that anybody
// holds while calling the bus.
func (h *hub) encode(e event.Stamped) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if e.Seq == h.last {
		return // a second subscription is about to take over from the first
	}
	h.last = e.Seq
	m, ok := h.encoder.encode(e, h.settings(), h.wants, h.kept.on)
	if !ok {
		return
	}
	if h.kept.on {
		h.kept.add(m, e.Time)
	}
	listeners := 0
	for _, s := range h.streams {
		if s.mask&m.class == 0 || !passes(s.choice(), m.bytes) {
			continue
		}
		s.add(m.in(s.form, h.epoch))
		s.dirty = true
		listeners += len(*s.members.Load())
		if s.end.Load()-s.flushed >= urgentBytes {
			listeners = 0 // at once
			h.hurry()
		}
	}
	h.schedule(listeners)
}

// wants tells, before an event is encoded, whether anybody may want it.
func (h *hub) wants(name string, class command.Class) bool {
	if h.kept.on {
		return true
	}
	for _, s := range h.streams {
		if s.mask&class != 0 && mayPass(s.choice(), name) {
			return true
		}
	}
	return false
}

// choice returns the filters of a wish.
func (w wish) choice() []*Filter {
	if w.filters == nil {
		return nil
	}
	return *w.filters
}

// schedule has a round begin when as many listeners may wait no longer; h.mu is held.
func (h *hub) schedule(listeners int) {
	if listeners == 0 || h.pending || h.writing || h.closed {
		return
	}
	h.pending = true
	h.running.Add(1)
	hold := min(longestHold, time.Duration(listeners)*holdEach)
	switch {
	case hold < time.Millisecond: // a timer would not be finer
		go h.write()
	case h.round == nil:
		h.round = time.AfterFunc(hold, h.write)
	default:
		h.round.Reset(hold)
	}
}

// hurry has the next round begin now; h.mu is held.
func (h *hub) hurry() {
	switch {
	case h.closed, h.writing:
	case !h.pending:
		h.pending = true
		h.running.Add(1)
		go h.write()
	case h.round != nil && h.round.Stop():
		go h.write()
	}
}

// write is a round: every session with something to write writes. Writing never
// waits for a client, see output.
func (h *hub) write() {
	defer h.running.Done()
	h.mu.Lock()
	h.pending, h.writing = false, true
	var lists [][]*session
	listeners := 0
	for _, s := range h.streams {
		if s.dirty {
			s.dirty, s.flushed = false, s.end.Load()
			list := *s.members.Load()
			lists, listeners = append(lists, list), listeners+len(list)
		}
	}
	h.mu.Unlock()
	workers := min(runtime.GOMAXPROCS(0), 1+listeners/fewListeners)
	var others sync.WaitGroup
	for i := 1; i < workers; i++ {
		others.Go(func() { writeShare(lists, i, workers) })
	}
	writeShare(lists, 0, workers)
	others.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.writing = false
	for _, s := range h.streams {
		if s.dirty {
			h.schedule(len(*s.members.Load()))
		}
	}
}

// fewListeners are not worth another processor.
const fewListeners = 64

// writeShare has the i-th share of the sessions write.
func writeShare(lists [][]*session, i, shares int) {
	for _, list := range lists {
		for _, c := range list[len(list)*i/shares : len(list)*(i+1)/shares] {
			c.out.flush()
		}
	}
}

// keep applies the settings of the history.
func (h *hub) keep(g *Settings) {
	h.mu.Lock()
	h.kept.most, h.kept.window = g.KeptBytes, g.KeptWindow
	if g.Keep {
		h.kept.begin(h.last)
	}
	h.mu.Unlock()
	h.listen()
}

// remember keeps events from now on.
func (h *hub) remember() {
	h.mu.Lock()
	on := h.kept.on
	h.kept.begin(h.last)
	h.mu.Unlock()
	if !on {
		h.listen()
	}
}

// now is the place of the latest event.
func (h *hub) now() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return sequenceText(h.epoch, h.last)
}

// The ways in which a client can't be told what it missed.
const (
	errSince      = command.Refusal("Invalid sequence")
	errSinceEpoch = command.Refusal("Sequence is of another start of the server")
	errSinceGone  = command.Refusal("Sequence is out of the retained window")
	errSinceWeb   = command.Refusal("Since needs a connection of its own")
)

// resume gives a session the stream of a wish, held back until its owner has been
// told the events that it missed, which are returned.
func (h *hub) resume(c *session, w wish, since string) ([]*encoded, error) {
	epoch, n, ok := parseSequence(since)
	switch {
	case !ok:
		return nil, errSince
	case epoch != h.epoch:
		return nil, errSinceEpoch
	}
	h.mu.Lock()
	if n > h.last {
		h.mu.Unlock()
		return nil, errSince
	}
	missed, ok := h.kept.since(n, w)
	if !ok {
		h.mu.Unlock()
		return nil, errSinceGone
	}
	c.out.hold(true)
	for _, m := range missed {
		m.in(w.form, h.epoch) // is made under the lock, once
	}
	h.move(c, w)
	h.mu.Unlock()
	h.listen()
	return missed, nil
}

// close ends the rounds.
func (h *hub) close() {
	h.mu.Lock()
	h.closed = true
	if h.round != nil && h.round.Stop() {
		h.pending = false
		h.running.Done()
	}
	h.mu.Unlock()
	h.subscribing.Lock()
	defer h.subscribing.Unlock()
	if h.unsub != nil {
		h.unsub()
		h.unsub, h.wanted = nil, 0
	}
}
