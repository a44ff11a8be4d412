package gauge

import (
	"context"
	"log/slog"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.uber.org/goleak"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/internal/sdn/control"
	"github.com/octothorpe/octothorpe/openflow"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// session is a switch that has counters, and is connected.
func session(t *testing.T) control.Session {
	t.Helper()
	path := filepath.Join(t.TempDir(), "faucet.yaml")
	text := "vlans: {office: {vid: 100}}\ndps:\n  sw1:\n    dp_id: 10\n    interfaces:\n      1: {native_vlan: office, name: door, description: the door}\n"
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	a, b := net.Pipe()
	made := make(chan *openflow.Conn)
	go func() {
		s, err := openflow.NewConn(context.Background(), b, openflow.Options{})
		if err != nil {
			t.Error(err)
		}
		made <- s
		for {
			r, err := s.Receive(context.Background())
			if err != nil {
				return
			}
			s.Reply(context.Background(), r.XID, answer(r.Message))
		}
	}()
	conn, err := openflow.NewConn(t.Context(), a, openflow.Options{})
	if err != nil {
		t.Fatal(err)
	}
	other := <-made
	t.Cleanup(func() { conn.Close(); other.Close() })
	return control.Session{DP: c.DPs[0], Conn: conn}
}

func answer(m openflow.Message) openflow.Message {
	switch m.(*openflow.MultipartRequest).Body.(type) {
	case *openflow.PortStatsRequest:
		return &openflow.MultipartReply{Body: &openflow.PortStatsReply{Ports: []openflow.PortStats{{Port: 1, TxPackets: 7, RxBytes: 9}, {Port: openflow.PortLocal}}}}
	case *openflow.FlowStatsRequest:
		return &openflow.MultipartReply{Body: &openflow.FlowStatsReply{Flows: []openflow.FlowStats{{Table: 1, Priority: 5, Packets: 3,
			Match: openflow.Match{openflow.VLANVID.Uint(100 | openflow.VIDPresent)}}}}}
	case *openflow.MeterStatsRequest:
		return &openflow.MultipartReply{Body: &openflow.MeterStatsReply{Meters: []openflow.MeterStats{{Meter: 2, PacketsIn: 4}}}}
	}
	return &openflow.MultipartReply{Body: &openflow.PortDescReply{Ports: []openflow.Port{{Number: 1, State: openflow.Live}}}}
}

func load(t *testing.T, text string) (*config.Gauge, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "gauge.yaml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return config.LoadGauge(path)
}

const all = `
faucet_configs: [/etc/faucet/faucet.yaml]
watchers:
  a: {type: port_stats, dps: [sw1], interval: 10, db: p}
  b: {type: flow_table, all_dps: true, db: p}
  c: {type: meter_stats, all_dps: true, db: p}
  d: {type: port_state, all_dps: true, db: p}
dbs:
  p: {type: prometheus, prometheus_port: 9303}
`

// once polls for each watcher, and has port 1 lose its link.
func once(t *testing.T, g *Gauge) {
	t.Helper()
	for _, w := range g.watchers {
		if w.Type != "port_state" {
			g.poll(t.Context(), w)
			continue
		}
		for _, s := range g.sessions() {
			list, err := ports(t.Context(), w, s)
			if err != nil {
				t.Fatal(err)
			}
			g.happened(t.Context(), w, s.DP, list)
			g.happened(t.Context(), w, s.DP, []*openflow.PortStatus{{Reason: openflow.PortModified, Port: openflow.Port{Number: 1, State: openflow.LinkDown}}})
		}
	}
}

func TestPrometheusHasFaucetsNames(t *testing.T) {
	cfg, err := load(t, all)
	if err != nil {
		t.Fatal(err)
	}
	s := session(t)
	g, err := New(cfg, func() []control.Session { return []control.Session{s} }, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	once(t, g)
	page := httptest.NewRecorder()
	promhttp.HandlerFor(g.Registry, promhttp.HandlerOpts{}).ServeHTTP(page, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{
		`of_port_tx_packets{dp_id="0xa",dp_name="sw1",port="door",port_description="the door"} 7`,
		`flow_packet_count_eth_src{cookie="0",dp_id="0xa",dp_name="sw1",inst_count="0",priority="5",table_id="1",vlan="100",vlan_vid="4196"} 3`,
		`of_meter_packet_in_count{dp_id="0xa",dp_name="sw1",meter_id="2"} 4`,
		`of_port_state{dp_id="0xa",dp_name="sw1",port="door",port_description="the door"} 1`,
		`of_port_reason{dp_id="0xa",dp_name="sw1",port="door",port_description="the door"} 2`,
		`of_port_rx_bytes{dp_id="0xa",dp_name="sw1",port="LOCAL",port_description="LOCAL"} 0`,
		`dp_status{dp_id="0xa",dp_name="sw1"} 1`,
	} {
		if !strings.Contains(page.Body.String(), want+"\n") {
			t.Errorf("%s is not in\n%s", want, page.Body)
		}
	}
}

func TestWrongGaugeFilesSayWhere(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{strings.Replace(all, "port_stats", "port_stat", 1), "(known are port_state, port_stats, flow_table, meter_stats)"},
		{strings.Replace(all, "db: p", "db: q", 1), "there is no database q"},
		{strings.Replace(all, "type: prometheus", "type: carrier_pigeon", 1), "is not known"},
		{strings.Replace(all, "dps: [sw1]", "dps: [sw1], all_dps: true", 1), "can not be used together"},
		{"watchers: {}\n", "nothing is watched"},
		{strings.Replace(all, "dbs:", "databases:", 1), "databases is no key of the top level"},
	} {
		if _, err := load(t, c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

// What Faucet's Gauge overlooks is overlooked: keys of the top level, and databases
// that no watcher has. What it refuses is refused.
func TestGaugeFilesHaveFaucetsVerdicts(t *testing.T) {
	const good = "watchers: {w: {type: port_stats, dps: [sw1], db: d}}\ndbs: {d: {type: prometheus}}\n"
	for text, want := range map[string]string{
		good:                "",
		"bogus: 1\n" + good: "",
		strings.Replace(good, "dbs: {", "dbs: {e: {type: nope}, ", 1): "",
		strings.Replace(good, "prometheus", "couchdb", 1):             `type "couchdb" is not known`,
		strings.Replace(good, "prometheus", "gaugedb", 1):             `type "gaugedb" is not known`,
		strings.Replace(good, "db: d", "db: x", 1):                    "there is no database x",
		strings.Replace(good, "port_stats", "ports", 1):               `type "ports" is not known`,
		strings.Replace(good, "db: d", "db: d, all_dps: true", 1):     "all_dps and dps can not be used together",
	} {
		if _, err := load(t, text); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
