package control

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/openflow"
)

// soon waits until a metric is as wanted.
func soon(t *testing.T, c *Controller, want float64, name string, labels ...string) {
	t.Helper()
	late := time.Now().Add(20 * time.Second)
	for {
		got := metric(t, c, name, labels...)
		if got == want {
			return
		}
		if time.Now().After(late) {
			t.Fatalf("%s%v is %v, want %v", name, labels, got, want)
		}
		time.Sleep(10 * time.Millisecond) // between two looks
	}
}

// The names, labels and values are those that Faucet has for the same.
func TestMetricsAreFaucets(t *testing.T) {
	const text = `
vlans:
  office: {vid: 100, max_hosts: 4, faucet_vips: ["10.0.0.254/24"]}
dps:
  sw1:
    dp_id: 1
    ignore_learn_ins: 0
    interfaces:
      1: {native_vlan: office, description: first}
      2: {native_vlan: office}
      3: {native_vlan: office, max_hosts: 2, name: three}
      4: {native_vlan: office, lacp: 1, lacp_active: true}
`
	c, path := controller(t, text)
	dp := []string{"dp_id", "0x1", "dp_name", "sw1"}
	with := func(more ...string) []string { return append(append([]string(nil), dp...), more...) }
	soon(t, c, 0, "of_packet_ins_total", dp...) // before anybody connects
	soon(t, c, 0, "port_learn_bans", with("port", "three", "port_description", "three")...)
	soon(t, c, 0, "vlan_learn_bans", with("vlan", "100")...)
	s := newFakeSwitch(1, 4)
	s.connect(t, c.Addr())
	config, tables := want(t, path, 1, 2, 3, 4)
	s.until(t, "the tables", func() bool { return s.is(tables.Flows) })
	table, _ := tables.Number("eth_src")
	for n, port := range []uint32{1, 1, 2, 3, 3, 3} {
		s.in(t, table, port, config.Cookie, hello([6]byte{2, 0xbe, 0, 0, 0, byte(n)}, 100))
	}
	soon(t, c, 6, "of_vlan_packet_ins_total", dp...)
	soon(t, c, 4, "vlan_hosts_learned", with("vlan", "100")...)
	soon(t, c, 2, "port_vlan_hosts_learned", with("port", "1", "port_description", "first", "vlan", "100")...)
	soon(t, c, 1, "port_vlan_hosts_learned", with("port", "three", "port_description", "three", "vlan", "100")...)
	soon(t, c, 2, "vlan_learn_bans", with("vlan", "100")...)
	soon(t, c, 0, "port_learn_bans", with("port", "1", "port_description", "first")...)
	soon(t, c, 3, "learned_l2_port", with("vid", "100", "eth_src", "02:be:00:00:00:03")...)
	soon(t, c, 0x02be00000001, "learned_macs", with("port", "1", "vlan", "100", "n", "1")...)
	soon(t, c, 1, "port_status", with("port", "three")...)
	soon(t, c, 1, "port_lacp_state", with("port", "4")...)
	soon(t, c, 2, "port_lacp_role", with("port", "4")...)
	soon(t, c, 4, "lacp_port_id", with("port", "4", "port_description", "4")...)
	soon(t, c, 4, "faucet_config_table_names", with("table_name", "eth_dst", "next_tables", "flood")...)
	soon(t, c, 1, "faucet_config_table_names", with("table_name", "eth_src", "next_tables", "ipv4_fib,vip,eth_dst,flood")...)
	soon(t, c, 1, "of_dp_desc_stats", with("mfr_desc", "", "hw_desc", "")...)
	soon(t, c, 1, "faucet_config_hash_info", "config_files", path, "error", "")
	soon(t, c, 15, "ryu_config", "param", "echo_request_interval")
	// A host that moves, and ports that go.
	s.in(t, table, 2, config.Cookie, hello([6]byte{2, 0xbe, 0, 0, 0, 0}, 100))
	soon(t, c, 2, "learned_l2_port", with("vid", "100", "eth_src", "02:be:00:00:00:00")...)
	soon(t, c, 0x02be00000001, "learned_macs", with("port", "1", "vlan", "100", "n", "0")...)
	soon(t, c, -1, "learned_macs", with("port", "1", "vlan", "100", "n", "1")...)
	for _, n := range []int{0, 1, 2} {
		port := s.ports[n]
		port.State = openflow.LinkDown
		if _, err := s.conn.Send(t.Context(), &openflow.PortStatus{Reason: openflow.PortModified, Port: port}); err != nil {
			t.Fatal(err)
		}
	}
	soon(t, c, 0, "vlan_hosts_learned", with("vlan", "100")...)
	soon(t, c, -1, "learned_l2_port", dp...)
	soon(t, c, -1, "learned_macs", dp...)
	soon(t, c, 0, "port_status", with("port", "2")...)
}

// What is over the limit of metrics for single hosts is counted.
func TestHostsWithoutMetricsAreCounted(t *testing.T) {
	s := newShown()
	key := func(n int) hostKey { return hostKey{[6]byte{2, 0, 0, byte(n >> 16), byte(n >> 8), byte(n)}, 100} }
	for n := range hostMetricLimit + 5 {
		s.came(key(n), 1)
	}
	if len(s.at) != hostMetricLimit || s.onPlace[place{1, 100}] != hostMetricLimit+5 {
		t.Errorf("%d of %d are shown", len(s.at), s.onPlace[place{1, 100}])
	}
	for n := range hostMetricLimit + 5 {
		s.went(key(n), 1)
	}
	if len(s.at)+len(s.of)+len(s.onPlace) != 0 {
		t.Errorf("left: %d, %d, %d", len(s.at), len(s.of), len(s.onPlace))
	}
}

func TestABadFileIsPutBack(t *testing.T) {
	dir := t.TempDir()
	path, include := filepath.Join(dir, "faucet.yaml"), filepath.Join(dir, "vlans.yaml")
	const main, vlans = "include: [vlans.yaml]\ndps:\n  sw1:\n    dp_id: 1\n    interfaces:\n      1: {native_vlan: office}\n", "vlans: {office: {vid: 100}}\n"
	write(t, path, main)
	write(t, include, vlans)
	if err := os.Chmod(include, 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := New(Options{Config: path, Listen: "ptcp:0:127.0.0.1", AutoRevert: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.listener.Close()
	write(t, include, "vlans: {office: {vid: 99999}}\n")
	if err := c.Reload(); err == nil {
		t.Fatal("a wrong file was taken")
	}
	if got := metric(t, c, "faucet_config_load_error"); got != 1 {
		t.Errorf("load error %v", got)
	}
	if text, _ := os.ReadFile(include); string(text) != vlans {
		t.Errorf("it is %q", text)
	}
	if info, _ := os.Stat(include); info.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %v", info.Mode())
	}
	if list, _ := filepath.Glob(filepath.Join(dir, "*")); len(list) != 2 {
		t.Errorf("left behind: %v", list)
	}
	// One that is good is what is put back from then on.
	good := strings.Replace(vlans, "100", "101", 1)
	write(t, include, good)
	if err := c.Reload(); err != nil {
		t.Fatal(err)
	}
	write(t, path, "dps: {}")
	if err := c.Reload(); err == nil {
		t.Fatal("a wrong file was taken")
	}
	one, _ := os.ReadFile(path)
	two, _ := os.ReadFile(include)
	if string(one) != main || string(two) != good {
		t.Errorf("they are %q and %q", one, two)
	}
}
