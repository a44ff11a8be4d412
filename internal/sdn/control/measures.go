package control

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/internal/sdn/pipeline"
	"github.com/octothorpe/octothorpe/openflow"
)

// measures are the metrics of hosts, bundles and of the work itself.
type measures struct {
	portVLANHosts, learnedPort, learnedMACs             *prometheus.GaugeVec
	lacpRole, lacpPortID, hashInfo, hashFunc, desc, ryu *prometheus.GaugeVec
	lacpChanges, dropped, undecodable, tooLong          *prometheus.CounterVec
	packetIn, service                                   *prometheus.HistogramVec
	hostsHidden                                         *prometheus.GaugeVec
	refusals                                            *refusals
}

var buckets = []float64{0.0001, 0.001, 0.01, 0.1, 1}

func newMeasures(r *prometheus.Registry) (m measures) {
	dp, port := []string{"dp_id", "dp_name"}, []string{"dp_id", "dp_name", "port", "port_description"}
	with := func(a []string, more ...string) []string { return append(append([]string(nil), a...), more...) }
	gauge := func(name, help string, labels []string) *prometheus.GaugeVec {
		v := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
		r.MustRegister(v)
		return v
	}
	counter := func(name, help string, labels []string) *prometheus.CounterVec {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
		r.MustRegister(v)
		return v
	}
	histogram := func(name, help string, labels []string) *prometheus.HistogramVec {
		v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
		r.MustRegister(v)
		return v
	}
	m.portVLANHosts = gauge("port_vlan_hosts_learned", "hosts of a VLAN on a port", with(port, "vlan"))
	m.learnedPort = gauge("learned_l2_port", "number of the port on which a host is", with(dp, "vid", "eth_src"))
	m.learnedMACs = gauge("learned_macs", "address of the host n of a port, as a number", with(port, "vlan", "n"))
	m.refusals = newRefusals()
	r.MustRegister(m.refusals)
	m.lacpRole = gauge("port_lacp_role", "role of a port of a bundle: 1 selected, 2 unselected, 3 standby", port)
	m.lacpPortID = gauge("lacp_port_id", "number by which LACP calls a port", port)
	m.lacpChanges = counter("port_lacp_state_change_count_total", "changes of port_lacp_state", port)
	m.hashInfo = gauge("faucet_config_hash_info", "hashes of the files of the configuration", []string{"config_files", "error", "hashes"})
	m.hashFunc = gauge("faucet_config_hash_func", "algorithm of these hashes", []string{"algorithm"})
	m.desc = gauge("of_dp_desc_stats", "what a switch says of itself", with(dp, "mfr_desc", "hw_desc", "sw_desc", "serial_num", "dp_desc"))
	m.ryu = gauge("ryu_config", "settings of the connections to switches", []string{"param"})
	m.packetIn = histogram("faucet_packet_in_secs", "how long a packet took", dp)
	m.service = histogram("faucet_valve_service_secs", "how long what is done each second took", with(dp, "valve_service"))
	m.dropped = counter("octothorpe_sdn_packet_ins_dropped_total", "packets for which there was no room", with(dp, "port"))
	m.tooLong = counter("octothorpe_sdn_replies_too_long_total", "answers of a switch that did not end and were given up", dp)
	m.undecodable = counter("octothorpe_sdn_undecodable_messages_total", "messages of a switch that are none", dp)
	m.hostsHidden = gauge("octothorpe_sdn_hosts_without_metric", "hosts that learned_l2_port and learned_macs leave out, since there are too many", dp)
	m.ryu.WithLabelValues("echo_request_interval").Set(15)
	m.ryu.WithLabelValues("maximum_unreplied_echo_requests").Set(1)
	m.hashFunc.WithLabelValues("sha256").Set(0)
	return m
}

// hashed notes the files of a configuration, or what was wrong with it.
func (m *measures) hashed(info hashInfo) {
	m.hashInfo.Reset()
	m.hashInfo.WithLabelValues(info.files, info.wrong, info.hashes).Set(1)
}

