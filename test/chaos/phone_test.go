package chaos

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/sip"
)

// A phone is one UDP socket with any number of calls. It repeats its requests
// (RFC 3261 §17.1) and answers whatever it is asked, a call at once.
type phone struct {
	t        *testing.T
	conn     *net.UDPConn
	exchange netip.AddrPort
	address  string

	mu      sync.Mutex
	waiting map[string]chan *sip.Message // by branch
	calls   map[string]*call             // by Call-ID
	numbers map[string]*call             // those that came in, by the number dialled
	branch  atomic.Uint64
	media   string // its own address for media, where it has one
}

// A call is the phone's half of one.
type call struct {
	phone  *phone
	id     string
	number string
	local  string // From of our requests
	remote string // To of our requests
	target string // the other's Contact
	media  netip.AddrPort
	serial atomic.Uint32 // CSeq
	ack    []byte        // of the INVITE
	ok     []byte        // our answer to theirs
	ended  chan struct{} // they have said BYE
	once   sync.Once
}

// attempts and patience of a request: the timers A and F of RFC 3261.
const (
	firstWait = 500 * time.Millisecond
	longWait  = 4 * time.Second
	patience  = 32 * time.Second
)

func newPhone(t *testing.T, address, exchange string) *phone {
	t.Helper()
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(address+":0")))
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadBuffer(4 << 20)
	p := &phone{t: t, conn: conn, exchange: netip.MustParseAddrPort(exchange), address: conn.LocalAddr().String(),
		waiting: map[string]chan *sip.Message{}, calls: map[string]*call{}, numbers: map[string]*call{}}
	done := make(chan struct{})
	go func() { defer close(done); p.read() }()
	t.Cleanup(func() { _ = conn.Close(); <-done })
	return p
}

func (p *phone) read() {
	b := make([]byte, 65536)
	for {
		n, from, err := p.conn.ReadFromUDPAddrPort(b)
		if err != nil {
			return
		}
		m, err := sip.Parse(b[:n])
		if err != nil {
			p.t.Errorf("the exchange sent what is no SIP: %v\n%q", err, b[:n])
			continue
		}
		if m.IsRequest() {
			p.answer(m, from)
			continue
		}
		p.mu.Lock()
		c, known := p.waiting[m.Via.Branch()]
		repeated := p.calls[m.CallID]
		p.mu.Unlock()
		switch {
		case known:
			select {
			case c <- m:
			default:
			}
		case m.Status/100 == 2 && m.CSeq.Method == sip.Invite && repeated != nil: // our ACK was lost
			p.send(repeated.ack)
		}
	}
}

func (p *phone) send(b []byte) { _, _ = p.conn.WriteToUDPAddrPort(b, p.exchange) }

// answer takes a request of the exchange.
func (p *phone) answer(m *sip.Message, from netip.AddrPort) {
	if m.Method == sip.Ack {
		return
	}
	p.mu.Lock()
	c := p.calls[m.CallID]
	if c == nil && m.Method == sip.Invite && m.To.Tag() == "" {
		c = &call{phone: p, id: m.CallID, number: m.URI.UserText(), ended: make(chan struct{}), media: mediaOf(m)}
		tag := fmt.Sprintf("callee-%d", p.branch.Add(1))
		c.local, c.remote, c.target = m.Get("To")+";tag="+tag, m.Get("From"), m.Contact.URI.String()
		r := sip.NewResponse(m, 200, "", tag)
		r.Add("Contact", "<sip:"+p.address+">")
		r.SetBody("application/sdp", p.description())
		c.ok = r.AppendTo(nil)
		p.calls[m.CallID], p.numbers[c.number] = c, c
	}
	p.mu.Unlock()
	switch {
	case c == nil:
		_, _ = p.conn.WriteToUDPAddrPort(sip.NewResponse(m, 481, "", "").AppendTo(nil), from)
	case m.Method == sip.Invite && m.To.Tag() == "":
		_, _ = p.conn.WriteToUDPAddrPort(c.ok, from)
	default:
		r := sip.NewResponse(m, 200, "", "")
		if m.Method == sip.Invite {
			r.Add("Contact", "<sip:"+p.address+">")
			r.SetBody("application/sdp", p.description())
		}
		_, _ = p.conn.WriteToUDPAddrPort(r.AppendTo(nil), from)
		if m.Method == sip.Bye {
			c.once.Do(func() { close(c.ended) })
		}
	}
}

