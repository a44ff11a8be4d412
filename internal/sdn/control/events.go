package control

import (
	"encoding/json"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"
)

// eventQueue is how many events wait for a reader; when there are more the oldest
// is dropped, and counted.
const eventQueue = 120

// Events are told to whoever reads the socket: one JSON object a line.
type Events struct {
	log     *slog.Logger
	metrics *Metrics

	mu       sync.Mutex
	id       uint64
	readers  map[*eventReader]bool
	listener net.Listener
	wait     sync.WaitGroup
}

type eventReader struct {
	queue chan []byte
	conn  net.Conn
}

// NewEvents tells nobody yet.
func NewEvents(log *slog.Logger, m *Metrics) *Events {
	return &Events{log: log, metrics: m, readers: map[*eventReader]bool{}}
}

// Listen takes readers on a Unix socket, as many as come.
func (e *Events) Listen(path string) error {
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return err
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return err
	}
	e.mu.Lock()
	e.listener = l
	e.mu.Unlock()
	e.wait.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			r := &eventReader{make(chan []byte, eventQueue), c}
			e.mu.Lock()
			e.readers[r] = true
			e.mu.Unlock()
			e.wait.Go(func() { e.write(r) })
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

// write owns a reader until it goes away or does not read for long.
func (e *Events) write(r *eventReader) {
	for line := range r.queue {
		r.conn.SetWriteDeadline(time.Now().Add(30 * time.Second))
		if _, err := r.conn.Write(line); err != nil {
			break
		}
	}
	r.conn.Close()
	e.mu.Lock()
	delete(e.readers, r)
	e.mu.Unlock()
}

// Close ends the socket; it waits for all goroutines.
func (e *Events) Close() {
	e.mu.Lock()
	if e.listener != nil {
		e.listener.Close()
	}
	for r := range e.readers {
		close(r.queue)
		r.conn.SetWriteDeadline(time.Now())
		delete(e.readers, r)
	}
	e.mu.Unlock()
	e.wait.Wait()
}

// wanted says whether anybody listens: an event that nobody wants need not be made.
func (e *Events) wanted() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.readers) > 0
}

// send tells an event; it never waits.
func (e *Events) send(id uint64, name, kind string, what any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.id++
	e.metrics.eventID.Set(float64(e.id))
	if len(e.readers) == 0 {
		return
	}
	line, err := json.Marshal(map[string]any{"version": 1, "time": float64(time.Now().UnixNano()) / 1e9, "dp_id": id, "dp_name": name,
		"event_id": e.id, kind: what})
	if err != nil {
		e.log.Error("event", "error", err)
		return
	}
	line = append(line, '\n')
	for r := range e.readers {
		for {
			select {
			case r.queue <- line:
			default:
				select {
				case <-r.queue:
					e.metrics.eventsDropped.Inc()
				default:
				}
				continue
			}
			break
		}
	}
}
