package pipeline

import (
	"strconv"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/openflow"
)

// testdata/*.txtar are configurations of ours and the tables that Faucet 1.10
// put into a switch of four ports for them, recorded from Open vSwitch.
func TestTablesAreAsRecorded(t *testing.T) {
	for _, r := range records(t, "testdata", 20) {
		missing, surplus := compareTables(r.config.DPs[0], State{Up: firstPorts(4)}, string(r.told[0].Data))
		if len(missing)+len(surplus) > 0 {
			t.Errorf("%s\n-%s\n+%s", r.file, strings.Join(head(missing), "\n-"), strings.Join(head(surplus), "\n+"))
		}
	}
}

func build(t *testing.T, text string, s State) (*config.DP, *Tables) {
	t.Helper()
	c := load(t, "the test", []byte(text))
	return c.DPs[0], Build(c.DPs[0], s)
}

const before = `
acls:
  web: [{rule: {dl_type: 0x800, nw_proto: 6, tcp_dst: 80, actions: {allow: 1}}}, {rule: {actions: {allow: 0}}}]
vlans: {office: {vid: 100}}
dps:
  sw1:
    dp_id: 1
    interfaces:
      1: {native_vlan: office, acls_in: [web]}
      2: {native_vlan: office}
`

// A rule that changes is one flow that changes, and nothing else is sent.
func TestDiffIsOnlyWhatChanged(t *testing.T) {
	up := State{Up: map[uint32]bool{1: true, 2: true}}
	_, old := build(t, before, up)
	_, new := build(t, strings.Replace(before, "tcp_dst: 80", "tcp_dst: 443", 1), up)
	c, ok := Diff(old, new)
	if !ok || len(c.Flows) != 2 || c.Flows[0].Command != openflow.FlowAdd || c.Flows[1].Command != openflow.FlowDeleteStrict {
		t.Fatalf("got %+v, %v", c, ok)
	}
	if c, ok := Diff(old, old); !ok || !c.Empty() {
		t.Errorf("the same tables differ: %+v", c)
	}
	if _, ok := Diff(old, func() *Tables { _, n := build(t, strings.Replace(before, ", acls_in: [web]", "", 1), up); return n }()); ok {
		t.Error("tables that are numbered anew need a cold start")
	}
}

// After the change of Diff a switch has exactly the flows of the new tables.
func TestDiffMakesTheNewTables(t *testing.T) {
	up := State{Up: map[uint32]bool{1: true, 2: true}}
	_, old := build(t, before, up)
	for _, s := range []State{{Up: map[uint32]bool{1: true}}, {}, up} {
		_, new := build(t, before, s)
		c, ok := Diff(old, new)
		if !ok {
			t.Fatal("the tables are numbered as before")
		}
		have := map[string]*openflow.FlowMod{}
		for _, f := range old.Flows {
			have[f.key()] = f.Mod(openflow.FlowAdd)
		}
		for _, m := range c.Flows {
			key := (&Flow{Table: m.Table, Priority: m.Priority, Match: m.Match}).key()
			if m.Command == openflow.FlowAdd {
				have[key] = m
			} else {
				delete(have, key)
			}
		}
		if len(have) != len(new.Flows) {
			t.Errorf("%d flows, want %d", len(have), len(new.Flows))
		}
		for _, f := range new.Flows {
			if m := have[f.key()]; m == nil || !same(m, f.Mod(openflow.FlowAdd)) {
				t.Errorf("missing or different: %s", f)
			}
		}
	}
}

func TestHostsAreSentToTheirPort(t *testing.T) {
	dp, tables := build(t, before, State{})
	var got []string
	for _, f := range HostFlows(dp, tables, Host{MAC: [6]byte{0x92, 0x1a, 0x4e, 0x57, 0x66, 0xb4}, VLAN: dp.VLAN(100), Port: dp.Port(2), Timeout: 249}) {
		got = append(got, f.String())
	}
	want := `table=2, hard_timeout=249, priority=8191,in_port=2,dl_vlan=100,dl_src=92:1a:4e:57:66:b4 actions=goto_table:3
table=3, idle_timeout=399, priority=8192,dl_vlan=100,dl_dst=92:1a:4e:57:66:b4 actions=pop_vlan,output:2`
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
}

func BenchmarkBuild200PortsOf100VLANs(b *testing.B) {
	text := "dps:\n  sw1:\n    dp_id: 1\n    interfaces:\n"
	up := map[uint32]bool{}
	for n := 1; n <= 200; n++ {
		text += "      " + strconv.Itoa(n) + ": {native_vlan: " + strconv.Itoa(n%100+1) + "}\n"
		up[uint32(n)] = true
	}
	c := load(b, "the benchmark", []byte(text))
	b.ReportAllocs()
	for b.Loop() {
		Build(c.DPs[0], State{Up: up})
	}
}