// description is an SDP of PCMU.
func (p *phone) description() []byte {
	media := p.media
	if media == "" {
		media = strings.Split(p.address, ":")[0] + ":9" // nothing is ever sent there
	}
	host, port, _ := strings.Cut(media, ":")
	return fmt.Appendf(nil, "v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %s RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n", host, host, port)
}

// mediaOf reads where a description wants its audio.
func mediaOf(m *sip.Message) netip.AddrPort {
	host, port := "", ""
	for line := range bytes.Lines(m.Body) {
		text := strings.TrimSpace(string(line))
		if rest, ok := strings.CutPrefix(text, "c=IN IP4 "); ok {
			host = rest
		}
		if rest, ok := strings.CutPrefix(text, "m=audio "); ok {
			port, _, _ = strings.Cut(rest, " ")
		}
	}
	a, _ := netip.ParseAddrPort(host + ":" + port)
	return a
}

// compose writes a request.
func (p *phone) compose(method, uri, from, to, id, branch string, serial uint32, body []byte) []byte {
	b := fmt.Appendf(nil, "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=%s;rport\r\nMax-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\nContact: <sip:%s>\r\n",
		method, uri, p.address, branch, from, to, id, serial, method, p.address)
	if len(body) > 0 {
		b = append(b, "Content-Type: application/sdp\r\n"...)
	}
	b = fmt.Appendf(b, "Content-Length: %d\r\n\r\n", len(body))
	return append(b, body...)
}

func (p *phone) newBranch() string {
	return fmt.Sprintf("%schaos-%s-%d", sip.MagicCookie, strings.NewReplacer(".", "-", ":", "-").Replace(p.address), p.branch.Add(1))
}

// transact sends a request until its final response comes.
func (p *phone) transact(request []byte, branch string) (*sip.Message, error) {
	responses := make(chan *sip.Message, 8)
	p.mu.Lock()
	p.waiting[branch] = responses
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		delete(p.waiting, branch)
		p.mu.Unlock()
	}()
	p.send(request)
	limit, wait := time.After(patience), firstWait
	again := time.NewTimer(wait)
	defer again.Stop()
	for {
		select {
		case m := <-responses:
			if m.Status >= 200 {
				return m, nil
			}
		case <-again.C:
			p.send(request)
			wait = min(2*wait, longWait)
			again.Reset(wait)
		case <-limit:
			return nil, fmt.Errorf("no final response to %.40q", request)
		}
	}
}

// dial calls a number and waits until it is answered.
func (p *phone) dial(number string) (*call, error) {
	c := &call{phone: p, id: "chaos-" + number + "@" + p.address, number: number, ended: make(chan struct{})}
	uri := "sip:" + number + "@" + p.exchange.String()
	c.local, c.remote = fmt.Sprintf("<sip:caller@%s>;tag=caller-%s", p.address, number), "<"+uri+">"
	branch := p.newBranch()
	r, err := p.transact(p.compose(sip.Invite, uri, c.local, c.remote, c.id, branch, c.serial.Add(1), p.description()), branch)
	if err != nil {
		return nil, err
	}
	if r.Status != 200 {
		p.send(p.compose(sip.Ack, uri, c.local, r.To.String(), c.id, branch, 1, nil))
		return nil, fmt.Errorf("the call of %s was refused: %d %s", number, r.Status, r.Reason)
	}
	c.remote, c.target, c.media = r.Get("To"), r.Contact.URI.String(), mediaOf(r)
	c.ack = p.compose(sip.Ack, c.target, c.local, c.remote, c.id, p.newBranch(), 1, nil)
	p.mu.Lock()
	p.calls[c.id] = c
	p.mu.Unlock()
	p.send(c.ack)
	return c, nil
}

// request sends a request within the call and returns the status of its answer.
func (c *call) request(method string) (int, error) {
	p := c.phone
	branch, serial := p.newBranch(), c.serial.Add(1)
	var body []byte
	if method == sip.Invite {
		body = p.description()
	}
	r, err := p.transact(p.compose(method, c.target, c.local, c.remote, c.id, branch, serial, body), branch)
	if err != nil {
		return 0, err
	}
	if method == sip.Invite {
		branch := branch // of the ACK to a refusal
		if r.Status == 200 {
			branch = p.newBranch()
		}
		p.send(p.compose(sip.Ack, c.target, c.local, c.remote, c.id, branch, serial, nil))
	}
	return r.Status, nil
}
