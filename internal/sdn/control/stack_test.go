package control

import (
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/internal/sdn/pipeline"
	"github.com/octothorpe/octothorpe/openflow"
)

// ring is three switches, each joined to the two others.
const ring = `
vlans: {office: {vid: 100}}
dps:
  sw1:
    dp_id: 1
    stack: {priority: 1}
    interfaces:
      1: {native_vlan: office}
      3: {stack: {dp: sw2, port: 3}}
      4: {stack: {dp: sw3, port: 3}}
  sw2:
    dp_id: 2
    stack: {priority: 2}
    interfaces:
      1: {native_vlan: office}
      3: {stack: {dp: sw1, port: 3}}
      4: {stack: {dp: sw3, port: 4}}
  sw3:
    dp_id: 3
    interfaces:
      1: {native_vlan: office}
      3: {stack: {dp: sw1, port: 4}}
      4: {stack: {dp: sw2, port: 4}}
`

// A wired is a switch in memory whose stack ports are joined to those of others.
type wired struct {
	*fakeSwitch
	live atomic.Pointer[openflow.Conn]
	cut  map[uint32]*atomic.Bool
}

// wire joins two ports: what one sends the other takes to the controller, as the
// tables do with beacons.
func wire(a *wired, p uint32, b *wired, q uint32) {
	cut := &atomic.Bool{}
	one := func(to *wired, port uint32) func([]byte) {
		return func(frame []byte) {
			if conn := to.live.Load(); conn != nil && !cut.Load() {
				conn.Send(context.Background(), &openflow.PacketIn{Buffer: openflow.NoBuffer, TotalLen: uint16(len(frame)), Reason: openflow.ReasonAction,
					Cookie: config.DefaultCookie, Match: openflow.Match{openflow.InPort.Uint(uint64(port))}, Data: frame})
			}
		}
	}
	a.wires[p], b.wires[q] = one(b, q), one(a, p)
	a.cut[p], b.cut[q] = cut, cut
}

// newRing makes the switches of ring, not connected yet.
func newRing() (list []*wired) {
	for id := range 3 {
		w := &wired{fakeSwitch: newFakeSwitch(uint64(id+1), 4), cut: map[uint32]*atomic.Bool{}}
		w.wires = map[uint32]func([]byte){}
		list = append(list, w)
	}
	wire(list[0], 3, list[1], 3)
	wire(list[0], 4, list[2], 3)
	wire(list[1], 4, list[2], 4)
	return list
}

func connectAll(t *testing.T, list []*wired, c *Controller) {
	for _, w := range list {
		w.connect(t, c.Addr())
		w.live.Store(w.conn)
	}
}

// link says to the controller that a port lost its link, or has it again.
func (w *wired) link(t *testing.T, port uint32, up bool) {
	t.Helper()
	w.cut[port].Store(!up)
	p := openflow.Port{Number: port, State: openflow.Live}
	if !up {
		p.State = openflow.LinkDown
	}
	w.conn.Send(t.Context(), &openflow.PortStatus{Reason: openflow.PortModified, Port: p})
}

// tablesOf are those that the switches are to have when these links work.
func tablesOf(t *testing.T, path string, root uint64, dead ...pipeline.LinkEnd) (list [][]*pipeline.Flow) {
	t.Helper()
	c, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	view := &pipeline.StackState{Root: root, Up: map[pipeline.LinkEnd]bool{}}
	for _, dp := range c.DPs {
		for _, p := range dp.Ports {
			view.Up[pipeline.End(p)] = p.IsStack()
		}
	}
	for _, end := range dead {
		view.Up[end] = false
	}
	for _, dp := range c.DPs {
		up := map[uint32]bool{}
		for _, p := range dp.Ports {
			up[p.Number] = !p.IsStack() || view.Up[pipeline.End(p)]
		}
		list = append(list, pipeline.Build(dp, pipeline.State{Up: up, Stack: view}).Flows)
	}
	return list
}

func untilTables(t *testing.T, list []*wired, flows [][]*pipeline.Flow) {
	t.Helper()
	for i, w := range list {
		w.until(t, fmt.Sprintf("the tables of switch %d", i+1), func() bool {
			for _, f := range flows[i] {
				if have := w.flows[f.Key()]; have == nil || have.String() != f.String() {
					return false
				}
			}
			return true
		})
	}
}

// leads says whether what is for an address leaves by a port.
func (w *wired) leads(mac [6]byte, actions string) func() bool {
	return func() bool {
		for _, f := range w.flows {
			if s := f.String(); strings.Contains(s, "dl_dst="+macText(mac)) && strings.HasSuffix(s, "actions="+actions) {
				return true
			}
		}
		return false
	}
}

