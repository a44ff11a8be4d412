package traffic

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A Crowd is many callers behind one address, each with a number of its own, that call
// and hang up when they are told to.
type Crowd struct {
	*socket
	sdp  []byte
	told func(number string, what News, at time.Time)

	mu    sync.Mutex
	calls map[string]*crowdCall // by number, which is the Call-ID, too
}

type crowdCall struct {
	dialog
	number   string
	answered bool // the server has
	leaving  bool // it is to be hung up as soon as it can be
	over     bool
	answer   finalAnswer // to a re-INVITE
}

// NewCrowd opens the callers. told hears what becomes of their calls: Taken, Refused, Left
// and Released, Ended, and Lost. It is called with the crowd locked.
func NewCrowd(local, server, media netip.AddrPort, told func(number string, what News, at time.Time)) (*Crowd, error) {
	s, err := listen(local, server)
	if err != nil {
		return nil, err
	}
	c := &Crowd{socket: s, sdp: description(media), told: told, calls: map[string]*crowdCall{}}
	s.serve(c.take, c.look)
	return c, nil
}

// Close ends the callers, whatever stands.
func (c *Crowd) Close() { c.close() }

// Address is where the callers are.
func (c *Crowd) Address() netip.AddrPort { return c.local }

// Open is how many calls are not over.
func (c *Crowd) Open() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, k := range c.calls {
		if !k.over || k.last != nil {
			n++
		}
	}
	return n
}

func (c *Crowd) contact(number string) string {
	return fmt.Sprintf("Contact: <sip:%s@%s>\r\n", number, c.local)
}

// Call has the caller of a number, which calls once, call an extension.
func (c *Crowd) Call(number, extension string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	uri := fmt.Sprintf("sip:%s@%s", extension, c.server)
	k := &crowdCall{number: number, dialog: dialog{id: number, target: uri, local: fmt.Sprintf("<sip:%s@%s>;tag=crowd-%[1]s", number, c.local), remote: "<" + uri + ">"}}
	c.calls[number] = k
	k.ask(c.socket, "INVITE", c.contact(number)+"Content-Type: application/sdp\r\n", c.sdp)
}

// Hangup has the caller of a number hang up, if its call is not over.
func (c *Crowd) Hangup(number string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if k := c.calls[number]; k != nil && !k.over {
		if k.leaving = true; k.answered {
			c.leave(k)
		}
	}
}

func (c *Crowd) leave(k *crowdCall) {
	k.ask(c.socket, "BYE", "", nil)
	c.finish(k, Left)
}

func (c *Crowd) finish(k *crowdCall, what News) {
	k.over = true
	c.told(k.number, what, time.Now())
}

func (c *Crowd) take(m message, from netip.AddrPort) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.calls[string(m.field("Call-ID"))]
	status, method := m.status(), m.method()
	if k == nil {
		if status == 0 && method != "ACK" {
			c.send(m.appendResponse(nil, "481 Call/Transaction Does Not Exist", "crowd", "", nil), from)
		}
		return
	}
	number, of, _ := strings.Cut(string(m.field("CSeq")), " ")
	switch {
	case status >= 200 && of == "INVITE":
		c.answered(k, m, status)
	case status >= 100 && status < 200:
		if n, _ := strconv.Atoi(number); n == k.cseq {
			k.last = nil // it is heard; the answer may take its time
		}
	case status >= 200:
		if n, _ := strconv.Atoi(number); n == k.cseq {
			if of == "BYE" && k.last != nil {
				c.told(k.number, Released, time.Now())
			}
			k.last = nil
		}
	case method == "INVITE":
		k.answer.send(c.socket, m.appendResponse(nil, "200 OK", "crowd", c.contact(k.number)+"Content-Type: application/sdp\r\n", c.sdp), from)
	case method == "ACK":
		k.answer.text = nil
	case method == "BYE":
		c.send(m.appendResponse(nil, "200 OK", "crowd", "", nil), from)
		if !k.over {
			c.finish(k, Ended)
		}
	default:
		c.send(m.appendResponse(nil, "200 OK", "crowd", c.contact(k.number), nil), from)
	}
}

// answered takes the final answer to an INVITE. c.mu is held.
func (c *Crowd) answered(k *crowdCall, m message, status int) {
	first := !k.answered && !k.over
	if first {
		k.last, k.remote = nil, string(m.field("To"))
		if contact := m.contact(); status < 300 && len(contact) > 0 {
			k.target = string(contact)
		}
	}
	transaction := "ACK"
	if status >= 300 {
		transaction = "INVITE"
	}
	c.send(k.message(c.socket, "ACK", transaction, 1, "", nil), c.server)
	switch {
	case !first:
	case status >= 300:
		c.finish(k, Refused)
	default:
		k.answered = true
		c.told(k.number, Taken, time.Now())
		if k.leaving {
			c.leave(k)
		}
	}
}

// look repeats what was not answered.
func (c *Crowd) look(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range c.calls {
		k.answer.repeat(c.socket, now)
		if k.repeat(c.socket, now) {
			if !k.over {
				c.finish(k, Lost)
				continue
			}
			c.told(k.number, Lost, now)
		}
	}
}
