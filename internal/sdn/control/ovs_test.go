package control

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A network is an Open vSwitch (userspace datapath) in a namespace of its own,
// with a host in a namespace on each port.
type network struct {
	t   *testing.T
	ns  string
	dir string

	bridges int // with the datapath ids from 1 on
}

func (n *network) host(i int) string { return fmt.Sprintf("%sh%d", n.ns, i) }

func (n *network) run(name string, args ...string) string {
	n.t.Helper()
	out, err := n.command(name, args...).CombinedOutput()
	if err != nil {
		n.t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

func (n *network) command(name string, args ...string) *exec.Cmd {
	c := exec.Command(name, args...)
	c.Env = append(os.Environ(), "OVS_RUNDIR="+n.dir, "OVS_DBDIR="+n.dir, "OVS_SYSCONFDIR="+n.dir)
	return c
}

// inside runs a command in the namespace of the switch, or of a host.
func (n *network) inside(ns string, args ...string) string {
	n.t.Helper()
	return n.run("ip", append([]string{"netns", "exec", ns}, args...)...)
}

func (n *network) vsctl(args ...string) string {
	n.t.Helper()
	return n.inside(n.ns, append([]string{"ovs-vsctl", "--timeout=30", "--db=unix:" + n.dir + "/db.sock"}, args...)...)
}

// buildNetwork starts the switch with the datapath id 1 and its hosts: number i has the
// address addresses[i-1] and, where there is one, a default route.
func buildNetwork(t *testing.T, addresses, gateways []string) *network {
	if os.Getuid() != 0 {
		t.Skip("namespaces need root")
	}
	for _, tool := range []string{"ip", "ping", "ovsdb-tool", "ovsdb-server", "ovs-vsctl", "ovs-vswitchd", "ovs-ofctl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("there is no %s here", tool)
		}
	}
	n := &network{t: t, ns: fmt.Sprintf("octo%d", os.Getpid()), dir: t.TempDir(), bridges: 1}
	if out, err := n.command("ip", "netns", "add", n.ns).CombinedOutput(); err != nil {
		t.Skipf("no namespaces here: %s", out)
	}
	t.Cleanup(func() {
		for _, daemon := range []string{"ovs-vswitchd", "ovsdb-server"} {
			if pid, err := os.ReadFile(filepath.Join(n.dir, daemon+".pid")); err == nil {
				n.command("kill", strings.TrimSpace(string(pid))).Run()
			}
		}
		for i := range addresses {
			n.command("ip", "netns", "del", n.host(i+1)).Run()
		}
		n.command("ip", "netns", "del", n.ns).Run()
	})
	n.inside(n.ns, "ip", "link", "set", "lo", "up")
	n.run("ovsdb-tool", "create", n.dir+"/conf.db", "/usr/share/openvswitch/vswitch.ovsschema")
	n.inside(n.ns, "ovsdb-server", n.dir+"/conf.db", "--remote=punix:"+n.dir+"/db.sock", "--pidfile="+n.dir+"/ovsdb-server.pid", "--detach", "--log-file=/dev/null", "-vconsole:off")
	n.vsctl("--no-wait", "init")
	n.inside(n.ns, "ovs-vswitchd", "unix:"+n.dir+"/db.sock", "--pidfile="+n.dir+"/ovs-vswitchd.pid", "--detach", "--disable-system", "--log-file=/dev/null", "-vconsole:off")
	n.vsctl("add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev", "fail_mode=secure", "protocols=OpenFlow13",
		"other_config:datapath-id=0000000000000001", "other_config:disable-in-band=true")
	for i, address := range addresses {
		host, port := n.host(i+1), fmt.Sprintf("p%d", i+1)
		n.run("ip", "netns", "add", host)
		n.inside(n.ns, "ip", "link", "add", port, "type", "veth", "peer", "name", "e0", "netns", host)
		n.inside(host, "sysctl", "-qw", "net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.e0.accept_dad=0")
		n.inside(n.ns, "sysctl", "-qw", "net.ipv6.conf."+port+".disable_ipv6=1")
		n.inside(n.ns, "ip", "link", "set", port, "up")
		n.inside(host, "ip", "link", "set", "lo", "up")
		n.inside(host, "ip", "link", "set", "e0", "up")
		for _, a := range strings.Fields(address) {
			n.inside(host, "ip", "address", "add", a, "dev", "e0")
		}
		if i < len(gateways) {
			for _, g := range strings.Fields(gateways[i]) {
				n.inside(host, "ip", "route", "add", "default", "via", g)
			}
		}
		n.vsctl("add-port", "br0", port, "--", "set", "interface", port, fmt.Sprintf("ofport_request=%d", i+1))
	}
	return n
}

// control runs a controller for the switch. A controller of Go can not live in the
// namespace of the switch alone, so it listens on a socket of the file system.
func (n *network) control(text string) (c *Controller, path string, stop func()) {
	n.t.Helper()
	path = filepath.Join(n.dir, "faucet.yaml")
	write(n.t, path, text)
	c, err := New(Options{Config: path, Listen: "punix:" + n.dir + "/of.sock", Log: slog.New(slog.NewTextHandler(n.t.Output(), nil))})
	if err != nil {
		n.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Serve(ctx) }()
	n.vsctl("set-controller", "br0", "unix:"+n.dir+"/of.sock")
	return c, path, func() { cancel(); <-done }
}

// flows waits until the switch has the tables that are wanted.
func (n *network) flows(path string) {
	n.t.Helper()
	_, tables := want(n.t, path, 1, 2, 3, 4)
	late := time.Now().Add(30 * time.Second)
	for {
		dump := n.inside(n.ns, "ovs-ofctl", "-O", "OpenFlow13", "--no-stats", "dump-flows", "br0")
		missing := ""
		for _, f := range tables.Flows {
			if !strings.Contains(dump, strings.TrimPrefix(f.String(), fmt.Sprintf("table=%d, ", f.Table))) {
				missing = f.String()
			}
		}
		if missing == "" {
			return
		}
		if time.Now().After(late) {
			n.t.Fatalf("the switch has not %s but\n%s", missing, dump)
		}
		time.Sleep(50 * time.Millisecond) // between two questions
	}
}

// ping says whether a host reaches an address, at the latest after some tries.
func (n *network) ping(from int, to string) bool {
	for range 10 {
		if n.command("ip", "netns", "exec", n.host(from), "ping", "-c", "1", "-W", "1", to).Run() == nil {
			return true
		}
	}
	return false
}

// pinging runs ping while something is done, and returns its last lines.
func (n *network) pinging(from int, to string, do func()) string {
	n.t.Helper()
	c := n.command("ip", "netns", "exec", n.host(from), "ping", "-i", "0.02", "-c", "150", "-W", "5", to)
	var out strings.Builder
	c.Stdout = &out
	if err := c.Start(); err != nil {
		n.t.Fatal(err)
	}
	do()
	c.Wait() // it says how much was lost
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	return strings.Join(lines[max(len(lines)-2, 0):], " ")
}

func TestOpenVSwitch(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	n := buildNetwork(t, []string{"10.0.0.1/24 fc00::1:1/112", "10.0.0.2/24 fc00::1:2/112", "10.0.1.3/24", "10.0.1.4/24"},
		[]string{"10.0.0.254", "10.0.0.254", "10.0.1.254", "10.0.1.254"})
	const text = `
acls:
  some: [{rule: {dl_type: 0x800, nw_proto: 1, ipv4_dst: 10.0.0.99, actions: {allow: 0}}}, {rule: {actions: {allow: 1}}}]
vlans:
  office: {vid: 100, faucet_mac: "0e:00:00:00:10:01", faucet_vips: ["10.0.0.254/24", "fc00::1:254/112"]}
  guest: {vid: 200, faucet_mac: "0e:00:00:00:20:01", faucet_vips: ["10.0.1.254/24"]}
dps:
  sw1:
    dp_id: 1
    interfaces:
      1: {native_vlan: office, acls_in: [some]}
      2: {native_vlan: office}
      3: {native_vlan: guest}
      4: {native_vlan: guest}
`
	c, path, stop := n.control(text)
	n.flows(path)
	if !n.ping(1, "10.0.0.2") || !n.ping(1, "fc00::1:2") || !n.ping(3, "10.0.1.4") {
		t.Error("hosts of one VLAN do not reach each other")
	}
	if !n.ping(1, "10.0.0.254") || !n.ping(1, "fc00::1:254") || !n.ping(4, "10.0.1.254") {
		t.Error("the router does not answer")
	}
	if n.command("ip", "netns", "exec", n.host(1), "ping", "-c", "1", "-W", "1", "10.0.1.3").Run() == nil {
		t.Error("hosts of two VLANs reach each other without a router")
	}
	// An edit of an ACL on a live port loses no packet.
	lost := n.pinging(1, "10.0.0.2", func() {
		write(t, path, strings.Replace(text, "10.0.0.99", "10.0.0.98", 1))
		if err := c.Reload(); err != nil {
			t.Fatal(err)
		}
		n.flows(path)
	})
	if !strings.Contains(lost, " 0% packet loss") {
		t.Errorf("while an ACL was edited: %s", lost)
	}
	// Neither does a controller that is stopped and started anew.
	lost = n.pinging(1, "10.0.0.2", func() {
		stop()
		c, path, stop = n.control(text)
		n.flows(path)
	})
	if !strings.Contains(lost, " 0% packet loss") {
		t.Errorf("while the controller was started anew: %s", lost)
	}
	defer func() { stop() }()
	// A rule that denies, then a router.
	write(t, path, strings.Replace(text, "10.0.0.99", "10.0.0.2", 1))
	if err := c.Reload(); err != nil {
		t.Fatal(err)
	}
	n.flows(path)
	if n.command("ip", "netns", "exec", n.host(1), "ping", "-c", "2", "-W", "1", "10.0.0.2").Run() == nil {
		t.Error("the ACL lets pings through")
	}
	write(t, path, text+"routers:\n  one: {vlans: [office, guest]}\n")
	if err := c.Reload(); err != nil {
		t.Fatal(err)
	}
	n.flows(path)
	if !n.ping(1, "10.0.1.3") || !n.ping(4, "10.0.0.2") {
		t.Error("hosts of two VLANs do not reach each other through the router")
	}
}

// Open vSwitch's own LACP is the other side: a second bridge with a bond.
func TestLACPWithOpenVSwitch(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	n := buildNetwork(t, []string{"10.0.0.1/24", "10.0.0.2/24"}, nil)
	_, path, stop := n.control(`
vlans: {office: {vid: 100}}
dps:
  sw1:
    dp_id: 1
    lacp_timeout: 3
    interfaces:
      1: {native_vlan: office}
      3: {native_vlan: office, lacp: 1, lacp_active: true}
      4: {native_vlan: office, lacp: 1, lacp_active: true}
`)
	defer func() { stop() }()
	// Host 2 goes to the other bridge, which two links join to ours.
	n.vsctl("del-port", "br0", "p2")
	n.vsctl("add-br", "br1", "--", "set", "bridge", "br1", "datapath_type=netdev")
	n.vsctl("add-port", "br1", "p2")
	for _, i := range []string{"3", "4"} {
		n.inside(n.ns, "ip", "link", "add", "p"+i, "type", "veth", "peer", "name", "q"+i)
		n.inside(n.ns, "ip", "link", "set", "p"+i, "up")
		n.inside(n.ns, "ip", "link", "set", "q"+i, "up")
		n.vsctl("add-port", "br0", "p"+i, "--", "set", "interface", "p"+i, "ofport_request="+i)
	}
	n.vsctl("add-bond", "br1", "bond0", "q3", "q4", "lacp=active", "bond_mode=balance-slb", "other_config:lacp-time=fast")
	_ = path
	if !n.ping(1, "10.0.0.2") {
		t.Errorf("no way through the bundle\n%s%s", n.inside(n.ns, "ovs-appctl", "-t", n.dir+"/ovs-vswitchd."+n.pid()+".ctl", "lacp/show"),
			n.inside(n.ns, "ovs-ofctl", "-O", "OpenFlow13", "--no-stats", "dump-flows", "br0"))
	}
	show := n.inside(n.ns, "ovs-appctl", "-t", n.dir+"/ovs-vswitchd."+n.pid()+".ctl", "lacp/show")
	if !strings.Contains(show, "negotiated") || strings.Count(show, "current attached") < 2 {
		t.Errorf("the other side does not take us for a bundle\n%s", show)
	}
	// One link that is cut leaves the other.
	n.inside(n.ns, "ip", "link", "set", "q3", "down")
	if !n.ping(1, "10.0.0.2") {
		t.Error("no way through what is left of the bundle")
	}
}

func (n *network) pid() string {
	pid, err := os.ReadFile(filepath.Join(n.dir, "ovs-vswitchd.pid"))
	if err != nil {
		n.t.Fatal(err)
	}
	return strings.TrimSpace(string(pid))
}
