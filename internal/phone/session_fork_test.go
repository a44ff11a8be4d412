package phone

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/sip"
)

// expect waits for the next request of a method; others are passed over.
func (p *softphone) expect(method string) *sip.Message {
	p.t.Helper()
	if m := p.served; m != nil && method == sip.Options { // it came before the answer to what was asked
		p.served = nil
		return m
	}
	for {
		_ = p.conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		n, _, err := p.conn.ReadFromUDP(p.buffer)
		if err != nil {
			p.t.Fatalf("no %s: %v", method, err)
		}
		m, err := sip.Parse(p.buffer[:n])
		if err != nil {
			p.t.Fatal(err)
		}
		if m.Method == method {
			return m
		}
	}
}

// respond answers a request as the branch of a tag, with an SDP answer unless body is empty.
func (p *softphone) respond(r *sip.Message, status int, tag, body string) {
	p.t.Helper()
	a := sip.NewResponse(r, status, "", tag)
	a.Add("Contact", "<"+p.contact()+">")
	if body != "" {
		a.SetBody("application/sdp", []byte(body))
	}
	if _, err := p.conn.WriteToUDP(a.AppendTo(nil), p.server); err != nil {
		p.t.Fatal(err)
	}
}

// call has the driver call a softphone.
func call(t *testing.T, d *Driver, p *softphone) (*channel.Channel, *sip.Message) {
	t.Helper()
	c, err := d.Request(t.Context(), channel.Request{Destination: "trunk/" + p.contact()})
	if err != nil {
		t.Fatal(err)
	}
	ended(t, c)
	if err := c.Leg().Call(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c, p.expect(sip.Invite)
}

// await reads what a leg hears until it is in a state.
func await(t *testing.T, c *channel.Channel, want event.ChannelState) {
	t.Helper()
	ctx, cancel := context.WithTimeout(c.LegContext(), 5*time.Second)
	defer cancel()
	for c.State() != want {
		if _, err := c.Read(ctx); err != nil {
			t.Fatalf("the leg is %s, want %s: %v", c.State(), want, err)
		}
	}
}

// Where two branches answer the first has the call: the other gets BYE, and what
// becomes of it is nothing to the call (RFC 3261 §13.2.2.4).
func TestTwoBranchesAnswer(t *testing.T) {
	d, _ := exchanging(t, PJSIP, callPJSIP)
	p := newSoftphone(t, d)
	c, r := call(t, d, p)
	p.respond(r, 200, "first", offer)
	if ack := p.expect(sip.Ack); ack.To.Tag() != "first" {
		t.Errorf("ACK to %q", ack.To.Tag())
	}
	await(t, c, event.Up)
	p.respond(r, 183, "second", "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.9\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n")
	p.respond(r, 200, "second", offer)
	bye := p.expect(sip.Bye)
	if bye.To.Tag() != "second" {
		t.Errorf("BYE to %q, want the branch that answered second", bye.To.Tag())
	}
	p.respond(bye, 200, "", "")
	if got, _ := c.Leg().(channel.Informer).Item("rtp,dest"); got != "127.0.0.1:40000" {
		t.Errorf("media goes to %s after another branch rang", got)
	}
	// Its own BYE crosses ours.
	if _, err := fmt.Fprintf(sender{p}, "BYE %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;rport;branch=%s\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: 7 BYE\r\n\r\n",
		r.Contact.URI, p.conn.LocalAddr(), sip.NewBranch(), bye.Get("To"), bye.Get("From"), bye.CallID); err != nil {
		t.Fatal(err)
	}
	p.cseq = 7
	p.wait() // 200 or 481: the dialog may be gone
	if c.HungUp() {
		t.Fatal("the end of the other branch ended the call")
	}
	c.Hangup(channel.CauseNormalClearing)
	c.End()
	if bye := p.expect(sip.Bye); bye.To.Tag() != "first" {
		t.Errorf("at the end BYE goes to %q, want the branch that has the call", bye.To.Tag())
	}
}

// A sender writes datagrams to the exchange.
type sender struct{ *softphone }

func (s sender) Write(b []byte) (int, error) { return s.conn.WriteToUDP(b, s.server) }
