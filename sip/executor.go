package sip

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"
)

// An executor runs the handlers and callbacks. The work of one Call-ID, its lane,
// runs in order and never twice at once; lanes with work are taken by a fixed
// number of workers. When all of them are held up by handlers that wait, and a
// lane has waited for patience, another worker is added, so that a slow handler
// harms its own call alone; added workers go when there is nothing to do.
//
// Full lanes and too many lanes refuse work that is not forced. What belongs to a
// dialog has as much room again, so that who only knows a Call-ID can't keep its
// call from ending. Forced work is what ends transactions, which is bounded by
// their number.
type executor struct {
	stack  *Stack
	seed   maphash.Seed
	shards [laneShards]laneShard
	lanes  atomic.Int64 // that have work
	// ready holds lanes with work that no worker has, each at most once. Its
	// capacity is Limits.Calls; what does not fit waits in spill.
	ready   chan *lane
	drained chan struct{}
	closing atomic.Bool
	idle    atomic.Int64
	armed   atomic.Bool
	helper  *time.Timer // adds workers
	workers sync.WaitGroup

	// all counts the workers, and the readers that are held up by the handlers that
	// they run and have been replaced.
	all atomic.Int64

	mu      sync.Mutex // a leaf
	running int
	spill   []*lane
	closed  bool
}

const (
	laneShards = 64
	patience   = 10 * time.Millisecond
)

type laneShard struct {
	mu     sync.Mutex // a leaf
	lanes  map[string]*lane
	free   []*lane
	closed bool
}

// A lane is the work of one Call-ID.
type lane struct {
	shard *laneShard
	key   string
	work  []task
	next  int // in work
	// current is the task that runs. It lies here, not on the stack, as handlers get
	// its address.
	current task
}

// A task is one call of a handler or callback.
type task struct {
	run     func(*Stack, *task)
	server  *ServerTransaction
	client  *ClientTransaction
	respond func(*ClientTransaction, *Message, error) // of client
	message *Message
	err     error
	call    func()
	hand    *hand // of who posts it; nil: a worker is woken
}

func newExecutor(s *Stack) *executor {
	e := &executor{stack: s, seed: maphash.MakeSeed(), ready: make(chan *lane, s.limits.Calls),
		drained: make(chan struct{}, 1)}
	for i := range e.shards {
		e.shards[i].lanes = map[string]*lane{}
	}
	e.helper = time.AfterFunc(time.Hour, e.help)
	e.helper.Stop()
	for range s.limits.Workers {
		e.start()
	}
	return e
}

// start adds a worker. close waits for all of them.
func (e *executor) start() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed || e.all.Load() >= int64(e.stack.limits.MaxWorkers) {
		return
	}
	e.running++
	e.count(1)
	e.workers.Add(1)
	go e.work()
}

// spare reports whether a reader may do the work of workers: another would have to
// take its place if that takes long.
func (e *executor) spare() bool {
	return e.all.Load() < int64(e.stack.limits.MaxWorkers)
}

// count counts a worker, or a reader that became one, in or out.
func (e *executor) count(n int64) {
	e.all.Add(n)
	e.stack.metrics.Workers.Add(n)
}

// room is how much a kind of work may use of what is bounded.
type room int

const (
	ordinary room = 1 // times the limits
	ofDialog room = 2
	forced   room = 0 // no limit
)

// post puts work into a lane. It reports false if there is too much.
func (e *executor) post(key string, r room, t task) bool {
	s := &e.shards[maphash.String(e.seed, key)%laneShards]
	s.mu.Lock()
	l := s.lanes[key]
	if l != nil {
		if r != forced && len(l.work)-l.next >= int(r)*e.stack.limits.CallQueue {
			s.mu.Unlock()
			return false
		}
		t.hand = nil
		l.push(t)
		s.mu.Unlock()
		return true
	}
	if s.closed {
		s.mu.Unlock()
		return false
	}
	if e.lanes.Add(1) > int64(r)*int64(e.stack.limits.Calls) && r != forced {
		e.gone()
		s.mu.Unlock()
		return false
	}
	if n := len(s.free); n > 0 {
		l = s.free[n-1]
		s.free = s.free[:n-1]
	} else {
		l = &lane{shard: s}
	}
	h := t.hand
	t.hand = nil
	l.key = key
	l.work = append(l.work, t)
	s.lanes[key] = l
	s.mu.Unlock()
	if h != nil && h.lane == nil {
		h.lane = l
		return true
	}
	e.makeReady(l)
	return true
}

