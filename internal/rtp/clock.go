package rtp

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// clock decides when a session reports, gives up and keeps alive.
type clock struct {
	last      atomic.Int64 // when something arrived, or the wait for it began
	mu        sync.Mutex   // a leaf
	report    int64        // when the next report is due
	every     int64
	active    int64 // rtptimeout, 0 for none
	held      int64
	keepalive int64
	timedOut  bool

	arming sync.Mutex // comes before all other locks of a session
	timer  *time.Timer
	closed bool
}

const never = math.MaxInt64

func (c *clock) init(at int64, every time.Duration) {
	c.last.Store(at)
	c.every, c.report = int64(every), at+int64(every)
	if every < 0 {
		c.report = never
	}
}

// heard notes that a packet arrived.
func (c *clock) heard(at int64) { c.last.Store(at) }

// touch begins to wait for packets anew.
func (c *clock) touch(at int64) { c.heard(at) }

func (c *clock) setTimeouts(active, held time.Duration, at int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.active, c.held, c.timedOut = int64(active), int64(held), false
	c.touch(at)
}

func (c *clock) setKeepalive(every time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keepalive = int64(every)
}

// silence is after how long without a packet to give up; 0 is never. mu is held.
func (c *clock) silence(held bool) int64 {
	switch {
	case c.timedOut:
		return 0
	case held:
		return c.held
	}
	return c.active
}

// next is when there is something to do.
func (s *Session) next() int64 {
	held := s.held()
	sent := s.sender.lastSent()
	c := &s.clock
	c.mu.Lock()
	at := c.report
	if silence := c.silence(held); silence > 0 {
		at = min(at, c.last.Load()+silence)
	}
	if c.keepalive > 0 {
		at = min(at, sent+c.keepalive)
	}
	c.mu.Unlock()
	if key := s.receiver.event.deadline(); key > 0 {
		at = min(at, key)
	}
	return at
}

func (s *Session) held() bool { return s.route.Load().direction != SendRecv }

func (t *sender) lastSent() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last
}

// begin starts the clock. It reports false if it runs already, or is closed.
func (s *Session) begin() bool {
	c := &s.clock
	c.arming.Lock()
	if c.timer != nil || c.closed {
		c.arming.Unlock()
		return false
	}
	c.timer = time.AfterFunc(time.Hour, s.alarm)
	c.arming.Unlock()
	s.wake()
	return true
}

// wake makes the clock think again about when there is something to do.
func (s *Session) wake() {
	c := &s.clock
	c.arming.Lock()
	defer c.arming.Unlock()
	if c.timer == nil || c.closed {
		return
	}
	if at := s.next(); at != never {
		c.timer.Reset(max(0, time.Duration(at-now())))
	} else {
		c.timer.Stop()
	}
}

// alarm runs on a goroutine of the timer's, for which Wait waits.
func (s *Session) alarm() {
	c := &s.clock
	c.arming.Lock()
	if c.closed {
		c.arming.Unlock()
		return
	}
	s.work.Add(1)
	c.arming.Unlock()
	defer s.work.Done()
	s.due(now())
	s.wake()
}

// close stops the clock for good.
func (c *clock) close() {
	c.arming.Lock()
	defer c.arming.Unlock()
	c.closed = true
	if c.timer != nil {
		c.timer.Stop()
	}
}

// due does what is due.
func (s *Session) due(at int64) {
	if f, ok := s.receiver.event.expire(at); ok {
		s.tellKey(f)
	}
	held := s.held()
	sent := s.sender.lastSent()
	c := &s.clock
	c.mu.Lock()
	report := at >= c.report
	if report {
		c.report = at + c.every
	}
	silence := c.silence(held)
	giveUp := silence > 0 && at-c.last.Load() >= silence
	if giveUp {
		c.timedOut = true
	}
	alive := c.keepalive > 0 && at-sent >= c.keepalive
	c.mu.Unlock()
	if report {
		s.sendReport(at)
	}
	if alive {
		s.sender.rest(at)
		_ = s.writeNoise(true) // counted there
	}
	if giveUp && s.config.TimedOut != nil {
		s.config.TimedOut(held)
	}
}

// rest notes that it is not yet time for another sign of life.
func (t *sender) rest(at int64) {
	t.mu.Lock()
	t.last = at
	t.mu.Unlock()
}
