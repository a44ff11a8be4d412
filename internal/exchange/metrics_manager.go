package exchange

import (
	"github.com/octothorpe/octothorpe/internal/manager"
	"github.com/prometheus/client_golang/prometheus"
)

// managerFigures tells the figures of AMI's accounts, read when they are asked for.
type managerFigures struct {
	of                                     func() []manager.UserFigures
	sessions, queued, actions, sent, bytes *prometheus.Desc
	dropped, latency                       *prometheus.Desc
}

func newManagerFigures(of func() []manager.UserFigures) *managerFigures {
	about := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("octothorpe_manager_"+name, help, append([]string{"user"}, labels...), nil)
	}
	return &managerFigures{of: of,
		sessions: about("sessions", "Manager sessions that are logged in."),
		queued:   about("queue_bytes", "Bytes that wait for the manager clients."),
		actions:  about("actions_total", "Manager actions by result: done, failed, denied (no permission), limited (rate).", "result"),
		sent:     about("events_sent_total", "Manager events that were written."),
		bytes:    about("bytes_sent_total", "Bytes written to manager clients."),
		dropped:  about("sessions_dropped_total", "Manager sessions ended because the client did not read."),
		latency:  about("action_duration_seconds", "How long manager actions took."),
	}
}

// Describe implements prometheus.Collector.
func (f *managerFigures) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{f.sessions, f.queued, f.actions, f.sent, f.bytes, f.dropped, f.latency} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (f *managerFigures) Collect(out chan<- prometheus.Metric) {
	for _, u := range f.of() {
		gauge := func(d *prometheus.Desc, v float64) {
			out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, u.User)
		}
		counter := func(d *prometheus.Desc, v uint64, labels ...string) {
			out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), append([]string{u.User}, labels...)...)
		}
		gauge(f.sessions, float64(u.Sessions))
		gauge(f.queued, float64(u.Queued))
		counter(f.actions, u.Done, "done")
		counter(f.actions, u.Failed, "failed")
		counter(f.actions, u.Denied, "denied")
		counter(f.actions, u.Limited, "limited")
		counter(f.sent, u.Events)
		counter(f.bytes, u.Bytes)
		counter(f.dropped, u.Cut)
		out <- prometheus.MustNewConstHistogram(f.latency, u.Done+u.Failed, u.Took.Seconds(), u.Latency, u.User)
	}
}
