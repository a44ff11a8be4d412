package control

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
)

// Metrics are those of Faucet, under its names and with its labels.
type Metrics struct {
	Registry *prometheus.Registry

	status, portStatus, vlanHosts, pbr, table                                           *prometheus.GaugeVec
	neighbors, portLACP                                                                 *prometheus.GaugeVec
	connections, disconnections, errors, flowMods, packetIns, vlanIns, nonVLAN, ignored *prometheus.CounterVec
	unexpected, cold, warm                                                              *prometheus.CounterVec
	measures
	bgpUptime, bgpRoutes                   *prometheus.GaugeVec
	dot1x                                  dot1xMetrics
	bgpRefused                             prometheus.Counter
	applied, loadError, eventID            prometheus.Gauge
	stack                                  *stackMetrics
	reloadRequests, unknown, eventsDropped prometheus.Counter
	refusedConnections                     prometheus.Counter
}

// NewMetrics registers all in a registry of their own.
func NewMetrics() *Metrics {
	m := &Metrics{Registry: prometheus.NewRegistry()}
	m.Registry.MustRegister(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collectors.NewGoCollector())
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		v := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
		m.Registry.MustRegister(v)
		return v
	}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
		m.Registry.MustRegister(v)
		return v
	}
	dp, port := []string{"dp_id", "dp_name"}, []string{"dp_id", "dp_name", "port", "port_description"}
	m.status = gauge("dp_status", "1 while the switch is connected", dp...)
	m.portStatus = gauge("port_status", "1 while the port has a link", port...)
	m.vlanHosts = gauge("vlan_hosts_learned", "hosts of a VLAN", append(dp, "vlan")...)
	m.neighbors = gauge("vlan_neighbors", "neighbours that were resolved", append(dp, "vlan", "ipv")...)
	m.portLACP = gauge("port_lacp_state", "state of LACP: 1 init, 2 noact, 3 up", port...)
	m.measures = newMeasures(m.Registry)
	m.bgpUptime = gauge("bgp_neighbor_uptime", "seconds that the session with a neighbour has lasted, 0 while there is none", append(dp, "vlan", "neighbor")...)
	m.bgpRoutes = gauge("bgp_neighbor_routes", "routes that a neighbour told and that are used", append(dp, "vlan", "neighbor", "ipv")...)
	m.bgpRefused = counter("octothorpe_sdn_bgp_routes_refused_total", "routes of BGP over the limit").With(nil)
	m.pbr = gauge("faucet_pbr_version", "version", "version")
	m.table = gauge("faucet_config_table_names", "number of a table", append(dp, "table_name", "next_tables")...)
	m.connections = counter("of_dp_connections_total", "sessions that began", dp...)
	m.disconnections = counter("of_dp_disconnections_total", "sessions that ended", dp...)
	m.errors = counter("of_errors_total", "messages that the switch refused", dp...)
	m.flowMods = counter("of_flowmsgs_sent_total", "flow messages sent", dp...)
	m.packetIns = counter("of_packet_ins_total", "packets that came", dp...)
	m.vlanIns = counter("of_vlan_packet_ins_total", "packets that came with a VLAN", dp...)
	m.nonVLAN = counter("of_non_vlan_packet_ins_total", "packets that came without one", dp...)
	m.ignored = counter("of_ignored_packet_ins_total", "packets of hosts that may not be learnt", dp...)
	m.unexpected = counter("of_unexpected_packet_ins_total", "packets that no flow of ours sent", dp...)
	m.cold = counter("faucet_config_reload_cold_total", "reloads that began anew", dp...)
	m.warm = counter("faucet_config_reload_warm_total", "reloads that sent a difference", dp...)
	m.dot1x = newDot1XMetrics(counter, dp, port)
	one := func(name, help string) prometheus.Gauge { return gauge(name, help).With(nil) }
	m.applied = one("faucet_config_applied", "share of the switches that have the configuration")
	m.loadError = one("faucet_config_load_error", "1 while the file is wrong")
	m.eventID = one("faucet_event_id", "number of the last event")
	m.reloadRequests = counter("faucet_config_reload_requests_total", "reloads asked for").With(nil)
	m.stack = newStackMetrics(m.Registry)
	m.unknown = counter("octothorpe_sdn_unknown_switches_total", "switches that connected and are not configured").With(nil)
	m.refusedConnections = counter("octothorpe_sdn_connections_refused_total", "switches that could not connect because the machine had no room").With(nil)
	m.eventsDropped = counter("octothorpe_sdn_events_dropped_total", "events that a slow reader lost").With(nil)
	return m
}

// configured notes a configuration that was taken.
func (m *Metrics) configured(c *config.Config) {
	m.pbr.WithLabelValues("octothorpe").Set(1)
	m.applied.Set(1)
	m.loadError.Set(0)
	m.hashed(taken(c))
	m.refusals.configured(c.DPs)
	for _, dp := range c.DPs {
		id := fmt.Sprintf("%#x", dp.DatapathID())
		m.tabled(dp)
		for _, v := range []*prometheus.CounterVec{m.connections, m.disconnections, m.errors, m.flowMods, m.packetIns, m.vlanIns, m.nonVLAN, m.ignored,
			m.unexpected, m.cold, m.warm} {
			v.WithLabelValues(id, dp.Name) // there from the beginning, as 0
		}
		for _, p := range dp.Ports {
			m.portStatus.WithLabelValues(id, dp.Name, p.Name, p.Description)
		}
	}
}

// dpLabels are those of a switch.
func dpLabels(dp *config.DP) prometheus.Labels {
	return prometheus.Labels{"dp_id": fmt.Sprintf("%#x", dp.DatapathID()), "dp_name": dp.Name}
}

// labels are those of the switch, and pairs of others.
func (d *datapath) labels(more ...string) prometheus.Labels {
	l := dpLabels(d.dp)
	for i := 0; i+1 < len(more); i += 2 {
		l[more[i]] = more[i+1]
	}
	return l
}

func (d *datapath) portLabels(p *config.Port) prometheus.Labels {
	return d.labels("port", p.Name, "port_description", p.Description)
}
