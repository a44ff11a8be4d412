package pipeline

import (
	"net/netip"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/openflow"
)

// A Hop is a next hop whose address is known.
type Hop struct {
	VLAN *config.VLAN
	MAC  [6]byte
}

// PathFlows send what is for a network to next hops. With several of them the
// lowest bits of the sender's address choose, so that what one sender sends stays
// in order: two or four hops share alike, of three the first has half. That needs
// neither groups nor extensions of the switch, only masks.
func PathFlows(dp *config.DP, t *Tables, to netip.Prefix, hops []Hop) (flows []*Flow) {
	if len(hops) == 1 {
		return RouteFlows(dp, t, hops[0].VLAN, to, hops[0].MAC)
	}
	shares := 1
	for shares < len(hops) {
		shares *= 2
	}
	for i := range shares {
		hop := hops[i%len(hops)]
		for _, f := range RouteFlows(dp, t, hop.VLAN, to, hop.MAC) {
			f.Match = append(f.Match, senders(to, i, shares-1))
			f.Match.Sort()
			flows = append(flows, f)
		}
	}
	return flows
}

// senders are those whose address has i where mask has ones.
func senders(to netip.Prefix, i, mask int) openflow.Field {
	field, size := openflow.IPv4Src, 4
	if to.Addr().Is6() {
		field, size = openflow.IPv6Src, 16
	}
	value, bits := make([]byte, size), make([]byte, size)
	value[size-1], bits[size-1] = byte(i), byte(mask)
	return field.Bytes(value, bits)
}
