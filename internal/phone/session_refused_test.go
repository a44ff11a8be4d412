package phone

import (
	"context"
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/rtp"
)

// A call for which the exchange has no room leaves no ports behind, whichever way
// it goes.
func TestACallThatIsOneTooManyGivesItsPortsBack(t *testing.T) {
	d, _ := exchanging(t, PJSIP, callPJSIP)
	p := newSoftphone(t, d)
	free := func() int { return d.media.Load().Ports.Free(netip.IPv4Unspecified()) }
	before := free()
	d.registry.Refuse(true)
	p.invite("1", "trunk", "X-One: first")
	r := p.wait()
	if r.Status == 100 {
		r = p.wait()
	}
	if after, err := r.RetryAfter(); r.Status != 503 || r.Get("Reason") != "Q.850;cause=42" || err != nil || after < 5*time.Second || after > 15*time.Second {
		t.Errorf("refused with %d, Reason %q and Retry-After %q, want 503, Q.850;cause=42 and 5 to 15", r.Status, r.Get("Reason"), r.Get("Retry-After"))
	}
	if got := free(); got != before {
		t.Errorf("%d pairs of ports are free after a call that came in, want %d", got, before)
	}
	if _, err := d.Request(t.Context(), channel.Request{Destination: "trunk/" + p.contact()}); err == nil {
		t.Error("a call goes out for which there is no room")
	}
	if got := free(); got != before {
		t.Errorf("%d pairs of ports are free after a call that was to go out, want %d", got, before)
	}
	if n := len(d.calls.byEndpoint); n != 0 {
		t.Errorf("%d endpoints have calls", n)
	}
}

// Without anybody who takes calls they are refused.
func TestWithoutADialplanCallsAreRefused(t *testing.T) {
	m, _ := load(t, PJSIP, "[udp]\ntype=transport\nbind=127.0.0.1:0\n"+callPJSIP)
	m.Transports[0].anyPort()
	bus := event.NewBus()
	ports, err := rtp.NewPorts(20000, 30000)
	if err != nil {
		t.Fatal(err)
	}
	d := New(Config{Model: m, Bus: bus, MediaSettings: MediaSettings{Ports: ports}, Registry: channel.NewRegistry(bus, slog.New(slog.DiscardHandler), "")})
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Stop(context.Background()) }()
	p := newSoftphone(t, d)
	p.invite("1", "trunk", "X-One: first")
	if r := p.wait(); r.Status != 503 {
		t.Errorf("refused with %d, want 503", r.Status)
	}
}
