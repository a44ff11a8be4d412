package chaos

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/sip"
)

// A victim is a call whose names an attacker has heard, but for the tags.
type victim struct{ id, from, to string }

// A flood is what attackers send from addresses of their own until it is stopped.
type flood struct {
	datagrams, streams atomic.Int64 // sent
	stop               chan struct{}
	pause              time.Duration // after each message
	senders            sync.WaitGroup
}

// attackers are their addresses.
var attackers = []string{"127.0.1.1", "127.0.1.2", "127.0.1.3", "127.0.1.4"}

// startFlood sends garbage in datagrams and by TCP, as fast as it goes or with a
// pause after each.
func startFlood(t *testing.T, exchange string, victims []victim, pause time.Duration) *flood {
	t.Helper()
	f := &flood{stop: make(chan struct{}), pause: pause}
	t.Cleanup(f.end)
	for i, address := range attackers {
		conn, err := net.DialUDP("udp4", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(address+":0")), net.UDPAddrFromAddrPort(netip.MustParseAddrPort(exchange)))
		if err != nil {
			t.Fatal(err)
		}
		f.senders.Add(2)
		go f.datagramsOf(conn, &garbage{rand.New(rand.NewPCG(1, uint64(i))), exchange, conn.LocalAddr().String(), victims})
		go f.streamsOf(address, &garbage{rand.New(rand.NewPCG(2, uint64(i))), exchange, address + ":5060", victims})
	}
	return f
}

// end stops the flood and waits for its senders.
func (f *flood) end() {
	select {
	case <-f.stop:
	default:
		close(f.stop)
	}
	f.senders.Wait()
}

func (f *flood) over() bool {
	select {
	case <-f.stop:
		return true
	default:
		return false
	}
}

func (f *flood) datagramsOf(conn *net.UDPConn, g *garbage) {
	defer f.senders.Done()
	defer conn.Close()
	for !f.over() {
		if _, err := conn.Write(g.datagram()); err == nil {
			f.datagrams.Add(1)
		}
		time.Sleep(f.pause)
	}
}

// streamsOf opens connection after connection and says a few things in each.
func (f *flood) streamsOf(address string, g *garbage) {
	defer f.senders.Done()
	dialer := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.MustParseAddrPort(address + ":0")), Timeout: time.Second}
	for !f.over() {
		conn, err := dialer.Dial("tcp4", g.exchange)
		if err != nil {
			continue
		}
		_ = conn.SetDeadline(time.Now().Add(100 * time.Millisecond))
		for range 8 {
			if _, err := conn.Write(g.datagram()); err != nil {
				break
			}
			f.streams.Add(1)
			time.Sleep(f.pause)
		}
		_ = conn.Close()
	}
}

// garbage makes messages that nobody wants.
type garbage struct {
	rand     *rand.Rand
	exchange string
	me       string
	victims  []victim
}

func (g *garbage) datagram() []byte {
	kinds := []func() []byte{g.noise, g.truncated, g.oversized, g.torture, g.stranger, g.stranger, g.forgedRequest, g.forgedRequest, g.forgedResponse}
	return kinds[g.rand.IntN(len(kinds))]()
}

// noise is random bytes.
func (g *garbage) noise() []byte {
	b := make([]byte, 1+g.rand.IntN(1400))
	for i := range b {
		b[i] = byte(g.rand.Uint32())
	}
	return b
}

func (g *garbage) word() string { return fmt.Sprintf("%x", g.rand.Uint64()) }

func (g *garbage) message(method, from, to, id, more string, body string) []byte {
	return fmt.Appendf(nil, "%s sip:100@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=%s%s\r\nMax-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\nContact: <sip:x@%s>\r\n%sContent-Length: %d\r\n\r\n%s",
		method, g.exchange, g.me, sip.MagicCookie, g.word(), from, to, id, 1+g.rand.IntN(100), method, g.me, more, len(body), body)
}

// invitation is an INVITE that is in order, but of nobody who may call.
func (g *garbage) invitation(more, body string) []byte {
	return g.message(sip.Invite, "<sip:caller@"+g.me+">;tag="+g.word(), "<sip:1000001@"+g.exchange+">", g.word(), more, body)
}

// truncated is the beginning of one.
func (g *garbage) truncated() []byte {
	b := g.invitation("", "v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\n")
	return b[:1+g.rand.IntN(len(b)-1)]
}

