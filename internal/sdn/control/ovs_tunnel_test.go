package control

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// tunnelled is the ring with echoes of hosts 1 and 3 in tunnels to each other.
const tunnelled = `
acls:
  there: [{rule: {dl_type: 0x800, ip_proto: 1, actions: {output: {tunnel: {type: vlan, tunnel_id: 300, dp: sw3, port: 1}}}}}, {rule: {actions: {allow: 1}}}]
  back: [{rule: {dl_type: 0x800, ip_proto: 1, actions: {output: {tunnel: {type: vlan, tunnel_id: 301, dp: sw1, port: 1}}}}}, {rule: {actions: {allow: 1}}}]
`

var packetsText = regexp.MustCompile(`n_packets=(\d+)`)

// inTunnel is how many packets a switch's flows for a tunnel have met.
func (n *network) inTunnel(bridge, vid int) (packets int) {
	n.t.Helper()
	dump := n.inside(n.ns, "ovs-ofctl", "-O", "OpenFlow13", "dump-flows", fmt.Sprintf("br%d", bridge-1))
	for line := range strings.Lines(dump) {
		if m := packetsText.FindStringSubmatch(line); m != nil && strings.Contains(line, fmt.Sprintf("dl_vlan=%d,dl_vlan_pcp", vid)) {
			count, _ := strconv.Atoi(m[1])
			packets += count
		}
	}
	return packets
}

// What is in a tunnel goes the shortest way, and another when that is cut.
func TestTunnelsWithOpenVSwitch(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	n := buildNetwork(t, []string{"10.0.0.1/24", "10.0.0.2/24", "10.0.0.3/24"}, nil)
	n.stackBridges()
	path := filepath.Join(n.dir, "faucet.yaml")
	text := strings.Replace(ring, "{priority: 1}", "{priority: 1, min_stack_health: 0.5}", 1)
	i, j := strings.Index(text, "  sw2:"), strings.Index(text, "  sw3:")
	with := func(part, acl string) string {
		return strings.Replace(part, "1: {native_vlan: office}", "1: {native_vlan: office, acls_in: ["+acl+"]}", 1)
	}
	write(t, path, tunnelled+with(text[:i], "there")+text[i:j]+with(text[j:], "back"))
	c, stop := n.stackControl(path, judged)
	defer stop()
	n.linked(c, 6)
	if !n.ping(1, "10.0.0.3") {
		t.Fatal("host 1 does not reach host 3 by the tunnels")
	}
	if there, back, past := n.inTunnel(3, 300), n.inTunnel(1, 301), n.inTunnel(2, 300); there == 0 || back == 0 || past > 0 {
		t.Errorf("%d packets came out of the tunnel and %d of that back, %d by the other switch", there, back, past)
	}
	n.inside(n.ns, "ip", "link", "set", "s1p4", "down")
	n.linked(c, 4)
	eventually(t, "host 3 is reached the other way", func() bool { return n.reaches(1, "10.0.0.3") })
	if there, back := n.inTunnel(2, 300), n.inTunnel(2, 301); there == 0 || back == 0 {
		t.Errorf("%d packets of the tunnel and %d of that back went by the other switch", there, back)
	}
}
