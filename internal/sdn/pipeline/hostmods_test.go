package pipeline

import (
	"bytes"
	"testing"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/openflow"
)

// The messages of hosts are those of HostFlows, whichever hosts there were before.
func TestMessagesOfHostsAreTheirFlows(t *testing.T) {
	for _, more := range []string{"", "use_idle_timeout: true", "idle_dst: false", "egress_pipeline: true"} {
		dp := load(t, "faucet.yaml", []byte(`
vlans: {office: {vid: 100}, guest: {vid: 200}}
dps:
  sw1:
    dp_id: 1
    `+more+`
    interfaces:
      1: {native_vlan: office, tagged_vlans: [guest]}
      2: {native_vlan: guest, hairpin: true}
      3: {native_vlan: office, permanent_learn: true}
`)).DPs[0]
		tables := Build(dp, State{Up: map[uint32]bool{1: true, 2: true, 3: true}})
		var w HostMods
		for n := range 40 {
			port := dp.Ports[n%3]
			vlan := port.NativeVLAN
			if n%2 == 1 && len(port.Tagged) > 0 {
				vlan = port.Tagged[0]
			}
			h := Host{MAC: [6]byte{2, 0, 0, 0, 0, byte(n)}, VLAN: vlan, Port: port, Timeout: uint16(n * 10 % 70)}
			got, want := w.Add(dp, tables, h), HostFlows(dp, tables, h)
			if len(got) != len(want) {
				t.Fatalf("%s: %d messages for %d flows", more, len(got), len(want))
			}
			for i, f := range want {
				a, _ := openflow.Append(nil, 0, got[i])
				b, _ := openflow.Append(nil, 0, f.Mod(openflow.FlowAdd))
				if !bytes.Equal(a, b) {
					t.Errorf("%s, host %d: %+v is not %s", more, n, got[i], f)
				}
			}
		}
		h := Host{MAC: [6]byte{2}, VLAN: dp.VLAN(100), Port: dp.Port(1), Timeout: 60}
		if n := testing.AllocsPerRun(100, func() { w.Add(dp, tables, h) }); n != 0 {
			t.Errorf("%s: %v allocations a host", more, n)
		}
	}
}

// A configuration that is another has other messages.
func TestMessagesOfHostsFollowTheConfiguration(t *testing.T) {
	one := load(t, "one.yaml", []byte("vlans: {office: {vid: 100}}\ndps:\n  sw1: {dp_id: 1, interfaces: {1: {native_vlan: office}}}\n")).DPs[0]
	other := load(t, "other.yaml", []byte("vlans: {office: {vid: 100}}\ndps:\n  sw1: {dp_id: 1, cookie: 77, interfaces: {1: {native_vlan: office}}}\n")).DPs[0]
	var w HostMods
	for _, dp := range []*config.DP{one, other, one} {
		got := w.Add(dp, Build(dp, State{}), Host{VLAN: dp.VLAN(100), Port: dp.Port(1), Timeout: 9})
		if got[0].Cookie != dp.Cookie {
			t.Errorf("the cookie is %d, want %d", got[0].Cookie, dp.Cookie)
		}
	}
}
