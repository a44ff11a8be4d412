package phone

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/sip"
)

// A call that asks for the place of another is refused where there is none to have.
func TestReplacesThatIsRefused(t *testing.T) {
	for _, test := range []struct {
		name, technology, headers string
		status                    int
	}{
		{"unknown", PJSIP, "Require: replaces\r\nReplaces: nosuch;to-tag=a;from-tag=b", 481},
		{"unreadable", PJSIP, "Replaces: nosuch", 481},
		{"twice", PJSIP, "Replaces: x;to-tag=a;from-tag=b\r\nReplaces: x;to-tag=a;from-tag=b", 400},
		{"unknown to chan_sip", SIP, "Replaces: nosuch;to-tag=a;from-tag=b", 481},
	} {
		d, _ := exchanging(t, test.technology, choose(test.technology == SIP, "", "[tom]\ntype=endpoint\nallow=!all,ulaw\n"))
		p := newSoftphone(t, d)
		p.invite("1", "tom", test.headers)
		if r := p.wait(); r.Status != test.status || test.technology == SIP && r.Reason != "Call Leg Does Not Exist (Replaces)" {
			t.Errorf("%s: answered\n%s", test.name, r)
		}
	}
}

func TestReplaces(t *testing.T) {
	type pair struct{ old, by *channel.Channel }
	replaced := make(chan pair, 1)
	var fails atomic.Bool
	d, legs := exchangingWith(t, PJSIP, "[tom]\ntype=endpoint\nallow=!all,ulaw\n", Hooks{Replace: func(old, by *channel.Channel) error {
		if fails.Load() {
			return errors.New("no peer")
		}
		replaced <- pair{old, by}
		return by.Answer()
	}})
	first := newSoftphone(t, d)
	first.invite("1", "tom", "X-Nothing: 1")
	old := ended(t, <-legs)
	asks := func(tag, more string, want int) *sip.Message {
		t.Helper()
		p := newSoftphone(t, d)
		p.invite("1", "tom", fmt.Sprintf("Require: replaces\r\nReplaces: %s;from-tag=a;to-tag=%s%s", first.callID, tag, more))
		r := p.wait()
		if r.Status != want {
			t.Errorf("answered %d, want %d", r.Status, want)
		}
		return r
	}
	dialog := old.Leg().(*session).dialog
	asks(dialog.LocalTag, "", 481) // it is not answered
	if err := old.Answer(); err != nil {
		t.Fatal(err)
	}
	first.until(200)
	asks(dialog.LocalTag, ";early-only", 486)
	asks("another", "", 481)
	asks(dialog.LocalTag, "", 200)
	got := <-replaced
	ended(t, got.by)
	if got.old != old || got.by == old || len(legs) > 0 {
		t.Errorf("replaced %v by %v, %d legs began their dialplan", got.old.Name(), got.by.Name(), len(legs))
	}
	fails.Store(true)
	asks(dialog.LocalTag, "", 603)
	if old.HungUp() {
		t.Error("a call that was not replaced has ended")
	}
}

// A call of ours that only rings at its far end is not given away.
func TestReplacesOfACallThatRings(t *testing.T) {
	d, _ := exchangingWith(t, PJSIP, "[tom]\ntype=endpoint\nallow=!all,ulaw\n", Hooks{
		Replace: func(_, _ *channel.Channel) error { t.Error("it was"); return nil }})
	p := newSoftphone(t, d)
	c, err := d.Request(t.Context(), channel.Request{Destination: "tom/" + p.contact()})
	if err != nil {
		t.Fatal(err)
	}
	ended(t, c)
	if err := c.Leg().Call(t.Context()); err != nil {
		t.Fatal(err)
	}
	m := p.request()
	p.answer(m, 180, "X-Nothing: 1")
	other := newSoftphone(t, d)
	for want := 481; want == 481; { // until the 180 is there
		other.invite("1", "tom", fmt.Sprintf("Replaces: %s;to-tag=%s;from-tag=x", m.CallID, m.From.Tag()))
		if want = other.wait().Status; want != 481 && want != 603 {
			t.Errorf("answered %d", want)
		}
	}
}
