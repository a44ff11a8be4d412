package phone

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/internal/rtp"
	"github.com/octothorpe/octothorpe/sip"
)

// exchanging is a driver that takes calls and makes them, with one UDP transport
// on the loopback. Legs that come in are sent to the channel; hooks sets other hooks.
func exchanging(t *testing.T, technology, text string, hooks ...func(*Hooks)) (*Driver, chan *channel.Channel) {
	t.Helper()
	head := "[udp]\ntype=transport\nbind=127.0.0.1:0\n"
	if technology == SIP {
		head = "[general]\nudpbindaddr=127.0.0.1\ncontext=public\nallowguest=yes\n"
	}
	m, problems := load(t, technology, head+text)
	if len(problems) > 0 {
		t.Fatalf("problems: %v", problems)
	}
	m.Transports[0].anyPort()
	ports, err := rtp.NewPorts(20000, 30000)
	if err != nil {
		t.Fatal(err)
	}
	bus := event.NewBus()
	legs := make(chan *channel.Channel, 1)
	h := Hooks{Start: func(c *channel.Channel) { legs <- c }}
	for _, hook := range hooks {
		hook(&h)
	}
	d := New(Config{Model: m, Bus: bus, MediaSettings: MediaSettings{Ports: ports}, Registry: channel.NewRegistry(bus, slog.New(slog.DiscardHandler), ""), Hooks: h})
	if err := d.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return d, legs
}

// ended ends a leg when the test does.
func ended(t *testing.T, c *channel.Channel) *channel.Channel {
	t.Cleanup(func() {
		c.Hangup(channel.CauseNormalClearing)
		c.End()
	})
	return c
}

// read asks a function of the driver about a leg; what it can't tell begins with an exclamation mark.
func read(t *testing.T, d *Driver, c *channel.Channel, name, args string) string {
	t.Helper()
	for _, f := range d.Functions() {
		if f.Name == name && f.Read != nil {
			value, err := f.Read(context.Background(), c, args)
			if err != nil {
				return "!" + err.Error()
			}
			return value
		}
	}
	t.Fatalf("there is no function %s", name)
	return ""
}

func write(t *testing.T, d *Driver, c *channel.Channel, name, args, value string) {
	t.Helper()
	for _, f := range d.Functions() {
		if f.Name == name && f.Write != nil {
			if err := f.Write(context.Background(), c, args, value); err != nil {
				t.Errorf("Set(%s(%s)=%s): %v", name, args, value, err)
			}
			return
		}
	}
	t.Fatalf("function %s can't be set", name)
}

const offer = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\na=sendrecv\r\n"

// invite sends an INVITE with headers and an offer.
func (p *softphone) invite(exten, user string, headers ...string) {
	p.t.Helper()
	p.inviteBy(offer, exten, user, headers...)
}

func (p *softphone) inviteBy(offer, exten, user string, headers ...string) {
	p.t.Helper()
	p.cseq++
	text := fmt.Sprintf("INVITE sip:%[1]s@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP %[2]s;rport;branch=%[3]s\r\nMax-Forwards: 70\r\n"+
		"From: \"Tom\" <sip:%[4]s@127.0.0.1>;tag=a\r\nTo: <sip:%[1]s@127.0.0.1>\r\nCall-ID: %[5]s\r\nCSeq: %[6]d INVITE\r\n"+
		"Contact: <sip:me@%[2]s>\r\nUser-Agent: probe\r\n%[7]s\r\nContent-Type: application/sdp\r\nContent-Length: %[8]d\r\n\r\n%[9]s",
		exten, p.conn.LocalAddr(), sip.NewBranch(), user, p.callID, p.cseq, strings.Join(headers, "\r\n"), len(offer), offer)
	if _, err := p.conn.WriteToUDP([]byte(text), p.server); err != nil {
		p.t.Fatal(err)
	}
}

// invited waits for an INVITE and refuses it with a status, after the headers were looked at.
func (p *softphone) invited(status int, reason string) *sip.Message {
	p.t.Helper()
	for {
		_ = p.conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		n, _, err := p.conn.ReadFromUDP(p.buffer)
		if err != nil {
			p.t.Fatalf("no INVITE: %v", err)
		}
		m, err := sip.Parse(p.buffer[:n])
		if err != nil {
			p.t.Fatal(err)
		}
		if m.Method == sip.Invite {
			_, _ = p.conn.WriteToUDP(sip.NewResponse(m, status, reason, "x").AppendTo(nil), p.server)
			return m
		}
	}
}

