package control

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// addBridge makes a further bridge of the network's Open vSwitch.
func (n *network) addBridge(i int) {
	n.t.Helper()
	bridge := bridgeName(i)
	n.vsctl("add-br", bridge, "--", "set", "bridge", bridge, "datapath_type=netdev", "fail_mode=secure", "protocols=OpenFlow13",
		fmt.Sprintf("other_config:datapath-id=%016x", i), "other_config:disable-in-band=true")
	n.bridges = i
}

// bridgeName is that of the switch with a datapath id.
func bridgeName(i int) string { return fmt.Sprintf("br%d", i-1) }

// plug makes an interface a port of a bridge.
func (n *network) plug(bridge int, end string, port int) {
	n.t.Helper()
	n.vsctl("add-port", bridgeName(bridge), end, "--", "set", "interface", end, fmt.Sprintf("ofport_request=%d", port))
}

// move brings a host from its port of the first bridge to another's.
func (n *network) move(host, bridge, port int) {
	n.t.Helper()
	end := fmt.Sprintf("p%d", host)
	n.vsctl("del-port", bridgeName(1), end)
	n.plug(bridge, end, port)
}

// cable joins ports of two bridges; its ends are called s1p3 and so on.
func (n *network) cable(a, p, b, q int) {
	n.t.Helper()
	one, other := fmt.Sprintf("s%dp%d", a, p), fmt.Sprintf("s%dp%d", b, q)
	n.inside(n.ns, "ip", "link", "add", one, "type", "veth", "peer", "name", other)
	for _, end := range []string{one, other} {
		n.inside(n.ns, "sysctl", "-qw", "net.ipv6.conf."+end+".disable_ipv6=1")
		n.inside(n.ns, "ip", "link", "set", end, "up")
	}
	n.plug(a, one, p)
	n.plug(b, other, q)
}

// stackBridges makes three bridges, each with one of the hosts at port 1, and joins
// each to both others as ring says.
func (n *network) stackBridges() {
	n.t.Helper()
	for i := 2; i <= 3; i++ {
		n.addBridge(i)
		n.move(i, i, 1)
	}
	n.cable(1, 3, 2, 3)
	n.cable(1, 4, 3, 3)
	n.cable(2, 4, 3, 4)
}

// stackControl runs a controller for all bridges; update is how often it looks at
// the root.
func (n *network) stackControl(path string, update time.Duration) (c *Controller, stop func()) {
	n.t.Helper()
	c, err := New(Options{Config: path, Listen: "punix:" + n.dir + "/of.sock", StackUpdate: update, Log: slog.New(slog.NewTextHandler(n.t.Output(), nil))})
	if err != nil {
		n.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Serve(ctx) }()
	for i := range n.bridges {
		n.vsctl("set-controller", bridgeName(i+1), "unix:"+n.dir+"/of.sock")
	}
	return c, func() { cancel(); <-done }
}

// linked waits until so many ends of links are up.
func (n *network) linked(c *Controller, count int) {
	n.t.Helper()
	for late := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) { // between two questions
		up := 0
		for _, is := range c.Stack().Up {
			if is {
				up++
			}
		}
		if up == count {
			return
		}
		if time.Now().After(late) {
			n.t.Fatalf("%d of %d ends of links are up: %v", up, count, c.Stack().Up)
		}
	}
}

// led waits until a switch leads to a host by a port.
func (n *network) led(c *Controller, dp, host int, port uint32) {
	n.t.Helper()
	mac := strings.TrimSpace(n.inside(n.host(host), "cat", "/sys/class/net/e0/address"))
	for late := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) { // between two questions
		x, err := c.Inspect(n.t.Context(), c.Datapaths()[dp-1])
		if err != nil {
			n.t.Fatal(err)
		}
		for _, h := range x.Hosts {
			if macText(h.MAC) == mac && h.Port == port {
				return
			}
		}
		if time.Now().After(late) {
			n.t.Fatalf("switch %d does not lead to host %d by port %d: %v", dp, host, port, x.Hosts)
		}
	}
}

var lossText = regexp.MustCompile(`([\d.]+)% packet loss`)

// loss is the share of pings, in per cent, that were lost.
func (n *network) loss(report string) float64 {
	n.t.Helper()
	m := lossText.FindStringSubmatch(report)
	if m == nil {
		n.t.Fatalf("ping says %q", report)
	}
	v, _ := strconv.ParseFloat(m[1], 64)
	return v
}

// judged is how often the root's health is: on a busy machine the first links need more than a
// second, and a root that is judged before they are up is not the root any more.
const judged = 5 * time.Second

