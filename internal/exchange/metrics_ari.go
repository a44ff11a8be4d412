package exchange

import (
	"fmt"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/octothorpe/octothorpe/internal/rest"
	"github.com/octothorpe/octothorpe/internal/rest/stasis"
)

// restFigures tells the figures of ARI, read when they are asked for.
type restFigures struct {
	operations                                                     func() []rest.OperationFigures
	applications                                                   func() stasis.Figures
	requests, took, events, messages, bytes, cut, resumed, tooLate *prometheus.Desc
	retained, clients, channels, waiting                           *prometheus.Desc
}

func newRESTFigures(operations func() []rest.OperationFigures, applications func() stasis.Figures) *restFigures {
	about := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("octothorpe_ari_"+name, help, labels, nil)
	}
	return &restFigures{operations: operations, applications: applications,
		requests: about("requests_total", "ARI requests by the class of their answer: 2xx, 4xx …", "operation", "code"),
		took:     about("request_duration_seconds", "How long ARI requests took.", "operation"),
		events:   about("events_total", "Events that ARI applications were told, by type.", "type"),
		messages: about("messages_sent_total", "Events sent to ARI clients: one for each client."),
		bytes:    about("bytes_sent_total", "Bytes of events sent to ARI clients."),
		cut:      about("events_without_room_total", "Events for which an ARI client that does not read had no room: it is cut off."),
		resumed:  about("resumed_total", "ARI clients that came back and were told what they missed."),
		tooLate:  about("too_late_total", "ARI clients that came back when that was not kept any more."),
		retained: about("retained_bytes", "Bytes of events that are kept for ARI clients that come back."),
		clients:  about("clients", "WebSockets of ARI applications.", "application"),
		channels: about("channels", "Channels in ARI applications.", "application"),
		waiting:  about("waiting_bytes", "Bytes that wait for the clients of ARI applications.", "application"),
	}
}

// Describe implements prometheus.Collector.
func (f *restFigures) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{f.requests, f.took, f.events, f.messages, f.bytes, f.cut, f.resumed, f.tooLate, f.retained, f.clients, f.channels, f.waiting} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (f *restFigures) Collect(out chan<- prometheus.Metric) {
	counter := func(d *prometheus.Desc, v uint64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	gauge := func(d *prometheus.Desc, v int, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(v), labels...)
	}
	for _, o := range f.operations() {
		all := uint64(0)
		for class, n := range o.Classes {
			if n > 0 {
				counter(f.requests, n, o.Operation, fmt.Sprintf("%dxx", class))
			}
			all += n
		}
		out <- prometheus.MustNewConstHistogram(f.took, all, o.Took.Seconds(), o.Steps, o.Operation)
	}
	a := f.applications()
	for kind, n := range a.Events {
		counter(f.events, n, kind)
	}
	counter(f.messages, a.Delivered)
	counter(f.bytes, a.Bytes)
	counter(f.cut, a.Dropped)
	counter(f.resumed, a.Resumed)
	counter(f.tooLate, a.TooLate)
	gauge(f.retained, a.Retained)
	seen := map[string]bool{}
	for _, one := range a.Applications {
		name := strings.ToValidUTF8(one.Name, "\uFFFD") // clients choose it
		if seen[name] {
			continue
		}
		seen[name] = true
		gauge(f.clients, one.Clients, name)
		gauge(f.channels, one.Channels, name)
		gauge(f.waiting, one.Waiting, name)
	}
}
