package exchange

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/ari"
)

// TestARIFigures has a program handle a call, and looks what traces and metrics tell of it.
func TestARIFigures(t *testing.T) {
	c := newCollector(t)
	k := beginTraced(t, "[house]\nexten => 1,1,Stasis(app)\n same => n,Wait(60)\n", "[traces]\nenabled=yes\nendpoint="+c.URL+"\n")
	if err := os.WriteFile(filepath.Join(k.dirs.Etc, "ari.conf"), []byte("[general]\nenabled=yes\n[me]\ntype=user\npassword=secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	k.execute("module reload res_ari.so")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	client, err := ari.Connect(ctx, ari.Config{URL: "http://" + k.httpAddress(), Username: "me", Password: "secret", Apps: []string{"app"}})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	k.execute("channel originate Local/1@house/n application Wait 60")
	start, err := ari.Await[*ari.StasisStart](ctx, client.Events())
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Channels.Answer(ctx, start.Channel.ID); err != nil {
		t.Error(err)
	}
	if _, err := client.Channels.Get(ctx, "nobody"); ari.Status(err) != http.StatusNotFound {
		t.Error(err)
	}
	r, err := http.Get("http://" + k.httpAddress() + "/metrics") //nolint:noctx // of this machine
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	metrics, _ := io.ReadAll(r.Body)
	for _, want := range []string{
		`octothorpe_ari_requests_total{code="2xx",operation="POST /channels/{channelId}/answer"} 1`,
		`octothorpe_ari_requests_total{code="4xx",operation="GET /channels/{channelId}"} 1`,
		`octothorpe_ari_request_duration_seconds_count{operation="GET /channels/{channelId}"} 1`,
		`octothorpe_ari_request_duration_seconds_bucket{operation="GET /channels/{channelId}",le="10"} 1`,
		`octothorpe_ari_events_total{type="StasisStart"} 1`,
		`octothorpe_ari_clients{application="app"} 1`,
		`octothorpe_ari_channels{application="app"} 1`,
		`octothorpe_ari_events_without_room_total 0`,
		`octothorpe_ari_resumed_total 0`,
	} {
		if !strings.Contains(string(metrics), want+"\n") {
			t.Errorf("the metrics don't tell %s", want)
		}
	}
	for _, some := range []string{"octothorpe_ari_messages_sent_total ", "octothorpe_ari_bytes_sent_total ", "octothorpe_ari_retained_bytes "} {
		_, value, found := strings.Cut(string(metrics), "\n"+some)
		if !found || strings.HasPrefix(value, "0\n") {
			t.Errorf("the metrics tell no %s", some)
		}
	}
	if t.Failed() {
		t.Logf("%s", metrics)
	}
	k.execute("channel request hangup all")
	k.eventually("the call ends", func() bool { return k.channels.Count() == 0 })
	k.end()
	told := strings.Join(c.traces(), "\n")
	if !strings.Contains(told, "    Stasis\n") || strings.Count(told, "POST /channels/{channelId}/answer\n") != 1 || strings.Count(told, "      StasisStart\n") != 1 {
		t.Errorf("the traces are\n%s", told)
	}
	if list := c.find("ari.operation", "GET /channels/{channelId}"); len(list) != 1 || attribute(list[0], "http.response.status_code") != "404" || len(list[0].ParentSpanId) != 0 {
		t.Errorf("the request about nobody is %v", list)
	}
}