const learningTable = 1 // eth_src, in ring

func TestStackLeadsHostsAlongTheLinksThatWork(t *testing.T) {
	c, path := controller(t, ring)
	list := newRing()
	connectAll(t, list, c)
	untilTables(t, list, tablesOf(t, path, 1))
	// A host of the third switch is learnt where it comes in, then by the others.
	list[2].in(t, learningTable, 1, config.DefaultCookie, hello(alice, 100))
	list[2].until(t, "the host where it is", list[2].leads(alice, "pop_vlan,output:1"))
	list[0].in(t, learningTable, 4, config.DefaultCookie, hello(alice, 100))
	list[1].in(t, learningTable, 3, config.DefaultCookie, hello(alice, 100))
	list[0].until(t, "the way from the root", list[0].leads(alice, "output:4"))
	list[1].until(t, "the way through the root", list[1].leads(alice, "output:3"))
	// The link between the first and the third is cut: there is another way.
	list[0].link(t, 4, false)
	list[2].link(t, 3, false)
	list[0].until(t, "the way around", list[0].leads(alice, "output:3"))
	list[1].until(t, "the way on", list[1].leads(alice, "output:4"))
	untilTables(t, list, tablesOf(t, path, 1, pipeline.LinkEnd{Datapath: 1, Port: 4}, pipeline.LinkEnd{Datapath: 3, Port: 3}))
	// The host moves: all lead to where it is now, also where it was.
	list[1].in(t, learningTable, 1, config.DefaultCookie, hello(alice, 100))
	list[1].until(t, "the host where it came to", list[1].leads(alice, "pop_vlan,output:1"))
	list[2].until(t, "the way from where it was", list[2].leads(alice, "output:4"))
	list[0].link(t, 4, true)
	list[2].link(t, 3, true)
	untilTables(t, list, tablesOf(t, path, 1))
	list[2].until(t, "the shorter way", list[2].leads(alice, "output:3"))
}

// A controller that is started anew changes nothing in a stack that works.
func TestStackIsLeftAsItIsByANewController(t *testing.T) {
	c, path := controller(t, ring)
	list := newRing()
	connectAll(t, list, c)
	for i, flows := range tablesOf(t, path, 1) {
		list[i].until(t, "the tables and nothing else", func() bool { return list[i].is(flows) })
	}
	for _, w := range list {
		w.disconnect()
		w.mods = 0
	}
	other, _ := controller(t, ring)
	connectAll(t, list, other)
	late := time.Now().Add(20 * time.Second)
	for view := other.Stack(); len(view.Up) < 6 || !allUp(view); view = other.Stack() {
		if time.Now().After(late) {
			t.Fatalf("links are not up: %v", view.Up)
		}
		time.Sleep(time.Millisecond) // between two questions
	}
	other.Reload() // whatever is still to be done is done before this
	untilTables(t, list, tablesOf(t, path, 1))
	for i, w := range list {
		w.mu.Lock()
		if w.mods != 0 {
			t.Errorf("switch %d: %d flow messages", i+1, w.mods)
		}
		w.mu.Unlock()
	}
}

func allUp(view *pipeline.StackState) bool {
	for _, up := range view.Up {
		if !up {
			return false
		}
	}
	return true
}

// stackMetric is the value of a metric of a switch, and of a port of it.
func stackMetric(t *testing.T, c *Controller, name, dp, port string) float64 {
	t.Helper()
	families, err := c.o.Metrics.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			labels := map[string]string{}
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			if family.GetName() == name && labels["dp_name"] == dp && labels["port"] == port {
				return m.GetGauge().GetValue() + m.GetCounter().GetValue()
			}
		}
	}
	return 0
}

func TestStackPortThatLeadsElsewhereIsNotUsed(t *testing.T) {
	c, _ := controller(t, ring)
	list := newRing()
	// Ports 3 and 4 of the first switch are swapped.
	wire(list[0], 4, list[1], 3)
	wire(list[0], 3, list[2], 3)
	connectAll(t, list, c)
	late := time.Now().Add(20 * time.Second)
	bad := func(port string) bool { return stackMetric(t, c, "port_stack_state", "sw1", port) == float64(stackBad) }
	for !bad("3") || !bad("4") || stackMetric(t, c, "stack_cabling_errors_total", "sw1", "") < 2 {
		if time.Now().After(late) {
			t.Fatal("nobody has noticed")
		}
		time.Sleep(time.Millisecond) // between two questions
	}
	if view := c.Stack(); view.Up[pipeline.LinkEnd{Datapath: 1, Port: 3}] || view.Up[pipeline.LinkEnd{Datapath: 1, Port: 4}] {
		t.Errorf("ports are up: %v", view.Up)
	}
}

