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

// rtpCounters are the counters of RTP, with the same label.
var rtpCounters = []struct {
	name, help string
	value      func(phone.Media) uint64
}{
	{"packets_received", "RTP packets received.", func(m phone.Media) uint64 { return m.PacketsReceived }},
	{"payload_bytes_received", "Octets of media in RTP packets received.", func(m phone.Media) uint64 { return m.OctetsReceived }},
	{"packets_sent", "RTP packets sent.", func(m phone.Media) uint64 { return m.PacketsSent }},
	{"payload_bytes_sent", "Octets of media in RTP packets sent.", func(m phone.Media) uint64 { return m.OctetsSent }},
}

// rtpDropped are the reasons for which packets that came were not taken.
var rtpDropped = []struct {
	reason string
	value  func(phone.Media) uint64
}{
	{"undeciphered", func(m phone.Media) uint64 { return m.Undeciphered }},
	{"malformed", func(m phone.Media) uint64 { return m.Malformed }},
	{"stranger", func(m phone.Media) uint64 { return m.Strange }},
	{"payload_type", func(m phone.Media) uint64 { return m.Unmapped }},
	{"hold", func(m phone.Media) uint64 { return m.Held }},
}

// collectSIP makes the figures of the SIP stacks and of the media of their calls.
func collectSIP(r *prometheus.Registry, d *phone.Driver) {
	for _, c := range rtpCounters {
		r.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "octothorpe_rtp_" + c.name + "_total", Help: c.help,
			ConstLabels: prometheus.Labels{"technology": d.Technology()}}, func() float64 { return float64(c.value(d.Media())) }))
	}
	for _, c := range rtpDropped {
		r.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "octothorpe_rtp_packets_dropped_total", Help: "RTP packets that came and were not taken.",
			ConstLabels: prometheus.Labels{"technology": d.Technology(), "reason": c.reason}}, func() float64 { return float64(c.value(d.Media())) }))
	}
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
