package traffic

import (
	"bytes"
	"fmt"
	"net/netip"
	"strconv"
	"sync"
	"time"
)

// A Caller places calls to numbers of the server, all from one address.
type Caller struct {
	*socket
	user string
	sdp  []byte

	mu      sync.Mutex
	batch   int            // counts Place, so that no Call-ID comes twice
	calls   []call         // of this batch
	first   int            // all before it have ended
	open    int            // of those
	held    int            // that stand
	failed  map[string]int // why, how often
	changed chan struct{}  // has room for one
	repeats int
}

// call is what a caller knows of one call.
type call struct {
	state  callState
	order  *Order
	last   []byte    // the request that waits for its answer
	began  time.Time // when that was sent first
	sent   time.Time // and last
	to     []byte    // the To header of the dialog
	target []byte    // where its requests go
	until  time.Time // when it has stood long enough; zero is for ever
	media  uint16    // the port where the server expects sound
}

type callState uint8

const (
	idle callState = iota
	inviting
	ringing
	standing
	ending // our BYE is on its way
	ended
)

// Order says what calls to place.
type Order struct {
	Number string // the extension
	Count  int
	Rate   int // calls a second; 0 is all at once
	// Hold keeps the calls up until Release.
	Hold bool
	// For is how long each call stands, if it is not held and the server does not end it.
	For time.Duration
	// TheyEnd leaves the BYE to the server.
	TheyEnd bool
	// Ring is of calls that nobody answers: they are held while they ring.
	Ring bool
}

// NewCaller opens the phone. Sound is sent from media, if it is sent.
func NewCaller(user string, local, server, media netip.AddrPort) (*Caller, error) {
	s, err := listen(local, server)
	if err != nil {
		return nil, err
	}
	c := &Caller{socket: s, user: user, sdp: description(media), failed: map[string]int{}, changed: make(chan struct{}, 1)}
	s.serve(c.take, c.look)
	return c, nil
}

// Close ends the phone, whatever stands.
func (c *Caller) Close() { c.close() }

// Place places calls and returns when all have ended, or stand if they are to be
// held. The error says how many failed, and why.
func (c *Caller) Place(o Order, patience time.Duration) error {
	c.mu.Lock()
	c.batch++
	c.calls, c.first, c.open, c.held = make([]call, o.Count), 0, o.Count, 0
	clear(c.failed)
	c.mu.Unlock()
	start := time.Now()
	for i := range o.Count {
		if o.Rate > 0 {
			if early := time.Until(start.Add(time.Duration(i) * time.Second / time.Duration(o.Rate))); early > 0 {
				time.Sleep(early)
			}
		}
		c.invite(i, &o)
	}
	if o.Hold {
		return c.wait(patience, func() bool { return c.held == c.open })
	}
	return c.wait(patience, func() bool { return c.open == 0 })
}

// Release ends the calls that are held.
func (c *Caller) Release(rate int, patience time.Duration) error {
	for i := range c.calls {
		c.mu.Lock()
		switch c.calls[i].state {
		case standing:
			c.bye(i)
		case ringing:
			c.cancel(i)
		}
		c.mu.Unlock()
		if rate > 0 {
			time.Sleep(time.Second / time.Duration(rate))
		}
	}
	return c.wait(patience, func() bool { return c.open == 0 })
}

// Media is where the server expects the sound of the calls that stand.
func (c *Caller) Media() []netip.AddrPort {
	c.mu.Lock()
	defer c.mu.Unlock()
	var at []netip.AddrPort
	for i := c.first; i < len(c.calls) && c.calls[i].state != idle; i++ {
		if c.calls[i].state == standing {
			at = append(at, netip.AddrPortFrom(c.server.Addr(), c.calls[i].media))
		}
	}
	return at
}

// Repeats is how many messages had to be sent again.
func (c *Caller) Repeats() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.repeats
}

