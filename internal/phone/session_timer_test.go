package phone

import (
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/sip"
)

// until waits for the response with a status.
func (p *softphone) until(status int) *sip.Message {
	p.t.Helper()
	for {
		if r := p.wait(); r.Status >= status {
			if r.Status != status {
				p.t.Fatalf("got %d, want %d", r.Status, status)
			}
			return r
		}
	}
}

func TestSessionTimerOfACallThatComesIn(t *testing.T) {
	d, legs := exchanging(t, PJSIP, "[tom]\ntype=endpoint\ncontext=office\nallow=!all,ulaw\nsend_rpid=yes\n")
	p := newSoftphone(t, d)
	p.invite("999", "tom", "Supported: timer", "Session-Expires: 60")
	if got := p.until(422).Get("Min-SE"); got != "90" {
		t.Errorf("422 with Min-SE %q, want 90", got)
	}
	p.invite("999", "tom", "Supported: timer", "Session-Expires: 100;refresher=uas", "Allow: UPDATE")
	c := ended(t, <-legs)
	c.Change(func(s *event.Channel) {
		s.Connected = event.Party{Number: event.Number{Valid: true, Text: "bob"}, Name: event.Name{Valid: true, Text: "Bob"}}
	})
	if err := c.Answer(); err != nil {
		t.Fatal(err)
	}
	ok := p.until(200)
	if got := ok.Get("Session-Expires"); got != "100;refresher=uas" {
		t.Errorf("Session-Expires: %s, want 100;refresher=uas", got)
	}
	if got, want := ok.Get("Remote-Party-ID"), `"Bob" <sip:bob@127.0.0.1>;party=called;privacy=off;screen=no`; got != want {
		t.Errorf("Remote-Party-ID: %s\nwant %s", got, want)
	}
	c.Leg().(*session).refreshNow()
	r := p.next()
	if r.Method != sip.Update || r.Get("Session-Expires") != "100;refresher=uac" {
		t.Errorf("refreshed by %s with %s", r.Method, r.Get("Session-Expires"))
	}
	c.Leg().(*session).expired()
	if !c.HungUp() {
		t.Error("the call goes on after its time")
	}
}

// answer answers a request with a status and a header.
func (p *softphone) answer(m *sip.Message, status int, header string) {
	r := sip.NewResponse(m, status, "", "x")
	name, value, _ := strings.Cut(header, ": ")
	r.Add(name, value)
	_, _ = p.conn.WriteToUDP(r.AppendTo(nil), p.server)
}

// request waits for a request, response for the next response of any status.
func (p *softphone) request() *sip.Message  { return p.message(true) }
func (p *softphone) response() *sip.Message { return p.message(false) }

func (p *softphone) message(request bool) *sip.Message {
	p.t.Helper()
	_ = p.conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	n, _, err := p.conn.ReadFromUDP(p.buffer)
	if err != nil {
		p.t.Fatal(err)
	}
	m, err := sip.Parse(p.buffer[:n])
	if err != nil || m.IsRequest() != request {
		p.t.Fatalf("unexpected %s, %v", p.buffer[:n], err)
	}
	return m
}

func TestSessionTimerOfACallThatGoesOut(t *testing.T) {
	d, _ := exchanging(t, PJSIP, "[tom]\ntype=endpoint\nallow=!all,ulaw\n")
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
	p.answer(m, 422, "Min-SE: 2000")
	if got := m.Get("Session-Expires") + " " + m.Get("Min-SE"); got != "1800 90" {
		t.Errorf("the first INVITE has %s, want 1800 90", got)
	}
	m = p.invited(486, "Busy Here")
	if got := m.Get("Session-Expires") + " " + m.Get("Min-SE"); got != "2000 2000" {
		t.Errorf("the second INVITE has %s, want 2000 2000", got)
	}
}

