package control

import (
	"bufio"
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/internal/sdn/pipeline"
	"github.com/octothorpe/octothorpe/openflow"
)

// What is ignored is GoBGP's, see package bgp.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/eapache/channels.(*InfiniteChannel).infiniteBuffer"))
}

const simple = `
acls:
  web: [{rule: {dl_type: 0x800, nw_proto: 6, tcp_dst: 80, actions: {allow: 0}}}, {rule: {actions: {allow: 1}}}]
vlans:
  office: {vid: 100, max_hosts: 3, faucet_vips: ["10.0.0.254/24", "fc00::1:254/112"], routes: [{route: {ip_dst: 192.168.0.0/16, ip_gw: 10.0.0.7}}]}
  guest: {vid: 200, faucet_vips: ["10.0.1.254/24"]}
routers: {one: {vlans: [office, guest]}}
dps:
  sw1:
    dp_id: 1
    interfaces:
      1: {native_vlan: office, acls_in: [web]}
      2: {native_vlan: office}
      3: {tagged_vlans: [office]}
      4: {native_vlan: guest, permanent_learn: true}
`

// controller runs one on a port of its own until the test ends.
func controller(t *testing.T, text string) (c *Controller, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "faucet.yaml")
	write(t, path, text)
	c, err := New(Options{Config: path, Listen: "ptcp:0:127.0.0.1", Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return c, path
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, path string, up ...uint32) (*config.DP, *pipeline.Tables) {
	t.Helper()
	c, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	s := pipeline.State{Up: map[uint32]bool{}}
	for _, n := range up {
		s.Up[n] = true
	}
	return c.DPs[0], pipeline.Build(c.DPs[0], s)
}

var alice = [6]byte{0x0a, 0, 0, 0, 0, 1}

func hello(src [6]byte, vid int) []byte { return frame(broadcast, src, vid, 0x0800, make([]byte, 46)) }

var broadcast = [6]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

func TestSwitchGetsItsTablesAndOnlyDifferencesAfterThat(t *testing.T) {
	c, path := controller(t, simple)
	s := newFakeSwitch(1, 4)
	s.connect(t, c.Addr())
	_, tables := want(t, path, 1, 2, 3, 4)
	s.until(t, "the tables", func() bool { return s.is(tables.Flows) })
	// A session that begins anew finds everything there.
	s.disconnect()
	s.mods = 0
	s.connect(t, c.Addr())
	s.until(t, "a question of the router", func() bool { return len(s.outs) > 0 })
	if s.mods != 0 {
		t.Errorf("%d flow messages to a switch that had all", s.mods)
	}
	// One rule that changes is two messages.
	write(t, path, strings.Replace(simple, "tcp_dst: 80", "tcp_dst: 443", 1))
	if err := c.Reload(); err != nil {
		t.Fatal(err)
	}
	_, tables = want(t, path, 1, 2, 3, 4)
	s.until(t, "the new rule", func() bool { return s.is(tables.Flows) })
	if s.mods != 2 {
		t.Errorf("%d flow messages for one rule", s.mods)
	}
	// A file that is wrong changes nothing.
	write(t, path, "dps: {}")
	if err := c.Reload(); err == nil {
		t.Error("a wrong file was taken")
	}
	// The link of a port.
	port := s.ports[1]
	port.State = openflow.LinkDown
	if _, err := s.conn.Send(t.Context(), &openflow.PortStatus{Reason: openflow.PortModified, Port: port}); err != nil {
		t.Fatal(err)
	}
	write(t, path, strings.Replace(simple, "tcp_dst: 80", "tcp_dst: 443", 1))
	_, tables = want(t, path, 1, 3, 4)
	s.until(t, "the tables without port 2", func() bool { return s.is(tables.Flows) })
}

func TestHostsAreLearntMovedAndLimited(t *testing.T) {
	c, path := controller(t, simple)
	s := newFakeSwitch(1, 4)
	s.connect(t, c.Addr())
	dp, tables := want(t, path, 1, 2, 3, 4)
	s.until(t, "the tables", func() bool { return s.is(tables.Flows) })
	table, _ := tables.Number("eth_src")
	at := func(mac [6]byte, vid int, port uint32) func() bool {
		return func() bool {
			for _, f := range pipeline.HostFlows(dp, tables, pipeline.Host{MAC: mac, VLAN: dp.VLAN(vid), Port: dp.Port(port)}) {
				have := s.flows[f.Key()]
				if have == nil || have.Table != table && !strings.HasSuffix(have.String(), strings.SplitN(f.String(), "actions=", 2)[1]) {
					return false
				}
			}
			return true
		}
	}
	s.in(t, table, 2, dp.Cookie, hello(alice, 100))
	s.until(t, "alice on port 2", at(alice, 100, 2))
	s.in(t, table, 3, dp.Cookie, hello(alice, 100))
	s.until(t, "alice on port 3", at(alice, 100, 3))
	if at(alice, 100, 2)() {
		t.Error("alice is on port 2 as well")
	}
	// One with a cookie of somebody else's is nobody's word.
	s.in(t, table, 2, 99, hello([6]byte{0x0a, 0, 0, 0, 0, 9}, 100))
	// The VLAN has room for three.
	for n := range byte(5) {
		s.in(t, table, 1, dp.Cookie, hello([6]byte{0x0a, 0, 0, 0, 1, n}, 100))
	}
	// Who is learnt for ever stays. What comes by several ports is heard in any order.
	bob := [6]byte{0x0c, 0, 0, 0, 0, 1}
	s.in(t, table, 4, dp.Cookie, hello(bob, 200))
	s.until(t, "bob on port 4", at(bob, 200, 4))
	learnt := func() (count int) {
		for _, f := range s.flows {
			if _, host := f.Match.Get(openflow.EthSrc); host && f.Table == table && f.Priority == 8191 {
				count++
			}
		}
		return count
	}
	s.until(t, "three hosts and bob", func() bool { return learnt() >= 4 })
	// What is said last by that port is heard after the other hosts of it.
	s.in(t, table, 1, dp.Cookie, hello([6]byte{0x0e, 0, 0, 0, 1, 1}, 200))
	s.until(t, "the last one", func() bool { return learnt() >= 5 })
	s.mu.Lock()
	defer s.mu.Unlock()
	if count := learnt(); count != 5 {
		t.Errorf("%d hosts are learnt, want 3, bob and the last one", count)
	}
	for _, f := range s.flows {
		if mac, ok := f.Match.Get(openflow.EthSrc); ok && mac.MAC() == bob && f.Hard != 0 {
			t.Errorf("bob goes after %d s", f.Hard)
		}
	}
}

func TestRouterAnswersAndResolves(t *testing.T) {
	c, path := controller(t, simple)
	s := newFakeSwitch(1, 4)
	s.connect(t, c.Addr())
	dp, tables := want(t, path, 1, 2, 3, 4)
	s.until(t, "the tables", func() bool { return s.is(tables.Flows) })
	vip, _ := tables.Number("vip")
	sent := func(what string, is func(packet) bool) {
		t.Helper()
		s.until(t, what, func() bool {
			for _, o := range s.outs {
				if p, ok := parse(o.Data); ok && is(p) {
					return true
				}
			}
			return false
		})
	}
	us, host := netip.MustParseAddr("10.0.0.254"), netip.MustParseAddr("10.0.0.1")
	ask := arp{op: 1, sha: alice, sender: host, target: us}
	s.in(t, vip, 2, dp.Cookie, frame(broadcast, alice, 100, etherARP, ask.body()))
	sent("an answer to ARP", func(p packet) bool {
		a, ok := parseARP(p.body)
		return ok && p.etherType == etherARP && a.op == 2 && a.sender == us && a.target == host && p.dst == alice && p.vid == 0
	})
	s.until(t, "a route to alice from both VLANs", func() bool {
		for _, f := range pipeline.RouteFlows(dp, tables, dp.VLAN(100), netip.PrefixFrom(host, 32), alice) {
			if s.flows[f.Key()] == nil {
				return false
			}
		}
		return true
	})
	echo := ip{src: host, dst: us, protocol: 1, hops: 64, payload: []byte{8, 0, 0, 0, 0, 1, 0, 2, 'h', 'i'}}
	s.in(t, vip, 3, dp.Cookie, frame(dp.VLAN(100).MAC, alice, 100, etherIPv4, echo.body()))
	sent("an echo, with a tag on a port that has tags", func(p packet) bool {
		x, ok := parseIP(p)
		return ok && p.vid == 100 && x.src == us && x.payload[0] == 0 && checksum(x.payload, 0) == 0
	})
	six, us6 := netip.MustParseAddr("fc00::1:1"), netip.MustParseAddr("fc00::1:254")
	node := pipeline.SolicitedNode(us6)
	ns := append([]byte{135, 0, 0, 0, 0, 0, 0, 0}, us6.AsSlice()...)
	ns = append(append(ns, 1, 1), alice[:]...)
	s.in(t, vip, 2, dp.Cookie, frame(node, alice, 100, etherIPv6, ip{src: six, dst: us6, protocol: 58, hops: 255, payload: icmp6(six, us6, ns)}.body()))
	sent("a neighbour advertisement", func(p packet) bool {
		x, ok := parseIP(p)
		return ok && p.etherType == etherIPv6 && x.payload[0] == 136 && x.dst == six
	})
	// The gateway of the static route is asked for, and then the route is there.
	gateway := netip.MustParseAddr("10.0.0.7")
	sent("a question for the gateway", func(p packet) bool {
		a, ok := parseARP(p.body)
		return ok && a.op == 1 && a.target == gateway
	})
	reply := arp{op: 2, sha: alice, sender: gateway, tha: dp.VLAN(100).MAC, target: us}
	s.in(t, vip, 2, dp.Cookie, frame(dp.VLAN(100).MAC, alice, 100, etherARP, reply.body()))
	s.until(t, "the static route", func() bool {
		for _, f := range pipeline.RouteFlows(dp, tables, dp.VLAN(100), netip.MustParsePrefix("192.168.0.0/16"), alice) {
			if s.flows[f.Key()] == nil {
				return false
			}
		}
		return true
	})
}

func TestWhoIsNotConfiguredIsSentAway(t *testing.T) {
	c, _ := controller(t, simple)
	s := newFakeSwitch(99, 1)
	s.connect(t, c.Addr())
	<-s.conn.Done()
}

// One that sends garbage and one that says nothing harm nobody else.
func TestBadSwitchesHarmNoOther(t *testing.T) {
	c, path := controller(t, simple)
	for _, text := range []string{"GET / HTTP/1.0\r\n\r\n", ""} {
		nc, err := net.Dial("tcp", c.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		if _, err := nc.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	s := newFakeSwitch(1, 4)
	s.connect(t, c.Addr())
	_, tables := want(t, path, 1, 2, 3, 4)
	s.until(t, "the tables", func() bool { return s.is(tables.Flows) })
}

func TestEventsAreLinesOfJSON(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sock")
	e := NewEvents(slog.New(slog.DiscardHandler), NewMetrics())
	if err := e.Listen(path); err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	nc, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	for {
		e.mu.Lock()
		there := len(e.readers) > 0
		e.mu.Unlock()
		if there {
			break
		}
	}
	e.send(1, "sw1", "DP_CHANGE", map[string]any{"reason": "cold_start"})
	line, err := bufio.NewReader(nc).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Version int
		DPID    uint64                  `json:"dp_id"`
		Name    string                  `json:"dp_name"`
		Change  struct{ Reason string } `json:"DP_CHANGE"`
	}
	if err := json.Unmarshal(line, &got); err != nil || got.Version != 1 || got.DPID != 1 || got.Name != "sw1" || got.Change.Reason != "cold_start" {
		t.Errorf("%s: %+v, %v", line, got, err)
	}
}

// Each of several readers is told of everything; one that does not read loses the
// oldest, which are counted, and holds nobody up. A file that is no socket stays.
func TestSlowReadersHarmNoOther(t *testing.T) {
	m := NewMetrics()
	e := NewEvents(slog.New(slog.DiscardHandler), m)
	fast, slow := e.Subscribe(200), e.Subscribe(0)
	for range 200 {
		e.send(1, "sw1", "L2_EXPIRE", map[string]any{"vid": 100})
	}
	e.Close()
	for _, c := range []struct {
		s           *Subscription
		first, many uint64
	}{{fast, 1, 200}, {slow, 81, 120}} {
		var count, first uint64
		for one := range c.s.C {
			if count++; first == 0 {
				first = one.ID
			}
		}
		if count != c.many || first != c.first {
			t.Errorf("%d events from %d on, want %d from %d", count, first, c.many, c.first)
		}
	}
	families, err := m.Registry.Gather()
	for _, f := range families {
		if n := f.GetMetric()[0].GetCounter().GetValue(); f.GetName() == "octothorpe_sdn_events_dropped_total" && n != 80 {
			t.Errorf("%v dropped, %v", n, err)
		}
	}
	path := filepath.Join(t.TempDir(), "precious")
	write(t, path, "text")
	if err := NewEvents(slog.New(slog.DiscardHandler), m).Listen(path); err == nil {
		t.Error("a file that is no socket was replaced")
	}
}

func FuzzPackets(f *testing.F) {
	f.Add(hello(alice, 100))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, ok := parse(b)
		if !ok {
			return
		}
		if x, ok := parseIP(p); ok && !x.src.IsValid() {
			t.Error("an address that is none")
		}
		if a, ok := parseARP(p.body); ok && string(a.body()) != string(p.body[:28]) {
			t.Errorf("ARP % x is written % x", p.body[:28], a.body())
		}
	})
}
