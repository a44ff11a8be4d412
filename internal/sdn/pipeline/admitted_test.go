package pipeline

import (
	"slices"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
)

const asking = `
vlans: {office: {vid: 100}, guests: {vid: 200, dot1x_assigned: true}}
acls:
  readers: {dot1x_assigned: true, rules: [{rule: {dl_type: 0x800, actions: {allow: 1}}}, {rule: {dl_type: 0x806, actions: {allow: 1}}}]}
  auth: [{rule: {actions: {allow: 1}}}]
  noauth: [{rule: {dl_type: 0x806, actions: {allow: 1}}}]
dps:
  sw1:
    dp_id: 1
    dot1x: {nfv_intf: nfv0, nfv_sw_port: 4, radius_ip: 127.0.0.1, radius_port: 1812, radius_secret: SECRET, auth_acl: auth, noauth_acl: noauth}
    interfaces:
      1: {native_vlan: office, dot1x: true, dot1x_dyn_acl: true}
      2: {native_vlan: office, dot1x: true, dot1x_acl: true}
      3: {native_vlan: office, dot1x: true}
      4: {output_only: true}
`

// What changes when somebody is let in, as it was seen in a switch of Faucet's.
func TestWhoIsLetInChangesTheTables(t *testing.T) {
	c := load(t, "the test", []byte(asking))
	dp, up := c.DPs[0], map[uint32]bool{1: true, 2: true, 3: true, 4: true}
	flows := func(dp *config.DP, in map[uint32][]Admission) (list []string) {
		for _, f := range Build(dp, State{Up: up, Admitted: in}).Flows {
			list = append(list, f.String())
		}
		slices.Sort(list)
		return list
	}
	who := [6]byte{0x0e, 0, 0, 0, 0, 0x11}
	before := flows(dp, nil)
	for _, x := range []struct {
		name       string
		dp         *config.DP
		in         map[uint32][]Admission
		gone, come string
	}{
		{"all", dp, map[uint32][]Admission{3: {{MAC: who}}}, "", "priority=16384,in_port=3,dl_src=0e:00:00:00:00:11 actions=goto_table:1"},
		{"an ACL of the server's", dp, map[uint32][]Admission{1: {{MAC: who, ACL: dp.AssignedACLs["readers"]}}}, "",
			"priority=16383,arp,in_port=1,dl_src=0e:00:00:00:00:11 actions=goto_table:1\npriority=16384,ip,in_port=1,dl_src=0e:00:00:00:00:11 actions=goto_table:1"},
		{"the switch's ACL", dp, map[uint32][]Admission{2: {{MAC: who}}}, "priority=16384,arp,in_port=2 actions=goto_table:1",
			"priority=16384,in_port=2,dl_src=0e:00:00:00:00:11 actions=goto_table:1"},
		{"a VLAN", dp.Assign(map[uint32]*config.VLAN{3: dp.VLAN(200)}), nil, `table=1, priority=4096,in_port=3,vlan_tci=0x0000/0x1fff actions=push_vlan:0x8100,set_field:4196->vlan_vid,goto_table:2
table=4, priority=8192,dl_vlan=100 actions=pop_vlan,output:1,output:2,output:3
table=4, priority=8192,dl_vlan=200 actions=drop
table=4, priority=8208,dl_vlan=100,dl_dst=33:33:00:00:00:00/ff:ff:00:00:00:00 actions=pop_vlan,output:1,output:2,output:3
table=4, priority=8208,dl_vlan=200,dl_dst=33:33:00:00:00:00/ff:ff:00:00:00:00 actions=drop
table=4, priority=8216,dl_vlan=100,dl_dst=01:00:5e:00:00:00/ff:ff:ff:00:00:00 actions=pop_vlan,output:1,output:2,output:3
table=4, priority=8216,dl_vlan=100,dl_dst=01:80:c2:00:00:00/ff:ff:ff:00:00:00 actions=pop_vlan,output:1,output:2,output:3
table=4, priority=8216,dl_vlan=200,dl_dst=01:00:5e:00:00:00/ff:ff:ff:00:00:00 actions=drop
table=4, priority=8216,dl_vlan=200,dl_dst=01:80:c2:00:00:00/ff:ff:ff:00:00:00 actions=drop
table=4, priority=8240,dl_vlan=100,dl_dst=ff:ff:ff:ff:ff:ff actions=pop_vlan,output:1,output:2,output:3
table=4, priority=8240,dl_vlan=200,dl_dst=ff:ff:ff:ff:ff:ff actions=drop`,
			`table=1, priority=4096,in_port=3,vlan_tci=0x0000/0x1fff actions=push_vlan:0x8100,set_field:4296->vlan_vid,goto_table:2
table=4, priority=8192,dl_vlan=100 actions=pop_vlan,output:1,output:2
table=4, priority=8192,dl_vlan=200 actions=pop_vlan,output:3
table=4, priority=8208,dl_vlan=100,dl_dst=33:33:00:00:00:00/ff:ff:00:00:00:00 actions=pop_vlan,output:1,output:2
table=4, priority=8208,dl_vlan=200,dl_dst=33:33:00:00:00:00/ff:ff:00:00:00:00 actions=pop_vlan,output:3
table=4, priority=8216,dl_vlan=100,dl_dst=01:00:5e:00:00:00/ff:ff:ff:00:00:00 actions=pop_vlan,output:1,output:2
table=4, priority=8216,dl_vlan=100,dl_dst=01:80:c2:00:00:00/ff:ff:ff:00:00:00 actions=pop_vlan,output:1,output:2
table=4, priority=8216,dl_vlan=200,dl_dst=01:00:5e:00:00:00/ff:ff:ff:00:00:00 actions=pop_vlan,output:3
table=4, priority=8216,dl_vlan=200,dl_dst=01:80:c2:00:00:00/ff:ff:ff:00:00:00 actions=pop_vlan,output:3
table=4, priority=8240,dl_vlan=100,dl_dst=ff:ff:ff:ff:ff:ff actions=pop_vlan,output:1,output:2
table=4, priority=8240,dl_vlan=200,dl_dst=ff:ff:ff:ff:ff:ff actions=pop_vlan,output:3`},
	} {
		after := flows(x.dp, x.in)
		if got := strings.Join(without(before, after), "\n"); got != x.gone {
			t.Errorf("%s: gone are\n%s\nwant\n%s", x.name, got, x.gone)
		}
		if got := strings.Join(without(after, before), "\n"); got != x.come {
			t.Errorf("%s: new are\n%s\nwant\n%s", x.name, got, x.come)
		}
	}
	// Who is let in is found again in the tables.
	reader := dp.AssignedACLs["readers"]
	other := [6]byte{0x0e, 0, 0, 0, 0, 0x12}
	in := map[uint32][]Admission{1: {{MAC: who, ACL: reader}, {MAC: other}}, 2: {{MAC: who}}, 3: {{MAC: other}}}
	found := FindAdmitted(dp, Build(dp.Assign(map[uint32]*config.VLAN{3: dp.VLAN(200)}), State{Up: up, Admitted: in}))
	if want := []Found{{1, who, "readers", ""}, {1, other, "", ""}, {2, who, "", ""}, {3, other, "", "guests"}}; !slices.Equal(found, want) {
		t.Errorf("found %v, want %v", found, want)
	}
	if found := FindAdmitted(dp, Build(dp, State{Up: up})); len(found) > 0 {
		t.Errorf("found %v where nobody is let in", found)
	}
	if len(dp.VLAN(100).Untagged) != 3 || dp.Port(3).NativeVLAN != dp.VLAN(100) {
		t.Error("the configuration was changed")
	}
}

