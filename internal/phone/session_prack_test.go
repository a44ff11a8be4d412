package phone

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/sip"
)

// progressed is a call that came in, with or without an offer, up to the reliable 183.
func progressed(t *testing.T, offer string) (p *softphone, c *channel.Channel, r *sip.Message) {
	t.Helper()
	d, legs := exchanging(t, PJSIP, "[tom]\ntype=endpoint\nallow=!all,ulaw,alaw\n")
	p = newSoftphone(t, d)
	p.inviteWith("1", "tom", "application/sdp", offer, "Require: 100rel")
	c = ended(t, <-legs)
	if err := c.Leg().Indicate(media.Frame{Kind: media.Control, Signal: media.Progress}); err != nil {
		t.Fatal(err)
	}
	for r = p.response(); r.Status != 183; r = p.response() {
	}
	if r.Get("Require") != "100rel" || r.Get("RSeq") == "" || len(r.Body) == 0 {
		t.Fatalf("progress was told by\n%s", r)
	}
	return p, c, r
}

// prack acknowledges a reliable provisional response.
func (p *softphone) prack(r *sip.Message, body string) {
	p.t.Helper()
	p.inDialog(r, sip.Prack, "application/sdp", body, fmt.Sprintf("RAck: %s %d INVITE", r.Get("RSeq"), r.CSeq.Number))
}

// answers reads responses until each of the CSeq methods was answered for good. A
// 183 is sent again and again; it must not be the last.
func (p *softphone) answers(methods ...string) map[string]*sip.Message {
	p.t.Helper()
	got := map[string]*sip.Message{}
	for len(got) < len(methods) {
		if r := p.response(); r.Status >= 200 {
			got[r.CSeq.Method] = r
		}
	}
	return got
}

func TestAnAnswerWaitsForThePRACK(t *testing.T) {
	p, c, r := progressed(t, offer)
	if err := c.Leg().Answer(); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the 183 comes again, no 200
		if again := p.response(); again.Status != 183 {
			t.Fatalf("before the PRACK came\n%s", again)
		}
	}
	p.prack(r, "")
	got := p.answers(sip.Prack, sip.Invite)
	if got[sip.Prack].Status != 200 || got[sip.Invite].Status != 200 || len(got[sip.Invite].Body) > 0 {
		t.Errorf("after the PRACK came\n%s\n%s", got[sip.Prack], got[sip.Invite])
	}
}

func TestAnAnswerAfterThePRACK(t *testing.T) {
	p, c, r := progressed(t, offer)
	p.prack(r, strings.Replace(strings.Replace(offer, "40000", "40002", 1), "sendrecv", "sendonly", 1))
	if got := p.answers(sip.Prack)[sip.Prack]; got.Status != 200 || !strings.Contains(string(got.Body), "a=recvonly\r\n") {
		t.Errorf("the offer of a PRACK was answered with\n%s", got)
	}
	if err := c.Leg().Answer(); err != nil {
		t.Fatal(err)
	}
	if got := p.answers(sip.Invite)[sip.Invite]; got.Status != 200 || len(got.Body) > 0 {
		t.Errorf("answered\n%s", got)
	}
	if got := c.Leg().(*session).audio.RemoteAddr().Port(); got != 40002 {
		t.Errorf("media goes to port %d", got)
	}
}

func TestAHangupBeforeThePRACK(t *testing.T) {
	p, c, _ := progressed(t, offer)
	if err := c.Leg().Answer(); err != nil {
		t.Fatal(err)
	}
	c.Hangup(channel.CauseNormalClearing)
	c.End()
	if got := p.answers(sip.Invite)[sip.Invite]; got.Status != 603 {
		t.Errorf("answered\n%s", got)
	}
}

// Who calls without an offer gets ours in the 183, and answers it in the PRACK.
func TestAnOfferInThe183(t *testing.T) {
	p, c, r := progressed(t, "")
	p.prack(r, strings.Replace(offer, "RTP/AVP 0", "RTP/AVP 8", 1))
	if got := p.answers(sip.Prack)[sip.Prack]; got.Status != 200 {
		t.Errorf("the PRACK was answered with\n%s", got)
	}
	if err := c.Leg().Answer(); err != nil {
		t.Fatal(err)
	}
	got := p.answers(sip.Invite)[sip.Invite]
	if got.Status != 200 || len(got.Body) > 0 {
		t.Errorf("answered\n%s", got)
	}
	p.inDialog(got, sip.Ack, "", "")
	if s := c.Leg().(*session); s.audio.RemoteAddr().Port() != 40000 || s.WriteFormat() != media.ALaw || c.HungUp() {
		t.Errorf("media goes to %s in %v", s.audio.RemoteAddr(), s.WriteFormat())
	}
}

func TestAnOfferInThe183ThatNobodyAnswers(t *testing.T) {
	for body, status := range map[string]int{"": 200, strings.Replace(offer, "RTP/AVP 0", "RTP/AVP 18", 1): 488} {
		p, c, r := progressed(t, "")
		if err := c.Leg().Answer(); err != nil {
			t.Fatal(err)
		}
		p.prack(r, body)
		got := p.answers(sip.Prack, sip.Invite)
		if got[sip.Prack].Status != 200 || got[sip.Invite].Status != status || status == 200 && string(got[sip.Invite].Body) != string(r.Body) {
			t.Errorf("with %q:\n%s\n%s", body, got[sip.Prack], got[sip.Invite])
		}
		if status == 488 {
			select {
			case <-c.LegContext().Done(): // right after the answer
			case <-time.After(5 * time.Second):
				t.Errorf("with %q the leg goes on", body)
			}
		} else if c.HungUp() {
			t.Errorf("with %q the leg ends", body)
		}
	}
}

// Without 100rel the offer is in the 183, too, and stands in the 200.
func TestAnOfferInAnUnreliable183(t *testing.T) {
	for _, technology := range []string{PJSIP, SIP} {
		d, legs := exchanging(t, technology, map[string]string{PJSIP: "[tom]\ntype=endpoint\nallow=!all,ulaw\n"}[technology])
		p := newSoftphone(t, d)
		p.inviteWith("1", "tom", "", "")
		c := ended(t, <-legs)
		if err := c.Leg().Indicate(media.Frame{Kind: media.Control, Signal: media.Progress}); err != nil {
			t.Fatal(err)
		}
		r := p.response()
		for ; r.Status != 183; r = p.response() {
		}
		if err := c.Leg().Answer(); err != nil {
			t.Fatal(err)
		}
		if got := p.answers(sip.Invite)[sip.Invite]; len(r.Body) == 0 || string(got.Body) != string(r.Body) {
			t.Errorf("%s: the 183 has %q, the 200 %q", technology, r.Body, got.Body)
		}
	}
}
