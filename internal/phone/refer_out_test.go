package phone

import (
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/sip"
)

// A phone is asked to call somebody, and tells how that goes until it has ended.
func TestReferOutsideOfCalls(t *testing.T) {
	d, _ := wired(t, PJSIP, messagePJSIP, Hooks{})
	p := newSoftphone(t, d)
	err := d.Refer(t.Context(), Referral{To: "plain/" + p.contact(), From: "me", Target: "500", Headers: []event.Variable{
		{Name: "X-More", Value: "more"}, {Name: "Call-ID", Value: "mine"}, {Name: "Refer-To", Value: "sip:mine@here"}}})
	if err != nil {
		t.Fatal(err)
	}
	r := p.request()
	if r.Method != sip.Refer || r.Get("Refer-To") != "sip:500" || r.Get("X-More") != "more" || r.CallID == "mine" || r.Get("Event") != "refer" ||
		r.Get("Expires") != "600" || r.From.URI.UserText() != "me" || r.Contact.URI.IsZero() {
		t.Errorf("sent\n%s", r)
	}
	p.answer(r, 202, "Contact: <"+p.contact()+">")
	tell := func(callID, state string, want int) {
		t.Helper()
		p.cseq++
		p.callID = callID
		p.sendText("NOTIFY sip:asterisk@127.0.0.1:5060 SIP/2.0\r\nFrom: <sip:bob@127.0.0.1>;tag=b\r\nTo: "+r.Get("From")+"\r\n",
			sip.Notify, "message/sipfrag", "SIP/2.0 100 Trying\r\n", []string{"Event: refer", "Subscription-State: " + state})
		if a := p.wait(); a.Status != want {
			t.Errorf("%s was answered with %d, want %d", state, a.Status, want)
		}
	}
	tell("another", "active;expires=600", 481)
	tell(r.CallID, "active;expires=600", 200)
	tell(r.CallID, "terminated;reason=noresource", 200)
	tell(r.CallID, "active;expires=600", 481)
	for _, wrong := range []Referral{{To: "nobody", Target: "sip:x@y"}, {To: "plain/" + p.contact(), Target: "PJSIP/bob"}, {To: "plain/" + p.contact(), Target: "bob"},
		{To: "plain/" + p.contact(), Target: "x\r\nEvil: yes"}} {
		if err := d.Refer(t.Context(), wrong); err == nil {
			t.Errorf("%+v was sent", wrong)
		}
	}
}

// Who a REFER is from and whom it names is said as messages say it.
func TestReferToward(t *testing.T) {
	d, _ := wired(t, PJSIP, messagePJSIP+"[far]\ntype=endpoint\naors=far\n[far]\ntype=aor\ncontact=sip:me@192.0.2.1:5062\n", Hooks{})
	for text, want := range map[string]string{"far": "sip:me@192.0.2.1:5062", "PJSIP/55@far": "sip:55@192.0.2.1:5062", "55": "sip:55", "tel:1": "sip:tel:1",
		"sip:a@b": "sip:a@b", "\"A\" <sip:a@b>": "\"A\" <sip:a@b>"} {
		got, ours, err := d.referToward(d.Model(), text)
		if err != nil || got != want || ours != strings.Contains(text, "far") {
			t.Errorf("%s: got %q, %t, %v; want %q", text, got, ours, err, want)
		}
	}
}
