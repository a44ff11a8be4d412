package control

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
	"testing"
	"time"
)

// frr runs FRR's zebra and bgpd in the namespace of a host; stop ends them.
func (n *network) frr(i int, config string) (stop func()) {
	n.t.Helper()
	dir, err := os.MkdirTemp("", "frr") // the folder of the test is not for its user
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() { os.RemoveAll(dir) })
	owner, err := user.Lookup("frr")
	if err != nil {
		n.t.Skipf("FRR has no user here: %v", err)
	}
	uid, _ := strconv.Atoi(owner.Uid)
	gid, _ := strconv.Atoi(owner.Gid)
	write(n.t, dir+"/frr.conf", config)
	for _, name := range []string{dir, dir + "/frr.conf"} {
		if err := os.Chown(name, uid, gid); err != nil {
			n.t.Fatal(err)
		}
	}
	var stops []func()
	for _, daemon := range []string{"zebra", "bgpd"} {
		c := n.command("ip", "netns", "exec", n.host(i), "/usr/lib/frr/"+daemon, "-f", dir+"/frr.conf", "-i", dir+"/"+daemon+".pid", "-z", dir+"/zserv.api",
			"--vty_socket", dir, "-P", "0", "-A", "127.0.0.1", "--log", "file:"+dir+"/"+daemon+".log", "--log-level", "warnings")
		c.Stderr = n.t.Output()
		if err := c.Start(); err != nil {
			n.t.Fatal(err)
		}
		stops = append(stops, func() { c.Process.Signal(os.Interrupt); c.Wait() })
		for late := time.Now().Add(10 * time.Second); daemon == "zebra"; time.Sleep(20 * time.Millisecond) { // until bgpd can connect to it
			if _, err := os.Stat(dir + "/zserv.api"); err == nil {
				break
			}
			if time.Now().After(late) {
				n.t.Fatal("zebra has no socket")
			}
		}
	}
	done := false
	stop = func() {
		if !done {
			done = true
			for i := len(stops) - 1; i >= 0; i-- {
				stops[i]()
			}
		}
	}
	n.t.Cleanup(stop)
	return stop
}

// metric is the value of a metric with these labels, -1 if there is none.
func metric(t *testing.T, c *Controller, name string, labels ...string) float64 {
	t.Helper()
	families, err := c.o.Metrics.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.Metric {
			have := map[string]string{}
			for _, l := range m.Label {
				have[l.GetName()] = l.GetValue()
			}
			same := f.GetName() == name
			for i := 0; i+1 < len(labels); i += 2 {
				same = same && have[labels[i]] == labels[i+1]
			}
			if same {
				return m.GetGauge().GetValue() + m.GetCounter().GetValue()
			}
		}
	}
	return -1
}

