package view

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/internal/sdn/control"
	"github.com/octothorpe/octothorpe/internal/sdn/pipeline"
	"github.com/octothorpe/octothorpe/openflow"
)

// A DP is a switch, as /api/dps shows it.
type DP struct {
	Name        string `json:"name"`
	ID          string `json:"dp_id"` // 0x…
	Connected   bool   `json:"connected"`
	Role        string `json:"role"` // of this controller: master, or standby for another; "" of a switch that is away
	Hardware    string `json:"hardware"`
	Ports       int    `json:"ports"`    // of the configuration
	PortsUp     int    `json:"ports_up"` // of these
	VLANs       int    `json:"vlans"`
	Hosts       int    `json:"hosts"`
	Flows       int    `json:"flows"` // that it is to have
	Description string `json:"description"`
}

// A Port is one as /api/ports shows it. Counters are 0 of a switch that is away.
type Port struct {
	DP          string   `json:"dp"`
	Number      uint32   `json:"port"`
	Name        string   `json:"name"`
	Up          bool     `json:"up"`
	Native      string   `json:"native_vlan"`
	Tagged      []string `json:"tagged_vlans"`
	LAG         int      `json:"lacp"`
	Selected    bool     `json:"selected"` // carries traffic
	Peer        string   `json:"stack_peer"`
	Speed       uint32   `json:"speed_kbps"`
	Hosts       int      `json:"hosts"`
	RxPackets   uint64   `json:"rx_packets"`
	TxPackets   uint64   `json:"tx_packets"`
	RxBytes     uint64   `json:"rx_bytes"`
	TxBytes     uint64   `json:"tx_bytes"`
	Dropped     uint64   `json:"dropped"` // both ways
	Errors      uint64   `json:"errors"`  // both ways
	Description string   `json:"description"`
}

// A Host is one that was learnt.
type Host struct {
	DP      string    `json:"dp"`
	VLAN    string    `json:"vlan"`
	VID     int       `json:"vid"`
	MAC     string    `json:"mac"`
	Port    uint32    `json:"port"`
	Address []string  `json:"addresses"` // those that the router has resolved
	Seen    time.Time `json:"seen"`
	Timeout int       `json:"timeout"` // seconds; 0: it is never forgotten
}

// A VLAN is one as a switch has it.
type VLAN struct {
	DP       string   `json:"dp"`
	Name     string   `json:"name"`
	VID      int      `json:"vid"`
	Untagged []uint32 `json:"untagged"`
	Tagged   []uint32 `json:"tagged"`
	VIPs     []string `json:"faucet_vips"`
	ACLs     []string `json:"acls"`
	Hosts    int      `json:"hosts"`
}

// A Route is a network and how it is reached.
type Route struct {
	DP      string `json:"dp"`
	VLAN    string `json:"vlan"`
	Network string `json:"network"`
	Kind    string `json:"kind"` // connected, static, bgp, host
	Via     string `json:"via"`
	MAC     string `json:"mac"` // of the next hop, "" while nobody has answered
}

// A Neighbour of BGP.
type Neighbour struct {
	DP       string `json:"dp"`
	Router   string `json:"router"`
	VLAN     string `json:"vlan"`
	Address  string `json:"neighbor"`
	AS       int    `json:"as"`
	LocalAS  int    `json:"local_as"`
	RouterID string `json:"router_id"`
	Mode     string `json:"connect_mode"`
	Up       int    `json:"uptime"`      // seconds; 0 while there is no session
	Routes4  int    `json:"routes_ipv4"` // that it told
	Routes6  int    `json:"routes_ipv6"`
}

// A Flow is one that a switch has.
type Flow struct {
	DP      string `json:"dp"`
	Table   string `json:"table"` // by name
	Number  uint8  `json:"table_id"`
	Packets uint64 `json:"packets"`
	Bytes   uint64 `json:"bytes"`
	Age     uint32 `json:"age"`  // seconds
	Flow    string `json:"flow"` // as ovs-ofctl prints it
}

// A Link is one of a stack.
type Link struct {
	DP       string `json:"dp"`
	Port     uint32 `json:"port"`
	Peer     string `json:"peer"`
	PeerPort uint32 `json:"peer_port"`
	Up       bool   `json:"up"` // both ends hear each other
	Root     string `json:"root"`
	Distance int    `json:"distance"` // of the switch from the root, in links; -1: none lead there
}