// What calls that come in agree on, as the reference answers them.
func TestSessionTimersThatAreAskedFor(t *testing.T) {
	const endpoints = "[yes]\ntype=endpoint\nallow=!all,ulaw\n[no]\ntype=endpoint\nallow=!all,ulaw\ntimers=no\n[always]\ntype=endpoint\nallow=!all,ulaw\ntimers=always\n"
	for _, test := range []struct {
		user, headers, expires, require string
	}{
		{"yes", "X-Nothing: 1", "", ""},
		{"yes", "Supported: timer", "", ""},
		{"yes", "Supported: timer\r\nMin-SE: 2000", "", ""},
		{"yes", "Require: timer", "1800;refresher=uas", ""},
		{"yes", "Require: timer\r\nMin-SE: 2000", "2000;refresher=uas", ""},
		{"yes", "Session-Expires: 200", "200;refresher=uas", ""},
		{"yes", "Session-Expires: 200;refresher=uac", "200;refresher=uac", "timer"},
		{"yes", "Supported: timer\r\nSession-Expires: 3600", "3600;refresher=uac", "timer"},
		{"yes", "Supported: timer\r\nSession-Expires: 200;refresher=uas", "200;refresher=uas", ""},
		{"no", "Supported: timer\r\nSession-Expires: 30", "", ""},
		{"always", "X-Nothing: 1", "1800;refresher=uas", ""},
		{"always", "Supported: timer\r\nMin-SE: 2000", "2000;refresher=uas", ""},
	} {
		t.Run(test.user+" "+test.headers, func(t *testing.T) {
			d, legs := exchanging(t, PJSIP, endpoints)
			p := newSoftphone(t, d)
			p.invite("1", test.user, test.headers)
			c := ended(t, <-legs)
			if err := c.Answer(); err != nil {
				t.Fatal(err)
			}
			r := p.until(200)
			if r.Get("Session-Expires") != test.expires || r.Get("Require") != test.require {
				t.Errorf("agreed on %q, Require %q, want %q, %q", r.Get("Session-Expires"), r.Get("Require"), test.expires, test.require)
			}
			s := c.Leg().(*session)
			s.mu.Lock()
			defer s.mu.Unlock()
			if ours := strings.HasSuffix(test.expires, "uas"); (s.refresh.timer != nil) != (test.expires != "") || s.refresh.ours != ours {
				t.Errorf("a timer runs: %v, refreshed by us: %v", s.refresh.timer != nil, s.refresh.ours)
			}
		})
	}
}

func TestSessionTimersWithinACall(t *testing.T) {
	d, legs := exchanging(t, PJSIP, "[tom]\ntype=endpoint\nallow=!all,ulaw\n")
	p := newSoftphone(t, d)
	p.invite("1", "tom", "Supported: timer")
	if err := ended(t, <-legs).Answer(); err != nil {
		t.Fatal(err)
	}
	ok := p.until(200)
	p.inDialog(ok, sip.Ack, "", "")
	for _, step := range []struct {
		method, body, headers string
		status                int
		expires, least        string
	}{
		{sip.Update, "", "Supported: timer\r\nSession-Expires: 30", 422, "", "90"},
		{sip.Update, offer, "Supported: timer\r\nSession-Expires: 30", 422, "", "90"},
		{sip.Invite, offer, "Supported: timer\r\nSession-Expires: 30", 422, "", "90"},
		{sip.Update, "", "Supported: timer\r\nSession-Expires: 300", 200, "300;refresher=uac", ""},
		{sip.Update, "", "Supported: timer\r\nSession-Expires: 300;refresher=uas", 200, "300;refresher=uas", ""},
		{sip.Update, offer, "Supported: timer\r\nSession-Expires: 400", 200, "400;refresher=uas", ""},
		{sip.Update, "", "Supported: timer", 200, "", ""},
	} {
		p.inDialog(ok, step.method, "application/sdp", step.body, step.headers)
		r := p.until(step.status)
		if r.Get("Session-Expires") != step.expires || r.Get("Min-SE") != step.least {
			t.Errorf("%s with %s was answered\n%s", step.method, step.headers, r)
		}
		if step.method == sip.Invite {
			p.inDialog(ok, sip.Ack, "", "")
		}
	}
}

// A phone that answers with an interval below our Min-SE does not have us send
// requests all the time.
func TestAnIntervalBelowMinSE(t *testing.T) {
	d, _ := exchanging(t, PJSIP, "[tom]\ntype=endpoint\nallow=!all,ulaw\n")
	s := &session{driver: d, endpoint: d.Model().Endpoints["tom"]}
	for given, want := range map[string]time.Duration{"1;refresher=uac": 90 * time.Second, "90;refresher=uac": 90 * time.Second, "600;refresher=uas": 600 * time.Second} {
		r := &sip.Message{Status: 200}
		r.Add("Session-Expires", given)
		s.agreedTimer(r)
		if got := s.refresh.agreed.Interval; got != want {
			t.Errorf("%s is taken as %s, want %s", given, got, want)
		}
	}
	s.noTimer()
	s.gone = true
	s.refreshNow()
	if s.refresh.timer != nil {
		t.Error("a call that is over has a timer")
	}
}
