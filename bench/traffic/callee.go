package traffic

import (
	"fmt"
	"net/netip"
	"sync"
	"time"
)

// A Callee takes every call at once and hangs up when it is told to.
type Callee struct {
	*socket
	contact string
	sdp     []byte

	mu      sync.Mutex
	legs    map[string]*leg // by Call-ID
	open    int             // of those
	taken   int             // different calls
	repeats int
	hungUp  chan struct{} // has room for one
}

// leg is a call that was taken. One that was hung up is remembered for a while, lest
// a late INVITE be taken for a new call.
type leg struct {
	over   bool
	answer []byte // nil once it is acknowledged
	to     netip.AddrPort
	began  time.Time
	sent   time.Time
	media  netip.AddrPort
}

// NewCallee opens the phone. Sound is wanted at media.
func NewCallee(user string, local, server, media netip.AddrPort) (*Callee, error) {
	s, err := listen(local, server)
	if err != nil {
		return nil, err
	}
	c := &Callee{socket: s, sdp: description(media), legs: map[string]*leg{}, hungUp: make(chan struct{}, 1),
		contact: fmt.Sprintf("Contact: <sip:%s@%s>\r\n", user, s.local)}
	s.serve(c.take, c.look)
	return c, nil
}

// Close ends the phone, whatever stands.
func (c *Callee) Close() { c.close() }

// Taken is how many calls came since the last time this was asked.
func (c *Callee) Taken() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.taken
	c.taken = 0
	return n
}

// Repeats is how many answers had to be sent again.
func (c *Callee) Repeats() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.repeats
}

// Media is where the server expects the sound of the calls that stand.
func (c *Callee) Media() []netip.AddrPort {
	c.mu.Lock()
	defer c.mu.Unlock()
	var at []netip.AddrPort
	for _, l := range c.legs {
		if !l.over {
			at = append(at, l.media)
		}
	}
	return at
}

// Quiet waits until every call is hung up.
func (c *Callee) Quiet(patience time.Duration) error {
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		c.mu.Lock()
		n, unacknowledged := c.open, 0
		for _, l := range c.legs {
			if l.answer != nil {
				unacknowledged++
			}
		}
		c.mu.Unlock()
		if n == 0 {
			return nil
		}
		select {
		case <-c.hungUp:
		case <-late.C:
			return fmt.Errorf("after %s %d called phones were not hung up, %d had no ACK", patience, n, unacknowledged)
		}
	}
}

func (c *Callee) take(m message, from netip.AddrPort) {
	if m.status() != 0 {
		return
	}
	id := m.field("Call-ID")
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.legs[string(id)]
	switch method := m.method(); method {
	case "INVITE":
		if l == nil {
			l = &leg{}
			c.legs[string(id)] = l
			c.taken++
			c.open++
		}
		if l.over {
			return
		}
		l.began = time.Now()
		l.sent, l.to, l.media = l.began, from, netip.AddrPortFrom(from.Addr(), uint16(m.mediaPort()))
		l.answer = m.appendResponse(make([]byte, 0, 1000), "200 OK", "callee", c.contact+"Content-Type: application/sdp\r\n", c.sdp)
		c.send(l.answer, from)
	case "ACK":
		if l != nil {
			l.answer = nil
		}
	case "BYE", "CANCEL":
		c.send(m.appendResponse(make([]byte, 0, 600), "200 OK", "callee", "", nil), from)
		if l != nil && method == "BYE" && !l.over {
			*l = leg{over: true, began: time.Now()}
			c.open--
			select {
			case c.hungUp <- struct{}{}:
			default:
			}
		}
	default:
		c.send(m.appendResponse(nil, "200 OK", "callee", c.contact, nil), from)
	}
}

// look repeats what was not acknowledged.
func (c *Callee) look(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, l := range c.legs {
		switch {
		case l.over && now.Sub(l.began) > giveUpAfter:
			delete(c.legs, id)
		case l.answer != nil && now.Sub(l.sent) > repeatAfter && now.Sub(l.began) < giveUpAfter:
			l.sent = now
			c.repeats++
			c.send(l.answer, l.to)
		}
	}
}
