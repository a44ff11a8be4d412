package gauge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/internal/sdn/pipeline"
	"github.com/octothorpe/octothorpe/openflow"
)

// A sample is one counter of one thing.
type sample struct {
	name   string
	labels map[string]string
	value  float64
}

func labels(dp *config.DP, more ...string) map[string]string {
	m := map[string]string{"dp_id": fmt.Sprintf("%#x", dp.DatapathID()), "dp_name": dp.Name}
	for i := 0; i+1 < len(more); i += 2 {
		m[more[i]] = more[i+1]
	}
	return m
}

// portName is how a port is called: by its name, LOCAL for the switch's own, and one
// that is not configured by its number.
func portName(dp *config.DP, number uint32) string {
	if p := dp.Port(number); p != nil {
		return p.Name
	}
	if number == openflow.PortLocal {
		return "LOCAL"
	}
	return fmt.Sprint(number)
}

// portLabels are those of a port of the configuration, and of the switch's own; what
// others count is left out, as by Faucet.
func portLabels(dp *config.DP, number uint32) (l map[string]string, ok bool) {
	p := dp.Port(number)
	if number == openflow.PortLocal {
		return labels(dp, "port", "LOCAL", "port_description", "LOCAL"), true
	}
	if p == nil {
		return nil, false
	}
	return labels(dp, "port", p.Name, "port_description", p.Description), true
}

// prometheusNames are those of the counters of ports.
var prometheusNames = map[string]string{"packets out": "of_port_tx_packets", "packets in": "of_port_rx_packets", "bytes out": "of_port_tx_bytes",
	"bytes in": "of_port_rx_bytes", "dropped out": "of_port_tx_dropped", "dropped in": "of_port_rx_dropped", "errors out": "of_port_tx_errors",
	"errors in": "of_port_rx_errors"}

// portStats are the counters of ports.
func portStats(dp *config.DP, r *openflow.PortStatsReply) (list []sample) {
	for _, p := range r.Ports {
		l, ok := portLabels(dp, p.Port)
		if !ok {
			continue
		}
		for _, c := range portCounters(p) {
			list = append(list, sample{prometheusNames[c.words], l, float64(c.value)})
		}
	}
	return list
}

// portState is how a port is; of the switch's own nothing is told.
func portState(dp *config.DP, m *openflow.PortStatus) []sample {
	p := m.Port
	l, ok := portLabels(dp, p.Number)
	if !ok || p.Number == openflow.PortLocal {
		return nil
	}
	return []sample{{"of_port_state", l, float64(p.State)}, {"of_port_reason", l, float64(m.Reason)},
		{"of_port_curr_speed", l, float64(p.CurrentSpeed)}, {"of_port_max_speed", l, float64(p.MaxSpeed)}}
}

// meterStats are the counters of meters.
func meterStats(dp *config.DP, r *openflow.MeterStatsReply) (list []sample) {
	for _, m := range r.Meters {
		l := labels(dp, "meter_id", fmt.Sprint(m.Meter))
		for _, c := range meterCounters(m) {
			list = append(list, sample{"of_meter_" + c.name("_"), l, float64(c.value)})
		}
	}
	return list
}

// flowTable are the counters of flows, by the name of their table.
func flowTable(dp *config.DP, r *openflow.FlowStatsReply) (list []sample) {
	names := pipeline.Names(dp)
	for _, f := range r.Flows {
		if int(f.Table) >= len(names) || names[f.Table] == "" {
			continue
		}
		l := flowLabels(dp, f)
		if _, has := l["vlan"]; !has {
			l["vlan"] = ""
		}
		list = append(list, sample{"flow_packet_count_" + names[f.Table], l, float64(f.Packets)},
			sample{"flow_byte_count_" + names[f.Table], l, float64(f.Bytes)})
	}
	return list
}

// flowLabels say which flow it is; vlan is the VID of a match of vlan_vid that has
// no mask, and 4096 where it is for packets without a tag.
func flowLabels(dp *config.DP, f openflow.FlowStats) map[string]string {
	l := labels(dp, "table_id", fmt.Sprint(f.Table), "cookie", fmt.Sprint(f.Cookie), "priority", fmt.Sprint(f.Priority),
		"inst_count", fmt.Sprint(len(f.Instructions)))
	for _, field := range f.Match {
		name, value, mask := fieldValue(field)
		if strings.Contains(name, ":") {
			continue // one of an experimenter
		}
		if l[name] = fmt.Sprint(value); mask != nil {
			l[name] += "/" + fmt.Sprint(mask)
		} else if field.Is(openflow.VLANVID) {
			l["vlan"] = fmt.Sprint(field.Uint() ^ openflow.VIDPresent)
		}
	}
	return l
}

// sortedLabels are the names of the labels in order.
func sortedLabels(m map[string]string) []string {
	names := make([]string, 0, len(m))
	for n := range m {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}