// In a stack a VLAN that 802.1X gives changes the port, and what leads to the other
// switches stays: a host of theirs is reached by the link, past the egress table.
func TestWhoGetsAVLANInAStack(t *testing.T) {
	c := load(t, "the test", []byte(`
vlans: {office: {vid: 100}, guests: {vid: 200, dot1x_assigned: true}}
acls: {tun: [{rule: {dl_type: 0x800, actions: {output: {tunnel: {type: vlan, tunnel_id: 300, dp: sw2, port: 1}}}}}]}
dps:
  sw1:
    dp_id: 1
    egress_pipeline: true
    stack: {priority: 1}
    dot1x: {nfv_intf: nfv0, nfv_sw_port: 4, radius_ip: 127.0.0.1, radius_port: 1812, radius_secret: SECRET}
    interfaces:
      1: {native_vlan: office, dot1x: true}
      2: {native_vlan: office, acls_in: [tun]}
      3: {stack: {dp: sw2, port: 3}}
      4: {output_only: true}
      5: {mirror: [1, 3]}
  sw2:
    dp_id: 2
    interfaces:
      1: {native_vlan: guests}
      3: {stack: {dp: sw1, port: 3}}
`))
	dp := c.DPs[0]
	s := State{Up: map[uint32]bool{1: true, 2: true, 3: true, 4: true, 5: true}, Stack: linkedStack(c)}
	lines := func(dp *config.DP) (list []string) {
		for _, f := range Build(dp, s).Flows {
			list = append(list, f.String())
		}
		slices.Sort(list)
		return list
	}
	assigned := dp.Assign(map[uint32]*config.VLAN{1: dp.VLAN(200)})
	before, after := lines(dp), lines(assigned)
	for _, line := range without(before, after) {
		if !strings.Contains(line, "in_port=1") && !strings.Contains(line, "dl_vlan=100") && !strings.Contains(line, "dl_vlan=200") {
			t.Errorf("gone is %s", line)
		}
	}
	for _, want := range []string{
		"table=1, priority=4096,in_port=1,vlan_tci=0x0000/0x1fff actions=output:5,push_vlan:0x8100,set_field:4296->vlan_vid,goto_table:2",
		"table=5, priority=8192,dl_vlan=200 actions=output:3,output:5,pop_vlan,output:1,output:5",
		"priority=20480,ip,in_port=2 actions=push_vlan:0x8100,set_field:4396->vlan_vid,set_field:3->vlan_pcp,output:3",
	} {
		if !slices.Contains(after, want) {
			t.Errorf("missing is %s\n%s", want, strings.Join(after, "\n"))
		}
	}
	tables := Build(assigned, s)
	link := HostFlows(assigned, tables, Host{MAC: [6]byte{0x0e, 0, 0, 0, 0, 1}, VLAN: assigned.VLAN(200), Port: assigned.Port(3), Timeout: 10})
	if got := link[1].String(); got != "table=3, idle_timeout=160, priority=8192,dl_vlan=200,dl_dst=0e:00:00:00:00:01 actions=output:5,output:3" {
		t.Errorf("got %s", got)
	}
}
