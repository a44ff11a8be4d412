package gauge

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/sdn/control"
	"github.com/octothorpe/octothorpe/openflow"
)

// A flow as Faucet's Gauge wrote it.
const recordedFlow = `{"OFPFlowStats": {"byte_count": 0, "cookie": 1524372928, "duration_nsec": 989000000, "duration_sec": 1, "flags": 0, "hard_timeout": 0, "idle_timeout": 0, "instructions": [{"OFPInstructionActions": {"actions": [{"OFPActionPushVlan": {"ethertype": 33024, "len": 8, "type": 17}}, {"OFPActionSetField": {"field": {"OXMTlv": {"field": "vlan_vid", "value": 4196, "mask": null}}, "len": 16, "type": 25}}], "len": 32, "type": 4}}, {"OFPInstructionGotoTable": {"len": 8, "table_id": 2, "type": 1}}], "length": 112, "match": {"OFPMatch": {"oxm_fields": [{"OXMTlv": {"field": "in_port", "value": 1, "mask": null}}, {"OXMTlv": {"field": "vlan_vid", "value": 0, "mask": null}}], "length": 18, "type": 1}}, "packet_count": 0, "priority": 4096, "table_id": 1}}`

func TestFlowsAreWrittenAsFaucets(t *testing.T) {
	vid := openflow.VLANVID
	got, err := json.Marshal(flowsJSON(&openflow.FlowStatsReply{Flows: []openflow.FlowStats{{Table: 1, Priority: 4096, Cookie: 1524372928, DurationSec: 1, DurationNsec: 989000000,
		Match: openflow.Match{openflow.InPort.Uint(1), vid.Uint(0)}, Instructions: []openflow.Instruction{
			openflow.ApplyActions{Actions: []openflow.Action{openflow.PushVLAN{EtherType: 0x8100}, openflow.SetField{Field: vid.Uint(4196)}}}, openflow.GotoTable{Table: 2}}}}}))
	if err != nil {
		t.Fatal(err)
	}
	var a, b any
	if json.Unmarshal(got, &a) != nil || json.Unmarshal([]byte("["+recordedFlow+"]"), &b) != nil || !reflect.DeepEqual(a, b) {
		t.Errorf("got\n%s\nwant\n%s", got, recordedFlow)
	}
}

func TestTextFiles(t *testing.T) {
	dir := t.TempDir()
	cfg, err := load(t, strings.ReplaceAll(`
watchers:
  a: {type: port_stats, all_dps: true, db: stats}
  b: {type: port_state, all_dps: true, db: state}
  c: {type: flow_table, all_dps: true, db: flows}
  d: {type: meter_stats, all_dps: true, db: meters}
dbs:
  stats: {type: text, file: DIR/stats}
  state: {type: text, file: DIR/state}
  flows: {type: text, path: DIR, compress: true}
  meters: {type: text, file: DIR/meters}
`, "DIR", dir))
	if err != nil {
		t.Fatal(err)
	}
	s := session(t)
	g, err := New(cfg, func() []control.Session { return []control.Session{s} }, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	once(t, g)
	for name, want := range map[string]string{"stats": "\tsw1-door-packets-out\t7\n", "state": "\tDPID 10 (0xa) port 1 down\n", "meters": "\tsw1-2-packet-in-count\t4\n"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s: %q, %v, want %q in it", name, text, err, want)
		}
		if _, err := time.Parse("Jan 02 15:04:05", strings.SplitN(string(text), "\t", 2)[0]); err != nil {
			t.Error(err)
		}
	}
	stats, _ := os.ReadFile(filepath.Join(dir, "stats"))
	if !strings.Contains(string(stats), "\tsw1-LOCAL-errors-in\t0\n") {
		t.Errorf("got %s", stats)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "sw1--flowtable--*.json"))
	if len(files) != 1 {
		t.Fatalf("the files of flows are %v", files)
	}
	f, err := os.Open(files[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(z); err != nil || !strings.Contains(string(text), `"packet_count": 3`) {
		t.Errorf("%s, %v", text, err)
	}
}

// What happens to ports is told in the words of Faucet's Gauge.
func TestWhatHappensToPorts(t *testing.T) {
	var got []string
	for _, m := range []openflow.PortStatus{{Reason: openflow.PortAdded}, {Reason: openflow.PortModified, Port: openflow.Port{State: openflow.LinkDown | openflow.Live}},
		{Reason: openflow.PortModified, Port: openflow.Port{State: openflow.Live}}, {Reason: openflow.PortDeleted}, {Reason: 9}} {
		got = append(got, happened(&m))
	}
	if want := "added, down, up, deleted, unknown state 9"; strings.Join(got, ", ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTextNeedsAPlace(t *testing.T) {
	for kind, want := range map[string]string{"flow_table": "needs path", "port_stats": "needs file"} {
		cfg, err := load(t, "watchers: {a: {type: "+kind+", all_dps: true, db: x}}\ndbs: {x: {type: text}}\n")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := New(cfg, nil, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", kind, err)
		}
	}
}
