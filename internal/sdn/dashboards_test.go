package sdn

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/octothorpe/octothorpe/internal/sdn/control"
)

// Metrics that are told only where something is: of gauge.yaml's watchers and of
// stacks.
var elsewhere = regexp.MustCompile(`^(of_port_(tx|rx)_(packets|bytes|dropped|errors)|of_meter_packet_band_count|(port|is_dp)_stack_\w+|stack_\w+)$`)

// What the dashboards ask Prometheus for is what the controller tells it.
func TestDashboardsAskForWhatThereIs(t *testing.T) {
	names := map[string]bool{}
	descriptions := make(chan *prometheus.Desc)
	go func() { control.NewMetrics().Registry.Describe(descriptions); close(descriptions) }()
	named := regexp.MustCompile(`fqName: "([^"]+)"`)
	for d := range descriptions {
		names[named.FindStringSubmatch(d.String())[1]] = true
	}
	files, err := filepath.Glob("../../configs/grafana/*.json")
	if err != nil || len(files) != 6 {
		t.Fatalf("the dashboards are %v, %v", files, err)
	}
	asked := regexp.MustCompile(`\b([a-z]+(?:_[a-z0-9]+)+)(?:\{|\[|\)|$|==)`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var board struct {
			UID, Title string
			Panels     []struct {
				Title   string
				GridPos struct{ X, Y, W, H int }
				Targets []struct{ Expr string }
			}
		}
		if err := json.Unmarshal(text, &board); err != nil || board.UID == "" || board.Title == "" || len(board.Panels) < 3 {
			t.Errorf("%s: %v", file, err)
		}
		for i, p := range board.Panels {
			for _, q := range board.Panels[:i] {
				a, b := p.GridPos, q.GridPos
				if a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H {
					t.Errorf("%s: %s lies upon %s", file, p.Title, q.Title)
				}
			}
			for _, target := range p.Targets {
				found := false
				for _, m := range asked.FindAllStringSubmatch(target.Expr, -1) {
					found = true
					if !names[m[1]] && !elsewhere.MatchString(m[1]) && m[1] != "dp_name" && m[1] != "port_description" {
						t.Errorf("%s: %s asks for %s, which nobody tells", file, p.Title, m[1])
					}
				}
				if !found && !strings.Contains(target.Expr, `__name__=~"flow_packet_count_`) {
					t.Errorf("%s: %s asks for nothing: %s", file, p.Title, target.Expr)
				}
			}
		}
	}
}
