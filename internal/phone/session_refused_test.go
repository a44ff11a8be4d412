package phone

import (
	"net/netip"
	"testing"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// A call for which the exchange has no room leaves no ports behind, whichever way
// it goes.
func TestACallThatIsOneTooManyGivesItsPortsBack(t *testing.T) {
	d, _ := exchanging(t, PJSIP, callPJSIP)
	p := newSoftphone(t, d)
	free := func() int { return d.ports.Free(netip.IPv4Unspecified()) }
	before := free()
	d.registry.Refuse(true)
	p.invite("1", "trunk", "X-One: first")
	if r := p.wait(); r.Status != 503 {
		t.Errorf("refused with %d, want 503", r.Status)
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
