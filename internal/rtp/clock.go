package rtp

import (
	"errors"
	"math"
	"net/netip"
	"os"
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

// wake makes the clock think again about when there is something to do.
func (s *Session) wake() { _ = s.control.SetReadDeadline(epoch) }

// maxReport is the longest RTCP datagram that is read whole: 16 blocks and a name.
const maxReport = 1024

// tick is the loop of the clock, which is the reader of RTCP at the same time.
func (s *Session) tick() {
	buffer := make([]byte, maxReport)
	for {
		// What changes after the deadline is set changes it itself (wake).
		for at := s.next(); ; {
			deadline := time.Time{}
			if at != never {
				deadline = epoch.Add(time.Duration(at))
			}
			_ = s.control.SetReadDeadline(deadline)
			again := s.next()
			if again >= at {
				break
			}
			at = again
		}
		n, from, err := s.control.ReadFromUDPAddrPort(buffer)
		switch {
		case err == nil:
			s.receiveControl(buffer[:n], netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), now())
		case errors.Is(err, os.ErrDeadlineExceeded):
			s.due(now())
		case s.stopReading(err):
			return
		}
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
