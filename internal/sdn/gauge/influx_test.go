package gauge

import (
	"context"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/internal/sdn/control"
	"github.com/octothorpe/octothorpe/openflow"
)

// What Faucet's Gauge 1.10.11 wrote to InfluxDB of a switch, but for how it writes
// whole numbers (7.0).
func TestInfluxHasGaugesMeasurements(t *testing.T) {
	dp := session(t).DP
	dp.Name = "sw 1"
	for _, c := range []struct {
		list []sample
		want string
	}{
		{points(dp, &openflow.PortStatsReply{Ports: []openflow.PortStats{{Port: 1, TxPackets: 9, RxPackets: 10, TxBytes: 726, RxBytes: 796, TxErrors: math.MaxUint64}, {Port: openflow.PortLocal}}}), `
packets_out,dp_name=sw\ 1,port_name=1 value=9 5
packets_in,dp_name=sw\ 1,port_name=1 value=10 5
bytes_out,dp_name=sw\ 1,port_name=1 value=726 5
bytes_in,dp_name=sw\ 1,port_name=1 value=796 5
dropped_out,dp_name=sw\ 1,port_name=1 value=0 5
dropped_in,dp_name=sw\ 1,port_name=1 value=0 5
errors_out,dp_name=sw\ 1,port_name=1 value=0 5
errors_in,dp_name=sw\ 1,port_name=1 value=0 5
packets_out,dp_name=sw\ 1,port_name=4294967294 value=0 5
packets_in,dp_name=sw\ 1,port_name=4294967294 value=0 5
bytes_out,dp_name=sw\ 1,port_name=4294967294 value=0 5
bytes_in,dp_name=sw\ 1,port_name=4294967294 value=0 5
dropped_out,dp_name=sw\ 1,port_name=4294967294 value=0 5
dropped_in,dp_name=sw\ 1,port_name=4294967294 value=0 5
errors_out,dp_name=sw\ 1,port_name=4294967294 value=0 5
errors_in,dp_name=sw\ 1,port_name=4294967294 value=0 5
`},
		{portPoints(dp, []*openflow.PortStatus{{Port: openflow.Port{Number: 1}}, {Port: openflow.Port{Number: openflow.PortLocal}}, {Reason: openflow.PortModified, Port: openflow.Port{Number: 1}}}), `
port_state_reason,dp_name=sw\ 1,port_name=door value=0 5
port_state_reason,dp_name=sw\ 1,port_name=door value=2 5
`},
		{points(dp, &openflow.FlowStatsReply{Flows: []openflow.FlowStats{
			{Table: 0, Priority: 20480, Cookie: 1524372928, Match: openflow.Match{openflow.EthType.Uint(2048), openflow.InPort.Uint(1), openflow.IPProto.Uint(6), openflow.TCPDst.Uint(80)}},
			{Table: 1, Priority: 4096, Cookie: 1524372928, Packets: 3, Bytes: 4, Match: openflow.Match{openflow.InPort.Uint(3), openflow.VLANVID.Uint(4196)},
				Instructions: []openflow.Instruction{openflow.GotoTable{Table: 2}}},
			{Table: 4, Priority: 8236, Cookie: 1524372928, Match: openflow.Match{openflow.EthDst.Bytes([]byte{1, 0x80, 0xc2, 0, 0, 0}, []byte{255, 255, 255, 255, 255, 0xf0})}},
			{Table: 9, Match: openflow.Match{openflow.VLANVID.Masked(4096, 4096), openflow.IPv4Dst.Prefix(netip.MustParsePrefix("10.0.0.0/24"))}},
		}}), `
flow_packet_count,cookie=1524372928,dp_id=0xa,dp_name=sw\ 1,eth_type=2048,in_port=1,inst_count=0,ip_proto=6,priority=20480,table_id=0,tcp_dst=80 value=0 5
flow_byte_count,cookie=1524372928,dp_id=0xa,dp_name=sw\ 1,eth_type=2048,in_port=1,inst_count=0,ip_proto=6,priority=20480,table_id=0,tcp_dst=80 value=0 5
flow_packet_count,cookie=1524372928,dp_id=0xa,dp_name=sw\ 1,in_port=3,inst_count=1,priority=4096,table_id=1,vlan=100,vlan_vid=4196 value=3 5
flow_byte_count,cookie=1524372928,dp_id=0xa,dp_name=sw\ 1,in_port=3,inst_count=1,priority=4096,table_id=1,vlan=100,vlan_vid=4196 value=4 5
flow_packet_count,cookie=1524372928,dp_id=0xa,dp_name=sw\ 1,eth_dst=01:80:c2:00:00:00/ff:ff:ff:ff:ff:f0,inst_count=0,priority=8236,table_id=4 value=0 5
flow_byte_count,cookie=1524372928,dp_id=0xa,dp_name=sw\ 1,eth_dst=01:80:c2:00:00:00/ff:ff:ff:ff:ff:f0,inst_count=0,priority=8236,table_id=4 value=0 5
flow_packet_count,cookie=0,dp_id=0xa,dp_name=sw\ 1,inst_count=0,ipv4_dst=10.0.0.0/255.255.255.0,priority=0,table_id=9,vlan_vid=4096/4096 value=0 5
flow_byte_count,cookie=0,dp_id=0xa,dp_name=sw\ 1,inst_count=0,ipv4_dst=10.0.0.0/255.255.255.0,priority=0,table_id=9,vlan_vid=4096/4096 value=0 5
`},
		{points(dp, &openflow.MeterStatsReply{Meters: []openflow.MeterStats{{Meter: 2, PacketsIn: 4, Bands: []openflow.Counter{{Packets: 1, Bytes: 2}, {Packets: 3}}}}}), `
flow_count,dp_name=sw\ 1,meter_id=2 value=0 5
byte_in_count,dp_name=sw\ 1,meter_id=2 value=0 5
packet_in_count,dp_name=sw\ 1,meter_id=2 value=4 5
byte_band_count,dp_name=sw\ 1,meter_id=2 value=2 5
packet_band_count,dp_name=sw\ 1,meter_id=2 value=4 5
`},
		{[]sample{{"x", map[string]string{"a": `b,=c\`, "empty": ""}, 0.5}}, "\n" + `x,a=b\,\=c\\  value=0.5 5` + "\n"},
	} {
		if got := "\n" + string(lines(c.list, time.Unix(5, 7))); got != c.want {
			t.Errorf("got%s\nwant%s", got, c.want)
		}
	}
}

// database is an InfluxDB that answers as it is told to.
func database(t *testing.T, answers ...string) (db *config.DB, got chan string) {
	t.Helper()
	got = make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got <- strings.TrimSpace(r.URL.String()+" "+r.Header.Get("Authorization")) + "\n" + string(b)
		if len(answers) == 0 {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		code := http.StatusInternalServerError
		if strings.HasPrefix(answers[0], "404") {
			code = http.StatusNotFound
		}
		http.Error(w, answers[0], code)
		answers = answers[1:]
	}))
	t.Cleanup(func() { http.DefaultClient.CloseIdleConnections(); server.Close() })
	host, port, _ := strings.Cut(strings.TrimPrefix(server.URL, "http://"), ":")
	cfg, err := load(t, "watchers: {a: {type: port_stats, all_dps: true, db: i}}\ndbs: {i: {type: influx, influx_host: "+host+", influx_port: "+port+"}}\n")
	if err != nil {
		t.Fatal(err)
	}
	return cfg.Watchers[0].DB, got
}

func TestBothInfluxDBsAreWrittenTo(t *testing.T) {
	db, got := database(t)
	one := []sample{{"packets_out", map[string]string{"dp_name": "sw1"}, 7}}
	if err := post(t.Context(), db, one, time.Unix(5, 0)); err != nil {
		t.Fatal(err)
	}
	want := "/write?db=faucet&precision=s\npackets_out,dp_name=sw1 value=7 5\n"
	if text := <-got; text != want {
		t.Errorf("got %q, want %q", text, want)
	}
	db.InfluxBucket, db.InfluxOrg, db.InfluxToken = "network", "us", "secret"
	if err := post(t.Context(), db, one, time.Unix(5, 0)); err != nil {
		t.Fatal(err)
	}
	want = strings.Replace(want, "/write?db=faucet&precision=s", "/api/v2/write?bucket=network&org=us&precision=s Token secret", 1)
	if text := <-got; text != want {
		t.Errorf("got %q, want %q", text, want)
	}
}

// What is the database's problem is tried again; what is refused is not, and why is said.
func TestWhatInfluxDBAnswers(t *testing.T) {
	one := []sample{{"x", nil, 7}}
	db, got := database(t, "out of memory", "out of memory")
	if err := post(t.Context(), db, one, time.Unix(5, 0)); err != nil || len(got) != 3 {
		t.Errorf("%v after %d tries", err, len(got))
	}
	db, got = database(t, "404: database not found")
	if err := post(t.Context(), db, one, time.Unix(5, 0)); err == nil || !strings.Contains(err.Error(), "404 Not Found 404: database not found") || len(got) != 1 {
		t.Errorf("%v after %d tries", err, len(got))
	}
}

// A watcher of ports tells what a switch has when it connects, and then each change,
// also of a link that goes and comes at once.
func TestEachChangeOfAPortIsTold(t *testing.T) {
	db, got := database(t)
	s := session(t)
	cfg := &config.Gauge{Watchers: []*config.Watcher{{AllDPs: true, Interval: 1, Type: "port_state", DB: db}}}
	g, err := New(cfg, func() []control.Session { return []control.Session{s} }, slog.New(slog.NewTextHandler(t.Output(), nil)))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { defer close(done); g.watchPorts(ctx, g.ports[0]) }()
	defer func() { cancel(); <-done }()
	value := func() string {
		_, point, _ := strings.Cut(<-got, "\n")
		return point[:strings.LastIndex(point, " ")]
	}
	if point := value(); point != "port_state_reason,dp_name=sw1,port_name=door value=0" {
		t.Errorf("got %q", point)
	}
	for _, state := range []openflow.PortState{openflow.LinkDown, openflow.Live} {
		g.PortStatus(11, &openflow.PortStatus{Reason: openflow.PortDeleted, Port: openflow.Port{Number: 1}}) // another switch
		g.PortStatus(10, &openflow.PortStatus{Reason: openflow.PortModified, Port: openflow.Port{Number: 1, State: state}})
		if point := value(); point != "port_state_reason,dp_name=sw1,port_name=door value=2" {
			t.Errorf("got %q", point)
		}
	}
}

// Changes for which there is no room are counted.
func TestChangesOfPortsAreBounded(t *testing.T) {
	cfg := &config.Gauge{Watchers: []*config.Watcher{{AllDPs: true, Type: "port_state", DB: &config.DB{Type: "prometheus"}}}}
	g, err := New(cfg, func() []control.Session { return nil }, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range portQueue + 3 {
		g.PortStatus(1, &openflow.PortStatus{})
	}
	page := httptest.NewRecorder()
	promhttp.HandlerFor(g.Registry, promhttp.HandlerOpts{}).ServeHTTP(page, httptest.NewRequest("GET", "/metrics", nil))
	if want := "octothorpe_gauge_port_changes_dropped_total 3\n"; !strings.Contains(page.Body.String(), want) {
		t.Errorf("%s is not in\n%s", want, page.Body)
	}
}
