package sdn

import (
	"context"
	"log/slog"
	"net"
	"os"
	"sync"
	"sync/atomic"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/internal/sdn/control"
	"github.com/octothorpe/octothorpe/internal/sdn/gauge"
	"github.com/octothorpe/octothorpe/openflow"
)

// counting is the Gauge of a network: one that is replaced when its file changes.
type counting struct {
	path     string
	switches *control.Controller
	log      *slog.Logger

	mu    sync.Mutex // held while one ends and the next begins
	files []string
	end   func() // ends the one that runs, and waits for it

	runs atomic.Pointer[gauge.Gauge]
}

// startCounting reads gauge.yaml and counts until end.
func startCounting(path string, switches *control.Controller, log *slog.Logger) (*counting, error) {
	c := &counting{path: path, switches: switches, log: log}
	return c, c.reload()
}

// reload reads the file again; one that is wrong changes nothing.
func (c *counting) reload() error {
	cfg, err := config.LoadGauge(c.path)
	if err != nil {
		return err
	}
	for _, w := range append(cfg.Warnings, cfg.Strangers(c.switches.Datapaths())...) {
		c.log.Warn("gauge.yaml", "warning", w)
	}
	// Where the file says nothing the environment has its say.
	if host := os.Getenv("GAUGE_PROMETHEUS_ADDR"); host != "" {
		for _, w := range cfg.Watchers {
			if ip := net.ParseIP(w.DB.PrometheusAddr); ip != nil && ip.IsUnspecified() {
				w.DB.PrometheusAddr = host
			}
		}
	}
	g, err := gauge.New(cfg, c.switches.Sessions, c.log)
	if err != nil {
		return err
	}
	c.close()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { // ended by end
		defer close(done)
		if err := g.Run(ctx); err != nil {
			c.log.Error("gauge", "error", err)
		}
	}()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.files = cfg.Files
	c.runs.Store(g)
	c.end = func() { cancel(); <-done }
	return nil
}

// portStatus hands on what a switch said of a port.
func (c *counting) portStatus(id uint64, m *openflow.PortStatus) {
	if g := c.runs.Load(); g != nil {
		g.PortStatus(id, m)
	}
}

func (c *counting) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.end != nil {
		c.end()
		c.end = nil
	}
}

// Files are those of which a change asks for a reload.
func (c *counting) Files() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.files
}
