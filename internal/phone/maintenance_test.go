package phone

import (
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/sip"
)

func TestMaintenance(t *testing.T) {
	d, bus := wired(t, PJSIP, wirePJSIP, Hooks{})
	var told []string
	bus.Subscribe(event.Kinds(event.KindGeneric), func(e event.Stamped) {
		if g, ok := e.Event.(*event.Generic); ok {
			told = append(told, g.Name+" "+g.Fields[0].Value+" "+g.Fields[1].Value)
		}
	})
	p := newSoftphone(t, d)
	contact := "Contact: <" + p.contact() + ">"
	p.register("open", "", contact)

	const on = "Action: PJSIPSetMaintenance\nActionID: 1\nEndpoint: open\nState: on\n"
	for range 2 { // the second time changes nothing
		if got := asked(t, d, on); !strings.Contains(got, "Message: Maintenance mode enabled\n") {
			t.Errorf("answered\n%s", got)
		}
	}
	for _, method := range []string{sip.Options, sip.Register, sip.MessageM, sip.Invite} {
		if r := p.ask(method, "sip:1@127.0.0.1", "open", contact, "Expires: 60"); r.Status != 503 || r.Get("Retry-After") != "300" {
			t.Errorf("%s is answered with %d and Retry-After %q, want 503 and 300", method, r.Status, r.Get("Retry-After"))
		}
	}
	if r := p.ask(sip.Register, "sip:127.0.0.1", "open", contact, "Expires: 0"); r.Status != 200 {
		t.Errorf("a registration is taken back with %d", r.Status)
	}
	_, err := d.Request(t.Context(), channel.Request{Destination: "open/" + p.contact()})
	if refusal, ok := err.(*channel.RequestError); !ok || refusal.Cause != channel.CauseNoRouteDestination {
		t.Errorf("a call is refused with %v", err)
	}
	if r := p.ask(sip.Options, "sip:1@127.0.0.1", "100"); r.Status != 401 {
		t.Errorf("another endpoint is answered with %d", r.Status)
	}
	asked(t, d, strings.Replace(on, "State: on", "State: off", 1))
	if r := p.ask(sip.Options, "sip:1@127.0.0.1", "open"); r.Status != 200 {
		t.Errorf("after maintenance it is answered with %d", r.Status)
	}
	if got, want := strings.Join(told, ","), "PJSIPMaintenanceStatus open enabled,PJSIPMaintenanceStatus open disabled"; got != want {
		t.Errorf("told %q, want %q", got, want)
	}
}