// nextTables are those to which each table can send a packet on.
var nextTables = map[string]string{
	"port_acl": "vlan vip eth_dst_hairpin eth_dst flood", "vlan": "copro vlan_acl classification eth_src", "copro": "eth_dst",
	"vlan_acl": "classification eth_src eth_dst_hairpin eth_dst flood", "classification": "eth_src ipv4_fib ipv6_fib vip eth_dst_hairpin eth_dst flood",
	"eth_src": "ipv4_fib ipv6_fib vip eth_dst_hairpin eth_dst flood", "ipv4_fib": "vip eth_dst_hairpin eth_dst flood",
	"ipv6_fib": "vip eth_dst_hairpin eth_dst flood", "vip": "eth_dst_hairpin eth_dst flood", "eth_dst_hairpin": "eth_dst",
	"egress_acl": "egress", "egress": "flood", "flood": "",
}

// tabled says the numbers of the tables of a switch.
func (m *Metrics) tabled(dp *config.DP) {
	m.table.DeletePartialMatch(prometheus.Labels{"dp_id": fmt.Sprintf("%#x", dp.DatapathID())})
	names := pipeline.Names(dp)
	used := map[string]bool{}
	for _, n := range names {
		used[n] = true
	}
	for i, name := range names {
		candidates := strings.Fields(nextTables[name])
		if name == "eth_dst" {
			if candidates = []string{"flood"}; used["egress"] {
				candidates = []string{"egress", "egress_acl"}
			}
		}
		var next []string
		for _, c := range candidates {
			if used[c] {
				next = append(next, c)
			}
		}
		if name != "" {
			m.table.WithLabelValues(fmt.Sprintf("%#x", dp.DatapathID()), dp.Name, name, strings.Join(next, ",")).Set(float64(i))
		}
	}
}

// described asks a switch what it is, without waiting for it.
func (d *datapath) described(ctx context.Context) {
	conn, dp, m := d.conn, d.dp, d.c.o.Metrics
	d.c.sessions.Go(func() { // it ends with the answer or the connection
		reply, err := conn.Request(ctx, &openflow.MultipartRequest{Body: &openflow.DescRequest{}})
		answer, ok := reply.(*openflow.MultipartReply)
		if err != nil || !ok {
			return
		}
		x, ok := answer.Body.(*openflow.Desc)
		if !ok {
			return
		}
		id := fmt.Sprintf("%#x", dp.DatapathID())
		text := func(s string) string { return strings.ToValidUTF8(s, "?") }
		m.desc.DeletePartialMatch(prometheus.Labels{"dp_id": id})
		m.desc.WithLabelValues(id, dp.Name, text(x.Manufacturer), text(x.Hardware), text(x.Software), text(x.Serial), text(x.Datapath)).Set(1)
	})
}

// connectionMetrics counts what was dropped on the way from a switch.
func (d *datapath) connectionMetrics(b *inbox) {
	m, now := d.c.o.Metrics, d.conn.Stats()
	for port, n := range b.lost() {
		name := "unknown"
		if p := d.dp.Port(port); p != nil {
			name = p.Name
		}
		m.dropped.With(d.labels("port", name)).Add(float64(n))
	}
	if n := now.DroppedPacketIns - d.seen.DroppedPacketIns; n > 0 {
		m.dropped.With(d.labels("port", "unknown")).Add(float64(n))
	}
	if n := now.Undecodable - d.seen.Undecodable; n > 0 {
		m.undecodable.With(d.labels()).Add(float64(n))
	}
	if n := now.TooLong - d.seen.TooLong; n > 0 {
		m.tooLong.With(d.labels()).Add(float64(n))
	}
	d.seen = now
}

// serve does one thing of each second, and tells how long it took.
func (d *datapath) serve(name string, f func() error) error {
	begun := time.Now()
	err := f()
	d.c.o.Metrics.service.With(d.labels("valve_service", name)).Observe(time.Since(begun).Seconds())
	return err
}

// bundleMetrics tells how the ports of bundles are.
func (d *datapath) bundleMetrics() {
	for _, p := range d.dp.Ports {
		if p.LACP == 0 {
			continue
		}
		m, l := d.c.o.Metrics, d.portLabels(p)
		role, id := 2, p.LACPPortID
		switch {
		case d.state.Selected[p.Number]:
			role = 1
		case p.LACPStandby:
			role = 3
		}
		if id < 0 {
			id = int(p.Number)
		}
		m.lacpRole.With(l).Set(float64(role))
		m.lacpPortID.With(l).Set(float64(id))
		m.lacpChanges.With(l)
		if x := d.bundles.members[p.Number]; x == nil || !x.synced {
			m.portLACP.With(l).Set(1)
		}
	}
}