func (v *View) dps(ctx context.Context, dp *config.DP) ([]DP, error) {
	one := DP{Name: dp.Name, ID: fmt.Sprintf("%#x", dp.DatapathID()), Hardware: dp.Hardware.Name, Ports: len(dp.Ports), VLANs: len(dp.VLANs), Description: dp.Description}
	x, err := v.c.Inspect(ctx, dp)
	if err != nil {
		return []DP{one}, err
	}
	one.Connected, one.Hosts = x.Connected, len(x.Hosts)
	switch {
	case x.Leads:
		one.Role = "master"
	case x.Connected:
		one.Role = "standby"
	}
	for _, p := range x.Ports {
		if p.Up {
			one.PortsUp++
		}
	}
	if x.Tables != nil {
		one.Flows = len(x.Tables.Flows)
	}
	return []DP{one}, nil
}

// session is the one of a switch, if it is connected.
func (v *View) session(dp *config.DP) (control.Session, bool) {
	for _, s := range v.c.Sessions() {
		if s.DP.DatapathID() == dp.DatapathID() {
			return s, true
		}
	}
	return control.Session{}, false
}

func (v *View) ports(ctx context.Context, dp *config.DP) ([]Port, error) {
	x, err := v.c.Inspect(ctx, dp)
	if err != nil {
		return nil, err
	}
	counters := map[uint32]openflow.PortStats{}
	if s, ok := v.session(dp); ok {
		list, failed := s.PortCounters(ctx)
		for _, one := range list {
			counters[one.Port] = one
		}
		err = failed // the rest is shown
	}
	var ports []Port
	for _, p := range x.Ports {
		c := counters[p.Port.Number]
		one := Port{DP: dp.Name, Number: p.Port.Number, Name: p.Port.Name, Up: p.Up, LAG: p.Port.LACP, Selected: p.Selected, Speed: p.Speed, Hosts: p.Hosts,
			RxPackets: c.RxPackets, TxPackets: c.TxPackets, RxBytes: c.RxBytes, TxBytes: c.TxBytes, Dropped: counted(c.RxDropped) + counted(c.TxDropped),
			Errors: counted(c.RxErrors) + counted(c.TxErrors), Description: p.Port.Description, Tagged: []string{}}
		if p.Port.NativeVLAN != nil {
			one.Native = p.Port.NativeVLAN.Name
		}
		for _, t := range p.Port.Tagged {
			one.Tagged = append(one.Tagged, t.Name)
		}
		if p.Port.IsStack() {
			one.Peer = fmt.Sprintf("%s port %d", p.Port.Peer.DP.Name, p.Port.Peer.Number)
		}
		ports = append(ports, one)
	}
	return ports, err
}

// counted is a counter, 0 where the switch does not count it.
func counted(n uint64) uint64 {
	if n == ^uint64(0) {
		return 0
	}
	return n
}

func mac(m [6]byte) string {
	return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5])
}

func vlanName(dp *config.DP, vid int) string {
	if v := dp.VLAN(vid); v != nil {
		return v.Name
	}
	return fmt.Sprint(vid)
}

func (v *View) hosts(ctx context.Context, dp *config.DP) ([]Host, error) {
	x, err := v.c.Inspect(ctx, dp)
	if err != nil {
		return nil, err
	}
	type where struct {
		mac [6]byte
		vid int
	}
	addresses := map[where][]string{}
	for _, n := range x.Neighbours {
		if n.Known {
			addresses[where{n.MAC, n.VID}] = append(addresses[where{n.MAC, n.VID}], n.Address.String())
		}
	}
	var hosts []Host
	for _, h := range x.Hosts {
		hosts = append(hosts, Host{DP: dp.Name, VLAN: vlanName(x.DP, h.VID), VID: h.VID, MAC: mac(h.MAC), Port: h.Port, Seen: h.Seen,
			Timeout: int(h.Timeout / time.Second), Address: append([]string{}, addresses[where{h.MAC, h.VID}]...)})
	}
	return hosts, nil
}

func (v *View) vlans(ctx context.Context, dp *config.DP) ([]VLAN, error) {
	x, err := v.c.Inspect(ctx, dp)
	if err != nil {
		return nil, err
	}
	count := map[int]int{}
	for _, h := range x.Hosts {
		count[h.VID]++
	}
	var list []VLAN
	for _, w := range x.DP.VLANs {
		if w.Reserved {
			continue
		}
		one := VLAN{DP: dp.Name, Name: w.Name, VID: w.VID, Hosts: count[w.VID], Untagged: []uint32{}, Tagged: []uint32{}, VIPs: []string{}, ACLs: []string{}}
		for _, p := range w.Untagged {
			one.Untagged = append(one.Untagged, p.Number)
		}
		for _, p := range w.Tagged {
			one.Tagged = append(one.Tagged, p.Number)
		}
		for _, p := range w.VIPs {
			one.VIPs = append(one.VIPs, p.String())
		}
		for _, a := range slices.Concat(w.ACLsIn, w.ACLsOut) {
			one.ACLs = append(one.ACLs, a.Name)
		}
		list = append(list, one)
	}
	return list, nil
}

