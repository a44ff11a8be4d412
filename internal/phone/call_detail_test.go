package phone

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/sip"
)

// A number that may go on is incomplete, where the endpoint dials digit by digit.
func TestOverlap(t *testing.T) {
	for conf, want := range map[string]int{"": 484, "allow_overlap=no\n": 404} {
		d, _ := exchanging(t, PJSIP, "[tom]\ntype=endpoint\ncontext=office\nallow=!all,ulaw\n"+conf, func(h *Hooks) {
			h.ExtensionExists = func(_, exten, _ string) bool { return exten == "123" }
			h.ExtensionBegins = func(_, exten, _ string) bool { return strings.HasPrefix("123", exten) && exten != "123" }
		})
		p := newSoftphone(t, d)
		p.invite("12", "tom", "X: y")
		p.until(want)
		p.callID = sip.NewCallID()
		p.invite("13", "tom", "X: y")
		p.until(404)
	}
}

func TestSetVarAndANI2(t *testing.T) {
	var assigned []string // before the leg is there
	d, legs := exchanging(t, PJSIP, "[tom]\ntype=endpoint\ncontext=office\nallow=!all,ulaw\nset_var=CALLERID(name)=foo\nset_var=bar=foo\n", func(h *Hooks) {
		h.Assign = func(_ *channel.Channel, name, value string) { assigned = append(assigned, name+"="+value) }
	})
	p := newSoftphone(t, d)
	p.invite("1", "tom", "X: y")
	c := ended(t, <-legs)
	if v, _ := c.Variable("bar"); v != "foo" {
		t.Errorf("bar is %q", v)
	}
	if want := []string{"CALLERID(name)=foo"}; !slices.Equal(assigned, want) {
		t.Errorf("written %q, want %q", assigned, want)
	}
	for text, want := range map[string]string{
		"<sip:1@h;isup-oli=27>;tag=x": "27", "<sip:1@h>;tag=x;oli=62": "62", "<sip:1@h>;ss7-oli=abc": "", "<sip:1@h>": "",
	} {
		a, err := sip.ParseAddress(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := originatingLine(a); got != want {
			t.Errorf("the line of %s is %q, want %q", text, got, want)
		}
	}
}

func TestTelephoneURIs(t *testing.T) {
	d, _ := exchanging(t, PJSIP, "[tom]\ntype=endpoint\nallow=!all,ulaw\nuser_eq_phone=yes\nsend_pai=yes\n")
	p := newSoftphone(t, d)
	c, err := d.Request(t.Context(), channel.Request{Destination: "tom/sip:+12568675309@" + p.conn.LocalAddr().String()})
	if err != nil {
		t.Fatal(err)
	}
	ended(t, c)
	c.SetConnected(event.Party{Number: event.Number{Valid: true, Text: "5550113"}})
	if err := c.Leg().Call(t.Context()); err != nil {
		t.Fatal(err)
	}
	m := p.invited(486, "Busy Here")
	for name, text := range map[string]string{"Request-URI": m.URI.String(), "From": m.Get("From"), "To": m.Get("To"), "P-Asserted-Identity": m.Get("P-Asserted-Identity")} {
		if !strings.Contains(text, ";user=phone") {
			t.Errorf("%s is %s", name, text)
		}
	}
	if u, _ := sip.ParseURI("sip:tom@h"); telephone(u).String() != "sip:tom@h" {
		t.Error("a name is no telephone number")
	}
}

// Headers go to the legs that a leg makes, which may change their own.
func TestInheritableHeaders(t *testing.T) {
	d, legs := exchanging(t, PJSIP, callPJSIP)
	p, caller := newSoftphone(t, d), newSoftphone(t, d)
	caller.invite("1", "trunk", "X: y")
	from := ended(t, <-legs)
	write(t, d, from, "PJSIP_INHERITABLE_HEADER", "add,X-A", "one")
	write(t, d, from, "PJSIP_INHERITABLE_HEADER", "add,X-A", "two")
	write(t, d, from, "PJSIP_INHERITABLE_HEADER", "add,X-B", "three")
	c, err := d.Request(t.Context(), channel.Request{Destination: "trunk/" + p.contact(), Requestor: from})
	if err != nil {
		t.Fatal(err)
	}
	ended(t, c)
	c.InheritVariables(from)
	write(t, d, c, "PJSIP_INHERITABLE_HEADER", "update,X-A,2", "second")
	write(t, d, c, "PJSIP_INHERITABLE_HEADER", "remove,X-B", "")
	if err := c.Leg().Call(t.Context()); err != nil {
		t.Fatal(err)
	}
	m := p.invited(486, "Busy Here")
	if got := m.All("X-A"); !slices.Equal(got, []string{"one", "second"}) || m.Get("X-B") != "" {
		t.Errorf("called with X-A %q, X-B %q", got, m.Get("X-B"))
	}
	if got := read(t, d, from, "PJSIP_INHERITABLE_HEADER", "read,X-B"); got != "three" {
		t.Errorf("the leg that handed them on has %q left", got)
	}
}

// What is described follows the profile and the packets that the endpoint wants.
func TestProfilesAndFramings(t *testing.T) {
	const base = "[tom]\ntype=endpoint\ncontext=office\nallow=!all,ulaw:40\n"
	for _, c := range []struct {
		conf, profile string
		want          int
	}{{"", "AVP", 200}, {"", "AVPF", 488}, {"use_avpf=yes\n", "AVP", 488}, {"use_avpf=yes\n", "AVPF", 200}} {
		d, legs := exchanging(t, PJSIP, base+c.conf)
		p := newSoftphone(t, d)
		p.cseq = 1
		body := strings.Replace(offer, "RTP/AVP", "RTP/"+c.profile, 1)
		text := fmt.Sprintf("INVITE sip:1@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP %s;rport;branch=%s\r\nMax-Forwards: 70\r\nFrom: <sip:tom@127.0.0.1>;tag=a\r\n"+
			"To: <sip:1@127.0.0.1>\r\nCall-ID: %s\r\nCSeq: 1 INVITE\r\nContact: <%s>\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s",
			p.conn.LocalAddr(), sip.NewBranch(), p.callID, p.contact(), len(body), body)
		if _, err := p.conn.WriteToUDP([]byte(text), p.server); err != nil {
			t.Fatal(err)
		}
		if c.want == 200 {
			if err := ended(t, <-legs).Answer(); err != nil {
				t.Fatal(err)
			}
		}
		r := p.until(c.want)
		if c.want == 200 && !strings.Contains(string(r.Body), "a=ptime:40\r\n") {
			t.Errorf("%sis answered\n%s", c.conf, r.Body)
		}
	}
}

// Each list of acl.conf is asked for itself.
func TestSeveralACLs(t *testing.T) {
	var rules Rules
	for _, name := range []string{"one", "two"} {
		all, _ := ParseRules(true, "0.0.0.0/0")
		none, _ := ParseRules(false, map[string]string{"one": "10.0.0.1", "two": "10.0.0.2"}[name])
		for _, r := range slices.Concat(all, none) {
			r.List = name
			rules = append(rules, r)
		}
	}
	for address, want := range map[string]bool{"10.0.0.1": false, "10.0.0.2": false, "10.0.0.3": true} {
		if got := rules.Allows(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %v, want %v", address, got, want)
		}
	}
}

// regcontext has an extension of each endpoint that can be reached.
func TestRegContext(t *testing.T) {
	told := make(chan string, 2)
	d, _ := wired(t, PJSIP, "[global]\ntype=global\nregcontext=here\n"+wirePJSIP,
		Hooks{Extend: func(context, exten string, there bool) { told <- fmt.Sprintf("%s %s %v", context, exten, there) }})
	p := newSoftphone(t, d)
	for expires, want := range map[string]string{"60": "here open true"} {
		if r := p.register("open", "", "Contact: <"+p.contact()+">;expires="+expires); r.Status != 200 {
			t.Fatalf("registered with %d", r.Status)
		}
		if got := <-told; got != want {
			t.Errorf("told %s, want %s", got, want)
		}
	}
	if r := p.register("open", "", "Contact: <"+p.contact()+">;expires=0"); r.Status != 200 {
		t.Fatalf("unregistered with %d", r.Status)
	}
	if got := <-told; got != "here open false" {
		t.Errorf("told %s", got)
	}
}

func TestNotifyAndRefreshByTheDialplan(t *testing.T) {
	d, legs := exchanging(t, PJSIP, renewing)
	p := newSoftphone(t, d)
	p.invite("999", "tom", "X: y")
	c := ended(t, <-legs)
	if err := c.Answer(); err != nil {
		t.Fatal(err)
	}
	p.numbered(p.answered(p.cseq), sip.Ack, 1, "")
	for _, a := range d.Applications() {
		if a.Name == "PJSIPNotify" {
			if err := a.Run(context.Background(), c, ",&Event=Test&X-Data=Fun&From=me"); err != nil {
				t.Fatal(err)
			}
		}
	}
	n := p.asked(sip.Notify)
	if n.Get("Event") != "Test" || n.Get("X-Data") != "Fun" || len(n.All("From")) != 1 || n.CallID != p.callID {
		t.Errorf("the phone gets\n%s", n)
	}
	p.answer(n, 200, "X: y")
	write(t, d, c, "PJSIP_MEDIA_OFFER", "audio", "alaw")
	write(t, d, c, "PJSIP_SEND_SESSION_REFRESH", "", "invite")
	m := p.asked(sip.Invite)
	if !strings.Contains(string(m.Body), "RTP/AVP 8 101\r\n") {
		t.Errorf("refreshed with\n%s", m.Body)
	}
	p.sdp(m, strings.Replace(offer, "RTP/AVP 0", "RTP/AVP 8", 1))
	p.asked(sip.Ack)
	eventually(t, func() bool { f := c.Leg().WriteFormat(); return f != nil && f.Name == "alaw" })
}

// RTCP shares the port of RTP where both sides want so (RFC 5761), and with
// asymmetric_rtp_codec a call speaks all the codecs that were agreed upon.
func TestMuxAndAsymmetricCodecs(t *testing.T) {
	for _, yes := range []bool{true, false} {
		word := choose(yes, "yes", "no")
		d, _ := exchanging(t, PJSIP, "[tom]\ntype=endpoint\nallow=!all,ulaw,alaw\nrtcp_mux="+word+"\nasymmetric_rtp_codec="+word+"\n")
		p := newSoftphone(t, d)
		c, err := d.Request(t.Context(), channel.Request{Destination: "tom/" + p.contact()})
		if err != nil {
			t.Fatal(err)
		}
		ended(t, c)
		if err := c.Leg().Call(t.Context()); err != nil {
			t.Fatal(err)
		}
		m := p.asked(sip.Invite)
		if strings.Contains(string(m.Body), "a=rtcp-mux") != yes {
			t.Errorf("rtcp_mux=%s offers\n%s", word, m.Body)
		}
		p.sdp(m, strings.Replace(offer, "RTP/AVP 0", "RTP/AVP 8 0", 1)+"a=rtcp-mux\r\n")
		p.asked(sip.Ack)
		eventually(t, func() bool { return c.State() == event.Up })
		names := ""
		for _, f := range c.Leg().(channel.Polyglot).NativeFormats() {
			names += f.Name + " "
		}
		if want := choose(yes, "ulaw alaw ", ""); names != want {
			t.Errorf("asymmetric_rtp_codec=%s: %swant %s", word, names, want)
		}
	}
}

// Who answers without a description has answered, and is gone.
func TestAnAnswerWithoutADescription(t *testing.T) {
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
	p.answer(p.asked(sip.Invite), 200, "Contact: <"+p.contact()+">")
	p.asked(sip.Bye)
	if f, err := c.Read(t.Context()); err != nil || f.Signal != media.Answered {
		t.Errorf("the leg heard %v, %v", f.Signal, err)
	}
	<-c.LegContext().Done()
	if c.HangupCause() != channel.CauseNormalClearing {
		t.Errorf("it ended with cause %d", c.HangupCause())
	}
}
