package phone

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/sip"
)

// numbered sends a request of the call that was answered with ok.
func (p *softphone) numbered(ok *sip.Message, method string, cseq int, body string) {
	p.t.Helper()
	kind := ""
	if body != "" {
		kind = "Content-Type: application/sdp\r\n"
	}
	text := fmt.Sprintf("%s sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP %s;rport;branch=%s\r\nMax-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\n"+
		"Call-ID: %s\r\nCSeq: %d %s\r\nContact: <%s>\r\n%sContent-Length: %d\r\n\r\n%s",
		method, p.conn.LocalAddr(), sip.NewBranch(), ok.Get("From"), ok.Get("To"), p.callID, cseq, method, p.contact(), kind, len(body), body)
	if _, err := p.conn.WriteToUDP([]byte(text), p.server); err != nil {
		p.t.Fatal(err)
	}
}

// asked waits for a request of a method, whatever else comes.
func (p *softphone) asked(method string) *sip.Message {
	p.t.Helper()
	return p.first(func(m *sip.Message) bool { return m.Method == method && m.IsRequest() }, method)
}

// answered waits for the final response to the request with a number.
func (p *softphone) answered(cseq int) *sip.Message {
	p.t.Helper()
	return p.first(func(m *sip.Message) bool { return m.Status >= 200 && m.CSeq.Number == uint32(cseq) }, fmt.Sprintf("answer to %d", cseq))
}

func (p *softphone) first(wanted func(*sip.Message) bool, what string) *sip.Message {
	p.t.Helper()
	for {
		_ = p.conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		n, _, err := p.conn.ReadFromUDP(p.buffer)
		if err != nil {
			p.t.Fatalf("no %s: %v", what, err)
		}
		if m, err := sip.Parse(slices.Clone(p.buffer[:n])); err == nil && wanted(m) {
			return m
		}
	}
}

// sdp answers a request with a status and a description.
func (p *softphone) sdp(m *sip.Message, body string) {
	r := sip.NewResponse(m, 200, "", "a")
	r.Add("Contact", "<"+p.contact()+">")
	r.SetBody("application/sdp", []byte(body))
	_, _ = p.conn.WriteToUDP(r.AppendTo(nil), p.server)
}

const renewing = `
[tom]
type=endpoint
context=office
allow=!all,ulaw,alaw
send_pai=yes
moh_passthrough=yes
trust_id_inbound=yes
outbound_auth=tom
[tom]
type=auth
username=tom
password=secret
`

// called is a call that came in and was answered.
func called(t *testing.T, text string) (*softphone, *channel.Channel, *sip.Message) {
	t.Helper()
	d, legs := exchanging(t, PJSIP, text)
	p := newSoftphone(t, d)
	p.invite("999", "tom", "X-Test: yes")
	c := ended(t, <-legs)
	if err := c.Answer(); err != nil {
		t.Fatal(err)
	}
	return p, c, p.answered(p.cseq)
}

// eventually waits for something that another goroutine is about to do.
func eventually(t *testing.T, done func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it never happened")
		}
	}
}

// acknowledged waits until the ACK of our 2xx was taken.
func acknowledged(t *testing.T, c *channel.Channel) {
	t.Helper()
	s := c.Leg().(*session)
	eventually(t, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.renewals.ready
	})
}

func setConnected(c *channel.Channel, name string) {
	p := event.Party{Number: event.Number{Valid: true, Text: strings.ToLower(name)}, Name: event.Name{Valid: true, Text: name}}
	c.SetConnected(p)
	_ = c.Indicate(media.Frame{Signal: media.ConnectedLine, Value: channel.PartyOf{Party: p}})
}

func TestConnectedLineIsToldByReinvite(t *testing.T) {
	p, c, ok := called(t, renewing)
	setConnected(c, "Bob")
	p.numbered(ok, sip.Ack, 1, "")
	one := p.asked(sip.Invite)
	p.answer(one, 401, `WWW-Authenticate: Digest realm="x", nonce="y", algorithm=MD5, qop="auth"`)
	second := p.asked(sip.Invite)
	if second.Get("Authorization") == "" || second.CSeq.Number <= one.CSeq.Number {
		t.Errorf("the challenge was answered with %q, CSeq %d after %d", second.Get("Authorization"), second.CSeq.Number, one.CSeq.Number)
	}
	if got, want := second.Get("P-Asserted-Identity"), `"Bob" <sip:bob@127.0.0.1>`; got != want {
		t.Errorf("P-Asserted-Identity: %s, want %s", got, want)
	}
	p.answer(second, 491, "X: y")
	p.asked(sip.Ack)
	s := c.Leg().(*session)
	eventually(t, func() bool { // the answer may not be there yet
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.renewals.timer != nil && s.renewals.timer.Reset(0)
	})
	third := p.asked(sip.Invite)
	if c.HungUp() {
		t.Error("a request that met another ended the call")
	}
	c.Hangup(channel.CauseNormalClearing)
	c.End()
	p.sdp(third, offer)
	ack := false
	p.first(func(m *sip.Message) bool {
		ack = ack || m.Method == sip.Ack
		return m.Method == sip.Bye
	}, "BYE")
	if !ack {
		t.Error("BYE came before the ACK of what was under way")
	}
}

