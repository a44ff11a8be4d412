package exchange

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

const oneSwitch = "vlans: {office: {vid: 100}}\ndps:\n  sw1:\n    dp_id: 1\n    interfaces:\n      1: {native_vlan: office}\n      2: {native_vlan: office}\n"

// An exchange drives switches as well, and tells of the network on its own interfaces.
func TestExchangeTellsOfTheNetwork(t *testing.T) {
	file := filepath.Join(t.TempDir(), "faucet.yaml")
	put := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(oneSwitch)
	k := beginTraced(t, "[house]\n", "[network]\nfaucet="+file+"\nlisten=ptcp:0:"+loopback+"\nmetrics=none\nview="+loopback+":0\n")
	boss := k.login()
	view := k.network.ViewAddr().String()
	ctx, cancel := context.WithTimeout(t.Context(), patient)
	defer cancel()
	ws, _, err := websocket.Dial(ctx, "ws://"+view+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	// Pages of other sites read nothing.
	if _, reply, err := websocket.Dial(ctx, "ws://"+view+"/events", &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {"http://elsewhere.example"}}}); err == nil {
		t.Error("a page of another site is let in")
	} else if reply != nil && reply.StatusCode != http.StatusForbidden {
		t.Errorf("it is answered %s", reply.Status)
	}
	reply, err := http.Get("http://" + view + "/api/vlans?dp=sw1") //nolint:noctx // of this machine
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(reply.Body)
	reply.Body.Close()
	if want := `"name":"office","vid":100,"untagged":[1,2]`; !strings.Contains(string(body), want) {
		t.Errorf("got %s, want %s in it", body, want)
	}
	if got := k.execute("module show like sdn"); !strings.Contains(got, "sdn.so") || !strings.Contains(got, "Network controller") {
		t.Errorf("got %q", got)
	}
	put(strings.Replace(oneSwitch, "vid: 100", "vid: 101", 1))
	if got, want := k.execute("module reload sdn"), "Module 'sdn' reloaded successfully.\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, line := range []string{"Event: NetworkConfigChange", "Privilege: network,all", "ConfigHashInfoConfigFiles: " + file, "Success: true"} {
		boss.until(line)
	}
	var event struct {
		ID     uint64 `json:"event_id"`
		Switch string `json:"dp_name"`
		Change struct {
			Success bool
			Restart string `json:"restart_type"`
		} `json:"CONFIG_CHANGE"`
	}
	next := func() {
		t.Helper()
		if _, b, err := ws.Read(ctx); err != nil || json.Unmarshal(b, &event) != nil || event.ID == 0 {
			t.Errorf("got %s, %v", b, err)
		}
	}
	// First each switch, although this one is away, and then the files.
	if next(); event.Switch != "sw1" || event.Change.Restart != "warm" {
		t.Errorf("the first event is %+v, want a warm restart of sw1", event)
	}
	if next(); !event.Change.Success {
		t.Errorf("the second event is %+v, want success", event)
	}
	put("dps: {}")
	if got, want := k.execute("module reload sdn"), "The module 'sdn' reported a reload failure\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	boss.until("Event: NetworkConfigChange")
	boss.until("Success: false")
	k.end()
}

func TestWrongNetworkIsSaid(t *testing.T) {
	k := prepareTrial(t, "[house]\n")
	name := filepath.Join(k.dirs.Etc, "asterisk.conf")
	k.Discard()
	if err := os.WriteFile(name, []byte("[directories]\nastetcdir="+k.dirs.Etc+"\n[network]\nfaucet=/none\nview=9304\nlisten=6653\ncolour=red\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	faucet, gauge := filepath.Join(k.dirs.Etc, "faucet.yaml"), filepath.Join(k.dirs.Etc, "gauge.yaml")
	check(t, name, "view = 9304: it is no host and port", "listen = 6653: it is no such place", "colour")
	// The files that it names are read as well.
	for path, text := range map[string]string{
		name:   "[directories]\nastetcdir=" + k.dirs.Etc + "\n[network]\nfaucet=" + faucet + "\ngauge=" + gauge + "\n",
		faucet: "meters: {m: {meter_id: 1, entry: {flags: [KBPS], bands: [{type: FROP, rate: 1}]}}}\nvlans: {office: {vid: 100}}\ndps:\n  sw1: {dp_id: 1, interfaces: {1: {native_vlan: office}}}\n",
		gauge:  "faucet_configs: [" + faucet + "]\nwatchers:\n  a: {type: port_stat, all_dps: true, db: d}\ndbs: {d: {type: prometheus}}\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	check(t, name, faucet+":1: warning: meter m: a band of type \"FROP\" is not known", gauge+":3: error: a watcher of type \"port_stat\" is not known")
}

// check checks a configuration, of which these problems are told.
func check(t *testing.T, name string, wanted ...string) {
	t.Helper()
	problems, err := Check(Options{Config: name})
	var text strings.Builder
	for _, p := range problems {
		text.WriteString(p.String() + "\n")
	}
	for _, want := range wanted {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%s is not in\n%s%v", want, text.String(), err)
		}
	}
}