const callPJSIP = `
[trunk]
type=endpoint
context=incoming
allow=!all,ulaw,alaw
aors=trunk
[trunk]
type=aor
max_contacts=1
[other]
type=endpoint
allow=!all,ulaw
`

func TestFunctionsOfALegThatComesIn(t *testing.T) {
	d, legs := exchanging(t, PJSIP, callPJSIP)
	p := newSoftphone(t, d)
	p.invite("1", "trunk", "X-One: first", "X-Two: a", "X-Two: b")
	c := ended(t, <-legs)
	local, remote := d.stack.Transports()[0].Local().String(), p.conn.LocalAddr().String()
	for _, q := range []struct{ function, args, want string }{
		{"PJSIP_HEADER", "read,X-One", "first"}, {"PJSIP_HEADER", "read,x-oNE", "first"}, {"PJSIP_HEADER", "read,X-Two,2", "b"},
		{"PJSIP_HEADER", "read,X-Two,3", ""}, {"PJSIP_HEADER", "read,X-One,-1", "first"}, {"PJSIP_HEADER", "read,none", ""},
		{"PJSIP_HEADER", "read,none,0", ""}, {"PJSIP_HEADER", "read,none,-1", ""},
		{"PJSIP_HEADER", "read,CSeq", "1 INVITE"}, {"PJSIP_HEADERS", "X-", "X-One,X-Two,X-Two"}, {"PJSIP_HEADERS", "x-t", "X-Two,X-Two"},
		{"PJSIP_HEADER", "remove,X-T*", "2"}, {"PJSIP_HEADERS", "X-", "X-One"},
		{"PJSIP_HEADER", "frob,X", `!"frob" is neither read nor remove`}, {"PJSIP_HEADER", "read", "!which header?"},
		{"PJSIP_RESPONSE_HEADER", "read,X-One", ""}, {"PJSIP_DTMF_MODE", "", "rfc4733"}, {"PJSIP_MOH_PASSTHROUGH", "", "No"},
		{"PJSIP_MEDIA_OFFER", "audio", "ulaw,alaw"}, {"PJSIP_MEDIA_OFFER", "video", ""},
	} {
		if got := read(t, d, c, q.function, q.args); got != q.want {
			t.Errorf("%s(%s) is %q, want %q", q.function, q.args, got, q.want)
		}
	}
	for item, want := range map[string]string{
		"pjsip,call-id": p.callID, "pjsip,secure": "0", "pjsip,request_uri": "sip:1@127.0.0.1", "pjsip,local_uri": "<sip:1@127.0.0.1>",
		"pjsip,remote_uri": `\"Tom\" <sip:trunk@127.0.0.1>`, "pjsip,t38state": "DISABLED", "pjsip,remote_tag": "a",
		"pjsip,target_uri": "sip:me@" + remote, "pjsip,local_addr": local, "pjsip,remote_addr": remote, "endpoint": "trunk", "aor": "",
		"rtcp,txcount": "0", "rtcp,txcount,audio": "0", "rtcp,txcount,video": "!", "rtp,dest": "!", "pjsip,nonsense": "!",
	} {
		got, ok := c.Leg().(channel.Informer).Item(item)
		if !ok {
			got = "!"
		}
		if got != want {
			t.Errorf("CHANNEL(%s) is %q, want %q", item, got, want)
		}
	}
	if err := c.Leg().Answer(); err != nil {
		t.Fatal(err)
	}
	if got, _ := c.Leg().(channel.Informer).Item("rtp,dest"); got != "127.0.0.1:40000" {
		t.Errorf("CHANNEL(rtp,dest) of an answered leg is %q", got)
	}
	write(t, d, c, "PJSIP_DTMF_MODE", "", "info")
	if got := read(t, d, c, "PJSIP_DTMF_MODE", ""); got != "info" || c.Leg().(*session).keyMode() != DTMFInfo {
		t.Errorf("keys go by %s", got)
	}
}

