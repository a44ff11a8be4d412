package control

import "github.com/prometheus/client_golang/prometheus"

// stackMetrics are those of stacks.
type stackMetrics struct {
	state, rootHop, isRoot            *prometheus.GaugeVec
	changes, cabling, probes, dropped *prometheus.CounterVec
	root                              prometheus.Gauge
	rootChanges                       prometheus.Counter
}

func newStackMetrics(r *prometheus.Registry) *stackMetrics {
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		v := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
		r.MustRegister(v)
		return v
	}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
		r.MustRegister(v)
		return v
	}
	dp, port := []string{"dp_id", "dp_name"}, []string{"dp_id", "dp_name", "port", "port_description"}
	return &stackMetrics{
		state:       gauge("port_stack_state", "state of a stack port: 1 nothing heard yet, 2 wrongly cabled, 3 up, 4 gone", port...),
		rootHop:     gauge("dp_root_hop_port", "port that leads to the root, 0 for none", dp...),
		isRoot:      gauge("is_dp_stack_root", "1 for the root of the stack", dp...),
		changes:     counter("port_stack_state_change_count_total", "changes of a stack port's state", port...),
		cabling:     counter("stack_cabling_errors_total", "beacons from another port than the configured one", dp...),
		probes:      counter("stack_probes_received_total", "beacons that came by stack ports", dp...),
		dropped:     counter("octothorpe_sdn_stack_dropped_total", "what other switches of the stack asked for and there was no room for", dp...),
		root:        gauge("faucet_stack_root_dpid", "datapath id of the stack's root").With(nil),
		rootChanges: counter("stack_root_change_count_total", "changes of the stack's root").With(nil),
	}
}