// oversized fills the largest datagram there is.
func (g *garbage) oversized() []byte {
	switch g.rand.IntN(16) {
	case 0:
		return g.invitation("Subject: "+strings.Repeat("x", 64000)+"\r\n", "")
	case 1:
		return g.invitation(strings.Repeat("X-Many: 1\r\n", 5000), "")
	case 2:
		return g.invitation("", strings.Repeat("a=x\r\n", 12000))
	}
	return g.invitation("", strings.Repeat("v", 8000))
}

// torture is in the manner of RFC 4475.
func (g *garbage) torture() []byte {
	list := []string{
		"INVITE sip:x SIP/2.0\r\nVia: SIP/2.0/UDP " + g.me + ";branch=\r\nContent-Length: -999\r\n\r\n",
		"OPTIONS sip:x@y SIP/7.0\r\nVia: SIP/7.0/UDP " + g.me + ";branch=z9hG4bKx\r\nFrom: a\r\nTo: b\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n\r\n",
		"REGISTER sip:%00 SIP/2.0\r\nVia: SIP/2.0/UDP " + g.me + ";branch=z9hG4bK" + g.word() + "\r\nFrom: <sip:a@b>;tag=\r\nTo: \"\\\"\" <sip:a@b>\r\nCall-ID: " + g.word() + "\r\nCSeq: 4294967296 REGISTER\r\nContact: *\r\nExpires: 99999999999999999999\r\n\r\n",
		"INVITE sip:100@" + g.exchange + " SIP/2.0\nv:SIP / 2.0 / UDP " + g.me + " ; branch = z9hG4bK" + g.word() + "\n;rport\nf:\"J \\\\\\\"\" <sip:j@x>\n ;tag = 1\nt:<sip:100@y>\ni:" + g.word() + "\nCSeq: 0009\n INVITE\nl:0\n\n",
		"\x00\x00\x00\x00SIP/2.0 200 OK\r\n\r\n",
		"INVITE " + strings.Repeat("sip:", 500) + " SIP/2.0\r\nVia: " + strings.Repeat("SIP/2.0/UDP h;branch=z9hG4bKa,", 60) + "\r\n\r\n",
		string(g.invitation("Authorization: Digest username=\"caller\", realm=\"asterisk\", nonce=\""+g.word()+"\", response=\""+g.word()+"\"\r\n", "")),
		string(g.invitation("Route: <sip:"+g.exchange+";lr>\r\nRecord-Route: <sip:"+g.exchange+">\r\nMax-Forwards: 0\r\nRequire: everything\r\n", "")),
		string(g.invitation("Content-Type: application/sdp\r\n", "v=0\r\no=- 9999999999999999999999 -1 IN IP4 999.1.1.1\r\nm=audio 99999 RTP/AVP 0 300 -1\r\n")),
	}
	return []byte(list[g.rand.IntN(len(list))])
}

// stranger asks for this and that with a message that is in order.
func (g *garbage) stranger() []byte {
	methods := []string{sip.Invite, sip.Options, sip.Register, sip.Subscribe, sip.MessageM, sip.Refer, sip.Publish, "NONSENSE"}
	method := methods[g.rand.IntN(len(methods))]
	return g.message(method, "<sip:caller@"+g.me+">;tag="+g.word(), "<sip:1000001@"+g.exchange+">", g.word(), "", "")
}

func (g *garbage) victim() victim { return g.victims[g.rand.IntN(len(g.victims))] }

// forgedRequest is for a call of others, with tags that are guessed.
func (g *garbage) forgedRequest() []byte {
	methods := []string{sip.Bye, sip.Cancel, sip.Invite, sip.Ack, sip.Update, sip.Info, sip.Refer, sip.Notify}
	v := g.victim()
	return g.message(methods[g.rand.IntN(len(methods))], v.from+";tag="+g.word(), v.to+";tag="+g.word(), v.id, "", "")
}

// forgedResponse answers what was not asked.
func (g *garbage) forgedResponse() []byte {
	v, status := g.victim(), []int{100, 180, 200, 302, 401, 404, 481, 486, 503, 603}[g.rand.IntN(10)]
	return fmt.Appendf(nil, "SIP/2.0 %d Forged\r\nVia: SIP/2.0/UDP %s;branch=%s%s\r\nFrom: %s;tag=%s\r\nTo: %s;tag=%s\r\nCall-ID: %s\r\nCSeq: %d %s\r\nContact: <sip:%s>\r\nContent-Length: 0\r\n\r\n",
		status, g.exchange, sip.MagicCookie, g.word(), v.from, g.word(), v.to, g.word(), v.id, 1+g.rand.IntN(100), []string{sip.Invite, sip.Bye}[g.rand.IntN(2)], g.me)
}
