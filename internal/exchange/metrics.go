package exchange

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/octothorpe/octothorpe/internal/config"
)

// metricsServer is the HTTP server of http.conf. So far /metrics is all that it
// serves, and /httpstatus tells that it is there.
type metricsServer struct {
	server *http.Server
	listen net.Listener
	done   chan struct{}
}

func (m *metricsServer) enabled() bool { return m.listen != nil }

// start serves HTTP if http.conf says so.
func (m *metricsServer) start(x *Exchange) error {
	address, problems := readHTTP(x.optional("http.conf"))
	x.report(problems)
	if address == "" {
		return nil
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("listen for HTTP: %w", err)
	}
	mux := http.NewServeMux()
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	x.collect(registry)
	mux.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	m.listen, m.done = l, make(chan struct{})
	m.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	go func() {
		defer close(m.done)
		if err := m.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			x.log.Error("HTTP server ended", "error", err)
		}
	}()
	return nil
}

// readHTTP reads http.conf, which may be nil: where to listen, or "".
func readHTTP(f *config.File) (address string, problems []config.Diagnostic) {
	r := config.NewReader(nil)
	s := r.Section(f.Section("general"))
	enabled := s.Bool("enabled", false)
	address = net.JoinHostPort(s.String("bindaddr", "0.0.0.0"), strconv.Itoa(s.Int("bindport", 8088, 0, 65535)))
	s.Meaningless("servername", "prefix")
	s.Later("enable_static", "enablestatic", "enable_status", "max_request_body", "redirect", "session_inactivity", "session_keep_alive", "sessionlimit",
		"tlsenable", "tlsbindaddr", "tlscertfile", "tlsprivatekey", "tlscipher", "tlsdisablev1", "tlsdisablev11", "tlsdisablev12", "tlsservercipherorder")
	s.Done()
	if !enabled {
		address = ""
	}
	return address, r.Diagnostics()
}

func (m *metricsServer) stop(ctx context.Context) error {
	if m.server == nil {
		return nil
	}
	err := m.server.Shutdown(ctx)
	if err != nil {
		_ = m.server.Close()
	}
	<-m.done
	return err
}

// collect makes the figures that /metrics tells.
func (x *Exchange) collect(r *prometheus.Registry) {
	gauge := func(name, help string, f func() float64) {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, f))
	}
	counter := func(name, help string, f func() float64) {
		r.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, f))
	}
	gauge("asterisk_channels_count", "Legs of all calls.", func() float64 { return float64(x.channels.Count()) })
	gauge("asterisk_calls_count", "Calls under way.", func() float64 { return float64(x.activeCalls()) })
	counter("asterisk_calls_sum", "Calls since the start.", func() float64 { return float64(x.channels.CallsProcessed()) })
	gauge("asterisk_bridges_count", "Bridges.", func() float64 { return float64(len(x.bridges.All())) })
	counter("asterisk_core_uptime_seconds", "Seconds since the start.", func() float64 { return sinceSeconds(x.began) })
	for _, d := range x.phones.drivers {
		collectSIP(r, d)
	}
	counter("octothorpe_log_lines_dropped_total", "Log lines that the disk was too slow for.", func() float64 { return float64(x.logs.Dropped()) })
	counter("octothorpe_manager_slow_clients_total", "Manager clients disconnected because they did not read.", func() float64 { return float64(x.manager.Slow()) })
	counter("octothorpe_trace_spans_delivered_total", "Spans that the collector took.", func() float64 { return float64(x.traces.Spans().Delivered) })
	counter("octothorpe_trace_spans_dropped_total", "Spans dropped because too many waited for the collector.", func() float64 { return float64(x.traces.Spans().Dropped) })
	counter("octothorpe_trace_spans_undelivered_total", "Spans that could not be sent to the collector.", func() float64 { return float64(x.traces.Spans().Undelivered) })
	counter("octothorpe_trace_spans_refused_total", "Spans that the collector refused.", func() float64 { return float64(x.traces.Spans().Refused) })
	gauge("octothorpe_trace_spans_waiting", "Spans that wait for the collector.", func() float64 { return float64(x.traces.Spans().Waiting) })
	counter("octothorpe_manager_refused_total", "Manager connections refused.", func() float64 { return float64(x.manager.Refused()) })
}
