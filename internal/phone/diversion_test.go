package phone

import (
	"strings"
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
		To: event.Party{Number: event.Number{Valid: true, Text: "1"}}, Reason: "cfb", Count: 3}
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
	if f.Signal != media.Redirecting || !ok || v.Redirect.To.Number.Text != "zoe" || v.Redirect.From.Number.Text != "me" || v.Redirect.Reason != "unknown" {
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
		if got, want := r.Get("Diversion"), "<sip:zoe@127.0.0.1>;reason=unknown"; got != want {
			t.Errorf("told %s, want %s", got, want)
		}
		break
	}
}

// History-Info tells the same, with the causes of RFC 4458.
func TestHistoryInfo(t *testing.T) {
	d, legs := exchanging(t, PJSIP, "[tom]\ntype=endpoint\ncontext=office\nallow=!all,ulaw\nsend_diversion=no\nsend_history_info=yes\n")
	p, caller := newSoftphone(t, d), newSoftphone(t, d)
	caller.invite("1", "tom", "History-Info: <sip:amy@127.0.0.1>;index=1", "History-Info: <sip:1@127.0.0.1;cause=486>;index=1.1")
	from := ended(t, <-legs)
	if v := from.Snapshot().Redirect; v.From.Number.Text != "amy" || v.To.Number.Text != "1" || v.Reason != "cfb" {
		t.Errorf("the call was diverted %+v", v)
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
	want := "<sip:amy@127.0.0.1>;index=1 <sip:1@127.0.0.1;cause=486>;index=1.1"
	if got := strings.Join(m.All("History-Info"), " "); got != want || m.Get("Diversion") != "" {
		t.Errorf("called with %s %s, want %s", got, m.Get("Diversion"), want)
	}
	p.answer(m, 181, "X: y")
	f := <-said
	from.Change(func(s *event.Channel) { s.Redirect = f.Value.(channel.PartyOf).Redirect })
	if err := from.Indicate(f); err != nil {
		t.Fatal(err)
	}
	for {
		r := caller.response()
		if r.Status != 181 {
			continue
		}
		if got, want := strings.Join(r.All("History-Info"), " "), "<sip:me@127.0.0.1>;index=1"; got != want {
			t.Errorf("told %s, want %s", got, want)
		}
		break
	}
}

// use_callerid_contact has the Contact name who calls, as far as From does.
func TestCallerIDContact(t *testing.T) {
	for _, test := range []struct {
		presentation  event.Presentation
		contact, from string
	}{
		{event.AllowedNotScreened, "sip:5551@", `"Amy" <sip:5551@127.0.0.1>`},
		{event.ProhibitedNotScreened, "sip:anonymous@", `"Anonymous" <sip:anonymous@anonymous.invalid>`},
	} {
		d, _ := exchanging(t, PJSIP, "[global]\ntype=global\nuse_callerid_contact=yes\n[tom]\ntype=endpoint\nallow=!all,ulaw\nsend_pai=yes\ntrust_id_outbound=yes\n")
		p := newSoftphone(t, d)
		c, err := d.Request(t.Context(), channel.Request{Destination: "tom/" + p.contact()})
		if err != nil {
			t.Fatal(err)
		}
		ended(t, c)
		c.Change(func(s *event.Channel) {
			s.Connected = event.Party{Number: event.Number{Valid: true, Text: "5551", Presentation: test.presentation},
				Name: event.Name{Valid: true, Text: "Amy", Presentation: test.presentation}}
		})
		if err := c.Leg().Call(t.Context()); err != nil {
			t.Fatal(err)
		}
		m := p.invited(486, "Busy Here")
		if !strings.Contains(m.Get("Contact"), test.contact) || !strings.HasPrefix(m.Get("From"), test.from) {
			t.Errorf("Contact: %s and From: %s, want %s and %s", m.Get("Contact"), m.Get("From"), test.contact, test.from)
		}
		if got, want := m.Get("P-Asserted-Identity"), `"Amy" <sip:5551@127.0.0.1>`; got != want {
			t.Errorf("P-Asserted-Identity: %s, want %s", got, want)
		}
		if got := m.Get("Privacy") == "id"; got != test.presentation.Restricted() {
			t.Errorf("Privacy: %q", m.Get("Privacy"))
		}
	}
}
