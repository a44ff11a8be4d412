package rtp

import (
	"encoding/binary"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// ErrNoEvents is the cause when the other side takes no telephone-events: keys
// must go as tones or by signalling.
var ErrNoEvents = errors.New("the other side takes no telephone-event")

// errDigits is the cause when more keys wait than digitsWaiting.
var errDigits = errors.New("too many keys wait to be sent")

const (
	digitsWaiting = 64 // keys that wait their turn; more are refused
	digitStep     = 20 * time.Millisecond
	digitLeast    = 40 * time.Millisecond // shorter keys are lengthened
	digitPause    = 40 * time.Millisecond // between two keys
	digitEnds     = 3                     // copies of the last packet (RFC 4733 §2.5.1.4)
	digitVolume   = 10                    // -10 dBm0
)

// digitQueue are the keys to be sent. One goroutine sends them while there are any.
type digitQueue struct {
	mu      sync.Mutex // a leaf
	list    []*digit
	running bool
	closed  bool
	active  atomic.Bool
}

// digit is a key to be sent. hold is how long, once its end is known.
type digit struct {
	code  byte
	ended bool
	hold  time.Duration
}

func (q *digitQueue) busy() bool { return q.active.Load() }

func (q *digitQueue) close() {
	q.mu.Lock()
	q.closed, q.list = true, nil
	q.mu.Unlock()
}

// eventCode is the event of a key, '!' being a flash.
func eventCode(key byte) (byte, bool) {
	switch {
	case key >= 'a' && key <= 'd':
		key -= 'a' - 'A'
	case key == '!':
		return eventFlash, true
	case key == 'f':
		return eventCNG, true
	}
	i := strings.IndexByte(eventKeys, key)
	return byte(i), i >= 0
}

// BeginDigit starts to send a key as telephone-event. It goes on until EndDigit,
// at most 8 s. ErrNoEvents tells that the other side did not offer them.
func (s *Session) BeginDigit(key byte) error { return s.queue(key, digit{}) }

// SendDigit sends a key that is held for a time.
func (s *Session) SendDigit(key byte, hold time.Duration) error {
	return s.queue(key, digit{ended: true, hold: hold})
}

// EndDigit ends a key, which is held for that long in all. Keys that were not
// begun are sent whole.
func (s *Session) EndDigit(key byte, held time.Duration) error {
	code, ok := eventCode(key)
	if !ok {
		return errors.New("no such key")
	}
	s.digits.mu.Lock()
	for _, d := range s.digits.list {
		if d.code == code && !d.ended {
			d.ended, d.hold = true, held
			s.digits.mu.Unlock()
			return nil
		}
	}
	s.digits.mu.Unlock()
	return s.SendDigit(key, held)
}

func (s *Session) queue(key byte, d digit) error {
	var ok bool
	if d.code, ok = eventCode(key); !ok {
		return errors.New("no such key")
	}
	if s.eventPayload() == nil {
		return ErrNoEvents
	}
	q := &s.digits
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed:
		return nil
	case len(q.list) >= digitsWaiting:
		return errDigits
	}
	q.list = append(q.list, &d)
	if !q.running {
		q.running = true
		q.active.Store(true)
		s.work.Add(1)
		go func() {
			defer s.work.Done()
			s.sendDigits()
		}()
	}
	return nil
}

func (s *Session) eventPayload() *Payload {
	s.sender.mu.Lock()
	clock := s.sender.clock
	s.sender.mu.Unlock()
	if clock == 0 {
		clock = 8000
	}
	return s.route.Load().send.events(clock)
}

// sendDigits sends keys until there are no more.
func (s *Session) sendDigits() {
	q := &s.digits
	clock := time.NewTicker(digitStep)
	defer clock.Stop()
	for {
		q.mu.Lock()
		if len(q.list) == 0 {
			q.running = false
			q.active.Store(false)
			q.mu.Unlock()
			return
		}
		d := q.list[0]
		q.mu.Unlock()
		s.sendDigit(d, clock)
		q.mu.Lock()
		if len(q.list) > 0 && q.list[0] == d {
			q.list = q.list[1:]
		}
		q.mu.Unlock()
		for range digitPause / digitStep {
			if !s.pause(clock) {
				return
			}
		}
	}
}

func (s *Session) pause(clock *time.Ticker) bool {
	select {
	case <-s.closed:
		return false
	case <-clock.C:
		return true
	}
}

// sendDigit sends the packets of one key: at once, every 20 ms, and the end
// three times.
func (s *Session) sendDigit(d *digit, clock *time.Ticker) {
	e := s.eventPayload()
	if e == nil {
		return
	}
	t := &s.sender
	t.mu.Lock()
	rate := t.clock
	if rate == 0 {
		rate = e.clock()
	}
	stamp := t.timestamp(now(), rate)
	t.mu.Unlock()
	clock.Reset(digitStep)
	longest := time.Duration(0xffff) * time.Second / time.Duration(e.clock())
	for held := digitStep; ; held += digitStep {
		s.digits.mu.Lock()
		ended, hold := d.ended, max(d.hold, digitLeast)
		s.digits.mu.Unlock()
		over := ended && held >= hold
		if over {
			held = hold
		}
		if over || held >= longest {
			for range digitEnds {
				s.sendEvent(e, d.code, stamp, min(held, longest), false, true)
			}
			return
		}
		s.sendEvent(e, d.code, stamp, held, held == digitStep, false)
		if !s.pause(clock) {
			return
		}
	}
}

// sendEvent sends one packet of a key (RFC 4733 §2.3).
func (s *Session) sendEvent(e *Payload, code byte, stamp uint32, held time.Duration, first, final bool) {
	r := s.route.Load()
	if !r.direction.sends() {
		s.counts.held.Add(1)
		return
	}
	t := &s.sender
	t.mu.Lock()
	b := t.take(4)
	b[headerSize], b[headerSize+1] = code, digitVolume
	if final {
		b[headerSize+1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[headerSize+2:], uint16(held*time.Duration(e.clock())/time.Second))
	t.fill(b, Packet{Type: e.Type, Marker: first, Timestamp: stamp}, now())
	t.fresh = true // voice after a key is a new talkspurt
	t.mu.Unlock()
	_ = s.send(r, b) // counted there
}
