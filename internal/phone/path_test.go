package phone

import (
	"fmt"
	"net/netip"
	"testing"
)

// TestAdvertisedAddresses: another address is told in the place of one, or beside it.
func TestAdvertisedAddresses(t *testing.T) {
	a := netip.MustParseAddr
	c := ICE{Advertised: map[netip.Addr]netip.Addr{a("10.0.0.1"): a("192.0.2.1"), a("10.0.0.2"): a("192.0.2.2")}, Both: map[netip.Addr]bool{a("10.0.0.2"): true}}
	for own, want := range map[string]string{"10.0.0.1": "[192.0.2.1]", "10.0.0.2": "[10.0.0.2 192.0.2.2]", "10.0.0.3": "[10.0.0.3]"} {
		if got := fmt.Sprint(c.advertised(a(own))); got != want {
			t.Errorf("%s is told as %s, want %s", own, got, want)
		}
	}
}
