package sip

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A wire is a network of datagrams in memory.
type wire struct {
	mu    sync.Mutex
	conns map[netip.AddrPort]*wireConn
	// lose, if not nil, says which messages are lost.
	lose func(from, to netip.AddrPort, b []byte) bool
}

type wireConn struct {
	wire  *wire
	local netip.AddrPort
	in    chan datagram
	done  chan struct{}
	once  sync.Once
}

type datagram struct {
	b    []byte
	from netip.AddrPort
}

func newWire() *wire { return &wire{conns: map[netip.AddrPort]*wireConn{}} }

func (w *wire) open(address string) *wireConn {
	c := &wireConn{wire: w, local: netip.MustParseAddrPort(address), in: make(chan datagram, 4096), done: make(chan struct{})}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.conns[c.local] = c
	return c
}

func (c *wireConn) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	select {
	case d := <-c.in:
		return copy(b, d.b), d.from, nil
	case <-c.done:
		return 0, netip.AddrPort{}, net.ErrClosed
	}
}

func (c *wireConn) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	c.wire.mu.Lock()
	peer, lose := c.wire.conns[to], c.wire.lose
	c.wire.mu.Unlock()
	if peer == nil || lose != nil && lose(c.local, to, b) {
		return len(b), nil
	}
	select {
	case peer.in <- datagram{append([]byte(nil), b...), c.local}:
	default:
	}
	return len(b), nil
}

func (c *wireConn) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(c.local) }
func (c *wireConn) Close() error        { c.once.Do(func() { close(c.done) }); return nil }

const (
	ourAddress  = "192.0.2.1:5060"
	peerAddress = "192.0.2.2:5060"
)

// A bench is a stack and a peer that is played by the test, in virtual time.
type bench struct {
	t     *testing.T
	wire  *wire
	stack *Stack
	way   *Transport
	peer  *wireConn
	start time.Time
}

// virtual runs a test of a stack against a played peer.
func virtual(t *testing.T, g Config, f func(b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bench{t: t, wire: newWire(), start: time.Now()}
		b.stack = NewStack(g)
		var err error
		if b.way, err = b.stack.Listen("udp", ourAddress, ListenOptions{PacketConn: b.wire.open(ourAddress)}); err != nil {
			t.Fatal(err)
		}
		b.peer = b.wire.open(peerAddress)
		f(b)
		if err := b.stack.Close(); err != nil {
			t.Error(err)
		}
	})
}

// send sends a message to the stack and lets it settle. Lines end with \n.
func (b *bench) send(text string) {
	b.t.Helper()
	text = strings.ReplaceAll(strings.TrimSpace(text), "\n", "\r\n") + "\r\n\r\n"
	_, _ = b.peer.WriteToUDPAddrPort([]byte(text), netip.MustParseAddrPort(ourAddress))
	synctest.Wait()
}

// sent returns what the stack sent to the peer since the last call: "180", "INVITE".
func (b *bench) sent() []string {
	var list []string
	for _, m := range b.messages() {
		list = append(list, short(m))
	}
	return list
}

func short(m *Message) string {
	if m.IsRequest() {
		return m.Method
	}
	return fmt.Sprint(m.Status)
}

func (b *bench) messages() []*Message {
	synctest.Wait()
	var list []*Message
	for {
		select {
		case d := <-b.peer.in:
			m, err := Parse(d.b)
			if err != nil {
				b.t.Errorf("the stack sent %q: %v", d.b, err)
				continue
			}
			list = append(list, m)
		default:
			return list
		}
	}
}

// expect checks what was sent since the last call.
func (b *bench) expect(want string) []*Message {
	b.t.Helper()
	list := b.messages()
	var got []string
	for _, m := range list {
		got = append(got, short(m))
	}
	if g := strings.Join(got, " "); g != want {
		b.t.Errorf("at %v the stack sent %q, want %q", time.Since(b.start), g, want)
	}
	return list
}

// timeline waits and returns when what was sent, in milliseconds: "500 INVITE".
func (b *bench) timeline(d time.Duration) string {
	var list []string
	begin := time.Now()
	for time.Since(begin) < d {
		time.Sleep(50 * time.Millisecond)
		for _, s := range b.sent() {
			list = append(list, fmt.Sprintf("%d %s", time.Since(begin).Milliseconds(), s))
		}
	}
	return strings.Join(list, ", ")
}

// request makes a request of the played peer.
func request(method, branch, toTag string, cseq int, extra ...string) string {
	if toTag != "" {
		toTag = ";tag=" + toTag
	}
	return fmt.Sprintf(`%s sip:us@192.0.2.1 SIP/2.0
Via: SIP/2.0/UDP 192.0.2.2:5060;branch=%s
From: <sip:peer@192.0.2.2>;tag=peer
To: <sip:us@192.0.2.1>%s
Call-ID: call
CSeq: %d %s
Contact: <sip:peer@192.0.2.2:5060>
Max-Forwards: 70
%s`, method, branch, toTag, cseq, method, strings.Join(extra, "\n"))
}

// reply makes a response of the played peer to a request of the stack.
func reply(m *Message, status int, tag string, extra ...string) string {
	r := NewResponse(m, status, "", tag)
	if status > 100 && status < 300 {
		r.Add("Contact", "<sip:"+tag+"@192.0.2.2:5060>")
	}
	for _, e := range extra {
		name, value, _ := strings.Cut(e, ": ")
		r.Add(name, value)
	}
	return strings.ReplaceAll(strings.TrimSpace(r.String()), "\r\n", "\n")
}

// invite makes a request of the stack.
func ours(method string) *Message {
	to, _ := ParseAddress("<sip:peer@192.0.2.2>")
	from, _ := ParseAddress("<sip:us@192.0.2.1>;tag=us")
	return NewInvite(method, to.URI, from, to, 7)
}