func TestStackOfThreeWithOpenVSwitch(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	n := buildNetwork(t, []string{"10.0.0.1/24 fc00::1:1/112", "10.0.0.2/24 fc00::1:2/112", "10.0.0.3/24 fc00::1:3/112"}, nil)
	n.stackBridges()
	path := filepath.Join(n.dir, "faucet.yaml")
	// With half of its links the first is still healthy, so that it stays root.
	write(t, path, strings.Replace(ring, "{priority: 1}", "{priority: 1, min_stack_health: 0.5}", 1))
	c, stop := n.stackControl(path, judged)
	defer func() { stop() }()
	n.linked(c, 6)
	for from, to := range map[int]string{1: "10.0.0.2", 2: "10.0.0.3", 3: "fc00::1:1"} {
		if !n.ping(from, to) {
			t.Fatalf("host %d does not reach %s", from, to)
		}
	}
	// The link that is in use between hosts 2 and 3 leads through the root; it is cut.
	report := n.pinging(3, "10.0.0.2", func() {
		n.inside(n.ns, "ip", "link", "set", "s1p4", "down")
		n.linked(c, 4)
	})
	t.Logf("a link of the ring is cut: %s", report)
	if n.loss(report) > 20 {
		t.Errorf("the ping does not go on: %s", report)
	}
	if !n.ping(1, "10.0.0.3") || !n.ping(2, "10.0.0.1") {
		t.Error("not all reach all around the cut")
	}
	n.inside(n.ns, "ip", "link", "set", "s1p4", "up")
	n.linked(c, 6)
	if !n.ping(1, "10.0.0.3") {
		t.Error("no way when the link is back")
	}
	n.led(c, 2, 3, 3)
	n.led(c, 3, 2, 3)
	// A controller that is started anew.
	report = n.pinging(3, "10.0.0.2", func() {
		stop()
		c, stop = n.stackControl(path, judged)
		n.linked(c, 6)
	})
	t.Logf("the controller is started anew: %s", report)
	if !strings.Contains(report, " 0% packet loss") {
		t.Errorf("while the controller was started anew: %s", report)
	}
	// The root loses all its links: another is elected.
	n.inside(n.ns, "ip", "link", "set", "s1p3", "down")
	n.inside(n.ns, "ip", "link", "set", "s1p4", "down")
	n.linked(c, 2)
	for end := time.Now().Add(4 * judged); c.Stack().Root != 2; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the root is %d", c.Stack().Root)
		}
	}
	if !n.ping(2, "10.0.0.3") {
		t.Error("those that are left do not reach each other")
	}
}

// Hosts of two VLANs on three switches reach each other by the router, which every
// switch is.
func TestStackRoutesWithOpenVSwitch(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	n := buildNetwork(t, []string{"10.0.0.1/24", "10.0.1.2/24", "10.0.0.3/24"}, []string{"10.0.0.254", "10.0.1.254", "10.0.0.254"})
	n.stackBridges()
	path := filepath.Join(n.dir, "faucet.yaml")
	text := strings.Replace(ring, "vlans: {office: {vid: 100}}", `vlans:
  office: {vid: 100, faucet_mac: "0e:00:00:00:10:01", faucet_vips: ["10.0.0.254/24"]}
  guest: {vid: 200, faucet_mac: "0e:00:00:00:20:01", faucet_vips: ["10.0.1.254/24"]}
routers: {one: {vlans: [office, guest]}}`, 1)
	i := strings.Index(text, "  sw2:")
	write(t, path, text[:i]+strings.Replace(text[i:], "1: {native_vlan: office}", "1: {native_vlan: guest}", 1))
	c, stop := n.stackControl(path, time.Second)
	defer func() { stop() }()
	n.linked(c, 6)
	if !n.ping(1, "10.0.0.254") || !n.ping(2, "10.0.1.254") || !n.ping(3, "10.0.0.254") {
		t.Error("the router does not answer at every switch")
	}
	if !n.ping(1, "10.0.1.2") || !n.ping(2, "10.0.0.3") || !n.ping(3, "10.0.0.1") {
		t.Error("hosts do not reach each other")
	}
	// What is routed to a host of another switch is led to it, not flooded.
	for _, bridge := range []string{"br0", "br2"} {
		dump := n.inside(n.ns, "ovs-ofctl", "-O", "OpenFlow13", "--no-stats", "dump-flows", bridge)
		if mac := strings.TrimSpace(n.inside(n.host(2), "cat", "/sys/class/net/e0/address")); !strings.Contains(dump, "dl_vlan=200,dl_dst="+mac+" actions=output:") {
			t.Errorf("%s does not know where the routed host is\n%s", bridge, dump)
		}
	}
}
