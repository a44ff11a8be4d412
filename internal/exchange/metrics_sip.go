package exchange

import (
	"sync/atomic"

	"github.com/octothorpe/octothorpe/internal/phone"
	"github.com/octothorpe/octothorpe/sip"
	"github.com/prometheus/client_golang/prometheus"
)

// sipCounters are the counters of the SIP stacks that /metrics tells, each with
// the label technology: PJSIP or SIP.
var sipCounters = []struct {
	name, help string
	value      func(*sip.Metrics) *atomic.Uint64
}{
	{"requests_received", "Requests received, repetitions included.", func(m *sip.Metrics) *atomic.Uint64 { return &m.RequestsReceived }},
	{"responses_received", "Responses received.", func(m *sip.Metrics) *atomic.Uint64 { return &m.ResponsesReceived }},
	{"requests_sent", "Requests sent, repetitions included.", func(m *sip.Metrics) *atomic.Uint64 { return &m.RequestsSent }},
	{"responses_sent", "Responses sent.", func(m *sip.Metrics) *atomic.Uint64 { return &m.ResponsesSent }},
	{"requests_resent", "Requests sent again.", func(m *sip.Metrics) *atomic.Uint64 { return &m.RequestsResent }},
	{"responses_resent", "Responses sent again.", func(m *sip.Metrics) *atomic.Uint64 { return &m.ResponsesResent }},
	{"requests_again", "Repeated requests received and absorbed.", func(m *sip.Metrics) *atomic.Uint64 { return &m.RequestsAgain }},
	{"malformed", "Datagrams and parts of streams that are no SIP message.", func(m *sip.Metrics) *atomic.Uint64 { return &m.Malformed }},
	{"malformed_answered", "Malformed messages that were refused with a response.", func(m *sip.Metrics) *atomic.Uint64 { return &m.MalformedAnswered }},
	{"rate_limited", "Messages dropped: the source sends too many.", func(m *sip.Metrics) *atomic.Uint64 { return &m.RateLimited }},
	{"overloaded", "Requests refused with 503, and branches ignored.", func(m *sip.Metrics) *atomic.Uint64 { return &m.Overloaded }},
	{"gave_way", "Finished transactions forgotten early: there were too many.", func(m *sip.Metrics) *atomic.Uint64 { return &m.GaveWay }},
	{"queue_full", "Messages dropped because too much waits for their call.", func(m *sip.Metrics) *atomic.Uint64 { return &m.QueueFull }},
	{"stray_responses", "Responses without a transaction.", func(m *sip.Metrics) *atomic.Uint64 { return &m.StrayResponses }},
	{"stray_acks", "ACKs without a dialog.", func(m *sip.Metrics) *atomic.Uint64 { return &m.StrayACKs }},
	{"unknown_dialogs", "Requests refused with 481.", func(m *sip.Metrics) *atomic.Uint64 { return &m.UnknownDialogs }},
	{"out_of_order", "Requests refused for their CSeq.", func(m *sip.Metrics) *atomic.Uint64 { return &m.OutOfOrder }},
	{"handler_panics", "Requests whose handling panicked.", func(m *sip.Metrics) *atomic.Uint64 { return &m.HandlerPanics }},
	{"workers_added", "Workers added because handlers blocked.", func(m *sip.Metrics) *atomic.Uint64 { return &m.WorkersAdded }},
	{"transaction_timeouts", "Transactions that timed out.", func(m *sip.Metrics) *atomic.Uint64 { return &m.TransactionTimeouts }},
	{"transport_errors", "Errors of transports.", func(m *sip.Metrics) *atomic.Uint64 { return &m.TransportErrors }},
	{"resolve_errors", "Names that could not be resolved.", func(m *sip.Metrics) *atomic.Uint64 { return &m.ResolveErrors }},
	{"failovers", "Requests sent to a further candidate.", func(m *sip.Metrics) *atomic.Uint64 { return &m.Failovers }},
	{"connections_accepted", "Connections accepted.", func(m *sip.Metrics) *atomic.Uint64 { return &m.ConnectionsAccepted }},
	{"connections_dialled", "Connections made.", func(m *sip.Metrics) *atomic.Uint64 { return &m.ConnectionsDialled }},
	{"connections_refused", "Connections refused over a limit.", func(m *sip.Metrics) *atomic.Uint64 { return &m.ConnectionsRefused }},
	{"writes_refused", "Writes refused as the queue of a connection was full.", func(m *sip.Metrics) *atomic.Uint64 { return &m.WritesRefused }},
	{"keep_alives", "Keep-alives received.", func(m *sip.Metrics) *atomic.Uint64 { return &m.KeepAlives }},
}

// mediaCounters are the counters of RTP, with the same label; packets that came and were
// not taken with the reason, too.
var mediaCounters = []struct {
	name, reason, help string
	value              func(phone.Media) uint64
}{
	{"packets_received", "", "RTP packets received.", func(m phone.Media) uint64 { return m.PacketsReceived }},
	{"payload_bytes_received", "", "Octets of media in RTP packets received.", func(m phone.Media) uint64 { return m.OctetsReceived }},
	{"packets_sent", "", "RTP packets sent.", func(m phone.Media) uint64 { return m.PacketsSent }},
	{"payload_bytes_sent", "", "Octets of media in RTP packets sent.", func(m phone.Media) uint64 { return m.OctetsSent }},
	{"packets_dropped", "undeciphered", aboutDropped, func(m phone.Media) uint64 { return m.Undeciphered }},
	{"packets_dropped", "malformed", aboutDropped, func(m phone.Media) uint64 { return m.Malformed }},
	{"packets_dropped", "stranger", aboutDropped, func(m phone.Media) uint64 { return m.Strange }},
	{"packets_dropped", "payload_type", aboutDropped, func(m phone.Media) uint64 { return m.Unmapped }},
	{"packets_dropped", "hold", aboutDropped, func(m phone.Media) uint64 { return m.Held }},
}

const aboutDropped = "RTP packets that came and were not taken."

// mediaFigures tells the counters of RTP; the calls are gone through once for all of them.
type mediaFigures struct {
	of    func() phone.Media
	descs []*prometheus.Desc // of mediaCounters
}

func newMediaFigures(technology string, of func() phone.Media) *mediaFigures {
	f := &mediaFigures{of: of}
	for _, c := range mediaCounters {
		labels := prometheus.Labels{"technology": technology}
		if c.reason != "" {
			labels["reason"] = c.reason
		}
		f.descs = append(f.descs, prometheus.NewDesc("octothorpe_rtp_"+c.name+"_total", c.help, nil, labels))
	}
	return f
}

// Describe implements prometheus.Collector.
func (f *mediaFigures) Describe(out chan<- *prometheus.Desc) {
	for _, d := range f.descs {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (f *mediaFigures) Collect(out chan<- prometheus.Metric) {
	m := f.of()
	for i, c := range mediaCounters {
		out <- prometheus.MustNewConstMetric(f.descs[i], prometheus.CounterValue, float64(c.value(m)))
	}
}

// collectSIP makes the figures of the SIP stacks and of the media of their calls.
func collectSIP(r *prometheus.Registry, d *phone.Driver) {
	r.MustRegister(newMediaFigures(d.Technology(), d.Media))
	for _, c := range sipCounters {
		r.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "octothorpe_sip_" + c.name + "_total", Help: c.help,
			ConstLabels: prometheus.Labels{"technology": d.Technology()}}, func() float64 {
			if m := d.Metrics(); m != nil {
				return float64(c.value(m).Load())
			}
			return 0
		}))
	}
}
