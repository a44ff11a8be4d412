package phone

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"testing/synctest"

	"github.com/octothorpe/octothorpe/sip"
)

func TestReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, PJSIP, phone100+"contact=sip:old@h\n[200]\ntype=endpoint\naors=200\n[200]\ntype=aor\nmax_contacts=1\n", nil)
		o.put("100", "sip:a@h", 300)
		o.put("200", "sip:b@h", 300)
		running := o.Model().Endpoint("100")
		m, _ := load(t, PJSIP, "[100]\ntype=endpoint\naors=100\ncontext=new\n[100]\ntype=aor\nmax_contacts=2\ncontact=sip:new@h\n")
		if err := o.Reload(m); err != nil {
			t.Fatal(err)
		}
		if got, want := uris(o.Contacts("100")), "sip:a@h sip:new@h"; got != want {
			t.Errorf("contacts %q, want %q", got, want)
		}
		if got := uris(o.Contacts("200")); got != "" {
			t.Errorf("contacts of an AOR that is gone: %q", got)
		}
		if got := o.DeviceState("200"); got != "INVALID" {
			t.Errorf("an endpoint that is gone is %s", got)
		}
		if running.Context != "default" || o.Model().Endpoint("100").Context != "new" {
			t.Error("a reload changed what a call holds, or did not change what the next one gets")
		}
	})
}

// An endpoint whose AOR goes, and with it a contact of the configuration, is told to be
// out of reach.
func TestReloadTakesAnAORAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, PJSIP, "[100]\ntype=endpoint\naors=100\n[100]\ntype=aor\ncontact=sip:100@h\n", nil)
		if got := o.DeviceState("100"); got != "NOT_INUSE" {
			t.Fatalf("with its contact it is %s", got)
		}
		o.presence.mu.Lock()
		online := o.presence.online["100"]
		o.presence.mu.Unlock()
		if !online {
			t.Fatal("with its contact it is told to be out of reach")
		}
		m, _ := load(t, PJSIP, "[100]\ntype=endpoint\naors=100\n")
		if err := o.Reload(m); err != nil {
			t.Fatal(err)
		}
		o.presence.mu.Lock()
		online = o.presence.online["100"]
		o.presence.mu.Unlock()
		if online {
			t.Error("without its AOR it is still told to be within reach")
		}
	})
}

func TestTransportsFollowAReload(t *testing.T) {
	d, _ := wired(t, PJSIP, wirePJSIP, Hooks{})
	old := d.stack.Transports()[0]
	m, _ := load(t, PJSIP, "[udp]\ntype=transport\nbind=127.0.0.1:1\n[two]\ntype=transport\nprotocol=tcp\nbind=127.0.0.1:0\n"+wirePJSIP)
	for _, tr := range m.Transports {
		tr.free = true
	}
	if err := d.Reload(m); err != nil {
		t.Fatal(err)
	}
	if got := d.transport("udp"); got != old {
		t.Error("a transport without allow_reload was opened anew")
	}
	if got := d.transport("two"); got == nil || got.Network != "tcp" {
		t.Error("a new transport was not opened")
	}
	p := newSoftphone(t, d)
	if r := p.ask(sip.Options, "sip:127.0.0.1", "open"); r.Status != 200 {
		t.Errorf("after the reload OPTIONS gets %d", r.Status)
	}
}

// A transport that is gone from the configuration serves the calls that it carries; one
// that takes its address by another name takes its place.
func TestTransportsThatAreGoneStay(t *testing.T) {
	d, _ := wired(t, PJSIP, wirePJSIP, Hooks{})
	old := d.stack.Transports()[0]
	m, _ := load(t, PJSIP, "")
	for range 2 {
		if err := d.Reload(m); err != nil {
			t.Fatal(err)
		}
	}
	if got := d.transport(old.Name); got != old {
		t.Fatal("a transport that is gone was closed")
	}
	m, _ = load(t, PJSIP, "[other]\ntype=transport\nbind="+old.Local().String()+"\n")
	if err := d.Reload(m); err != nil {
		t.Fatal(err)
	}
	if d.transport(old.Name) != nil || d.transport("other") == nil {
		t.Error("the transport's address was not given to another")
	}
}

// names is a resolver that knows one name.
type names struct{}

func (names) LookupAddr(_ context.Context, host string) ([]netip.Addr, error) {
	if host == "provider.example" || host == "a.example" {
		return []netip.Addr{netip.MustParseAddr("192.0.2.7")}, nil
	}
	return nil, errors.New("no such host")
}

func (names) LookupSRV(_ context.Context, name string) ([]sip.SRV, error) {
	if name == "_sip._udp.provider.example" {
		return []sip.SRV{{Target: "a.example.", Port: 5090}}, nil
	}
	return nil, errors.New("no such record")
}

func (names) LookupNAPTR(context.Context, string) ([]sip.NAPTR, error) {
	return nil, errors.New("no such record")
}

func TestNamesOfTheConfigurationIdentify(t *testing.T) {
	for _, test := range []struct{ technology, text string }{
		{PJSIP, "[trunk]\ntype=endpoint\n[trunk]\ntype=identify\nendpoint=trunk\nmatch=provider.example\n"},
		{SIP, "[trunk]\ntype=peer\nhost=provider.example\n"},
	} {
		m, _ := load(t, test.technology, test.text)
		d := New(Config{Model: m})
		d.names = names{}
		d.resolved.Store(d.lookUp(t.Context(), m))
		for _, port := range []uint16{5090, 5060} {
			r := &sip.Message{Method: sip.Invite, Source: sip.Source{Remote: netip.AddrPortFrom(netip.MustParseAddr("192.0.2.7"), port)}}
			if e := d.identify(m, r); e == nil || e.Name != "trunk" {
				t.Errorf("%s: a request from port %d of the provider is of %v", test.technology, port, e)
			}
		}
		r := &sip.Message{Method: sip.Invite, Source: sip.Source{Remote: netip.MustParseAddrPort("192.0.2.8:5060")}}
		if e := d.identify(m, r); e != nil {
			t.Errorf("%s: a stranger is %s", test.technology, e.Name)
		}
	}
}
