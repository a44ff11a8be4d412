package gauge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/internal/sdn/control"
	"github.com/octothorpe/octothorpe/openflow"
)

// A Gauge polls the switches of a controller. Run may be called once.
type Gauge struct {
	sessions func() []control.Session
	log      *slog.Logger
	watchers []*config.Watcher
	Registry *prometheus.Registry
	failed   prometheus.Counter
	lost     prometheus.Counter
	ports    []*portWatcher // of the watchers of type port_state

	mu   sync.Mutex
	last map[string][]sample // by watcher, switch and what is counted
}

// New makes one; sessions says which switches are connected.
func New(g *config.Gauge, sessions func() []control.Session, log *slog.Logger) (*Gauge, error) {
	x := &Gauge{sessions: sessions, log: log, watchers: g.Watchers, Registry: prometheus.NewRegistry(), last: map[string][]sample{}}
	x.failed = prometheus.NewCounter(prometheus.CounterOpts{Name: "octothorpe_gauge_polls_failed_total", Help: "polls that a switch or a database did not answer"})
	x.lost = prometheus.NewCounter(prometheus.CounterOpts{Name: "octothorpe_gauge_port_changes_dropped_total", Help: "changes of ports for which there was no room"})
	version := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "faucet_pbr_version", Help: "version"}, []string{"version"})
	version.WithLabelValues("octothorpe").Set(1)
	x.Registry.MustRegister(x.failed, x.lost, (*collector)(x), version, collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collectors.NewGoCollector())
	for _, w := range g.Watchers {
		if w.DB.Type == "text" {
			if err := writable(w); err != nil {
				return nil, err
			}
		}
		if w.Type == "port_state" {
			x.ports = append(x.ports, newPortWatcher(w))
		}
	}
	return x, nil
}

// Run polls until the context ends, and serves Prometheus where that is wanted.
func (g *Gauge) Run(ctx context.Context) error {
	var wait sync.WaitGroup
	defer wait.Wait()
	served := map[string]bool{}
	for _, w := range g.watchers {
		address := net.JoinHostPort(w.DB.PrometheusAddr, strconv.Itoa(w.DB.PrometheusPort))
		if w.DB.Type != "prometheus" || served[address] {
			continue
		}
		served[address] = true
		l, err := net.Listen("tcp", address)
		if err != nil {
			return fmt.Errorf("gauge: %w", err)
		}
		server := &http.Server{Handler: promhttp.HandlerFor(g.Registry, promhttp.HandlerOpts{}), ReadHeaderTimeout: 10 * time.Second}
		wait.Go(func() {
			if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				g.log.Error("gauge", "error", err)
			}
		})
		defer server.Close()
	}
	for _, w := range g.watchers {
		if w.Type != "port_state" {
			wait.Go(func() { g.watch(ctx, w) })
		}
	}
	for _, p := range g.ports {
		wait.Go(func() { g.watchPorts(ctx, p) })
	}
	<-ctx.Done()
	return nil
}

// watch owns one watcher.
func (g *Gauge) watch(ctx context.Context, w *config.Watcher) {
	t := time.NewTicker(time.Duration(w.Interval) * time.Second)
	defer t.Stop()
	for {
		g.poll(ctx, w)
		select {
		case <-t.C:
		case <-ctx.Done():
			return
		}
	}
}

// poll asks all switches of a watcher at once.
func (g *Gauge) poll(ctx context.Context, w *config.Watcher) {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(w.Interval)*time.Second)
	defer cancel()
	var wait sync.WaitGroup
	for _, s := range g.sessions() {
		if !w.Watches(s.DP) {
			continue
		}
		wait.Go(func() {
			told, err := ask(ctx, w.Type, s)
			if err != nil {
				g.unanswered(w, s.DP, err)
				return
			}
			g.store(ctx, w, s.DP, told)
		})
	}
	wait.Wait()
}

func (g *Gauge) unanswered(w *config.Watcher, dp *config.DP, err error) {
	if errors.Is(err, context.Canceled) {
		return // we end
	}
	g.failed.Inc()
	g.log.Warn("a switch does not say what it counts", "watcher", w.Name, "datapath", dp.Name, "error", err)
}

func (g *Gauge) unwritten(w *config.Watcher, dp *config.DP, err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	g.failed.Inc()
	g.log.Warn("counts are not in their database", "watcher", w.Name, "database", w.DB.Name, "type", w.DB.Type, "datapath", dp.Name, "error", err)
}

// store gives what a switch has told to the database of a watcher.
func (g *Gauge) store(ctx context.Context, w *config.Watcher, dp *config.DP, told openflow.ReplyBody) {
	var err error
	switch w.DB.Type {
	case "influx":
		err = post(ctx, w.DB, points(dp, told), time.Now())
	case "text":
		err = writeText(w, dp, told, time.Now())
	case "prometheus":
		g.show(w.Name+"\x00"+dp.Name, samples(dp, told))
	}
	if err != nil {
		g.unwritten(w, dp, err)
	}
}

// show has Prometheus see samples in the place of those that had the same key.
func (g *Gauge) show(key string, list []sample) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.last[key] = list
}

// ask gets the counters of one kind from a switch.
func ask(ctx context.Context, kind string, s control.Session) (openflow.ReplyBody, error) {
	var body openflow.RequestBody
	switch kind {
	case "port_stats":
		body = &openflow.PortStatsRequest{Port: openflow.PortAny}
	case "port_state":
		body = &openflow.PortDescRequest{}
	case "flow_table":
		body = &openflow.FlowStatsRequest{Table: openflow.TableAll, OutPort: openflow.PortAny, OutGroup: openflow.GroupAny}
	case "meter_stats":
		body = &openflow.MeterStatsRequest{Meter: openflow.MeterAll}
	}
	reply, err := s.Conn.Request(ctx, &openflow.MultipartRequest{Body: body})
	if err != nil {
		return nil, err
	}
	m, _ := reply.(*openflow.MultipartReply)
	if m == nil {
		return nil, fmt.Errorf("the switch answered with %s", reply.Type())
	}
	switch m.Body.(type) {
	case *openflow.PortStatsReply, *openflow.PortDescReply, *openflow.FlowStatsReply, *openflow.MeterStatsReply:
		return m.Body, nil
	}
	return nil, fmt.Errorf("the switch answered with %T", m.Body)
}

// samples are what Prometheus sees of it.
func samples(dp *config.DP, told openflow.ReplyBody) []sample {
	switch r := told.(type) {
	case *openflow.PortStatsReply:
		return portStats(dp, r)
	case *openflow.FlowStatsReply:
		return flowTable(dp, r)
	case *openflow.MeterStatsReply:
		return meterStats(dp, r)
	}
	return nil
}

// collector shows the last samples to Prometheus. Flows have the labels of their
// matches, so it can not say beforehand which there are.
type collector Gauge

func (c *collector) Describe(chan<- *prometheus.Desc) {}

func (c *collector) Collect(out chan<- prometheus.Metric) {
	g := (*Gauge)(c)
	for _, s := range g.sessions() {
		l := labels(s.DP)
		out <- prometheus.MustNewConstMetric(prometheus.NewDesc("dp_status", "1 while the switch is connected", nil, l), prometheus.GaugeValue, 1)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	seen := map[string]bool{} // two watchers may count the same
	for _, list := range g.last {
		for _, s := range list {
			key := s.name + fmt.Sprint(s.labels)
			if !seen[key] {
				seen[key] = true
				out <- prometheus.MustNewConstMetric(prometheus.NewDesc(s.name, "counted by the switch", nil, s.labels), prometheus.GaugeValue, s.value)
			}
		}
	}
}
