package phone

import (
	"testing"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/sip"
)

// A call to pickupexten begins no dialplan: it is given to who takes calls.
func TestPickupExtension(t *testing.T) {
	picked := make(chan *channel.Channel, 1)
	d, _ := exchanging(t, PJSIP, callPJSIP, func(h *Hooks) {
		h.ExtensionExists = func(string, string, string) bool { return false }
		h.PicksUp = func(exten string) bool { return exten == "*8" }
		h.PickUp = func(c *channel.Channel) { picked <- c }
	})
	p := newSoftphone(t, d)
	p.invite("*8", "trunk")
	c := ended(t, <-picked)
	if got := c.Location().Exten; got != "*8" {
		t.Errorf("the leg is at %q", got)
	}
	q := newSoftphone(t, d)
	q.invite("8", "trunk")
	q.until(404)
}

// Within a call there is nothing to replace: the reference answers, and ends the call.
func TestReplacesWithinACall(t *testing.T) {
	d, legs := exchanging(t, PJSIP, callPJSIP)
	p := newSoftphone(t, d)
	p.invite("1", "trunk")
	c := ended(t, <-legs)
	if err := c.Leg().Answer(); err != nil {
		t.Fatal(err)
	}
	ok := p.until(200)
	p.numbered(ok, sip.Ack, 1, "")
	p.inDialog(ok, sip.Invite, "application/sdp", offer, "Replaces: <sip:taco@127.0.0.1>")
	p.until(200)
	eventually(t, c.HungUp)
}
