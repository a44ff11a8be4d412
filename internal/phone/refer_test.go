package phone

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/sip"
)

// A call is transferred once, and a phone that asks again and again without
// looking at the answers makes no transaction for each time it asks.
func TestTransfersOfACallAreBounded(t *testing.T) {
	for technology, notified := range map[string]string{
		PJSIP: "SIP/2.0 100 Trying, SIP/2.0 100 Trying, SIP/2.0 400 Bad Request, SIP/2.0 100 Trying, SIP/2.0 400 Bad Request, SIP/2.0 100 Trying, SIP/2.0 400 Bad Request",
		SIP:   "SIP/2.0 200 OK, SIP/2.0 400 Bad Request, SIP/2.0 400 Bad Request, SIP/2.0 400 Bad Request",
	} {
		t.Run(technology, func(t *testing.T) {
			var transfers atomic.Int32
			d, legs := exchanging(t, technology, choose(technology == SIP, callSIP, callPJSIP), func(h *Hooks) {
				h.BlindTransfer = func(*channel.Channel, Transfer) error { transfers.Add(1); return nil }
			})
			p := newSoftphone(t, d)
			p.invite("1", choose(technology == SIP, "phone", "trunk"), "X-One: first")
			c := ended(t, <-legs)
			if err := c.Leg().Answer(); err != nil {
				t.Fatal(err)
			}
			talk := p.until(200)
			statuses := ""
			var notifies []*sip.Message
			for i := range maxReferrals + 3 {
				p.within(talk, sip.Refer, "Refer-To: <sip:far@127.0.0.1>")
				for answered := false; !answered || i < maxReferrals && len(notifies) < choose(technology == SIP, i+1, 2*i+1); {
					m := p.nextInCall()
					switch {
					case !m.IsRequest():
						statuses += fmt.Sprint(m.Status, " ")
						answered = true
					case m.Method == sip.Notify && !seen(notifies, m):
						notifies = append(notifies, m)
					}
				}
			}
			if want := "202 202 202 202 491 491 491 "; statuses != want || transfers.Load() != 1 {
				t.Errorf("answered %sand %d transfers, want %sand 1", statuses, transfers.Load(), want)
			}
			var told []string
			for _, m := range notifies {
				told = append(told, strings.TrimSuffix(string(m.Body), "\r\n"))
			}
			if got := strings.Join(told, ", "); got != notified {
				t.Errorf("told %s, want %s", got, notified)
			}
		})
	}
}

func seen(list []*sip.Message, m *sip.Message) bool {
	for _, one := range list {
		if one.CSeq == m.CSeq {
			return true
		}
	}
	return false
}

// within sends a request within the dialog that a 200 made.
func (p *softphone) within(r *sip.Message, method string, headers ...string) {
	p.t.Helper()
	p.inDialog(r, method, "", "", headers...)
}

// nextInCall waits for a message that is no repetition of a 200 to INVITE.
func (p *softphone) nextInCall() *sip.Message {
	p.t.Helper()
	for {
		_ = p.conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		n, _, err := p.conn.ReadFromUDP(p.buffer)
		if err != nil {
			p.t.Fatal(err)
		}
		m, err := sip.Parse(p.buffer[:n])
		if err != nil {
			p.t.Fatal(err)
		}
		if m.IsRequest() || m.CSeq.Method != sip.Invite {
			return m
		}
	}
}

// A phone that transferred its call and asks for a change has not noticed that it is
// over: it gets an answer, and BYE with its ACK.
func TestReinviteAfterATransfer(t *testing.T) {
	d, legs := exchanging(t, PJSIP, callPJSIP, func(h *Hooks) {
		h.BlindTransfer = func(*channel.Channel, Transfer) error { return nil }
	})
	p := newSoftphone(t, d)
	p.invite("1", "trunk")
	c := <-legs
	if err := c.Leg().Answer(); err != nil {
		t.Fatal(err)
	}
	talk := p.until(200)
	p.numbered(talk, sip.Ack, 1, "")
	p.within(talk, sip.Refer, "Refer-To: <sip:far@127.0.0.1>")
	p.answer(p.asked(sip.Notify), 200, "X: y")
	c.Hangup(channel.CauseNormalClearing)
	c.End()
	p.inDialog(talk, sip.Invite, "application/sdp", offer)
	if ok := p.answered(p.cseq); len(ok.Body) == 0 {
		t.Errorf("answered with\n%s", ok)
	}
	p.numbered(talk, sip.Ack, p.cseq, "")
	p.answer(p.asked(sip.Bye), 200, "X: y")
}

// What a phone says of voicemail in REFER is found on the leg that goes on.
func TestTransferToVoicemail(t *testing.T) {
	for name, c := range map[string]struct {
		headers         []string
		reason, feature string
	}{
		"both":            {[]string{`Diversion: <sip:far@127.0.0.1>;reason="send_to_vm"`, "X-Digium-Call-Feature: feature_send_to_vm"}, "send_to_vm", "feature_send_to_vm"},
		"unquoted":        {[]string{"Diversion: <sip:far@127.0.0.1>;reason=send_to_vm"}, "send_to_vm", ""},
		"neither of them": {[]string{"Diversion: <sip:far@127.0.0.1>;reason=user-busy", "X-Digium-Call-Feature: other"}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			prepare := make(chan func(*channel.Channel), 1)
			d, legs := exchanging(t, PJSIP, callPJSIP, func(h *Hooks) {
				h.BlindTransfer = func(_ *channel.Channel, t Transfer) error { prepare <- t.Prepare; return nil }
			})
			p := newSoftphone(t, d)
			p.invite("1", "trunk")
			leg := ended(t, <-legs)
			if err := leg.Leg().Answer(); err != nil {
				t.Fatal(err)
			}
			talk := p.until(200)
			p.within(talk, sip.Refer, append(c.headers, "Refer-To: <sip:far@127.0.0.1>")...)
			if f := <-prepare; f != nil {
				f(leg) // as if it were who goes on
			}
			if got := leg.Snapshot().Redirect.Reason; got != c.reason {
				t.Errorf("the reason is %q, want %q", got, c.reason)
			}
			if got := read(t, d, leg, "PJSIP_HEADER", "read,X-Digium-Call-Feature"); got != c.feature {
				t.Errorf("the header is %q, want %q", got, c.feature)
			}
		})
	}
}
