package phone

import (
	"testing"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// Who diverted a call is known to the dialplan, to the phone that is called
// instead and, by 181, to the one that calls.
func TestDiversion(t *testing.T) {
	d, legs := exchanging(t, PJSIP, "[tom]\ntype=endpoint\ncontext=office\nallow=!all,ulaw\n")
	p, caller := newSoftphone(t, d), newSoftphone(t, d)
	caller.invite("1", "tom", "Diversion: \"Amy\" <sip:amenhotep@127.0.0.1>;reason=user-busy;counter=3")
	from := ended(t, <-legs)
	want := event.Redirection{From: event.Party{Number: event.Number{Valid: true, Text: "amenhotep"}, Name: event.Name{Valid: true, Text: "Amy"}},
		Reason: "cfb", Count: 3}
	if got := from.Snapshot().Redirect; got != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	c, err := d.Request(t.Context(), channel.Request{Destination: "tom/" + p.contact(), Requestor: from})
	if err != nil {
		t.Fatal(err)
	}
	ended(t, c)
	said := make(chan media.Frame, 8)
	c.SetSink(func(f media.Frame) { said <- f })
	if err := c.Leg().Call(t.Context()); err != nil {
		t.Fatal(err)
	}
	m := p.request()
	if got, want := m.Get("Diversion"), `"Amy" <sip:amenhotep@127.0.0.1>;reason=user-busy`; got != want {
		t.Errorf("called with %s, want %s", got, want)
	}
	p.answer(m, 181, "Diversion: <sip:zoe@127.0.0.1>;reason=unconditional")
	f := <-said
	v, ok := f.Value.(channel.PartyOf)
	if f.Signal != media.Redirecting || !ok || v.Redirect.From.Number.Text != "zoe" || v.Redirect.Reason != "cfu" {
		t.Fatalf("the leg heard %s %+v", f.Signal, f.Value)
	}
	from.Change(func(s *event.Channel) { s.Redirect = v.Redirect })
	if err := from.Indicate(f); err != nil {
		t.Fatal(err)
	}
	for {
		r := caller.response()
		if r.Status != 181 {
			continue
		}
		if got, want := r.Get("Diversion"), "<sip:zoe@127.0.0.1>;reason=unconditional"; got != want {
			t.Errorf("told %s, want %s", got, want)
		}
		break
	}
}
