//go:build ignore

// Generate writes the dashboards.
package main

import (
	"encoding/json"
	"log"
	"os"
)

// A panel shows what PromQL gives.
type panel struct {
	title, kind string
	width       int
	unit        string
	queries     []query
}

type query struct{ expr, legend string }

type board struct {
	uid, title string
	filters    []string // labels to choose by: dp_name always first
	panels     []panel
}

func one(title, unit, expr string) panel {
	return panel{title, "stat", 6, unit, []query{{expr, ""}}}
}

func graph(title, unit string, q ...query) panel { return panel{title, "timeseries", 12, unit, q} }

func table(title, expr string) panel { return panel{title, "table", 24, "none", []query{{expr, ""}}} }

const (
	dp   = `{dp_name=~"$dp_name"}`
	port = `{dp_name=~"$dp_name",port=~"$port"}`
)

func both(what, factor string) []query {
	return []query{{"rate(of_port_rx_" + what + port + "[$__rate_interval])" + factor, "{{dp_name}} {{port_description}} in"},
		{"-rate(of_port_tx_" + what + port + "[$__rate_interval])" + factor, "{{dp_name}} {{port_description}} out"}}
}

var boards = map[string]board{
	"overview": {"octothorpe-sdn", "Network: overview", []string{"dp_name"}, []panel{
		one("Switches connected", "none", "sum(dp_status"+dp+")"), one("Switches away", "none", "count(dp_status"+dp+"==0) or vector(0)"),
		one("Ports with a link", "none", "sum(port_status"+dp+")"), one("Hosts", "none", "sum(vlan_hosts_learned"+dp+")"),
		one("Configuration wrong", "none", "max(faucet_config_load_error)"), one("Configuration applied", "percentunit", "min(faucet_config_applied)"),
		one("Unknown switches", "none", "sum(octothorpe_sdn_unknown_switches_total)"), one("Events dropped", "none", "sum(octothorpe_sdn_events_dropped_total)"),
		graph("Sessions that began and ended", "none", query{"increase(of_dp_connections_total" + dp + "[$__rate_interval])", "{{dp_name}} began"},
			query{"-increase(of_dp_disconnections_total" + dp + "[$__rate_interval])", "{{dp_name}} ended"}),
		graph("Packets to the controller", "pps", query{"rate(of_packet_ins_total" + dp + "[$__rate_interval])", "{{dp_name}}"},
			query{"rate(of_ignored_packet_ins_total" + dp + "[$__rate_interval])", "{{dp_name}} ignored"}),
		graph("Flow messages", "ops", query{"rate(of_flowmsgs_sent_total" + dp + "[$__rate_interval])", "{{dp_name}}"},
			query{"rate(of_errors_total" + dp + "[$__rate_interval])", "{{dp_name}} refused"}),
		graph("Reloads", "none", query{"increase(faucet_config_reload_requests_total[$__rate_interval])", "asked for"},
			query{"increase(faucet_config_reload_warm_total" + dp + "[$__rate_interval])", "{{dp_name}} warm"},
			query{"increase(faucet_config_reload_cold_total" + dp + "[$__rate_interval])", "{{dp_name}} cold"}),
		graph("Processor", "percentunit", query{"rate(process_cpu_seconds_total[$__rate_interval])", "{{job}} {{instance}}"}),
		graph("Memory", "bytes", query{"process_resident_memory_bytes", "{{job}} {{instance}}"}),
	}},
	"ports": {"octothorpe-sdn-ports", "Network: ports", []string{"dp_name", "port"}, []panel{
		graph("Traffic", "bps", both("bytes", "*8")...), graph("Packets", "pps", both("packets", "")...),
		graph("Dropped", "pps", both("dropped", "")...), graph("Errors", "pps", both("errors", "")...),
		graph("Links", "none", query{"port_status" + port, "{{dp_name}} {{port_description}}"}),
		graph("LACP", "none", query{"port_lacp_state" + port, "{{dp_name}} {{port_description}}"}),
		graph("802.1X: let in and refused", "none", query{"increase(port_dot1x_success_total" + port + "[$__rate_interval])", "{{dp_name}} {{port_description}} let in"},
			query{"-increase(port_dot1x_failure_total" + port + "[$__rate_interval])", "{{dp_name}} {{port_description}} refused"}),
		table("Busiest ports now", "topk(20, rate(of_port_rx_bytes"+port+"[$__rate_interval])*8 + rate(of_port_tx_bytes"+port+"[$__rate_interval])*8)"),
	}},
	"hosts": {"octothorpe-sdn-hosts", "Network: hosts", []string{"dp_name", "vlan"}, []panel{
		graph("Hosts by VLAN", "none", query{`vlan_hosts_learned{dp_name=~"$dp_name",vlan=~"$vlan"}`, "{{dp_name}} VLAN {{vlan}}"}),
		graph("Hosts by port", "none", query{"sum by (dp_name, port_description) (port_vlan_hosts_learned" + dp + ")", "{{dp_name}} {{port_description}}"}),
		graph("Neighbours of the router", "none", query{`vlan_neighbors{dp_name=~"$dp_name",vlan=~"$vlan"}`, "{{dp_name}} VLAN {{vlan}} IPv{{ipv}}"}),
		graph("Packets that taught nothing", "pps", query{"rate(of_unexpected_packet_ins_total" + dp + "[$__rate_interval])", "{{dp_name}} unexpected"},
			query{"rate(of_non_vlan_packet_ins_total" + dp + "[$__rate_interval])", "{{dp_name}} without a VLAN"}),
	}},
	"flows": {"octothorpe-sdn-flows", "Network: flows", []string{"dp_name"}, []panel{
		graph("Packets by table", "pps", query{`sum by (dp_name, __name__) (rate({__name__=~"flow_packet_count_.+",dp_name=~"$dp_name"}[$__rate_interval]))`, "{{dp_name}} {{__name__}}"}),
		graph("Flows by table", "none", query{`count by (dp_name, __name__) ({__name__=~"flow_packet_count_.+",dp_name=~"$dp_name"})`, "{{dp_name}} {{__name__}}"}),
		table("Rules of ACLs, by packets", `topk(50, {__name__=~"flow_packet_count_(port|vlan|egress)_acl",dp_name=~"$dp_name"})`),
		table("Meters: packets dropped or marked", "of_meter_packet_band_count"+dp),
	}},
	"bgp": {"octothorpe-sdn-bgp", "Network: BGP", []string{"dp_name"}, []panel{
		table("Neighbours: seconds up", "bgp_neighbor_uptime"+dp),
		graph("Routes", "none", query{"bgp_neighbor_routes" + dp, "{{dp_name}} {{neighbor}} IPv{{ipv}}"}),
		graph("Seconds up", "s", query{"bgp_neighbor_uptime" + dp, "{{dp_name}} {{neighbor}}"}),
	}},
	"stack": {"octothorpe-sdn-stack", "Network: stack", []string{"dp_name"}, []panel{
		table("Root", "is_dp_stack_root"+dp+"==1"),
		graph("Links (3 is up)", "none", query{"port_stack_state" + dp, "{{dp_name}} {{port_description}}"}),
		graph("Changes", "none", query{"increase(port_stack_state_change_count_total" + dp + "[$__rate_interval])", "{{dp_name}} {{port_description}}"},
			query{"increase(stack_root_change_count_total[$__rate_interval])", "of the root"}),
		graph("Wrong cables", "none", query{"increase(stack_cabling_errors_total" + dp + "[$__rate_interval])", "{{dp_name}}"}),
		graph("Beacons", "none", query{"rate(stack_probes_received_total" + dp + "[$__rate_interval])", "{{dp_name}}"}),
	}},
}

