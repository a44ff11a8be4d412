package exchange

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/octothorpe/octothorpe/internal/callrecord"
)

// recordFigures are metrics of the databases that call records go to.
type recordFigures struct {
	ask                                            func() []callrecord.Delivery
	waiting, bytes, delivered, refused, lost, away *prometheus.Desc
}

func newRecordFigures(ask func() []callrecord.Delivery) recordFigures {
	about := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("octothorpe_records_"+name, help, []string{"backend"}, nil)
	}
	return recordFigures{ask: ask, waiting: about("spooled", "Call records and channel events that wait on disk for a database."),
		bytes:     about("spooled_bytes", "What they have on disk."),
		delivered: about("delivered_total", "Call records and channel events that a database took."),
		refused:   about("refused_total", "Those that a database refused for what is in them: they are put aside."),
		lost:      about("lost_total", "Those that there was no room for on disk."),
		away:      about("backend_away", "1 while a database takes nothing.")}
}

// Describe implements prometheus.Collector.
func (f recordFigures) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{f.waiting, f.bytes, f.delivered, f.refused, f.lost, f.away} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (f recordFigures) Collect(to chan<- prometheus.Metric) {
	for _, d := range f.ask() {
		tell := func(desc *prometheus.Desc, kind prometheus.ValueType, value float64) {
			to <- prometheus.MustNewConstMetric(desc, kind, value, d.Backend)
		}
		tell(f.waiting, prometheus.GaugeValue, float64(d.Waiting))
		tell(f.bytes, prometheus.GaugeValue, float64(d.Bytes))
		tell(f.delivered, prometheus.CounterValue, float64(d.Delivered))
		tell(f.refused, prometheus.CounterValue, float64(d.Refused))
		tell(f.lost, prometheus.CounterValue, float64(d.Lost))
		away := 0.0
		if d.Trouble != nil {
			away = 1
		}
		tell(f.away, prometheus.GaugeValue, away)
	}
}
