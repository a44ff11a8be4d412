package phone

import (
	"fmt"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/message"
	"github.com/octothorpe/octothorpe/sip"
)

const messagePJSIP = `
[bob]
type=endpoint
context=calls
message_context=texts
aors=bob
[bob]
type=aor
max_contacts=1
[plain]
type=endpoint
context=calls
follow_redirect_methods=message
`

// A MESSAGE outside of a call goes to the dialplan with all that came with it.
func TestMessageThatComesIn(t *testing.T) {
	given := make(chan *message.Message, 1)
	d, _ := wired(t, PJSIP, messagePJSIP, Hooks{Message: func(m *message.Message) error {
		given <- m
		if m.Exten == "nobody" {
			return message.ErrNoPlace
		}
		if m.Exten == "busy" {
			return message.ErrFull
		}
		return nil
	}})
	p := newSoftphone(t, d)
	for _, c := range []struct {
		user, exten, kind string
		status            int
		context           string
	}{
		{"bob", "500", "text/plain", 202, "texts"},
		{"plain", "500", "text/plain;charset=utf-8", 202, "calls"},
		{"plain", "500", "text/html", 415, ""},
		{"bob", "nobody", "text/plain", 404, "texts"},
		{"bob", "busy", "text/plain", 503, "texts"},
		{"bob", "500", "application/json", 415, ""},
	} {
		p.cseq++
		p.sendText(fmt.Sprintf("MESSAGE sip:%[1]s@127.0.0.1:5060 SIP/2.0\r\nFrom: \"Bo\" <sip:%[2]s@127.0.0.1:5092>;tag=a\r\nTo: <sip:%[1]s@127.0.0.1>\r\n", c.exten, c.user),
			sip.MessageM, c.kind, "Hello\r\n", []string{"X-Own: it"})
		if r := p.wait(); r.Status != c.status {
			t.Errorf("%v: answered with %d", c, r.Status)
		}
		if c.context == "" {
			if len(given) > 0 {
				t.Errorf("%v: the dialplan got %+v", c, <-given)
			}
			continue
		}
		got := <-given
		if got.Context != c.context || got.Body != "Hello" || got.To != "pjsip:"+c.exten+"@127.0.0.1" || got.Datum("x-own") != "it" ||
			!strings.HasSuffix(got.From, "<sip:"+c.user+"@127.0.0.1>") || got.Datum("PJSIP_RECVADDR") != p.conn.LocalAddr().String() {
			t.Errorf("%v: the dialplan got %+v", c, got)
		}
	}
}

// A message is sent on to where a 3xx says, the best first and nowhere twice.
func TestMessageIsSentOn(t *testing.T) {
	d, _ := wired(t, PJSIP, messagePJSIP, Hooks{})
	one, two, three := newSoftphone(t, d), newSoftphone(t, d), newSoftphone(t, d)
	msg := &message.Message{Body: "Hello", To: "pjsip:500@here"}
	msg.Set("X-More", "more", true)
	msg.Set("X-Not", "not", false)
	msg.Set("Call-ID", "mine", true)
	if err := d.SendMessage(t.Context(), msg, "plain/"+one.contact(), `"Me" <sip:me@example.com>`); err != nil {
		t.Fatal(err)
	}
	r := one.request()
	if r.Method != sip.MessageM || string(r.Body) != "Hello" || r.Get("X-More") != "more" || r.Get("X-Not") != "" || r.CallID == "mine" || r.Get("Contact") != "" ||
		!strings.HasPrefix(r.Get("From"), `"Me" <sip:me@example.com>;tag=`) || r.Get("To") != "<sip:me@127.0.0.1>" {
		t.Errorf("sent\n%s", r)
	}
	one.answer(r, 300, "Contact: <"+three.contact()+">;q=0.1, <"+two.contact()+">;q=0.5, <"+one.contact()+">")
	r = two.request()
	if r.URI.String() != two.contact() || string(r.Body) != "Hello" {
		t.Errorf("sent on as\n%s", r)
	}
	two.answer(r, 486, "X: y")
	if r = three.request(); r.URI.String() != three.contact() {
		t.Errorf("sent on as\n%s", r)
	}
	three.answer(r, 202, "X: y")
}

func TestMessageTargets(t *testing.T) {
	d, _ := wired(t, PJSIP, messagePJSIP+"[global]\ntype=global\ndefault_outbound_endpoint=plain\n[far]\ntype=endpoint\naors=far,other\n[far]\ntype=aor\ncontact=sip:me@192.0.2.1:5062\n"+
		"[other]\ntype=aor\ncontact=sip:192.0.2.2\n", Hooks{})
	for text, want := range map[string]string{
		"far": "far sip:me@192.0.2.1:5062", "far@anything": "far sip:me@192.0.2.1:5062", "far/other": "far sip:192.0.2.2",
		"far/192.0.2.3:5063": "far sip:192.0.2.3:5063", `far/"Me" <sip:x@192.0.2.3>`: "far sip:x@192.0.2.3", "PJSIP/55@far": "far sip:55@192.0.2.1:5062",
		"pjsip/far": "", "PJSIP/55@none": "", "none/far": "", "192.0.2.4": "plain sip:192.0.2.4", "sip:a@192.0.2.4": "plain sip:a@192.0.2.4",
		`"A" <sip:a@192.0.2.4>`: "plain sip:a@192.0.2.4", "bob": "",
	} {
		to, _, err := d.messageTarget(d.Model(), text)
		got := ""
		if err == nil {
			got = to.endpoint.Name + " " + to.uri.String()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}