func (c *Caller) wait(patience time.Duration, done func() bool) error {
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		c.mu.Lock()
		finished, open, failed := done(), c.open, 0
		for _, n := range c.failed {
			failed += n
		}
		why := fmt.Sprint(c.failed)
		c.mu.Unlock()
		if finished {
			if failed > 0 {
				return fmt.Errorf("%d calls failed: %s", failed, why)
			}
			return nil
		}
		select {
		case <-c.changed:
		case <-late.C:
			return fmt.Errorf("after %s %d calls are still open, %d failed: %s", patience, open, failed, why)
		}
	}
}

// invite sends the INVITE of call i.
func (c *Caller) invite(i int, o *Order) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := make([]byte, 0, 900)
	b = append(append(append(b, "INVITE sip:"...), o.Number...), '@')
	b = c.server.AppendTo(b)
	b = append(b, " SIP/2.0\r\n"...)
	b = c.appendHeaders(b, i, "INVITE", 1, c.called(o))
	b = append(append(b, "Contact: <sip:"...), c.user...)
	b = c.local.AppendTo(append(b, '@'))
	b = append(b, ">\r\nContent-Type: application/sdp\r\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(len(c.sdp)), 10)
	b = append(append(b, "\r\n\r\n"...), c.sdp...)
	c.calls[i] = call{state: inviting, order: o}
	c.request(i, b)
}

// called is who is called.
func (c *Caller) called(o *Order) []byte { return fmt.Appendf(nil, "<sip:%s@%s>", o.Number, c.server) }

// appendHeaders adds what all requests have. c.mu is held.
func (c *Caller) appendHeaders(b []byte, i int, method string, cseq int, to []byte) []byte {
	return c.appendWithin(b, i, method, method, cseq, to)
}

// appendWithin is appendHeaders for a request of another's transaction. c.mu is held.
func (c *Caller) appendWithin(b []byte, i int, transaction, method string, cseq int, to []byte) []byte {
	b = append(b, "Via: SIP/2.0/UDP "...)
	b = c.local.AppendTo(b)
	b = append(b, ";rport;branch=z9hG4bK-"...)
	b = c.appendID(b, i)
	b = append(append(b, transaction...), "\r\nMax-Forwards: 70\r\nFrom: <sip:"...)
	b = append(append(b, c.user...), '@')
	b = c.local.AppendTo(b)
	b = append(b, ">;tag="...)
	b = c.appendID(b, i)
	b = append(append(b, "\r\nTo: "...), to...)
	b = append(b, "\r\nCall-ID: "...)
	b = c.appendID(b, i)
	b = append(b, "\r\nCSeq: "...)
	b = strconv.AppendInt(b, int64(cseq), 10)
	b = append(append(append(b, ' '), method...), "\r\n"...)
	return b
}

// appendID adds the Call-ID, which is the call's number, the batch and our port.
func (c *Caller) appendID(b []byte, i int) []byte {
	b = append(strconv.AppendInt(b, int64(i), 10), '-')
	b = append(strconv.AppendInt(b, int64(c.batch), 10), '-')
	return strconv.AppendInt(b, int64(c.local.Port()), 10)
}

// request sends a request that has to be answered. c.mu is held.
func (c *Caller) request(i int, b []byte) {
	now := time.Now()
	c.calls[i].last, c.calls[i].began, c.calls[i].sent = b, now, now
	c.send(b, c.server)
}

// bye ends call i. c.mu is held.
func (c *Caller) bye(i int) {
	k := &c.calls[i]
	if k.state == standing {
		c.held--
	}
	k.state = ending
	b := append(append(make([]byte, 0, 500), "BYE "...), k.target...)
	b = append(b, " SIP/2.0\r\n"...)
	c.request(i, append(c.appendHeaders(b, i, "BYE", 2, k.to), "Content-Length: 0\r\n\r\n"...))
}

// cancel gives up call i, which rings. c.mu is held.
func (c *Caller) cancel(i int) {
	k := &c.calls[i]
	c.held--
	k.state = ending
	b := fmt.Appendf(make([]byte, 0, 500), "CANCEL sip:%s@%s SIP/2.0\r\n", k.order.Number, c.server)
	c.request(i, append(c.appendWithin(b, i, "INVITE", "CANCEL", 1, c.called(k.order)), "Content-Length: 0\r\n\r\n"...))
}

