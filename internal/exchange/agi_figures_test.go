package exchange

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/agi"
)

// TestAGIFigures has a program ask something, and looks what traces and metrics tell of it.
func TestAGIFigures(t *testing.T) {
	l, err := net.Listen("tcp", loopback+":0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	program := agi.HandlerFunc(func(ctx context.Context, s *agi.Session) error {
		if err := s.SetVariable(ctx, "COLOUR", "dark blue"); err != nil {
			return err
		}
		_, err := s.Do(ctx, "NO SUCH COMMAND")
		return err
	})
	go func() { served <- (&agi.Server{Handler: program}).Serve(ctx, l) }()
	c := newCollector(t)
	k := beginTraced(t, fmt.Sprintf("[house]\nexten => 1,1,Answer()\n same => n,AGI(agi://%s/menu?a=b)\n same => n,AGI(agi://%s:1/none)\n same => n,AGI(none.sh)\n same => n,Wait(60)\n",
		l.Addr(), loopback), "[traces]\nenabled=yes\nendpoint="+c.URL+"\n")
	k.execute("channel originate Local/1@house application Wait 60")
	k.eventually("the programs are done", func() bool { return strings.Count(k.execute("core show channels concise"), "!Wait!") == 2 })
	r, err := http.Get("http://" + k.httpAddress() + "/metrics") //nolint:noctx // of this machine
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	metrics, _ := io.ReadAll(r.Body)
	for _, want := range []string{
		`octothorpe_agi_sessions_total{script="agi://` + l.Addr().String() + `/menu"} 1`,
		`octothorpe_agi_sessions{script="agi://` + l.Addr().String() + `/menu"} 0`,
		`octothorpe_agi_commands_total{script="agi://` + l.Addr().String() + `/menu"} 2`,
		`octothorpe_agi_commands_refused_total{script="agi://` + l.Addr().String() + `/menu"} 1`,
		`octothorpe_agi_wait_seconds_count{script="agi://` + l.Addr().String() + `/menu"} 2`,
		`octothorpe_agi_wait_seconds_bucket{script="agi://` + l.Addr().String() + `/menu",le="60"} 2`,
		`octothorpe_agi_failures_total{reason="unreachable",script="agi://` + loopback + `:1/none"} 1`,
		`octothorpe_agi_failures_total{reason="unreachable",script="none.sh"} 1`,
	} {
		if !strings.Contains(string(metrics), want+"\n") {
			t.Errorf("the metrics don't tell %s", want)
		}
	}
	if t.Failed() {
		t.Logf("%s", metrics)
	}
	file := filepath.Join(t.TempDir(), "agi.html")
	k.execute("agi dump html " + file)
	if text, err := os.ReadFile(file); err != nil || strings.Count(string(text), "<dt id=") != 47 || !strings.Contains(string(text), "STREAM FILE file keys [samples]") {
		t.Errorf("the document has %d commands, %v", strings.Count(string(text), "<dt id="), err)
	}
	k.execute("channel request hangup all")
	k.eventually("the call ends", func() bool { return k.channels.Count() == 0 })
	k.end()
	if told := strings.Join(c.traces(), "\n"); !strings.Contains(told, "    AGI\n      AGI SET VARIABLE\n      AGI\n") {
		t.Errorf("the traces are\n%s", told)
	}
	if list := c.find("agi.command", `SET VARIABLE COLOUR "dark blue"`); len(list) != 1 || attribute(list[0], "agi.result.code") != "200" {
		t.Errorf("the command is %v", list)
	}
	if list := c.find("agi.command", "NO SUCH COMMAND"); len(list) != 1 || attribute(list[0], "agi.result.code") != "510" || list[0].Status.GetCode() == 0 {
		t.Errorf("the unknown command is %v", list)
	}
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
}
