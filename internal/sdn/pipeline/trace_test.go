package pipeline

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
)

const traced = `
vlans: {office: {vid: 100}, guests: {vid: 200}}
acls:
  web:
  - rule: {dl_type: 0x800, nw_proto: 6, tcp_dst: 80, actions: {allow: 1}}
  - rule: {dl_type: 0x800, nw_proto: 6, actions: {allow: 0}}
  - rule: {actions: {allow: 1}}
dps:
  sw1:
    dp_id: 1
    interfaces:
      1: {native_vlan: office, acls_in: [web]}
      2: {native_vlan: office}
      3: {tagged_vlans: [office, guests]}
`

func TestTraceSaysWhatAPacketMeets(t *testing.T) {
	path := filepath.Join(t.TempDir(), "faucet.yaml")
	if err := os.WriteFile(path, []byte(traced), 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	dp := c.DPs[0]
	tables := Build(dp, State{Up: map[uint32]bool{1: true, 2: true, 3: true}})
	bob := Host{MAC: [6]byte{0x0e, 0, 0, 0, 0, 9}, VLAN: dp.VLAN(100), Port: dp.Port(3)}
	tables.Flows = append(tables.Flows, HostFlows(dp, tables, bob)...)
	const ends = "eth_src=0e:00:00:00:00:11,eth_dst=0e:00:00:00:00:09,"
	for _, x := range []struct {
		name   string
		port   uint32
		packet string
		want   []string // each in the text, in this order
		not    string
	}{
		{"allowed, to a host that is known", 1, ends + "tcp,nw_src=10.0.0.1,nw_dst=10.0.0.2,tp_dst=80", []string{"table 0, port_acl", "tcp_dst=80 (80)", "table 1, vlan",
			"gets a tag", "table 2, eth_src", "is told to the controller", "table 3, eth_dst", "leaves by port 3: with the tag 100, tcp,"}, "port 2"},
		{"refused", 1, ends + "tcp,tcp_dst=443", []string{"table 0, port_acl", "tp_dst=80 actions=goto_table:1 — but it is for tcp_dst=80, and the packet has 443",
			"so it   is dropped"}, "table 1"},
		{"to everybody", 2, "dl_src=0e:00:00:00:00:02,dl_dst=ff:ff:ff:ff:ff:ff,arp", []string{"table 4, flood", "leaves by port 3: with the tag 100", "loses its tag",
			"leaves by port 1: without a tag, ", "does not leave by port 2, by which it came"}, ""},
		{"with a tag that the port has not", 2, ends + "dl_vlan=200", []string{"table 1, vlan", "it takes all that no flow above takes", "is dropped"}, "table 2"},
		{"a frame", 3, "0e0000000009 0e0000000011 810000c8 0800 4500001c000000004011000001020304 05060708 0035 1234 0008 0000",
			[]string{"udp,in_port=3,dl_vlan=200,dl_src=0e:00:00:00:00:11,dl_dst=0e:00:00:00:00:09,nw_src=1.2.3.4,nw_dst=5.6.7.8", "tp_src=53,tp_dst=4660", "table 4, flood"}, ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			p, err := ParsePacket(x.packet)
			if err != nil {
				t.Fatal(err)
			}
			text := Text(Trace(tables, x.port, p))
			rest := text
			for _, want := range x.want {
				_, after, found := strings.Cut(rest, want)
				if !found {
					t.Fatalf("%q is not (in its place) in\n%s", want, text)
				}
				rest = after
			}
			if x.not != "" && strings.Contains(text, "leaves by "+x.not) || x.not != "" && strings.Contains(text, x.not+",") {
				t.Errorf("%q is in\n%s", x.not, text)
			}
		})
	}
}

func TestWhatIsNoPacketIsSaid(t *testing.T) {
	for text, want := range map[string]string{
		"": "a packet has eth_src", "0e00": "a frame of 2 bytes", "eth_src=1,eth_dst=2": "no Ethernet address", "colour=red": `"colour" is no field`,
		"tcp,tp_dst=70000": "no such number", "nw_src=fe80::1": "no such address", "eth_src": "has no value",
	} {
		if _, err := ParsePacket(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

func FuzzPacket(f *testing.F) {
	f.Add([]byte("\x0e\x00\x00\x00\x00\x09\x0e\x00\x00\x00\x00\x01\x81\x00\x00\xc8\x08\x00E\x00\x00\x1c"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := FromFrame(b)
		if (err == nil) != (len(b) >= 14) {
			t.Error(err)
		}
		_ = p.String() + p.outside()
	})
}
