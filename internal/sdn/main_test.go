package sdn

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const small = "vlans: {office: {vid: 100}}\ndps:\n  sw1:\n    dp_id: 1\n    interfaces:\n      1: {native_vlan: office}\n      2: {native_vlan: office}\n"

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "faucet.yaml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCommands(t *testing.T) {
	good, wrong := file(t, small), file(t, strings.Replace(small, "native_vlan", "nativ_vlan", 1))
	wider := file(t, small+"      3: {native_vlan: office}\n")
	two := file(t, small+"  sw2: {dp_id: 2, interfaces: {1: {native_vlan: office}}}\n")
	gauge := file(t, "faucet_configs: ["+good+"]\nwatchers: {a: {type: port_stats, dps: [sw1, sw9], db: i}}\ndbs: {i: {type: influx, influx_pwd: hush}}\n")
	lonely := file(t, "watchers: {a: {type: port_stats, all_dps: true, db: i}}\ndbs: {i: {type: influx}}\n")
	acl := file(t, "acls: {a: [{rule: {actions: {allow: 1}}}]}\n"+strings.Replace(small, "1: {", "1: {acls_in: [a], ", 1))
	for _, c := range []struct {
		args      []string
		code      int
		out, errs string
	}{
		{[]string{"check", good}, 0, `"hardware": "Open vSwitch"`, ""},
		{[]string{"check", good, wrong}, 1, "", ":6:11: nativ_vlan is no key of an interface (did you mean native_vlan?)"},
		{[]string{"check"}, 2, "", "octothorpe sdn check: no file is named\n\noctothorpe sdn check FILE"},
		{[]string{"check", good + ".none"}, 1, "", "can not be read"},
		{[]string{"check", gauge}, 0, `"influx_pwd": "…"`, ":2:45: watcher a: there is no switch sw9\n"},
		{[]string{"check", lonely}, 0, `"influx_host": "localhost"`, "it names no faucet.yaml"},
		{[]string{"check", file(t, "faucet_configs: ["+wrong+"]\nwatchers: {a: {type: port_stats, all_dps: true, db: i}}\ndbs: {i: {type: influx}}\n")}, 1, "", "did you mean native_vlan?"},
		{[]string{"check", file(t, "watchers: {a: {type: port_stat, all_dps: true, db: i}}\ndbs: {i: {type: influx}}\n")}, 1, "", `:1:15: a watcher of type "port_stat" is not known`},
		{[]string{"check", file(t, "watchers: {a: {type: port_stats, all_dps: true, db: i}}\ndbs: {i: {type: text}}\n")}, 1, "", "needs file"},
		{[]string{"plan", "-at", "127.0.0.1:1"}, 1, "", "no controller answers"},
		{[]string{"tables", good}, 0, "table=3, priority=8192,dl_vlan=100 actions=pop_vlan,output:1,output:2\n", ""},
		{[]string{"tables", good, "sw2"}, 1, "", "there is no switch sw2: there are sw1\n"},
		{[]string{"tables"}, 2, "", "octothorpe sdn tables: no file is named\n"},
		{[]string{"tables", good, "sw1", "sw2", "sw3"}, 2, "", "octothorpe sdn tables: too many arguments: \"sw2 sw3\"\n"},
		{[]string{"plan", good}, 2, "", "octothorpe sdn plan: it compares two files, and one is named (none: "},
		{[]string{"plan", good, good, wider}, 2, "", "octothorpe sdn plan: too many arguments: "},
		{[]string{"plan", good, good}, 0, "", ""},
		{[]string{"plan", good, wider}, 3, "sw1: + priority=4096,in_port=3,", ""},
		{[]string{"plan", wider, good}, 3, "sw1: - priority=4096,in_port=3,", ""},
		{[]string{"plan", good, acl}, 3, "sw1: cold start: the tables are [port_acl vlan", ""},
		{[]string{"help"}, 0, "octothorpe sdn plan", ""},
		{[]string{"-c", wrong, "-metrics", "none", "-listen", "ptcp:0:127.0.0.1"}, 1, "", "did you mean native_vlan?"},
		{[]string{"shew"}, 2, "", `octothorpe sdn: "shew" is no command of sdn; see octothorpe sdn help`},
		{[]string{"-lisen", "x"}, 2, "", "octothorpe sdn: flag provided but not defined: -lisen; see"},
		{[]string{"-c", good, "-listen", "pssl:0"}, 2, "", "-listen pssl:0 is for switches that connect with TLS, and needs -cert and -key"},
		{[]string{"-c", good, "-shards", "0", "-nats", "nats://127.0.0.1:1"}, 2, "", "-shards is a number from 1 to 1024"},
		{[]string{"show"}, 2, "", "octothorpe sdn show: no table is named\n\noctothorpe sdn show TABLE"},
		{[]string{"show", "cats"}, 2, "", "octothorpe sdn show: there is no table cats\n"},
		{[]string{"show", "dps", "-jsn"}, 2, "", "octothorpe sdn show: flag provided but not defined: -jsn\n"},
		{[]string{"show", "dps", "sw1", "sw2"}, 2, "", "octothorpe sdn show: too many arguments: \"sw2\"\n"},
		{[]string{"show", "-h"}, 0, "octothorpe sdn show TABLE", ""},
		{[]string{"trace"}, 2, "", "octothorpe sdn trace: the port and the packet are missing\n\noctothorpe sdn trace PORT PACKET"},
		{[]string{"trace", "1"}, 2, "", "octothorpe sdn trace: the packet is missing: 1 is the port\n"},
		{[]string{"trace", "1", "arp", "ip"}, 2, "", "octothorpe sdn trace: too many arguments: \"ip\" ("},
		{[]string{"trace", "-c", two, "1", "arp"}, 1, "", "there are several switches: say which with -dp NAME, dp=NAME in a request (sw1, sw2)"},
		{[]string{"trace", "-c", two, "-dp", "sw3", "1", "arp"}, 1, "", "there is no switch sw3: there are sw1, sw2"},
		{[]string{"show", "dps", "-at", "127.0.0.1:1"}, 1, "", "no controller answers"},
		{[]string{"trace", "-c", good, "1", "eth_src=0e:00:00:00:00:11,eth_dst=0e:00:00:00:00:12,arp"}, 0, "leaves by port 2: without a tag, arp,", ""},
		{[]string{"trace", "-c", good, "9", "arp"}, 1, "", `sw1 has no port "9"`},
		{[]string{"trace", "-c", good, "1", "arp"}, 1, "", "a packet has eth_src"},
	} {
		var out, errs bytes.Buffer
		if code := Main(c.args, &out, &errs); code != c.code || !strings.Contains(out.String(), c.out) || !strings.Contains(errs.String(), c.errs) {
			t.Errorf("%v: %d\n%s\n%s", c.args, code, out.String(), errs.String())
		}
	}
}

// The controller ends with its context, whatever it serves.
func TestControllerStartsAndStops(t *testing.T) {
	gauge := file(t, "watchers: {a: {type: port_stats, all_dps: true, db: p}}\ndbs: {p: {type: prometheus, prometheus_addr: 127.0.0.1, prometheus_port: 0}}\n")
	s := settings{config: file(t, small), listen: "ptcp:0:127.0.0.1", metrics: "127.0.0.1:0", events: filepath.Join(t.TempDir(), "sock"), gauge: gauge, view: "127.0.0.1:0"}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	log, write := io.Pipe()
	go func() { done <- run(ctx, s, write); write.Close() }()
	line := make([]byte, 4096)
	if n, err := log.Read(line); err != nil || !strings.Contains(string(line[:n]), "listening for switches") {
		t.Errorf("%s %v", line[:n], err)
	}
	cancel()
	rest, _ := io.ReadAll(log)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if !strings.Contains(string(rest), "the controller ends") {
		t.Errorf("nothing is said of the end: %s", rest)
	}
}
