package proxy

import (
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// figures are what /metrics tells.
type figures struct {
	proxy        *Proxy
	registry     *prometheus.Registry
	actions      *prometheus.CounterVec
	delivered    atomic.Uint64
	refused      atomic.Uint64
	slow         atomic.Uint64
	failedLogins atomic.Uint64

	mu   sync.Mutex
	sent map[string]uint64 // bytes to sessions that have left, by user
}

func newFigures(p *Proxy) *figures {
	f := &figures{proxy: p, registry: prometheus.NewRegistry(), sent: map[string]uint64{}}
	f.actions = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "octothorpe_proxy_actions_total",
		Help: "Actions by user and by what became of them: sent to a server, own, refused, limited, failed."}, []string{"user", "result"})
	f.registry.MustRegister(f.actions, f)
	for name, counter := range map[string]*atomic.Uint64{"events_delivered": &f.delivered, "connections_refused": &f.refused,
		"slow_sessions": &f.slow, "failed_logins": &f.failedLogins} {
		f.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "octothorpe_proxy_" + name + "_total", Help: help[name]},
			func() float64 { return float64(counter.Load()) }))
	}
	return f
}

var help = map[string]string{
	"events_delivered":    "Events, counted for each session that they went to.",
	"connections_refused": "Connections beyond the limits, and TLS and WebSocket handshakes that failed.",
	"slow_sessions":       "Sessions that were disconnected because they did not read.",
	"failed_logins":       "Logins that were refused.",
}

func (f *figures) handler() http.Handler {
	return promhttp.HandlerFor(f.registry, promhttp.HandlerOpts{})
}

// left keeps what a session was sent.
func (f *figures) left(s *session) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sent[s.name] += s.sink.Written()
}

var (
	sessionsFigure  = prometheus.NewDesc("octothorpe_proxy_sessions", "Sessions that are logged in.", []string{"user"}, nil)
	queuedFigure    = prometheus.NewDesc("octothorpe_proxy_queue_bytes", "Bytes that wait for clients.", []string{"user"}, nil)
	sentFigure      = prometheus.NewDesc("octothorpe_proxy_sent_bytes_total", "Bytes sent to clients.", []string{"user"}, nil)
	connectedFigure = prometheus.NewDesc("octothorpe_proxy_server_connected", "1 while the server is connected.", []string{"server"}, nil)
	lossesFigure    = prometheus.NewDesc("octothorpe_proxy_server_losses_total", "Connections to the server that were lost.", []string{"server"}, nil)
	eventsFigure    = prometheus.NewDesc("octothorpe_proxy_server_events_total", "Events of the server.", []string{"server"}, nil)
	pendingFigure   = prometheus.NewDesc("octothorpe_proxy_server_pending_actions", "Actions that the server has not answered.", []string{"server"}, nil)
)

// Describe implements prometheus.Collector.
func (f *figures) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{sessionsFigure, queuedFigure, sentFigure, connectedFigure, lossesFigure, eventsFigure, pendingFigure} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (f *figures) Collect(to chan<- prometheus.Metric) {
	sessions, queued, sent := map[string]int{}, map[string]int{}, map[string]uint64{}
	f.proxy.mu.RLock()
	f.mu.Lock()
	for user, n := range f.sent {
		sent[user] = n
	}
	f.mu.Unlock()
	for _, s := range f.proxy.sessions {
		if s.user.Load() == nil {
			continue
		}
		sessions[s.name]++
		queued[s.name] += s.sink.Waiting()
		sent[s.name] += s.sink.Written()
	}
	f.proxy.mu.RUnlock()
	gauge := func(d *prometheus.Desc, v float64, label string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, label)
	}
	count := func(d *prometheus.Desc, v float64, label string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, label)
	}
	for user, n := range sessions {
		gauge(sessionsFigure, float64(n), user)
		gauge(queuedFigure, float64(queued[user]), user)
	}
	for user, n := range sent {
		count(sentFigure, float64(n), user)
	}
	for _, u := range f.proxy.upstreams() {
		up := 0.0
		if u.connected.Load() {
			up = 1
		}
		u.mu.Lock()
		owed := 0
		for _, n := range u.pending {
			owed += n
		}
		u.mu.Unlock()
		gauge(connectedFigure, up, u.config.Name)
		gauge(pendingFigure, float64(owed), u.config.Name)
		count(lossesFigure, float64(u.losses.Load()), u.config.Name)
		count(eventsFigure, float64(u.events.Load()), u.config.Name)
	}
}