// inBand is a switch with four hosts and, on its fifth port, an end in the
// namespace of this process. at puts the network's number in an address of it.
func inBand(t *testing.T) (n *network, at func(string) string, office6 string) {
	t.Helper()
	// The controller's end is in the namespace of this process: its network must
	// be nobody else's.
	x := os.Getpid() % 256
	at = func(format string) string { return strings.ReplaceAll(format, "X", fmt.Sprint(x)) }
	office6 = fmt.Sprintf("fd00:%x::", os.Getpid()&0xffff)
	n = buildNetwork(t, []string{at("198.18.X.1/24"), at("198.18.X.2/24 ") + office6 + "2/64", at("198.18.X.3/24"), at("198.19.X.4/24 198.19.X.5/24 fc00:9::4/64")},
		[]string{at("198.18.X.254"), at("198.18.X.254 ") + office6 + "254", at("198.18.X.254"), at("198.19.X.254 fc00:9::fe")})
	link := fmt.Sprintf("of%d", os.Getpid())
	n.inside(n.ns, "ip", "link", "add", "p5", "type", "veth", "peer", "name", link)
	n.inside(n.ns, "ip", "link", "set", link, "netns", "1")
	t.Cleanup(func() { n.command("ip", "link", "del", link).Run() })
	n.inside(n.ns, "sysctl", "-qw", "net.ipv6.conf.p5.disable_ipv6=1")
	n.inside(n.ns, "ip", "link", "set", "p5", "up")
	n.run("sysctl", "-qw", "net.ipv6.conf."+link+".accept_dad=0")
	n.run("ip", "link", "set", link, "up")
	n.run("ip", "address", "add", at("198.18.X.250/24"), "dev", link)
	n.run("ip", "address", "add", office6+"250/64", "dev", link, "nodad")
	n.vsctl("add-port", "br0", "p5", "--", "set", "interface", "p5", "ofport_request=5")
	for i, side := range []string{n.host(2), n.host(3), ""} { // userspace switches take no packet without checksum
		if side == "" {
			n.run("ethtool", "-K", link, "tx", "off")
			continue
		}
		n.inside(side, "ethtool", "-K", "e0", "tx", "off")
		n.inside(side, "ip", "address", "add", "203.0.113.1/32", "dev", "lo")
		n.inside(side, "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
		if i == 0 {
			n.inside(side, "ip", "address", "add", "2001:db8:9::1/128", "dev", "lo")
		}
	}
	return n, at, office6
}

// Two FRRs behind the switch speak BGP with the controller, which is a host of
// their VLAN: the sessions go through the switch that they are for.
func TestBGPWithFRR(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	if _, err := os.Stat("/usr/lib/frr/bgpd"); err != nil {
		t.Skip("there is no FRR here (apt-get install frr)")
	}
	if _, err := exec.LookPath("ethtool"); err != nil {
		t.Skip("there is no ethtool here")
	}
	n, at, office6 := inBand(t)
	text := at(strings.ReplaceAll(`
vlans:
  office: {vid: 100, faucet_mac: "0e:00:00:00:10:01", faucet_vips: ["198.18.X.254/24", "6254/64"], routes: [{route: {ip_dst: 192.0.2.0/24, ip_gw: 198.18.X.1}}]}
  guest: {vid: 200, faucet_mac: "0e:00:00:00:20:01", faucet_vips: ["198.19.X.254/24", "fc00:9::fe/64"]}
routers:
  one:
    vlans: [office, guest]
    bgp:
      vlan: office
      as: 65000
      port: 9179
      routerid: 198.18.X.254
      server_addresses: [198.18.X.250, "6250"]
      neighbor_addresses: [198.18.X.2, 198.18.X.3, "62"]
      neighbor_as: 65001
      neighbor_password: secret
      maximum_paths: 2
dps:
  sw1:
    dp_id: 1
    interfaces:
      1: {native_vlan: office}
      2: {native_vlan: office}
      3: {native_vlan: office}
      4: {native_vlan: guest}
      5: {native_vlan: office}
`, `"6`, `"`+office6))
	c, _, stop := n.control(text)
	defer func() { stop() }()
	const peer = "router bgp 65001\n bgp router-id 198.18.X.%d\n no bgp ebgp-requires-policy\n no bgp network import-check\n timers bgp 3 9\n" +
		" neighbor 198.18.X.250 remote-as 65000\n neighbor 198.18.X.250 port 9179\n neighbor 198.18.X.250 password secret\n neighbor 198.18.X.250 timers connect 1\n" +
		" address-family ipv4 unicast\n  network 203.0.113.0/24\n exit-address-family\n"
	six := strings.ReplaceAll(" neighbor 6250 remote-as 65000\n neighbor 6250 port 9179\n neighbor 6250 password secret\n neighbor 6250 timers connect 1\n"+
		" address-family ipv6 unicast\n  neighbor 6250 activate\n  network 2001:db8:9::/48\n exit-address-family\n", "6250", office6+"250")
	n.frr(2, at(fmt.Sprintf(peer, 2)+six))
	end := n.frr(3, at(fmt.Sprintf(peer, 3)))
	n.untilFlows("both next hops for the network of both", func(dump string) bool {
		return hasLine(dump, "nw_dst=203.0.113.0/24", "nw_src=0.0.0.0/0.0.0.1") && hasLine(dump, "nw_dst=203.0.113.0/24", "nw_src=0.0.0.1/0.0.0.1") &&
			hasLine(dump, "ipv6_dst=2001:db8:9::/48", "dec_ttl")
	})
	// A sender with an even address and one with an odd one, each by its next hop.
	for _, from := range []string{at("198.19.X.4"), at("198.19.X.5")} {
		if !n.pingFrom(4, from, "203.0.113.1") {
			t.Errorf("no way from %s", from)
		}
	}
	if !n.ping(4, "2001:db8:9::1") {
		t.Error("no way with IPv6")
	}
	// They know our static route, by its gateway.
	if routes := n.inside(n.host(3), "ip", "route"); !hasLine(routes, "192.0.2.0/24", at("via 198.18.X.1")) {
		t.Errorf("FRR has not our network\n%s", routes)
	}
	one := []string{"dp_id", "0x1", "dp_name", "sw1", "vlan", "100", "neighbor", at("198.18.X.3")}
	if up := metric(t, c, "bgp_neighbor_uptime", one...); up <= 0 {
		t.Errorf("the session lasts %v s", up)
	}
	if got := metric(t, c, "bgp_neighbor_routes", append(one, "ipv", "4")...); got != 1 {
		t.Errorf("%v routes", got)
	}
	// One that ends leaves the other.
	end()
	n.untilFlows("one next hop", func(dump string) bool {
		return hasLine(dump, "nw_dst=203.0.113.0/24", "dec_ttl") && !strings.Contains(dump, "nw_src=0.0.0.0/0.0.0.1")
	})
	for _, from := range []string{at("198.19.X.4"), at("198.19.X.5")} {
		if !n.pingFrom(4, from, "203.0.113.1") {
			t.Errorf("no way from %s through who is left", from)
		}
	}
	// A controller that is started anew leaves the routes in the switch.
	lost := n.pinging(4, "203.0.113.1", func() {
		stop()
		c, _, stop = n.control(text)
	})
	if !strings.Contains(lost, " 0% packet loss") {
		t.Errorf("while the controller was started anew: %s", lost)
	}
}

// pingFrom is ping with the address of the sender.
func (n *network) pingFrom(host int, from, to string) bool {
	for range 10 {
		if exec.Command("ip", "netns", "exec", n.host(host), "ping", "-c", "1", "-W", "1", "-I", from, to).Run() == nil {
			return true
		}
	}
	return false
}

// untilFlows waits until the tables of the switch are as wanted.
func (n *network) untilFlows(what string, there func(dump string) bool) {
	n.t.Helper()
	late := time.Now().Add(60 * time.Second)
	for {
		dump := n.inside(n.ns, "ovs-ofctl", "-O", "OpenFlow13", "--no-stats", "dump-flows", "br0")
		if there(dump) {
			return
		}
		if time.Now().After(late) {
			n.t.Fatalf("not seen: %s\n%s", what, dump)
		}
		time.Sleep(50 * time.Millisecond) // between two questions
	}
}

// hasLine says whether a line of text has both.
func hasLine(text, a, b string) bool {
	for _, line := range strings.Split(text, "\n") {
		if strings.Contains(line, a) && strings.Contains(line, b) {
			return true
		}
	}
	return false
}
