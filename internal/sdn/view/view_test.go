package view

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"github.com/octothorpe/octothorpe/internal/sdn/control"
	"github.com/octothorpe/octothorpe/internal/sdn/emptyswitch"
	"github.com/octothorpe/octothorpe/openflow"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const office = `
vlans: {office: {vid: 100, faucet_vips: [10.0.0.254/24], routes: [{route: {ip_dst: 192.168.0.0/16, ip_gw: 10.0.0.7}}]}}
dps:
  sw1:
    dp_id: 1
    interfaces:
      1: {native_vlan: office, description: the door}
      2: {tagged_vlans: [office]}
  sw2:
    dp_id: 2
    interfaces:
      1: {native_vlan: office}
`

// house is a controller of two switches, of which the first is connected, and its view.
type house struct {
	t      *testing.T
	server *httptest.Server
	sw     *openflow.Conn
	events *control.Events
}

func open(t *testing.T) *house {
	t.Helper()
	path := filepath.Join(t.TempDir(), "faucet.yaml")
	if err := os.WriteFile(path, []byte(office), 0o644); err != nil {
		t.Fatal(err)
	}
	log, metrics := slog.New(slog.DiscardHandler), control.NewMetrics()
	events := control.NewEvents(log, metrics)
	c, err := control.New(control.Options{Config: path, Listen: "ptcp:0:127.0.0.1", Log: log, Metrics: metrics, Events: events})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = c.Serve(ctx) }()
	h := &house{t: t, server: httptest.NewServer(New(c, events, log)), events: events}
	ready := events.Subscribe(0)
	if h.sw, err = openflow.Dial(t.Context(), "tcp:"+c.Addr().String(), nil, openflow.Options{}); err != nil {
		t.Fatal(err)
	}
	served, looks := make(chan struct{}), uint64(0)
	go func() {
		defer close(served)
		for {
			r, err := h.sw.Receive(context.Background())
			if err != nil {
				return
			}
			if reply := speak(r.Message); reply != nil {
				if m, ok := reply.(*openflow.MultipartReply); ok {
					if list, ok := m.Body.(*openflow.PortStatsReply); ok {
						looks++
						list.Ports[0].RxBytes = looks * 1250
					}
				}
				_ = h.sw.Reply(context.Background(), r.XID, reply)
			}
		}
	}()
	t.Cleanup(func() {
		events.Close() // ends the WebSockets
		h.server.Close()
		cancel()
		<-done
		h.sw.Close()
		<-served
		http.DefaultClient.CloseIdleConnections()
	})
	for e := range ready.C {
		if e.Kind == "DP_CHANGE" {
			break
		}
	}
	ready.Close()
	return h
}

// speak is what a switch with two ports and a flow answers.
func speak(m openflow.Message) openflow.Message {
	if m, ok := m.(*openflow.MultipartRequest); ok {
		switch m.Body.(type) {
		case *openflow.PortStatsRequest:
			return &openflow.MultipartReply{Body: &openflow.PortStatsReply{Ports: []openflow.PortStats{{Port: 1, RxPackets: 7, TxBytes: 99, RxDropped: 1, TxDropped: ^uint64(0)}}}}
		case *openflow.FlowStatsRequest:
			return &openflow.MultipartReply{Body: &openflow.FlowStatsReply{Flows: []openflow.FlowStats{{Table: 1, Priority: 5, Packets: 3, Cookie: 9,
				Match: openflow.Match{openflow.VLANVID.Uint(100 | openflow.VIDPresent)}}}}}
		}
	}
	return emptyswitch.Answer(m, 1, []openflow.Port{{Number: 1, State: openflow.Live, CurrentSpeed: 1000000}, {Number: 2, State: openflow.LinkDown}})
}

