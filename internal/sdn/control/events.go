package control

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"
)

// eventQueue is how many events wait for a reader; when there are more the oldest
// is dropped, and counted.
const eventQueue = 120

// An Event is what happened in the network, immutable.
type Event struct {
	ID   uint64 // counts from 1
	Time time.Time
	DP   uint64 // 0: of no switch
	Name string // of the switch; 0 of none
	Kind string // L2_LEARN and the others of Faucet's
	What any    // what is told of it
	JSON []byte // all of it, a line with its end
}

// Events are told to whoever wants them: the readers of a socket, which get one
// JSON object a line, and those who Subscribe. Its methods may be called
// concurrently.
type Events struct {
	log     *slog.Logger
	metrics *Metrics

	mu        sync.Mutex // leaf
	id        uint64
	readers   map[*Subscription]bool
	listeners []net.Listener
	conns     map[net.Conn]bool
	kept      *Subscription // what the readers of a socket missed, while there is none
	closed    bool
	wait      sync.WaitGroup
}

// A Subscription is one who is told.
type Subscription struct {
	C      <-chan Event // closed by Close, of either
	queue  chan Event
	events *Events
}

// NewEvents tells nobody yet.
func NewEvents(log *slog.Logger, m *Metrics) *Events {
	return &Events{log: log, metrics: m, readers: map[*Subscription]bool{}, conns: map[net.Conn]bool{}}
}

// Subscribe tells from now on. Of a reader that has more than queue events before
// it (0: 120, as many as Faucet keeps) the oldest are dropped, and counted.
func (e *Events) Subscribe(queue int) *Subscription {
	if queue == 0 {
		queue = eventQueue
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.subscribe(queue)
}

// subscribe is called with e.mu held.
func (e *Events) subscribe(queue int) *Subscription {
	c := make(chan Event, queue)
	s := &Subscription{C: c, queue: c, events: e}
	if e.closed {
		close(c)
		return s
	}
	e.readers[s] = true
	return s
}

// Close tells no more. What was told already may still be read.
func (s *Subscription) Close() {
	s.events.mu.Lock()
	defer s.events.mu.Unlock()
	if s.events.readers[s] {
		delete(s.events.readers, s)
		close(s.queue)
	}
}

// Keep keeps the last 120 events from now on for the first reader that comes to a
// socket, and again whenever the last one has gone, as Faucet does.
func (e *Events) Keep() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.kept == nil && len(e.conns) == 0 && !e.closed {
		e.kept = e.subscribe(eventQueue)
	}
}

// Listen takes readers on a Unix socket, as many as come. It keeps events for them.
func (e *Events) Listen(path string) error {
	if info, err := os.Stat(path); err == nil && info.Mode()&fs.ModeSocket == 0 {
		return fmt.Errorf("events: %s is there and no socket", path)
	}
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("events: %w", err)
	}
	e.Keep()
	l, err := net.Listen("unix", path)
	if err != nil {
		return fmt.Errorf("events: %w", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return l.Close()
	}
	e.listeners = append(e.listeners, l)
	e.wait.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s := e.admit(c)
			e.wait.Go(func() { e.write(s, c) })
		}
	})
	return nil
}

// Heartbeat tells every period that there is nothing to tell, until Close.
func (e *Events) Heartbeat(period time.Duration, done <-chan struct{}) {
	e.wait.Go(func() {
		t := time.NewTicker(period)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				e.send(0, "", "EVENT_SOCK_HEARTBEAT", nil)
			case <-done:
				return
			}
		}
	})
}

// admit lets a reader of a socket in: the first gets what was kept.
func (e *Events) admit(c net.Conn) (s *Subscription) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.conns[c] = true
	if s, e.kept = e.kept, nil; s == nil {
		s = e.subscribe(eventQueue)
	}
	return s
}

// write owns the connection of a reader until it goes away or does not read for long.
func (e *Events) write(s *Subscription, c net.Conn) {
	defer c.Close()
	for one := range s.C {
		c.SetWriteDeadline(time.Now().Add(30 * time.Second))
		if _, err := c.Write(one.JSON); err != nil {
			e.left(s, c, one)
			return
		}
	}
	e.left(s, c)
}

// left lets a reader of a socket go. What the last one was not told, or not wholly, is
// kept for the next.
func (e *Events) left(s *Subscription, c net.Conn, untold ...Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.conns, c)
	if !e.readers[s] {
		return // all is over
	}
	delete(e.readers, s)
	close(s.queue)
	if len(e.conns) > 0 {
		return
	}
	e.kept = e.subscribe(eventQueue)
	for one := range s.queue {
		untold = append(untold, one)
	}
	for _, one := range untold {
		e.tell(e.kept, one)
	}
}

// farewell is how long the readers of a socket have to read what was told, when it closes.
const farewell = time.Second

// Close ends all, and waits for the goroutines.
func (e *Events) Close() {
	e.mu.Lock()
	e.closed = true
	for _, l := range e.listeners {
		l.Close()
	}
	for s := range e.readers {
		delete(e.readers, s)
		close(s.queue)
	}
	e.mu.Unlock()
	late := time.AfterFunc(farewell, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		for c := range e.conns {
			c.Close()
		}
	})
	defer late.Stop()
	e.wait.Wait()
}

// wanted says whether anybody listens: an event that nobody wants need not be made.
func (e *Events) wanted() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.readers) > 0
}

// send tells an event; it never waits. What is of no switch has the datapath id 0 and
// the name "0", as Faucet's events have.
func (e *Events) send(id uint64, name, kind string, what any) {
	if id == 0 && name == "" {
		name = "0"
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.id++
	e.metrics.eventID.Set(float64(e.id))
	if len(e.readers) == 0 {
		return
	}
	one := Event{ID: e.id, Time: time.Now(), DP: id, Name: name, Kind: kind, What: what}
	line, err := json.Marshal(map[string]any{"version": 1, "time": float64(one.Time.UnixNano()) / 1e9, "dp_id": id, "dp_name": name,
		"event_id": one.ID, kind: what})
	if err != nil {
		e.log.Error("event", "error", err)
		return
	}
	one.JSON = append(line, '\n')
	for s := range e.readers {
		e.tell(s, one)
	}
}

// tell puts an event into a queue, in the place of the oldest if it is full; e.mu
// is held, so that nobody else puts.
func (e *Events) tell(s *Subscription, one Event) {
	for {
		select {
		case s.queue <- one:
			return
		default:
		}
		select {
		case <-s.queue:
			if s != e.kept { // for whom nobody is too slow
				e.metrics.eventsDropped.Inc()
			}
		default:
		}
	}
}