func TestRootIsElectedByHealth(t *testing.T) {
	path := t.TempDir() + "/faucet.yaml"
	if err := os.WriteFile(path, []byte(ring), 0o644); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	s := newStack(10*time.Second, start)
	s.configure(cfg)
	set := func(state stackState, ends ...pipeline.LinkEnd) {
		for _, end := range ends {
			s.set(end, state, start)
		}
	}
	links := [][]pipeline.LinkEnd{{{Datapath: 1, Port: 3}, {Datapath: 2, Port: 3}}, {{Datapath: 1, Port: 4}, {Datapath: 3, Port: 3}}, {{Datapath: 2, Port: 4}, {Datapath: 3, Port: 4}}}
	for _, l := range links {
		set(stackUp, l...)
	}
	at := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
	steps := []struct {
		name string
		do   func()
		at   int
		due  bool
		root uint64
	}{
		{"nobody has connected, and it is early", func() {}, 1, true, 1},
		{"the second is there first", func() { s.running(2, at(11), 1) }, 11, true, 2},
		{"the first comes, but the root is healthy", func() { s.running(1, at(12), 1) }, 20, true, 2},
		{"the root loses a link, and it is not due", func() { s.running(1, at(21), 1); s.running(2, at(21), 1); set(stackGone, links[2]...) }, 21, false, 2},
		{"it is due, and the first is healthy", func() {}, 21, true, 1},
		{"both have lost a link: it stays", func() { set(stackGone, links[0]...) }, 22, true, 1},
		{"the root has lost all and the other has one", func() { set(stackUp, links[2]...); set(stackGone, links[1]...) }, 23, false, 2},
		{"LACP of the root is down", func() {
			for _, l := range links {
				set(stackUp, l...)
			}
			s.running(1, at(24), 1)
			s.running(2, at(24), 0.5)
		}, 24, true, 1},
		{"the root is gone for 30 seconds", func() { s.running(2, at(55), 1) }, 55, true, 2},
	}
	for _, step := range steps {
		step.do()
		s.elect(at(step.at), step.due)
		if got := s.rootNow(); got != step.root {
			t.Fatalf("%s: root %d, want %d", step.name, got, step.root)
		}
	}
}

// What Faucet sent for these ports, from the destination's EtherType on.
func TestBeaconsAreFaucets(t *testing.T) {
	path := t.TempDir() + "/faucet.yaml"
	text := strings.Replace(ring, "dp_id: 1\n", `dp_id: 0x1a
    faucet_dp_mac: "0e:11:22:33:44:55"
    lldp_beacon: {send_interval: 2, max_per_interval: 3, system_name: rooty}
`, 1)
	text = strings.Replace(text, "1: {native_vlan: office}", `1: {native_vlan: office, lldp_beacon: {enable: true, system_name: px, port_descr: pd, org_tlvs: [{oui: 0x123456, subtype: 7, info: "hello"}, {oui: 0x123457, subtype: 8, info: "01020304"}]}}`, 1)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	dp := cfg.DPs[0]
	for port, want := range map[uint32]string{
		1: "0207040e11223344550402053106020006" + "0a02707808027064" + "fe091234560768656c6c6f" + "fe081234570801020304" + "fe060e1122013236" + "0000",
		3: "0207040e11223344550402053306020006" + "0a05726f6f7479" + "080133" + "fe060e1122013236" + "fe050e11220231" + "0000",
	} {
		b := beaconBody(dp.Port(port), stackInit)
		if got := hex.EncodeToString(b); got != want {
			t.Errorf("port %d\ngot  %s\nwant %s", port, got, want)
		}
		x, ok := parseBeacon(b)
		if !ok || x.datapath != 0x1a || x.port != fmt.Sprint(port) || x.mac != [6]byte{0x0e, 0x11, 0x22, 0x33, 0x44, 0x55} {
			t.Errorf("read back as %+v, %v", x, ok)
		}
	}
}

func FuzzBeacon(f *testing.F) {
	for _, s := range []string{"0207040e00000000010402053306020f0f0000", "0207040e11223344550402053106020006fe060e11220132360000", "02", "fe0f", ""} {
		b, _ := hex.DecodeString(s)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if x, ok := parseBeacon(b); ok && (x.port == "" || x.mac == [6]byte{}) {
			t.Errorf("%x: taken without an origin", b)
		}
	})
}
