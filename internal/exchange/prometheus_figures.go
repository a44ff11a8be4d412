package exchange

import (
	"math"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// asteriskFigures are those that Asterisk's res_prometheus tells, under its names and with
// its labels.
type asteriskFigures struct{ x *Exchange }

// Describe implements prometheus.Collector: what there is depends on who calls.
func (asteriskFigures) Describe(chan<- *prometheus.Desc) {}

// The figures: their names, what they are, and their labels beside that of the exchange.
var (
	coreProperties = figureOf("asterisk_core_properties", "What this exchange is; always 1.", "version", "build_options", "build_date", "build_os", "build_kernel", "build_host")
	coreUptime     = figureOf("asterisk_core_uptime_seconds", "Seconds since the start.")
	coreReload     = figureOf("asterisk_core_last_reload_seconds", "Seconds since the last reload.")
	coreScrape     = figureOf("asterisk_core_scrape_time_ms", "Milliseconds that the last scrape took.")

	callsSum   = figureOf("asterisk_calls_sum", "Calls since the start.")
	callsCount = figureOf("asterisk_calls_count", "Calls under way.")

	channelsCount    = figureOf("asterisk_channels_count", "Legs of all calls.")
	channelsState    = figureOf("asterisk_channels_state", "State of a leg, as AMI's ChannelState.", channelLabels...)
	channelsDuration = figureOf("asterisk_channels_duration_seconds", "Seconds since a leg began.", channelLabels...)
	channelLabels    = []string{"name", "id", "type", "linkedid"}

	bridgesCount    = figureOf("asterisk_bridges_count", "Bridges.")
	bridgesChannels = figureOf("asterisk_bridges_channels_count", "Legs in a bridge.", "id", "tech", "subclass", "creator", "name")

	endpointsCount    = figureOf("asterisk_endpoints_count", "Endpoints.")
	endpointsState    = figureOf("asterisk_endpoints_state", "Whether an endpoint can be reached: 0 is not known, 1 no, 2 yes.", endpointLabels...)
	endpointsChannels = figureOf("asterisk_endpoints_channels_count", "Legs of an endpoint.", endpointLabels...)
	endpointLabels    = []string{"id", "tech", "resource"}
)

func figureOf(name, about string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, about, append([]string{"eid"}, labels...), nil)
}

// figureTeller sends figures with the label of the exchange.
type figureTeller struct {
	to  chan<- prometheus.Metric
	eid string
}

func (t figureTeller) gauge(d *prometheus.Desc, value float64, labels ...string) {
	t.to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, append([]string{t.eid}, labels...)...)
}

func (t figureTeller) counter(d *prometheus.Desc, value float64, labels ...string) {
	t.to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, value, append([]string{t.eid}, labels...)...)
}

// Collect implements prometheus.Collector.
func (f *asteriskFigures) Collect(to chan<- prometheus.Metric) {
	t := figureTeller{to, f.x.entityID()}
	if f.x.figures.settings.Load().core {
		f.core(t)
	}
	f.channels(t)
	f.bridges(t)
	f.endpoints(t)
}

func (f *asteriskFigures) core(t figureTeller) {
	x := f.x
	t.counter(coreProperties, 1, x.options.Version, "", "", runtime.GOOS, "", hostname())
	t.counter(coreUptime, math.Floor(sinceSeconds(x.began)))
	t.counter(coreReload, math.Floor(sinceSeconds(time.Unix(0, x.lastReload.Load()))))
	if last := x.figures.scraped.Load(); last != nil {
		t.counter(coreScrape, float64(last.took.Milliseconds()))
	}
}

func (f *asteriskFigures) channels(t figureTeller) {
	x := f.x
	t.counter(callsSum, float64(x.channels.CallsProcessed()))
	t.gauge(callsCount, float64(x.activeCalls()))
	all := x.channels.All()
	t.gauge(channelsCount, float64(len(all)))
	for _, c := range all {
		s := c.Snapshot()
		labels := []string{s.Name, s.UniqueID, s.Technology, s.LinkedID}
		t.gauge(channelsState, float64(s.State), labels...)
		t.gauge(channelsDuration, math.Floor(sinceSeconds(s.Created)), labels...)
	}
}

func (f *asteriskFigures) bridges(t figureTeller) {
	all := f.x.bridges.All()
	t.gauge(bridgesCount, float64(len(all)))
	for _, b := range all {
		s := b.Snapshot()
		t.gauge(bridgesChannels, float64(len(s.Channels)), s.ID, s.Technology, s.Type, s.Creator, s.Name)
	}
}

// endpointStates are what tells an endpoint's state in figures.
var endpointStates = map[string]float64{"offline": 1, "online": 2}

func (f *asteriskFigures) endpoints(t figureTeller) {
	all := f.x.endpoints()
	t.gauge(endpointsCount, float64(len(all)))
	for _, e := range all {
		labels := []string{e.Technology + "/" + e.Resource, e.Technology, e.Resource}
		t.gauge(endpointsState, endpointStates[e.State], labels...)
		t.gauge(endpointsChannels, float64(len(e.Channels)), labels...)
	}
}