// What the dialplan puts on a leg is in its INVITE, and how the far end answers
// is known to the leg for which it is called.
func TestHeadersOfACallThatGoesOut(t *testing.T) {
	d, legs := exchanging(t, PJSIP, callPJSIP)
	p, caller := newSoftphone(t, d), newSoftphone(t, d)
	caller.invite("1", "trunk", "X-Mine: stays")
	from := ended(t, <-legs)
	c, err := d.Request(t.Context(), channel.Request{Destination: "555@trunk/" + strings.Replace(p.contact(), "me@", "", 1), Requestor: from})
	if err != nil {
		t.Fatal(err)
	}
	ended(t, c)
	write(t, d, c, "PJSIP_HEADER", "add,X-B", "bee")
	write(t, d, c, "PJSIP_HEADER", "add,X-B", "bee2")
	write(t, d, c, "PJSIP_HEADER", "update,X-B,2", "bumble")
	write(t, d, c, "PJSIP_HEADER", "add,X-C", "gone")
	if c.Leg().(*session).headers.update("X-None", 0, "x") {
		t.Error("a header is changed that there is not")
	}
	write(t, d, c, "PJSIP_HEADER", "remove,X-C", "")
	write(t, d, c, "PJSIP_HEADER", "add,User-Agent", "mine")
	write(t, d, c, "PJSIP_HEADER_PARAM", "From,uri,isup", "yes")
	write(t, d, c, "PJSIP_HEADER_PARAM", "From,header,hp", "1")
	write(t, d, c, "PJSIP_MEDIA_OFFER", "audio", "alaw")
	if err := c.Leg().Call(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := p.invited(486, "Busy Here")
	if got := r.All("X-B"); !slices.Equal(got, []string{"bee", "bumble"}) {
		t.Errorf("X-B: %q", got)
	}
	if r.Get("X-C") != "" || r.Get("X-Mine") != "" || !slices.Equal(r.All("User-Agent"), []string{"mine"}) || r.URI.User != "555" ||
		!strings.Contains(r.Get("From"), ";isup=yes>") || !strings.HasSuffix(r.Get("From"), ";hp=1") || r.To.URI.Port != 0 ||
		!strings.Contains(string(r.Body), " RTP/AVP 8 101\r\n") {
		t.Errorf("the INVITE is\n%s", r)
	}
	<-c.LegContext().Done()
	want := channel.Outcome{Channel: c.Name(), Tech: "SIP 486 Busy Here", Cause: channel.CauseUserBusy}
	if got := from.Outcomes(); len(got) != 1 || got[0] != want {
		t.Errorf("the caller knows %+v, want %+v", got, want)
	}
	from.ForgetOutcomes()
	if got := from.Outcomes(); len(got) != 0 {
		t.Errorf("what is forgotten is still known: %+v", got)
	}
}

const callSIP = `
[phone]
type=friend
host=dynamic
context=office
disallow=all
allow=ulaw
insecure=invite
`

func TestHeadersOfChanSIP(t *testing.T) {
	d, legs := exchanging(t, SIP, callSIP)
	p := newSoftphone(t, d)
	if r := p.register("phone", "", "Contact: <"+p.contact()+">"); r.Status != 200 {
		t.Fatalf("registered with %d", r.Status)
	}
	p.invite("5", "phone", "X-One: first", "X-Two: a", "X-Two: b")
	from := ended(t, <-legs)
	for _, q := range []struct{ function, args, want string }{
		{"SIP_HEADER", "X-One", "first"}, {"SIP_HEADER", "x-two,2", "b"}, {"SIP_HEADER", "X-Two,3", ""}, {"SIP_HEADERS", "X-", "X-One,X-Two"},
	} {
		if got := read(t, d, from, q.function, q.args); got != q.want {
			t.Errorf("%s(%s) is %q, want %q", q.function, q.args, got, q.want)
		}
	}
	remote := p.conn.LocalAddr().String()
	for item, want := range map[string]string{"peername": "phone", "peerip": "127.0.0.1", "from": "sip:phone@127.0.0.1", "uri": "sip:me@" + remote,
		"ruri": "sip:5@127.0.0.1", "useragent": "probe", "t38passthrough": "0", "rtpdest": "127.0.0.1:40000", "rtpdest,video": ""} {
		if got, _ := from.Leg().(channel.Informer).Item(item); got != want {
			t.Errorf("CHANNEL(%s) is %q, want %q", item, got, want)
		}
	}
	for _, step := range [][2]string{{"SIPAddHeader", "X-A: one"}, {"SIPAddHeader", "X-B: two"}, {"SIPAddHeader", "X-A: three"}, {"SIPRemoveHeader", "x-b"}} {
		for _, a := range d.Applications() {
			if a.Name == step[0] {
				if err := a.Run(t.Context(), from, step[1]); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	c, err := d.Request(t.Context(), channel.Request{Destination: "phone", Requestor: from})
	if err != nil {
		t.Fatal(err)
	}
	ended(t, c).InheritVariables(from)
	if err := c.Leg().Call(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := p.invited(480, "Gone Out")
	if got := r.All("X-A"); !slices.Equal(got, []string{"three", "one"}) || r.Get("X-B") != "" {
		t.Errorf("the INVITE is\n%s", r)
	}
}

func TestPJSIPHangup(t *testing.T) {
	for text, want := range map[string]int{"437": 437, "USE_IDENTITY_HEADER": 428, "PJSIP_SC_BUSY_HERE": 486, "200": 603, "nonsense": 603} {
		t.Run(text, func(t *testing.T) {
			d, legs := exchanging(t, PJSIP, callPJSIP)
			p := newSoftphone(t, d)
			p.invite("1", "trunk", "X-One: first")
			c := ended(t, <-legs)
			if got := asked(t, d, "Action: PJSIPHangup\nActionID: 1\nChannel: "+c.Name()+"\nCause: "+text); !strings.Contains(got, "Message: Channel Hungup") {
				t.Errorf("answered\n%s", got)
			}
			if r := p.wait(); r.Status != want {
				t.Errorf("refused with %d, want %d", r.Status, want)
			}
			if got := c.Snapshot(); got.TechCause != want || got.HangupCause != causeOfStatus(want) {
				t.Errorf("the leg ended with %d, cause %d", got.TechCause, got.HangupCause)
			}
		})
	}
}

// outcomesOf are final responses with what the reference makes of them: the Q.850
// cause, and how chan_sip passes it on: h hangs up, b and c are signals; q tells
// the audio's quality all the same.
const outcomesOf = `
400 127 hq|401 21 c|402 127 h|403 21 hq|404 1 hq|405 127 hq|406 127 h|408 18 hq|409 41 h|410 22 c|413 127 h|414 127 hq|415 127 hq|420 3 h
421 127 h|480 19 bq|481 127 hq|482 127 c|483 19 h|484 28 h|485 1 h|486 17 b|487 127 hq|488 58 hq|489 127 h|491 127 hq|493 127 hq
500 38 c|501 29 hq|502 27 c|503 34 c|504 102 c|505 127 h|513 34 h|580 34 h|600 17 b|603 21 b|604 1 h|606 58 hq|607 127 h|699 127 h`

func TestFinalResponses(t *testing.T) {
	for line := range strings.FieldsFuncSeq(outcomesOf, func(c rune) bool { return c == '\n' || c == '|' }) {
		var status, cause int
		var how string
		if _, err := fmt.Sscan(line, &status, &cause, &how); err != nil {
			t.Fatal(err)
		}
		if got := causeOfStatus(status); got != cause {
			t.Errorf("%d has cause %d, want %d", status, got, cause)
		}
		t.Run(line, func(t *testing.T) {
			d, _ := exchanging(t, SIP, "[fixed]\ntype=peer\nhost=127.0.0.1\nport=9\n")
			c, err := d.Request(t.Context(), channel.Request{Destination: "fixed"})
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			c.SetSink(func(f media.Frame) {
				if f.Kind == media.Control {
					got += map[media.Signal]string{media.Busy: "b", media.Congestion: "c"}[f.Signal]
				}
			})
			c.Leg().(*session).refusedWith(&sip.Message{Status: status})
			if c.HungUp() {
				got += "h"
			}
			c.Hangup(0)
			c.End()
			if _, told := c.Variable("RTPAUDIOQOS"); told {
				got += "q"
			}
			if got != how {
				t.Errorf("%d is passed on by %q, want %q", status, got, how)
			}
		})
	}
}