// push adds work to a lane. What is done makes room before more is taken: a lane
// may never be empty.
func (l *lane) push(t task) {
	if l.next > 0 && len(l.work) == cap(l.work) {
		n := copy(l.work, l.work[l.next:])
		clear(l.work[n:])
		l.work, l.next = l.work[:n], 0
	}
	l.work = append(l.work, t)
}

func (e *executor) makeReady(l *lane) {
	select {
	case e.ready <- l:
		if e.idle.Load() == 0 {
			e.call()
		}
	default:
		e.mu.Lock()
		e.spill = append(e.spill, l)
		e.mu.Unlock()
		e.call()
	}
}

// call has help come after a while.
func (e *executor) call() {
	if e.armed.CompareAndSwap(false, true) {
		e.helper.Reset(patience)
	}
}

// help adds a worker if lanes still wait.
func (e *executor) help() {
	if !e.stack.enter() {
		return
	}
	defer e.stack.leave()
	e.armed.Store(false)
	if l := e.spilled(); l != nil { // spilled while the workers emptied the queue, perhaps
		e.makeReady(l)
	}
	if len(e.ready) == 0 {
		return
	}
	if e.idle.Load() == 0 {
		e.stack.metrics.WorkersAdded.Add(1)
		e.start()
	}
	e.call()
}

func (e *executor) work() {
	defer e.workers.Done()
	for {
		e.idle.Add(1)
		l, ok := <-e.ready
		last := e.idle.Add(-1) == 0
		if !ok {
			break
		}
		if last && len(e.ready) > 0 { // they came while this worker was idle
			e.call()
		}
		for l != nil {
			e.run(l)
			l = e.spilled()
		}
		if e.surplus() {
			return
		}
	}
	e.mu.Lock()
	e.running--
	e.mu.Unlock()
	e.count(-1)
}

// surplus ends the worker if there are more than usual and nothing waits.
func (e *executor) surplus() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.running <= e.stack.limits.Workers || len(e.ready) > 0 {
		return false
	}
	e.running--
	e.count(-1)
	return true
}

func (e *executor) spilled() *lane {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := len(e.spill)
	if n == 0 {
		return nil
	}
	l := e.spill[n-1]
	e.spill = e.spill[:n-1]
	return l
}

// run does the work of a lane until there is none.
func (e *executor) run(l *lane) {
	for {
		s := l.shard
		s.mu.Lock()
		if l.next == len(l.work) {
			delete(s.lanes, l.key)
			e.gone()
			clear(l.work)
			l.key, l.work, l.next = "", l.work[:0], 0
			if len(s.free) < 64 && cap(l.work) <= 16 {
				s.free = append(s.free, l)
			}
			s.mu.Unlock()
			return
		}
		l.current = l.work[l.next]
		l.work[l.next] = task{}
		l.next++
		s.mu.Unlock()
		e.do(&l.current)
		l.current = task{}
	}
}

func (e *executor) do(t *task) {
	if e.stack.contain("a SIP handler panicked", func() { t.run(e.stack, t) }) && t.server != nil && t.message != nil {
		_ = t.server.Respond(t.server.Response(500, "")) // or the peer waits in vain
	}
}

// close does what is left and waits for the workers; handlers that block are
// waited for.
func (e *executor) close() {
	e.helper.Stop()
	for i := range e.shards {
		e.shards[i].mu.Lock()
		e.shards[i].closed = true
		e.shards[i].mu.Unlock()
	}
	e.closing.Store(true)
	for l := e.spilled(); l != nil; l = e.spilled() {
		e.ready <- l
	}
	for e.lanes.Load() > 0 {
		<-e.drained
	}
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	close(e.ready)
	e.workers.Wait()
}

// gone counts a lane out.
func (e *executor) gone() {
	if e.lanes.Add(-1) == 0 && e.closing.Load() {
		select {
		case e.drained <- struct{}{}:
		default:
		}
	}
}
