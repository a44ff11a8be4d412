package phone

import (
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/sip"
)

// next returns the next request that is no OPTIONS, and accepts it.
func (p *softphone) next() *sip.Message {
	p.t.Helper()
	for {
		_ = p.conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		n, _, err := p.conn.ReadFromUDP(p.buffer)
		if err != nil {
			p.t.Fatalf("no request: %v", err)
		}
		m, err := sip.Parse(p.buffer[:n])
		if err != nil {
			p.t.Fatal(err)
		}
		if !m.IsRequest() {
			continue
		}
		if m.Method == sip.Options {
			p.serve(m)
			continue
		}
		_, _ = p.conn.WriteToUDP(sip.NewResponse(m, 200, "", "x").AppendTo(nil), p.server)
		return m
	}
}

// What an administrator sends by NOTIFY is what the reference's phones get.
func TestNotify(t *testing.T) {
	file, err := config.Parse("notify.conf", []byte("[check]\nEvent=>check-sync\nContent-type=>text/plain\nContent=>one\nContent=>two ${A}\nX-More=>a${B}b\n"),
		config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ technology, conf, user, secret, ask, message string }{
		{PJSIP, wirePJSIP, "open", "", "Action: PJSIPNotify\nEndpoint: open\nOption: check", "NOTIFY sent"},
		{PJSIP, wirePJSIP, "open", "", "Action: PJSIPNotify\nEndpoint: open\nVariable: Event=check-sync,Content-Type=text/plain\n" +
			"Variable: Content=one\nVariable: Content=two ${A}\nVariable: X-More=a${B}b", "NOTIFY sent"},
		{SIP, wireSIP, "manuel", "contrasenia", "Action: SIPnotify\nChannel: SIP/manuel\nVariable: Event=check-sync,X-More=a${B}b\n" +
			"Variable: Content-Type=text/plain\nVariable: Content=one\nVariable: Content=two ${A}", "Notify Sent"},
	} {
		t.Run(c.technology, func(t *testing.T) {
			d, _ := wired(t, c.technology, c.conf, Hooks{})
			d.Model().Notifies = LoadNotifies(file)
			p := newSoftphone(t, d)
			if r := p.register(c.user, c.secret, "Contact: <"+p.contact()+">"); r.Status != 200 {
				t.Fatalf("registered with %d", r.Status)
			}
			if got := asked(t, d, c.ask); !strings.Contains(got, "Message: "+c.message+"\n") {
				t.Errorf("answered\n%s", got)
			}
			r := p.next()
			if r.Method != sip.Notify || r.Get("Subscription-State") != "terminated" || r.Get("Event") != "check-sync" ||
				r.Get("X-More") != "a${B}b" || r.Get("Content-Type") != "text/plain" || string(r.Body) != "one\r\ntwo ${A}" {
				t.Errorf("the phone gets\n%s", r)
			}
		})
	}
}

func TestNotifyRefusals(t *testing.T) {
	d, _ := wired(t, PJSIP, wirePJSIP, Hooks{})
	for ask, want := range map[string]string{
		"Endpoint: open": "PJSIPNotify requires either an Option or Variable(s).You must use only one of them.",
		"Endpoint: open\nOption: a\nVariable: b=c": "PJSIPNotify requires either an Option or Variable(s).You must use only one of them.",
		"Variable: b=c": "PJSIPNotify requires either an endpoint name, a SIP URI, or a channel.",
		"Endpoint: open\nURI: sip:x@127.0.0.1\nVariable: b=c": "PJSIPNotify requires either an endpoint name, a SIP URI, or a channel.  You must use only one of them.",
		"Endpoint: none\nVariable: b=c":                       "Unable to retrieve endpoint none",
		"Endpoint: open\nOption: none":                        "Unable to find notify type 'none'\n",
		"Channel: none\nVariable: b=c":                        "Channel not found",
	} {
		if got := asked(t, d, "Action: PJSIPNotify\n"+ask); !strings.Contains(got, "Message: "+want+"\n") {
			t.Errorf("%q is answered\n%s", ask, got)
		}
	}
}
