package exchange

import "github.com/prometheus/client_golang/prometheus"

// figureMakers register figures that are asked for when they are told.
func figureMakers(r *prometheus.Registry) (gauge, counter func(name, help string, f func() float64)) {
	gauge = func(name, help string, f func() float64) {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, f))
	}
	counter = func(name, help string, f func() float64) {
		r.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, f))
	}
	return gauge, counter
}

// collectPlain makes those of Asterisk's figures that have no labels while prometheus.conf
// does not ask for all of them.
func (x *Exchange) collectPlain(r *prometheus.Registry) {
	gauge, counter := figureMakers(r)
	gauge("asterisk_channels_count", "Legs of all calls.", func() float64 { return float64(x.channels.Count()) })
	gauge("asterisk_calls_count", "Calls under way.", func() float64 { return float64(x.activeCalls()) })
	counter("asterisk_calls_sum", "Calls since the start.", func() float64 { return float64(x.channels.CallsProcessed()) })
	gauge("asterisk_bridges_count", "Bridges.", func() float64 { return float64(len(x.bridges.All())) })
	counter("asterisk_core_uptime_seconds", "Seconds since the start.", func() float64 { return sinceSeconds(x.began) })
}

// collect makes the figures that are told in any case.
func (x *Exchange) collect(r *prometheus.Registry) {
	gauge, counter := figureMakers(r)
	counter("octothorpe_log_lines_dropped_total", "Log lines that the disk was too slow for.", func() float64 { return float64(x.logs.Dropped()) })
	counter("octothorpe_manager_slow_clients_total", "Manager clients disconnected because they did not read.", func() float64 { return float64(x.manager.Slow()) })
	counter("octothorpe_records_written_total", "Call records and channel events that were written.", func() float64 { return float64(x.records.Writer.Written()) })
	counter("octothorpe_records_failed_total", "Call records and channel events that a backend could not write.", func() float64 { return float64(x.records.Writer.Failures()) })
	gauge("octothorpe_records_waiting", "Call records and channel events that wait for the disk.", func() float64 { return float64(x.records.Writer.Waiting()) })
	counter("octothorpe_trace_spans_delivered_total", "Spans that the collector took.", func() float64 { return float64(x.traces.Spans().Delivered) })
	counter("octothorpe_trace_spans_dropped_total", "Spans dropped because too many waited for the collector.", func() float64 { return float64(x.traces.Spans().Dropped) })
	counter("octothorpe_trace_spans_undelivered_total", "Spans that could not be sent to the collector.", func() float64 { return float64(x.traces.Spans().Undelivered) })
	counter("octothorpe_trace_spans_refused_total", "Spans that the collector refused.", func() float64 { return float64(x.traces.Spans().Refused) })
	counter("octothorpe_http_refused_total", "Connections of HTTP refused over sessionlimit.", func() float64 { return float64(x.http.Refused()) })
	gauge("octothorpe_trace_spans_waiting", "Spans that wait for the collector.", func() float64 { return float64(x.traces.Spans().Waiting) })
	counter("octothorpe_manager_refused_total", "Manager connections refused.", func() float64 { return float64(x.manager.Refused()) })
	r.MustRegister(newManagerFigures(x.manager.Figures))
	r.MustRegister(newRealtimeFigures(x.realtime))
	r.MustRegister(newRecordFigures(x.deliveries))
	r.MustRegister(newScriptFigures(x.programs.Figures))
	r.MustRegister(newRESTFigures(x.rest.Figures, x.stasis.Figures))
}
