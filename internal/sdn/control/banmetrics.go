package control

import (
	"fmt"
	"strconv"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
)

// A refusals counts hosts that were refused, by port and by VLAN of each switch that
// is configured: where none was the metric is there, as 0. Those zeros are written when
// they are asked for, and held nowhere.
type refusals struct {
	port, vlan *prometheus.Desc

	mu  sync.Mutex // leaf
	dps []*config.DP
	of  map[refusing]float64
}

// A refusing is a port, or where that is 0 a VLAN.
type refusing struct {
	dp   uint64
	port uint32
	vid  int
}

func newRefusals() *refusals {
	return &refusals{of: map[refusing]float64{},
		port: prometheus.NewDesc("port_learn_bans", "times that a host was refused since its port had enough", []string{"dp_id", "dp_name", "port", "port_description"}, nil),
		vlan: prometheus.NewDesc("vlan_learn_bans", "times that a host was refused since its VLAN had enough", []string{"dp_id", "dp_name", "vlan"}, nil)}
}

// configured says which ports and VLANs there are; what is no more is forgotten.
func (r *refusals) configured(dps []*config.DP) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dps = dps
	if len(r.of) == 0 {
		return
	}
	kept := map[refusing]float64{}
	r.each(func(_ *config.DP, _ *config.Port, _ *config.VLAN, k refusing) {
		if n := r.of[k]; n > 0 {
			kept[k] = n
		}
	})
	r.of = kept
}

// each goes over the ports and VLANs: one of both is nil.
func (r *refusals) each(f func(*config.DP, *config.Port, *config.VLAN, refusing)) {
	for _, dp := range r.dps {
		for _, p := range dp.Ports {
			f(dp, p, nil, refusing{dp: dp.DatapathID(), port: p.Number})
		}
		for _, v := range dp.VLANs {
			if !v.Reserved {
				f(dp, nil, v, refusing{dp: dp.DatapathID(), vid: v.VID})
			}
		}
	}
}

func (r *refusals) add(k refusing) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.of[k]++
}

// Describe implements prometheus.Collector.
func (r *refusals) Describe(out chan<- *prometheus.Desc) {
	out <- r.port
	out <- r.vlan
}

// Collect implements prometheus.Collector.
func (r *refusals) Collect(out chan<- prometheus.Metric) {
	r.mu.Lock()
	var all []prometheus.Metric // told without the lock: who reads may be slow
	r.each(func(dp *config.DP, p *config.Port, v *config.VLAN, k refusing) {
		id, n := fmt.Sprintf("%#x", k.dp), r.of[k]
		if p != nil {
			all = append(all, prometheus.MustNewConstMetric(r.port, prometheus.GaugeValue, n, id, dp.Name, p.Name, p.Description))
			return
		}
		all = append(all, prometheus.MustNewConstMetric(r.vlan, prometheus.GaugeValue, n, id, dp.Name, strconv.Itoa(v.VID)))
	})
	r.mu.Unlock()
	for _, m := range all {
		out <- m
	}
}
