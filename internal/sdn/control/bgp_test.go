package control

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/sdn/bgp"
	"github.com/octothorpe/octothorpe/internal/sdn/pipeline"
)

// A mouth is a Speaker that says what the test wants.
type mouth struct {
	bgp.Settings
	mu    sync.Mutex
	own   []bgp.Route
	ended bool
}

func (m *mouth) Announce(list []bgp.Route) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.own = list
	return nil
}

func (m *mouth) Neighbors() []bgp.Neighbor {
	return []bgp.Neighbor{{Address: m.Settings.Neighbors[0], Up: time.Now().Add(-time.Minute), Routes: map[int]int{4: 7}}}
}

func (m *mouth) Refused() uint64 { return 3 }

func (m *mouth) Close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ended = true
}

func TestRoutesOfBGPAreInTheFIB(t *testing.T) {
	text := strings.Replace(simple, "routers: {one: {vlans: [office, guest]}}",
		`routers: {one: {vlans: [office, guest], bgp: {vlan: office, as: 65000, port: 9179, routerid: 1.1.1.1, server_addresses: [127.0.0.1], neighbor_addresses: [10.0.0.1],
  neighbor_as: 65001, neighbor_connect_mode: active, neighbor_password: secret, neighbor_port: 1179, maximum_paths: 2}}}`, 1)
	path := filepath.Join(t.TempDir(), "faucet.yaml")
	write(t, path, text)
	mouths := make(chan *mouth, 4)
	c, err := New(Options{Config: path, Listen: "ptcp:0:127.0.0.1", Log: slog.New(slog.NewTextHandler(t.Output(), nil)), BGP: func(s bgp.Settings) (bgp.Speaker, error) {
		m := &mouth{Settings: s}
		mouths <- m
		return m, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Serve(ctx) }()
	defer func() { cancel(); <-done }()
	m := <-mouths
	if m.AS != 65000 || m.NeighborAS != 65001 || m.Mode != bgp.Active || m.Password != "secret" || m.NeighborPort != 1179 || m.Paths != 2 || m.Listen[0].String() != "127.0.0.1" {
		t.Errorf("settings %+v", m.Settings)
	}
	s := newFakeSwitch(1, 4)
	// What is told before there is a session is not lost.
	one, two := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.1.2")
	to, static := netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("192.168.0.0/16")
	m.Changed([]bgp.Route{{To: to, Hops: []netip.Addr{one, two}}, {To: static, Hops: []netip.Addr{one}}, {To: netip.MustParsePrefix("9.0.0.0/8"), Hops: []netip.Addr{netip.MustParseAddr("8.8.8.8")}}})
	s.connect(t, c.Addr())
	dp, tables := want(t, path, 1, 2, 3, 4)
	vip, _ := tables.Number("vip")
	office, guest := dp.VLAN(100), dp.VLAN(200)
	bob := [6]byte{0x0a, 0, 0, 0, 0, 2}
	asked := func(a netip.Addr) {
		t.Helper()
		s.until(t, "a question for "+a.String(), func() bool {
			for _, o := range s.outs {
				p, _ := parse(o.Data)
				if x, ok := parseARP(p.body); ok && x.op == 1 && x.target == a {
					return true
				}
			}
			return false
		})
	}
	has := func(flows []*pipeline.Flow) func() bool {
		return func() bool {
			for _, f := range flows {
				if have := s.flows[f.Key()]; have == nil || have.String() != f.String() {
					return false
				}
			}
			return true
		}
	}
	count := func(to netip.Prefix) (n int) {
		for _, f := range s.flows {
			if via, ok := pipeline.NextHop(f); ok && via.To == to {
				n++
			}
		}
		return n
	}
	asked(one)
	asked(two)
	s.in(t, vip, 2, dp.Cookie, frame(office.MAC, alice, 100, etherARP, arp{op: 2, sha: alice, sender: one, tha: office.MAC, target: netip.MustParseAddr("10.0.0.254")}.body()))
	s.until(t, "the route by one next hop", has(pipeline.PathFlows(dp, tables, to, []pipeline.Hop{{VLAN: office, MAC: alice}})))
	s.in(t, vip, 4, dp.Cookie, frame(guest.MAC, bob, 200, etherARP, arp{op: 2, sha: bob, sender: two, tha: guest.MAC, target: netip.MustParseAddr("10.0.1.254")}.body()))
	both := pipeline.PathFlows(dp, tables, to, []pipeline.Hop{{VLAN: office, MAC: alice}, {VLAN: guest, MAC: bob}})
	s.until(t, "the route by both", func() bool { return has(both)() && count(to) == len(both) })
	if count(static) != 0 {
		t.Error("BGP has a route that the configuration has")
	}
	// A next hop that goes, then the route.
	m.Changed([]bgp.Route{{To: to, Hops: []netip.Addr{two}}})
	s.until(t, "the route by the other one", func() bool {
		return has(pipeline.PathFlows(dp, tables, to, []pipeline.Hop{{VLAN: guest, MAC: bob}}))() && count(to) == 2
	})
	m.Changed([]bgp.Route{{To: to}})
	s.until(t, "no route", func() bool { return count(to) == 0 })
	// The static route goes, and that of BGP takes its place.
	m.Changed([]bgp.Route{{To: to, Hops: []netip.Addr{one}}})
	write(t, path, strings.Replace(text, "routes: [{route: {ip_dst: 192.168.0.0/16, ip_gw: 10.0.0.7}}]", "routes: []", 1))
	if err := c.Reload(); err != nil {
		t.Fatal(err)
	}
	s.until(t, "the route of BGP", func() bool { return count(static) == 2 && count(to) == 2 })
	for late := time.Now().Add(20 * time.Second); metric(t, c, "bgp_neighbor_routes", "dp_name", "sw1", "vlan", "100", "neighbor", "10.0.0.1", "ipv", "4") != 7; {
		if time.Now().After(late) {
			t.Fatal("no metric")
		}
		time.Sleep(10 * time.Millisecond) // between two looks
	}
	if up := metric(t, c, "bgp_neighbor_uptime", "neighbor", "10.0.0.1"); up < 50 {
		t.Errorf("up for %v s", up)
	}
	if n := metric(t, c, "octothorpe_sdn_bgp_routes_refused_total"); n != 3 {
		t.Errorf("%v routes refused", n)
	}
	list, err := c.BGP(t.Context())
	if err != nil || len(list) != 1 || list[0].Router != "one" || len(list[0].Routes) != 3 || list[0].Routes[0].To.String() != "9.0.0.0/8" {
		t.Errorf("%+v, %v", list, err)
	}
	// A router that is left out speaks no more, and its routes go.
	write(t, path, simple)
	if err := c.Reload(); err != nil {
		t.Fatal(err)
	}
	s.until(t, "no routes of BGP", func() bool { return count(to) == 0 })
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.ended {
		t.Error("the speaker was not closed")
	}
}

// One that can not listen harms nothing, and its networks are announced once it can.
func TestASpeakerThatCanNotStartHarmsNothing(t *testing.T) {
	text := strings.Replace(simple, "routers: {one: {vlans: [office, guest]}}", `routers: {one: {vlans: [office, guest], bgp: {as: 65000, port: 9179, routerid: 1.1.1.1,
  server_addresses: [127.0.0.1], neighbor_addresses: [10.0.0.1], neighbor_as: 65000}}}`, 1)
	path := filepath.Join(t.TempDir(), "faucet.yaml")
	write(t, path, text)
	tries := make(chan bgp.Settings, 4)
	c, err := New(Options{Config: path, Listen: "ptcp:0:127.0.0.1", BGP: func(s bgp.Settings) (bgp.Speaker, error) {
		tries <- s
		return nil, errors.New("no such address")
	}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Serve(ctx) }()
	defer func() { cancel(); <-done }()
	if got := <-tries; got.Mode != bgp.Passive || got.Paths != 1 {
		t.Errorf("%+v", got)
	}
	s := newFakeSwitch(1, 4)
	s.connect(t, c.Addr())
	_, tables := want(t, path, 1, 2, 3, 4)
	s.until(t, "the tables", func() bool { return s.is(tables.Flows) })
}