func (h *house) get(path string) (int, string) {
	h.t.Helper()
	reply, err := http.Get(h.server.URL + path) //nolint:noctx // of this machine
	if err != nil {
		h.t.Fatal(err)
	}
	defer reply.Body.Close()
	body, err := io.ReadAll(reply.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return reply.StatusCode, strings.TrimSpace(string(body))
}

func TestTables(t *testing.T) {
	h := open(t)
	alice := append([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0e, 0, 0, 0, 0, 0x11, 0x81, 0, 0, 100, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1},
		0x0e, 0, 0, 0, 0, 0x11, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 9)
	learnt := h.events.Subscribe(0)
	defer learnt.Close()
	if _, err := h.sw.Send(t.Context(), &openflow.PacketIn{Buffer: openflow.NoBuffer, Table: 1, Cookie: 1524372928,
		Match: openflow.Match{openflow.InPort.Uint(1)}, Data: alice}); err != nil {
		t.Fatal(err)
	}
	for e := range learnt.C {
		if e.Kind == "L2_LEARN" {
			break
		}
	}
	for path, want := range map[string]string{
		"/api/dps?dp=sw1":   `"name":"sw1","dp_id":"0x1","connected":true,"role":"master","hardware":"Open vSwitch","ports":2,"ports_up":1,"vlans":1,"hosts":1,`,
		"/api/dps":          `{"name":"sw2","dp_id":"0x2","connected":false,"role":"",`,
		"/api/ports?dp=sw1": `"port":1,"name":"1","up":true,"native_vlan":"office","tagged_vlans":[],"lacp":0,"selected":true,"stack_peer":"","speed_kbps":1000000,"hosts":1,"rx_packets":7,"tx_packets":0,"rx_bytes":1250,"tx_bytes":99,"dropped":1,`,
		"/api/hosts":        `"vlan":"office","vid":100,"mac":"0e:00:00:00:00:11","port":1,`,
		"/api/vlans?dp=sw1": `"untagged":[1],"tagged":[2],"faucet_vips":["10.0.0.254/24"],"acls":[],"hosts":1`,
		"/api/routes":       `{"dp":"sw1","vlan":"office","network":"192.168.0.0/16","kind":"static","via":"10.0.0.7","mac":""}`,
		"/api/flows":        `[{"dp":"sw1","table":"eth_src","table_id":1,"packets":3,"bytes":0,"age":0,"flow":"priority=5,dl_vlan=100 actions=drop"}]`,
		"/api/bgp":          `[]`,
		"/api/stack":        `[]`,
		"/api/trace?dp=sw1&port=2&packet=eth_src%3D0e:00:00:00:00:12,eth_dst%3D0e:00:00:00:00:11":                   `"up":false,`,
		"/api/trace?dp=sw1&port=1&packet=" + url.QueryEscape("eth_src=0e:00:00:00:00:12,eth_dst=0e:00:00:00:00:11"): `"does not leave by port 1, by which it came"`,
	} {
		if code, got := h.get(path); code != http.StatusOK || !strings.Contains(got, want) {
			t.Errorf("%s: %d\n%s\nwant in it\n%s", path, code, got, want)
		}
	}
	for path, want := range map[string]int{"/api/dps?dp=sw9": 404, "/api/cats": 404, "/api/trace?dp=sw1&port=9": 404, "/api/trace?port=1": 404,
		"/api/trace?dp=sw1&port=1&packet=colour": 400, "/api/trace?dp=sw2&port=1&packet=eth_src%3D0e:00:00:00:00:11,eth_dst%3D0e:00:00:00:00:12": 409} {
		if code, got := h.get(path); code != want || strings.HasPrefix(path, "/api/cats") == strings.HasPrefix(got, `{"error":"`) {
			t.Errorf("%s: %d %s, want %d", path, code, got, want)
		}
	}
}

// Each of several WebSockets is told of everything.
func TestEventsOverWebSockets(t *testing.T) {
	h := open(t)
	var readers []*websocket.Conn
	for range 3 {
		ws, _, err := websocket.Dial(t.Context(), strings.Replace(h.server.URL, "http", "ws", 1)+"/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer ws.CloseNow()
		readers = append(readers, ws)
	}
	h.events.Heartbeat(10*time.Millisecond, t.Context().Done())
	for i, ws := range readers {
		_, b, err := ws.Read(t.Context())
		var told map[string]any
		if err != nil || json.Unmarshal(b, &told) != nil || told["version"] != 1.0 {
			t.Errorf("reader %d: %s, %v", i, b, err)
		}
		if beat, ok := told["EVENT_SOCK_HEARTBEAT"]; !ok || beat != nil {
			t.Errorf("reader %d: %s", i, b)
		}
	}
}
