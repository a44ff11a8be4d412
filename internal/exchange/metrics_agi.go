package exchange

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/octothorpe/octothorpe/internal/gateway"
)

// scriptFigures tells the figures of AGI's scripts, read when they are asked for.
type scriptFigures struct {
	of                                              func() []gateway.ScriptFigures
	running, sessions, commands, refused, bad, wait *prometheus.Desc
}

func newScriptFigures(of func() []gateway.ScriptFigures) *scriptFigures {
	about := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("octothorpe_agi_"+name, help, append([]string{"script"}, labels...), nil)
	}
	return &scriptFigures{of: of,
		running:  about("sessions", "AGI sessions under way."),
		sessions: about("sessions_total", "AGI sessions since the start."),
		commands: about("commands_total", "AGI commands since the start."),
		refused:  about("commands_refused_total", "AGI commands that were unknown, misused or came too late."),
		bad: about("failures_total", "AGI sessions that failed, by reason: unreachable, exit (code or signal of a script), "+
			"stalled (does not read, or does not end), broken (connection).", "reason"),
		wait: about("wait_seconds", "How long calls waited for the next command of their program."),
	}
}

// Describe implements prometheus.Collector.
func (f *scriptFigures) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{f.running, f.sessions, f.commands, f.refused, f.bad, f.wait} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (f *scriptFigures) Collect(out chan<- prometheus.Metric) {
	for _, s := range f.of() {
		counter := func(d *prometheus.Desc, v uint64, labels ...string) {
			out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), append([]string{s.Script}, labels...)...)
		}
		out <- prometheus.MustNewConstMetric(f.running, prometheus.GaugeValue, float64(s.Running), s.Script)
		counter(f.sessions, s.Sessions)
		counter(f.commands, s.Commands)
		counter(f.refused, s.Refused)
		for reason, n := range s.Failures {
			counter(f.bad, n, reason)
		}
		out <- prometheus.MustNewConstHistogram(f.wait, s.Commands, s.Waited.Seconds(), s.Waits, s.Script)
	}
}