func (v *View) routes(ctx context.Context, dp *config.DP) ([]Route, error) {
	x, err := v.c.Inspect(ctx, dp)
	if err != nil {
		return nil, err
	}
	var list []Route
	next := map[string]string{}
	for _, n := range x.Neighbours {
		if n.Known {
			next[n.Address.String()] = mac(n.MAC)
		}
	}
	for _, w := range x.DP.VLANs {
		for _, vip := range w.VIPs {
			list = append(list, Route{DP: dp.Name, VLAN: w.Name, Network: vip.Masked().String(), Kind: "connected", Via: vip.Addr().String(), MAC: mac(w.MAC)})
		}
		for _, r := range w.Routes {
			list = append(list, Route{DP: dp.Name, VLAN: w.Name, Network: r.Dst.String(), Kind: "static", Via: r.Gw.String(), MAC: next[r.Gw.String()]})
		}
	}
	heard, err := v.heard(ctx)
	for _, router := range x.DP.Routers {
		for _, r := range heard[router.Name].Routes {
			for _, hop := range r.Hops {
				if router.BGPVLAN != nil {
					list = append(list, Route{DP: dp.Name, VLAN: router.BGPVLAN.Name, Network: r.To.String(), Kind: "bgp", Via: hop.String(), MAC: next[hop.String()]})
				}
			}
		}
	}
	for _, n := range x.Neighbours {
		list = append(list, Route{DP: dp.Name, VLAN: vlanName(x.DP, n.VID), Network: n.Address.String(), Kind: "host", MAC: next[n.Address.String()]})
	}
	return list, err
}

// heard is what BGP says, by the names of the routers.
func (v *View) heard(ctx context.Context) (map[string]control.BGPState, error) {
	list, err := v.c.BGP(ctx)
	states := map[string]control.BGPState{}
	for _, one := range list {
		states[one.Router] = one
	}
	return states, err
}

func (v *View) bgp(ctx context.Context, dp *config.DP) (list []Neighbour, err error) {
	heard, err := v.heard(ctx)
	for _, r := range dp.Routers {
		if r.BGP == nil || r.BGP.AS == nil || r.BGPVLAN == nil {
			continue
		}
		for _, a := range r.BGP.NeighborAddresses {
			one := Neighbour{DP: dp.Name, Router: r.Name, VLAN: r.BGPVLAN.Name, Address: a, LocalAS: *r.BGP.AS, RouterID: r.BGP.RouterID, Mode: r.BGP.ConnectMode}
			if r.BGP.NeighborAS != nil {
				one.AS = *r.BGP.NeighborAS
			}
			for _, n := range heard[r.Name].Neighbors {
				if n.Address.String() == a && !n.Up.IsZero() {
					one.Up, one.Routes4, one.Routes6 = max(int(time.Since(n.Up)/time.Second), 1), n.Routes[4], n.Routes[6]
				}
			}
			list = append(list, one)
		}
	}
	return list, err
}

func (v *View) flows(ctx context.Context, dp *config.DP) ([]Flow, error) {
	s, ok := v.session(dp)
	if !ok {
		return nil, nil
	}
	stats, err := s.FlowCounters(ctx)
	if err != nil {
		return nil, err
	}
	names := pipeline.Names(s.DP)
	slices.SortStableFunc(stats, func(a, b openflow.FlowStats) int {
		return cmp.Or(cmp.Compare(a.Table, b.Table), cmp.Compare(b.Priority, a.Priority))
	})
	var list []Flow
	for _, f := range stats {
		one := Flow{DP: dp.Name, Number: f.Table, Packets: f.Packets, Bytes: f.Bytes, Age: f.DurationSec}
		if int(f.Table) < len(names) {
			one.Table = names[f.Table]
		}
		one.Flow = (&pipeline.Flow{Priority: f.Priority, Match: f.Match, Instructions: f.Instructions, Idle: f.IdleTimeout, Hard: f.HardTimeout}).String()
		list = append(list, one)
	}
	return list, nil
}

func (v *View) stack(ctx context.Context, dp *config.DP) ([]Link, error) {
	if dp.Stack == nil {
		return nil, nil
	}
	x, err := v.c.Inspect(ctx, dp)
	if err != nil {
		return nil, err
	}
	var list []Link
	state := v.c.Stack()
	topology := pipeline.NewTopology(x.DP, state)
	for _, p := range x.Ports {
		if p.Port.IsStack() {
			list = append(list, Link{DP: dp.Name, Port: p.Port.Number, Peer: p.Port.Peer.DP.Name, PeerPort: p.Port.Peer.Number,
				Up: state.Linked(p.Port), Root: topology.Root.Name, Distance: topology.Distance(x.DP)})
		}
	}
	return list, nil
}