var source = map[string]string{"type": "prometheus", "uid": "${source}"}

func (b board) json() map[string]any {
	var panels []any
	x, y, height := 0, 0, 0
	for i, p := range b.panels {
		tall := map[string]int{"stat": 4}[p.kind]
		if tall == 0 {
			tall = 8
		}
		if x+p.width > 24 {
			x, y, height = 0, y+height, 0
		}
		var targets []any
		for j, q := range p.queries {
			t := map[string]any{"datasource": source, "expr": q.expr, "refId": string(rune('A' + j))}
			if q.legend != "" {
				t["legendFormat"] = q.legend
			}
			if p.kind != "timeseries" {
				t["instant"] = true
			}
			if p.kind == "table" {
				t["format"] = "table"
			}
			targets = append(targets, t)
		}
		panels = append(panels, map[string]any{"id": i + 1, "title": p.title, "type": p.kind, "datasource": source, "targets": targets,
			"gridPos":     map[string]int{"x": x, "y": y, "w": p.width, "h": tall},
			"fieldConfig": map[string]any{"defaults": map[string]any{"unit": p.unit}, "overrides": []any{}}})
		x, height = x+p.width, max(height, tall)
	}
	list := []any{map[string]any{"name": "source", "type": "datasource", "query": "prometheus", "label": "Prometheus"}}
	for i, name := range b.filters {
		series := map[string]string{"dp_name": "dp_status", "port": `port_status{dp_name=~"$dp_name"}`, "vlan": `vlan_hosts_learned{dp_name=~"$dp_name"}`}[name]
		list = append(list, map[string]any{"name": name, "type": "query", "datasource": source, "query": "label_values(" + series + ", " + name + ")",
			"refresh": 2, "includeAll": true, "multi": true, "allValue": ".*", "sort": 3, "label": []string{"switch", name}[min(i, 1)],
			"current": map[string]any{"text": "All", "value": "$__all"}})
	}
	return map[string]any{"uid": b.uid, "title": b.title, "tags": []string{"octothorpe", "network"}, "schemaVersion": 39, "version": 1, "editable": true,
		"refresh": "10s", "time": map[string]string{"from": "now-1h", "to": "now"}, "panels": panels, "templating": map[string]any{"list": list},
		"annotations": map[string]any{"list": []any{}}, "links": []any{map[string]any{"type": "dashboards", "tags": []string{"octothorpe", "network"}, "title": "Network",
			"asDropdown": true, "includeVars": true, "keepTime": true}}}
}

func main() {
	for name, b := range boards {
		text, err := json.MarshalIndent(b.json(), "", "  ")
		if err != nil {
			log.Fatal(err)
		}
		if err := os.WriteFile(name+".json", append(text, '\n'), 0o644); err != nil {
			log.Fatal(err)
		}
	}
}