func TestConnectedLineIsToldByUpdate(t *testing.T) {
	d, legs := exchanging(t, PJSIP, renewing)
	p := newSoftphone(t, d)
	p.invite("999", "tom", "Allow: INVITE, UPDATE")
	c := ended(t, <-legs)
	if err := c.Answer(); err != nil {
		t.Fatal(err)
	}
	p.numbered(p.answered(p.cseq), sip.Ack, 1, "")
	setConnected(c, "Bob")
	if m := p.asked(sip.Update); len(m.Body) > 0 || !strings.Contains(m.Get("P-Asserted-Identity"), "bob") {
		t.Errorf("UPDATE tells %q with %d bytes of description", m.Get("P-Asserted-Identity"), len(m.Body))
	}
}

func TestWhoIsThereNow(t *testing.T) {
	p, c, ok := called(t, renewing)
	p.numbered(ok, sip.Ack, 1, "")
	p.numbered(ok, sip.Update, 2, "")
	p.answered(2)
	text := fmt.Sprintf("UPDATE sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP %s;rport;branch=%s\r\nMax-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: 3 UPDATE\r\n"+
		"Contact: <%s>\r\nP-Asserted-Identity: \"Ann\" <sip:ann@there>\r\nContent-Length: 0\r\n\r\n", p.conn.LocalAddr(), sip.NewBranch(), ok.Get("From"), ok.Get("To"), p.callID, p.contact())
	if _, err := p.conn.WriteToUDP([]byte(text), p.server); err != nil {
		t.Fatal(err)
	}
	p.answered(3)
	f, err := c.Read(t.Context())
	of, _ := f.Value.(channel.PartyOf)
	if err != nil || f.Signal != media.ConnectedLine || of.Party.Number.Text != "ann" || c.Caller().Name.Text != "Ann" {
		t.Errorf("the call heard %v of %+v (%v), and is from %+v", f.Signal, of.Party, err, c.Caller())
	}
}

func TestReinviteBeforeTheACK(t *testing.T) {
	p, _, ok := called(t, renewing)
	p.numbered(ok, sip.Invite, 2, offer)
	if r := p.answered(2); r.Status != 491 {
		t.Errorf("an INVITE before the ACK of the last was answered %d, want 491", r.Status)
	}
	p.numbered(ok, sip.Ack, 2, "")
	p.numbered(ok, sip.Ack, 1, "")
	p.numbered(ok, sip.Invite, 3, offer)
	if r := p.answered(3); r.Status != 200 {
		t.Errorf("an INVITE after it was answered %d, want 200", r.Status)
	}
}

// A re-INVITE that asks for our offer comes from somebody who is there again.
func TestHoldEndsWithAnEmptyReinvite(t *testing.T) {
	p, c, ok := called(t, renewing)
	p.numbered(ok, sip.Ack, 1, "")
	p.numbered(ok, sip.Invite, 2, strings.Replace(offer, "sendrecv", "sendonly", 1))
	r := p.answered(2)
	p.numbered(ok, sip.Ack, 2, "")
	if !strings.Contains(string(r.Body), "a=recvonly") {
		t.Errorf("the answer to sendonly is %s", r.Body)
	}
	if f, err := c.Read(t.Context()); err != nil || f.Signal != media.Hold {
		t.Fatalf("the call heard %v, %v; want a hold", f.Signal, err)
	}
	p.numbered(ok, sip.Invite, 3, "")
	if r := p.answered(3); r.Status != 200 || !strings.Contains(string(r.Body), "RTP/AVP 0 101\r\n") {
		t.Errorf("the offer is not of the codec in use: %d %s", r.Status, r.Body)
	}
	if f, err := c.Read(t.Context()); err != nil || f.Signal != media.Unhold {
		t.Fatalf("the call heard %v, %v; want the end of the hold", f.Signal, err)
	}
}

