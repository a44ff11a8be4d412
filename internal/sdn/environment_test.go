package sdn

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// eventually waits until something is so.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	for late := time.Now().Add(20 * time.Second); !so(); {
		if time.Now().After(late) {
			t.Fatalf("not seen: %s", what)
		}
		time.Sleep(10 * time.Millisecond) // between two looks
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func answers(port int) bool {
	r, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/metrics", port))
	if err != nil {
		return false
	}
	defer r.Body.Close()
	text, _ := io.ReadAll(r.Body)
	return strings.Contains(string(text), `faucet_pbr_version{version="octothorpe"} 1`) && strings.Contains(string(text), "process_resident_memory_bytes")
}

// Faucet's variables say where logs go and how much is in them, put a bad file
// back, and have both files read again.
func TestEnvironment(t *testing.T) {
	dir := t.TempDir()
	path := file(t, small)
	read := func(name string) string { text, _ := os.ReadFile(filepath.Join(dir, name)); return string(text) }
	one, two := freePort(t), freePort(t)
	gauge := filepath.Join(dir, "gauge.yaml")
	text := fmt.Sprintf("faucet_configs: [%s]\nwatchers: {w: {all_dps: true, type: port_stats, interval: 1, db: p}}\ndbs: {p: {type: prometheus, prometheus_port: PORT}}\n", path)
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(gauge, strings.Replace(text, "PORT", fmt.Sprint(one), 1))
	for name, value := range map[string]string{"FAUCET_LOG": filepath.Join(dir, "faucet.log"), "FAUCET_LOG_LEVEL": "WARNING", "FAUCET_EXCEPTION_LOG": filepath.Join(dir, "errors.log"),
		"GAUGE_LOG": filepath.Join(dir, "gauge.log"), "GAUGE_PROMETHEUS_ADDR": "127.0.0.1", "GAUGE_CONFIG": gauge, "GAUGE_CONFIG_STAT_RELOAD": "1", "FAUCET_CONFIG": path,
		"FAUCET_CONFIG_AUTO_REVERT": "1", "FAUCET_PROMETHEUS_ADDR": "127.0.0.1", "FAUCET_PROMETHEUS_PORT": "0"} {
		t.Setenv(name, value)
	}
	s, err := parseSettings([]string{"-listen", "ptcp:0:127.0.0.1", "-view", "none"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx, s, io.Discard) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		http.DefaultClient.CloseIdleConnections()
	}()
	eventually(t, "Gauge's metrics", func() bool { return answers(one) })
	// Gauge's file changes; a wrong one changes nothing.
	write(gauge, strings.Replace(text, "PORT", fmt.Sprint(two), 1))
	eventually(t, "Gauge's metrics on the other port", func() bool { return answers(two) })
	write(gauge, "watchers: 7\n")
	eventually(t, "the error of Gauge's file", func() bool { return strings.Contains(read("gauge.log"), "gauge.yaml not taken") })
	if !answers(two) {
		t.Error("a wrong gauge.yaml ended what ran")
	}
	// A bad faucet.yaml is put back, and said in both logs.
	write(path, "dps: {}\n")
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the file as it was", func() bool { now, _ := os.ReadFile(path); return string(now) == small })
	eventually(t, "the error", func() bool {
		return strings.Contains(read("errors.log"), "configuration not taken") && strings.Contains(read("faucet.log"), "configuration not taken")
	})
	if strings.Contains(read("faucet.log"), "level=INFO") || !strings.Contains(read("faucet.log"), "level=WARN") || strings.Contains(read("errors.log"), "level=WARN") {
		t.Errorf("the logs are\n%s\nand\n%s", read("faucet.log"), read("errors.log"))
	}
}

// What Faucet's variables say and can not be taken is ignored, and said.
func TestBadSettingsOfTheEnvironmentAreSaid(t *testing.T) {
	for name, value := range map[string]string{"FAUCET_CONFIG_STAT_RELOAD": "yes", "GAUGE_CONFIG_STAT_RELOAD": "2", "FAUCET_CONFIG_AUTO_REVERT": "00", "FAUCET_EVENT_SOCK_HEARTBEAT": "often",
		"FAUCET_STACK_ROOT_STATE_UPDATE_TIME": "0", "FAUCET_EVENT_SOCK": "2", "GAUGE_CONFIG": "/nowhere/gauge.yaml:" + file(t, small)} {
		t.Setenv(name, value)
	}
	o := Defaults()
	if o.Watch || !o.WatchGauge || o.AutoRevert || o.Heartbeat != 0 || o.StackUpdate != 10*time.Second || o.Events != "/var/run/faucet/faucet.sock" || strings.HasPrefix(o.Gauge, "/nowhere") {
		t.Errorf("got %+v", o)
	}
	want := "FAUCET_CONFIG_STAT_RELOAD=yes: it is no number; 1 is yes, 0 is no|FAUCET_EVENT_SOCK_HEARTBEAT=often: it is no number of seconds from 0 to 86400; it is 0 now|" +
		"FAUCET_STACK_ROOT_STATE_UPDATE_TIME=0: it is no number of seconds from 1 to 86400; it is 10 now"
	if got := strings.Join(o.Ignored, "|"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	o.Config, o.Events, o.Gauge, o.Listen, o.Metrics, o.View = file(t, small), "", "", "ptcp:0:127.0.0.1", none, none
	var log strings.Builder
	o.Log = slog.New(slog.NewTextHandler(&log, nil))
	n, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	n.Close()
	if !strings.Contains(log.String(), `level=WARN msg="a setting of the environment is ignored" problem="FAUCET_CONFIG_STAT_RELOAD=yes: it is no number`) {
		t.Errorf("the log is %s", log.String())
	}
}

func TestALevelThatIsNone(t *testing.T) {
	t.Setenv("FAUCET_LOG_LEVEL", "LOUD")
	if _, err := openLogs("FAUCET", false, io.Discard); err == nil || !strings.Contains(err.Error(), "FAUCET_LOG_LEVEL=LOUD") {
		t.Errorf("got %v", err)
	}
}
