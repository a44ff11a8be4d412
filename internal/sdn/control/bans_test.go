package control

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/sdn/pipeline"
	"github.com/octothorpe/octothorpe/openflow"
)

const limited = `
vlans: {office: {vid: 100, max_hosts: 2}, guest: {vid: 200}}
dps:
  sw1:
    dp_id: 1
    timeout: 70
    learn_ban_timeout: 5
    ofchannel_log: LOG
    interfaces:
      1: {native_vlan: guest, max_hosts: 1}
      2: {native_vlan: office}
      3: {native_vlan: guest, permanent_learn: true}
      4: {native_vlan: guest, loop_protect: true}
      5: {native_vlan: guest, lacp: 1, lacp_active: true}
      6: {native_vlan: guest, lacp: 2, lacp_active: true, lacp_passthrough: [5]}
`

// What is not to be learnt is dropped by the switch, by the flows that Faucet put
// into Open vSwitch for the same packets.
func TestWhatIsNotLearntIsDropped(t *testing.T) {
	log := filepath.Join(t.TempDir(), "channel.log")
	c, path := controller(t, strings.Replace(limited, "LOG", log, 1))
	s := newFakeSwitch(1, 6)
	s.connect(t, c.Addr())
	dp, tables := want(t, path, 1, 2, 3, 4, 5, 6)
	s.until(t, "the tables", func() bool { return s.is(tables.Flows) })
	table, _ := tables.Number("eth_src")
	mac := func(n byte) [6]byte { return [6]byte{0x0e, 0, 0, 0, 0, n} }
	has := func(text string) {
		t.Helper()
		s.until(t, text, func() bool {
			for _, f := range s.flows {
				if f.String() == text {
					return true
				}
			}
			return false
		})
	}
	has("table=1, priority=4096,dl_vlan=200 actions=CONTROLLER:96,goto_table:2")
	for _, n := range []byte{0x11, 0x12} {
		s.in(t, table, 1, dp.Cookie, hello(mac(n), 200))
	}
	has("table=1, hard_timeout=5, priority=4097,in_port=1 actions=drop")
	for _, n := range []byte{0x21, 0x22, 0x23} {
		s.in(t, table, 2, dp.Cookie, hello(mac(n), 100))
	}
	has("table=1, hard_timeout=5, priority=4097,dl_vlan=100 actions=drop")
	s.in(t, table, 3, dp.Cookie, hello(mac(0x31), 200))
	s.in(t, table, 2, dp.Cookie, hello(mac(0x31), 200))
	has("table=1, priority=20480,in_port=2,dl_src=0e:00:00:00:00:31 actions=drop")
	s.in(t, table, 3, dp.Cookie, hello(mac(0x51), 200)) // seen elsewhere just now
	s.in(t, table, 2, dp.Cookie, hello(mac(0x41), 200))
	s.in(t, table, 4, dp.Cookie, hello(mac(0x41), 200))
	has("table=1, hard_timeout=5, priority=4097,in_port=4 actions=drop")
	for _, f := range s.flows {
		if m, ok := f.Match.Get(openflow.EthSrc); ok && m.MAC() == mac(0x41) {
			if in, _ := f.Match.Get(openflow.InPort); in.Uint() != 2 {
				t.Errorf("the host of the loop was moved: %s", f)
			}
		}
	}
	// The port of the permanent host goes: it may come by another.
	s.mu.Lock()
	gone := s.ports[2]
	s.mu.Unlock()
	gone.State = openflow.LinkDown
	if _, err := s.conn.Send(t.Context(), &openflow.PortStatus{Reason: openflow.PortModified, Port: gone}); err != nil {
		t.Fatal(err)
	}
	bar := pipeline.Bar(dp, tables, mac(0x31), 2)
	s.until(t, "the host is barred no more", func() bool { return s.flows[bar.Key()] == nil })
	text, err := os.ReadFile(log)
	if err != nil || !strings.Contains(string(text), " sw1 sent xid=") || !strings.Contains(string(text), " sw1 received xid=") {
		t.Errorf("what was said is not in the file: %s, %v", text[:min(len(text), 500)], err)
	}
}

// A bundle says nothing while one does not work whose traffic it passes on.
func TestBundleWaitsForThatOfItsPassthrough(t *testing.T) {
	c, path := controller(t, strings.Replace(limited, "    ofchannel_log: LOG\n", "", 1))
	s := newFakeSwitch(1, 6)
	s.connect(t, c.Addr())
	dp, tables := want(t, path, 1, 2, 3, 4, 5, 6)
	spoken := func(port uint32) (n int) {
		for _, o := range s.outs {
			if p, ok := parse(o.Data); ok && p.etherType == etherSlow && o.Actions[0].(openflow.Output).Port == port {
				n++
			}
		}
		return n
	}
	s.until(t, "two of the first bundle", func() bool { return spoken(5) > 1 })
	if spoken(6) > 0 {
		t.Error("the second speaks before the first works")
	}
	pdu := make([]byte, 110)
	copy(pdu, []byte{1, 1, 1, 20, 0xff, 0xff, 0x0e, 0, 0, 0, 0, 0x44, 0, 1, 0, 255, 0, 9, 0x3d})
	table, _ := tables.Number("vlan")
	s.in(t, table, 5, dp.Cookie, frame([6]byte{0x01, 0x80, 0xc2, 0, 0, 2}, [6]byte{0x0e, 0, 0, 0, 0, 0x44}, 0, etherSlow, pdu))
	s.until(t, "one of the second", func() bool { return spoken(6) > 0 })
}

// A host that is seen again where it may not be is banned once at a time.
func TestBansAreForATime(t *testing.T) {
	d := &datapath{hosts: newHosts()}
	d.hosts.bans.until["port 1"] = time.Unix(100, 0)
	if banned, err := d.ban(t.Context(), "port 1", &pipeline.Flow{Hard: 5}, time.Unix(99, 0)); banned || err != nil {
		t.Errorf("banned again while it is: %v, %v", banned, err)
	}
}
