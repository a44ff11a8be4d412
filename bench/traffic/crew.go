package traffic

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// A Crew is many phones behind one address, each of which does with a call what it is
// told: it rings, and then answers, refuses or lets it ring.
type Crew struct {
	*socket
	sdp     []byte
	conduct func(Ring) Conduct
	told    func(Ring, News, time.Time)

	mu   sync.Mutex
	legs map[string]*crewLeg // by Call-ID
}

// A Ring is a call that has come to a phone of a crew.
type Ring struct {
	Phone, Caller string // the users of the request's URI and of From
	ID            string // Call-ID
}

// Conduct is what a phone does with a call.
type Conduct struct {
	After  time.Duration // for how long it rings
	Status string        // and what it answers then, such as "200 OK"; "" is nothing
	Talk   time.Duration // after how long it hangs up; 0: the other side does
}

// News is what has become of a call, as a phone saw it.
type News int

// What becomes of calls.
const (
	Came      News = iota // it rings now
	Taken                 // the phone has answered it
	Refused               // the phone has
	Cancelled             // the server has called it off before it was answered
	Left                  // the phone has hung up
	Released              // the server has answered that: from a caller's phone only
	Ended                 // the server has
	Lost                  // the server did not answer a request, or not acknowledge an answer
)

type crewLeg struct {
	dialog
	Ring
	Conduct
	invite   message
	from     netip.AddrPort
	answered bool
	over     bool
	at       time.Time // of the next step: its answer, its BYE; zero: none
	answer   finalAnswer
	ended    time.Time
}

// NewCrew opens the phones. conduct is asked once about each call; told hears what becomes
// of it, in order. Both are called with the crew locked.
func NewCrew(local, server, media netip.AddrPort, conduct func(Ring) Conduct, told func(Ring, News, time.Time)) (*Crew, error) {
	s, err := listen(local, server)
	if err != nil {
		return nil, err
	}
	c := &Crew{socket: s, sdp: description(media), conduct: conduct, told: told, legs: map[string]*crewLeg{}}
	s.serve(c.take, c.look)
	return c, nil
}

// Address is where the phones are.
func (c *Crew) Address() netip.AddrPort { return c.local }

// Close ends the phones, whatever stands.
func (c *Crew) Close() { c.close() }

// Open returns the calls that are not over.
func (c *Crew) Open() (calls []Ring) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, l := range c.legs {
		if !l.over || l.last != nil {
			calls = append(calls, l.Ring)
		}
	}
	return calls
}

// userOf is the user of the first SIP URI in a text.
func userOf(text []byte) string {
	_, rest, _ := bytes.Cut(text, []byte("sip:"))
	user, _, _ := bytes.Cut(rest, []byte("@"))
	return string(user)
}

func (c *Crew) contact(phone string) string {
	return fmt.Sprintf("Contact: <sip:%s@%s>\r\n", phone, c.local)
}

func (c *Crew) take(m message, from netip.AddrPort) {
	id := string(m.field("Call-ID"))
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.legs[id]
	now := time.Now()
	method := m.method()
	switch {
	case m.status() > 0:
		if l != nil && m.status() >= 200 && l.last != nil {
			l.last = nil
		}
	case method == "INVITE" && l == nil:
		c.ring(id, m, from, now)
	case l == nil:
		if method != "ACK" {
			c.send(m.appendResponse(nil, "481 Call/Transaction Does Not Exist", "crew", "", nil), from)
		}
	case method == "INVITE" && l.answered && !l.over && l.answer.text == nil && !bytes.Equal(m.field("CSeq"), l.invite.field("CSeq")):
		l.answer.send(c.socket, m.appendResponse(nil, "200 OK", l.tag(), c.contact(l.Phone)+"Content-Type: application/sdp\r\n", c.sdp), from)
	case method == "INVITE" && !l.answered && !l.over: // our first answer was lost
		c.send(l.invite.appendResponse(nil, "180 Ringing", l.tag(), c.contact(l.Phone), nil), from)
	case method == "ACK":
		l.answer.text = nil
	case method == "CANCEL":
		c.send(m.appendResponse(nil, "200 OK", l.tag(), "", nil), from)
		if !l.answered && !l.over {
			l.answer.send(c.socket, l.invite.appendResponse(nil, "487 Request Terminated", l.tag(), "", nil), l.from)
			c.finish(l, Cancelled, now)
		}
	case method == "BYE":
		c.send(m.appendResponse(nil, "200 OK", l.tag(), "", nil), from)
		if !l.over {
			c.finish(l, Ended, now)
		}
	case method != "INVITE":
		c.send(m.appendResponse(nil, "200 OK", l.tag(), c.contact(l.Phone), nil), from)
	}
}

func (l *crewLeg) tag() string { return "crew-" + l.Phone }

// ring takes a new call. c.mu is held.
func (c *Crew) ring(id string, m message, from netip.AddrPort, now time.Time) {
	line, _, _ := bytes.Cut(m, []byte("\r\n"))
	l := &crewLeg{Ring: Ring{Phone: userOf(line), Caller: userOf(m.field("From")), ID: id}, invite: bytes.Clone(m), from: from}
	l.dialog = dialog{id: id, remote: string(m.field("From")), local: string(m.field("To")) + ";tag=" + l.tag(), target: string(m.contact())}
	c.legs[id] = l
	c.told(l.Ring, Came, now)
	l.Conduct = c.conduct(l.Ring)
	if l.Status != "" {
		l.at = now.Add(l.After)
	}
	c.send(m.appendResponse(nil, "180 Ringing", l.tag(), c.contact(l.Phone), nil), from)
}

func (c *Crew) finish(l *crewLeg, what News, now time.Time) {
	l.over, l.at, l.ended = true, time.Time{}, now
	c.told(l.Ring, what, now)
}

// look takes the steps whose time has come, and repeats what was not answered.
func (c *Crew) look(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, l := range c.legs {
		l.answer.repeat(c.socket, now)
		if l.answered && !l.over && l.answer.text != nil && now.Sub(l.answer.began) > giveUpAfter { // RFC 3261 §13.3.1.4
			l.ask(c.socket, "BYE", "", nil)
			c.finish(l, Lost, now)
		}
		if l.repeat(c.socket, now) {
			c.told(l.Ring, Lost, now)
		}
		switch {
		case l.over && now.Sub(l.ended) > giveUpAfter:
			delete(c.legs, id)
		case l.over || l.at.IsZero() || now.Before(l.at):
		case l.answered:
			l.ask(c.socket, "BYE", "", nil)
			c.finish(l, Left, now)
		case strings.HasPrefix(l.Status, "2"):
			l.answered, l.at = true, time.Time{}
			if l.Talk > 0 {
				l.at = now.Add(l.Talk)
			}
			c.told(l.Ring, Taken, now)
			l.answer.send(c.socket, l.invite.appendResponse(nil, l.Status, l.tag(), c.contact(l.Phone)+"Content-Type: application/sdp\r\n", c.sdp), l.from)
		default:
			l.answer.send(c.socket, l.invite.appendResponse(nil, l.Status, l.tag(), "", nil), l.from)
			c.finish(l, Refused, now)
		}
	}
}