// With moh_passthrough the far end is told to wait, in the directions of both holds.
func TestHoldIsPassedOn(t *testing.T) {
	p, c, ok := called(t, renewing)
	p.numbered(ok, sip.Ack, 1, "")
	direction := func(body []byte, want string) {
		t.Helper()
		if !strings.Contains(string(body), "a="+want+"\r\n") {
			t.Errorf("want %s in %s", want, body)
		}
	}
	if err := c.Signal(media.Hold); err != nil {
		t.Fatal(err)
	}
	m := p.asked(sip.Invite)
	direction(m.Body, "sendonly")
	p.sdp(m, strings.Replace(offer, "sendrecv", "recvonly", 1))
	p.asked(sip.Ack)
	p.numbered(ok, sip.Invite, 2, strings.Replace(offer, "sendrecv", "inactive", 1))
	direction(p.answered(2).Body, "inactive")
	p.numbered(ok, sip.Ack, 2, "")
	if err := c.Signal(media.Unhold); err != nil {
		t.Fatal(err)
	}
	direction(p.asked(sip.Invite).Body, "recvonly")
}

func TestDeferredOfferNeedsAnAnswer(t *testing.T) {
	d, legs := exchanging(t, PJSIP, renewing)
	p := newSoftphone(t, d)
	for _, answer := range []string{"", strings.Replace(offer, "RTP/AVP 0", "RTP/AVP 0 100", 1)} {
		p.callID = sip.NewCallID()
		p.cseq++
		text := fmt.Sprintf("INVITE sip:999@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP %s;rport;branch=%s\r\nMax-Forwards: 70\r\nFrom: <sip:tom@127.0.0.1>;tag=a\r\n"+
			"To: <sip:999@127.0.0.1>\r\nCall-ID: %s\r\nCSeq: %d INVITE\r\nContact: <%s>\r\nContent-Length: 0\r\n\r\n", p.conn.LocalAddr(), sip.NewBranch(), p.callID, p.cseq, p.contact())
		if _, err := p.conn.WriteToUDP([]byte(text), p.server); err != nil {
			t.Fatal(err)
		}
		c := ended(t, <-legs)
		if err := c.Answer(); err != nil {
			t.Fatal(err)
		}
		p.numbered(p.answered(p.cseq), sip.Ack, p.cseq, answer)
		select {
		case <-c.LegContext().Done():
		case <-time.After(5 * time.Second):
			t.Errorf("a call without media goes on after the answer %q", answer)
		}
	}
}

func TestReinviteThatCrossesOurBye(t *testing.T) {
	p, c, ok := called(t, renewing)
	p.numbered(ok, sip.Ack, 1, "")
	acknowledged(t, c)
	c.Hangup(channel.CauseNormalClearing)
	c.End()
	bye := p.asked(sip.Bye)
	p.numbered(ok, sip.Invite, 2, "")
	if r := p.answered(2); r.Status != 200 || len(r.Body) == 0 {
		t.Errorf("a re-INVITE that crossed BYE was answered %d with %d bytes", r.Status, len(r.Body))
	}
	p.numbered(ok, sip.Ack, 2, offer)
	p.answer(bye, 200, "X: y")
}

// A phone that rings for us, and knows UPDATE, is told when somebody else waits for it.
func TestConnectedLineWhileItRings(t *testing.T) {
	for _, knows := range []bool{true, false} {
		d, _ := exchanging(t, PJSIP, renewing)
		p := newSoftphone(t, d)
		c, err := d.Request(t.Context(), channel.Request{Destination: "tom/" + p.contact()})
		if err != nil {
			t.Fatal(err)
		}
		ended(t, c)
		if err := c.Leg().Call(t.Context()); err != nil {
			t.Fatal(err)
		}
		r := p.expect(sip.Invite)
		ringing := sip.NewResponse(r, 180, "", "x")
		ringing.Add("Contact", "<"+p.contact()+">")
		ringing.Add("Allow", choose(knows, "INVITE, UPDATE", "INVITE"))
		_, _ = p.conn.WriteToUDP(ringing.AppendTo(nil), p.server)
		await(t, c, event.Ringing)
		setConnected(c, "Bob")
		if knows {
			told := p.asked(sip.Update)
			if got := told.Get("P-Asserted-Identity"); !strings.Contains(got, "<sip:bob@") || len(told.Body) > 0 {
				t.Errorf("told by\n%s", told)
			}
			p.answer(told, 200, "X: y")
		}
		p.respond(r, 200, "x", offer)
		if next := p.first(func(m *sip.Message) bool { return m.IsRequest() }, "request"); next.Method != sip.Ack {
			t.Errorf("asked by %s, want ACK", next.Method)
		}
		if !knows {
			if late := p.asked(sip.Invite); !strings.Contains(late.Get("P-Asserted-Identity"), "<sip:bob@") {
				t.Errorf("told late by\n%s", late)
			}
		}
	}
}