// ack acknowledges an answer to the INVITE: one that refuses is of the same transaction. c.mu
// is held.
func (c *Caller) ack(i int, transaction string, target, to []byte) {
	b := append(append(make([]byte, 0, 500), "ACK "...), target...)
	b = append(b, " SIP/2.0\r\n"...)
	c.send(append(c.appendWithin(b, i, transaction, "ACK", 1, to), "Content-Length: 0\r\n\r\n"...), c.server)
}

func (c *Caller) take(m message, from netip.AddrPort) {
	i := m.number()
	c.mu.Lock()
	defer c.mu.Unlock()
	var id [64]byte
	if i < 0 || i >= len(c.calls) || !bytes.Equal(m.field("Call-ID"), c.appendID(id[:0], i)) {
		if m.status() == 0 && m.method() != "ACK" {
			c.send(m.appendResponse(nil, "481 Call/Transaction Does Not Exist", "x", "", nil), from)
		}
		return
	}
	switch status := m.status(); {
	case status == 0 && m.method() == "BYE":
		c.send(m.appendResponse(make([]byte, 0, 600), "200 OK", "x", "", nil), from)
		if k := &c.calls[i]; k.state == standing {
			c.held--
			c.finish(i, "")
		}
	case status == 0 && m.method() != "ACK":
		c.send(m.appendResponse(nil, "200 OK", "x", "", nil), from)
	case status >= 200 && bytes.HasSuffix(m.field("CSeq"), []byte("INVITE")):
		c.answered(i, status, m)
	case status >= 100 && status < 200:
		k := &c.calls[i]
		k.last = nil // it is heard; the answer may take its time
		if status == 180 && k.state == inviting && k.order.Ring {
			k.state = ringing
			c.held++
			c.tell()
		}
	case status >= 200 && c.calls[i].state == ending:
		why := ""
		if status >= 300 {
			why = "BYE: " + strconv.Itoa(status)
		}
		c.finish(i, why)
	}
}

// answered treats the final answer to an INVITE. c.mu is held.
func (c *Caller) answered(i, status int, m message) {
	k := &c.calls[i]
	if status >= 300 {
		request := fmt.Appendf(nil, "sip:%s", c.server)
		c.ack(i, "INVITE", request, m.field("To"))
		switch k.state {
		case ringing:
			c.held--
			fallthrough
		case inviting:
			c.finish(i, "INVITE: "+strconv.Itoa(status))
		}
		return
	}
	if k.state == ringing {
		c.held--
		k.state = inviting
	}
	if k.state != inviting { // repeated: our ACK was lost
		if k.to != nil {
			c.repeats++
			c.ack(i, "ACK", k.target, k.to)
		}
		return
	}
	k.to, k.target = bytes.Clone(m.field("To")), bytes.Clone(m.contact())
	k.media, k.last = uint16(m.mediaPort()), nil
	k.state = standing
	c.held++
	c.ack(i, "ACK", k.target, k.to)
	switch {
	case k.order.Hold || k.order.TheyEnd:
	case k.order.For > 0:
		k.until = time.Now().Add(k.order.For)
	default:
		c.bye(i)
	}
	c.tell()
}

// finish is the end of a call. c.mu is held.
func (c *Caller) finish(i int, why string) {
	c.calls[i] = call{state: ended, to: c.calls[i].to, target: c.calls[i].target}
	c.open--
	if why != "" {
		c.failed[why]++
	}
	c.tell()
}

func (c *Caller) tell() {
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

// look ends what has stood long enough, and repeats what was not answered.
func (c *Caller) look(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.first < len(c.calls) && c.calls[c.first].state == ended {
		c.first++
	}
	for i := c.first; i < len(c.calls) && c.calls[i].state != idle; i++ {
		k := &c.calls[i]
		switch {
		case k.state == standing && !k.until.IsZero() && now.After(k.until):
			c.bye(i)
		case k.last == nil:
		case now.Sub(k.began) > giveUpAfter:
			c.finish(i, "no answer")
		case now.Sub(k.sent) > repeatAfter:
			k.sent = now
			c.repeats++
			c.send(k.last, c.server)
		}
	}
}
