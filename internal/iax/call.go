package iax

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
)

// stage is how far a call has come.
type stage uint8

const (
	asked    stage = iota // we have asked, or are about to
	proving               // the caller is to prove who it is
	accepted              // both know the call
	over                  // it is at its end
)

// The times of frames that are not acknowledged (RFC 5456 §7.2.1).
const (
	firstAgain = 500 * time.Millisecond // doubled each time
	mostTries  = 5
	pingEvery  = 20 * time.Second
	proveIn    = 10 * time.Second
)

// A call is one of a Driver, in either direction. It is the channel's leg.
type call struct {
	driver    *Driver
	settings  *Settings
	number    uint16
	at        netip.AddrPort
	began     time.Time
	name      string // of the user or peer, in the channel's name
	formats   []*media.Format
	to        destination      // of a call that we make
	methods   uint16           // likewise
	requestor *channel.Channel // likewise; may be nil
	caller    *asking          // of a call that we get

	format atomic.Pointer[media.Format]
	leg    atomic.Pointer[channel.Channel] // nil until there is one

	mu        sync.Mutex // held while a frame is sent, for their order; never while the channel is told
	stage     stage
	remote    uint16 // the far end's number, 0 until it is known
	out, in   uint8  // sequence numbers: the next that is sent, and the next that is expected
	waiting   []*pending
	last      uint32 // the latest stamp that was sent
	lastVoice uint32
	spoken    *media.Format // of the last full frame of sound; nil: none was sent
	heard     *media.Format // likewise of what comes
	tokened   bool
	down      time.Time // when the key that is down went down; zero: none is
	timer     *time.Timer
}

// A pending is a frame that waits for its acknowledgement.
type pending struct {
	frame frame
	tries int
	timer *time.Timer
}

// from reports whether a frame of this call comes from its far end, and learns its number.
func (c *call) from(at netip.AddrPort, f *frame) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at != c.at {
		return false
	}
	if c.remote != 0 || f.kind == iaxWord && (f.subclass == wordCallToken || f.subclass == wordInval) {
		return c.remote == 0 || c.remote == f.source
	}
	c.remote = f.source
	c.driver.known(c, f.source)
	return true
}

// stamp is the time for a frame that is sent now. c.mu is held.
func (c *call) stamp() uint32 {
	now := uint32(time.Since(c.began) / time.Millisecond) //nolint:gosec // 49 days
	if c.last != 0 && now < c.last+3 {
		now = c.last + 3
	}
	c.last = now
	return now
}

// tell sends a frame of the call, again until it is acknowledged.
func (c *call) tell(k kind, subclass uint64, body []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.put(k, subclass, c.stamp(), body)
}

// put is tell with a stamp. c.mu is held.
func (c *call) put(k kind, subclass uint64, stamp uint32, body []byte) {
	f := frame{source: c.number, dest: c.remote, stamp: stamp, out: c.out, in: c.in, kind: k, subclass: subclass, body: body}
	c.driver.send(c.at, f.append(nil))
	if !f.counted() {
		return
	}
	c.out++
	p := &pending{frame: f}
	p.timer = time.AfterFunc(firstAgain, func() { c.again(p) })
	c.waiting = append(c.waiting, p)
}

// again sends what was not acknowledged, or gives the call up.
func (c *call) again(p *pending) {
	c.mu.Lock()
	if c.driver.conn.Load() == nil || !c.waits(p) {
		c.mu.Unlock()
		return
	}
	p.tries++
	if p.tries < mostTries {
		p.frame.again, p.frame.in = true, c.in
		c.driver.send(c.at, p.frame.append(nil))
		p.timer.Reset(firstAgain << p.tries)
		c.mu.Unlock()
		return
	}
	ended := c.stage == over
	c.stage = over
	c.mu.Unlock()
	c.forget()
	if ch := c.leg.Load(); ch != nil && !ended {
		c.driver.Logger.Warn("an IAX2 call has lost its far end", "channel", ch.Name(), "address", c.at)
		ch.RemoteHangup(channel.CauseOutOfOrder)
	}
}

