package gauge

import (
	"net/netip"
	"testing"

	"github.com/octothorpe/octothorpe/openflow"
)

// The labels are those that Faucet's Gauge gave to the same flows.
func TestFlowsHaveFaucetsLabels(t *testing.T) {
	dp := session(t).DP
	for _, c := range []struct {
		match openflow.Match
		want  map[string]string
	}{
		{openflow.Match{openflow.InPort.Uint(1), openflow.VLANVID.Uint(0)}, map[string]string{"in_port": "1", "vlan_vid": "0", "vlan": "4096"}},
		{openflow.Match{openflow.EthType.Uint(0x0800), openflow.VLANVID.Uint(4196), openflow.IPv4Dst.Prefix(netip.MustParsePrefix("10.0.0.0/24"))},
			map[string]string{"eth_type": "2048", "vlan_vid": "4196", "vlan": "100", "ipv4_dst": "10.0.0.0/255.255.255.0"}},
		{openflow.Match{openflow.EthType.Uint(0x0800), openflow.IPv4Dst.Addr(netip.MustParseAddr("10.0.0.254"))}, map[string]string{"eth_type": "2048", "ipv4_dst": "10.0.0.254", "vlan": ""}},
		{openflow.Match{openflow.IPv6Dst.Prefix(netip.MustParsePrefix("fc00::1:0/112"))}, map[string]string{"ipv6_dst": "fc00::1:0/ffff:ffff:ffff:ffff:ffff:ffff:ffff:0"}},
		{openflow.Match{openflow.EthDst.Bytes([]byte{0x33, 0x33, 0, 0, 0, 0}, []byte{0xff, 0xff, 0, 0, 0, 0})}, map[string]string{"eth_dst": "33:33:00:00:00:00/ff:ff:00:00:00:00"}},
		{openflow.Match{openflow.IPProto.Uint(58), openflow.ICMPv6Type.Uint(135)}, map[string]string{"ip_proto": "58", "icmpv6_type": "135"}},
	} {
		list := flowTable(dp, &openflow.FlowStatsReply{Flows: []openflow.FlowStats{{Table: 0, Priority: 1, Cookie: 2, Match: c.match}}})
		if len(list) != 2 {
			t.Fatalf("got %+v", list)
		}
		for name, want := range c.want {
			if got := list[0].labels[name]; got != want {
				t.Errorf("%v: %s is %q, want %q", c.match, name, got, want)
			}
		}
	}
}
