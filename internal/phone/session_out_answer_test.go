package phone

import (
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/sip"
)

// A 2xx needs no description where the 183 before it had the answer; without any
// the call ends at once. So does the reference, in both faces.
func TestAnAnswerThatCameBeforeThe2xx(t *testing.T) {
	for _, c := range []struct {
		name  string
		early bool
	}{{"early", true}, {"never", false}} {
		t.Run(c.name, func(t *testing.T) {
			d, _ := exchanging(t, PJSIP, callPJSIP)
			p := newSoftphone(t, d)
			leg, r := call(t, d, p)
			if c.early {
				p.respond(r, 183, "x", offer)
			}
			p.respond(r, 200, "x", "")
			if c.early {
				await(t, leg, event.Up)
				if got, _ := leg.Leg().(channel.Informer).Item("rtp,dest"); got != "127.0.0.1:40000" {
					t.Errorf("media goes to %s", got)
				}
				return
			}
			p.expect(sip.Bye)
			<-leg.LegContext().Done()
		})
	}
}

// A phone may ring for longer than rtp_timeout: that counts from the answer on.
func TestMediaIsAwaitedFromTheAnswerOn(t *testing.T) {
	d, _ := exchanging(t, PJSIP, callPJSIP)
	d.Model().Endpoints["trunk"].RTPTimeout = 300 * time.Millisecond
	p := newSoftphone(t, d)
	leg, r := call(t, d, p)
	p.respond(r, 183, "x", offer)
	select {
	case <-leg.LegContext().Done():
		t.Fatal("a phone that rang too long was hung up")
	case <-time.After(600 * time.Millisecond):
	}
	began := time.Now()
	p.respond(r, 200, "x", offer)
	p.expect(sip.Ack)
	<-leg.LegContext().Done()
	if waited := time.Since(began); waited < 300*time.Millisecond {
		t.Errorf("a phone without media was given %s", waited)
	}
}