func (c *call) waits(p *pending) bool {
	for _, one := range c.waiting {
		if one == p {
			return true
		}
	}
	return false
}

// acknowledged takes what the far end has off the list. c.mu is held.
func (c *call) acknowledged(next uint8) {
	kept := c.waiting[:0]
	for _, p := range c.waiting {
		if next-p.frame.out-1 < 128 {
			p.timer.Stop()
			continue
		}
		kept = append(kept, p)
	}
	clear(c.waiting[len(kept):])
	c.waiting = kept
}

// receive takes a full frame of the call, on the port's goroutine.
func (c *call) receive(f frame) {
	if !c.inOrder(&f) {
		return
	}
	switch f.kind {
	case iaxWord:
		c.word(f)
	case control:
		c.signal(f.subclass)
	case voice:
		c.spoke(f)
	case keyDown, keyUp:
		c.key(f)
	case text:
		c.read(f.body)
	}
}

// inOrder does what sequence numbers are for, and reports whether the frame is to be taken now.
func (c *call) inOrder(f *frame) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	word := uint64(0)
	if f.kind == iaxWord {
		word = f.subclass
	}
	if word == wordCallToken || word == wordInval {
		return true
	}
	c.acknowledged(f.in)
	if word == wordVnak {
		for _, p := range c.waiting {
			p.frame.again, p.frame.in = true, c.in
			c.driver.send(c.at, p.frame.append(nil))
		}
	}
	finished := c.stage == over && len(c.waiting) == 0
	if !f.counted() {
		if finished {
			go c.forget() // takes the lock
		}
		return false
	}
	switch {
	case f.out == c.in:
		c.in++
	case c.in-f.out < 128: // it was here before
		c.acknowledge(f)
		return false
	default:
		c.put(iaxWord, wordVnak, f.stamp, nil)
		return false
	}
	switch word {
	case wordPing, wordLagReq, wordAuthReq, wordAuthRep: // the reply acknowledges them
	default:
		c.acknowledge(f)
	}
	return true
}

// acknowledge sends an ACK. c.mu is held.
func (c *call) acknowledge(f *frame) { c.put(iaxWord, wordAck, f.stamp, nil) }

// word does what an IAX word says.
func (c *call) word(f frame) {
	list, err := parseElements(f.body)
	if err != nil {
		list = elements{}
	}
	switch f.subclass {
	case wordPing:
		c.reply(wordPong, f.stamp)
	case wordLagReq:
		c.reply(wordLagRep, f.stamp)
	case wordPong, wordLagRep, wordQuelch, wordUnquelch:
	case wordCallToken:
		c.token(list)
	case wordAuthReq:
		c.prove(list)
	case wordAuthRep:
		c.proved(list)
	case wordAccept:
		c.isAccepted(list)
	case wordReject, wordHangup:
		c.ended(f.subclass, list)
	case wordInval:
		c.ended(wordHangup, elements{})
	case wordTxReq:
		c.tell(iaxWord, wordTxRej, nil)
	case wordUnsupported:
	default:
		c.tell(iaxWord, wordUnsupported, (&writer{}).number8(elementUnknown, uint8(f.subclass)).body) //nolint:gosec // 7 bits
	}
}

// reply sends a word with the stamp of what it replies to.
func (c *call) reply(word uint64, stamp uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.put(iaxWord, word, stamp, nil)
}

// live has the far end asked from time to time whether it is there. c.mu is held.
func (c *call) live() {
	if c.timer != nil {
		c.timer.Stop()
	}
	c.timer = time.AfterFunc(pingEvery, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.stage != accepted || c.driver.conn.Load() == nil {
			return
		}
		c.put(iaxWord, wordPing, c.stamp(), nil)
		c.timer.Reset(pingEvery)
	})
}

// forget takes the call from the driver's books.
func (c *call) forget() {
	c.mu.Lock()
	c.stage = over
	for _, p := range c.waiting {
		p.timer.Stop()
	}
	c.waiting = nil
	if c.timer != nil {
		c.timer.Stop()
	}
	number := c.remote
	c.mu.Unlock()
	c.driver.drop(c, number)
}
