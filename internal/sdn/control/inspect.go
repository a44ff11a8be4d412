package control

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/internal/sdn/pipeline"
	"github.com/octothorpe/octothorpe/openflow"
)

// An Inspection is all that is known of a switch at one time. It is the caller's.
type Inspection struct {
	DP         *config.DP
	Connected  bool
	Leads      bool        // this controller drives it; another may where there are several
	Ports      []PortState // those of the configuration, by number
	Hosts      []HostState // by VLAN and address
	Neighbours []NeighbourState
	// Tables are those that the switch is to have, hosts and routes among them; nil before
	// it has connected for the first time.
	Tables *pipeline.Tables
}

// PortState is a port of the configuration.
type PortState struct {
	Port     *config.Port
	There    bool // the switch has it
	Up       bool
	Selected bool // it carries traffic: all do that are in no bundle
	Hosts    int
	Speed    uint32 // kbit/s, as the switch tells
}

// HostState is a host that was learnt.
type HostState struct {
	MAC     [6]byte
	VID     int
	Port    uint32
	Seen    time.Time     // last
	Timeout time.Duration // 0: it is never forgotten
}

// NeighbourState is a next hop or a host of a network that is routed.
type NeighbourState struct {
	Address netip.Addr
	MAC     [6]byte // zero: nobody has answered yet
	Known   bool
	VID     int
	Gateway bool // of a static route
}

// Datapaths are the switches of the configuration.
func (c *Controller) Datapaths() []*config.DP {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.config.DPs)
}

// Inspect looks at a switch. It waits for its session, which may be at work: until
// the context ends.
func (c *Controller) Inspect(ctx context.Context, dp *config.DP) (x *Inspection, err error) {
	c.mu.Lock()
	d := c.datapaths[dp.DatapathID()]
	c.mu.Unlock()
	if d == nil {
		return nil, fmt.Errorf("there is no switch %s any more", dp.Name)
	}
	err = d.look(ctx, func() { x = d.inspect(dp) })
	return x, err
}

// look runs f where nothing of the session changes: by who drives it, or, when
// nobody does, in its place.
func (d *datapath) look(ctx context.Context, f func()) error {
	done := make(chan struct{})
	select {
	case d.asked <- func() { defer close(done); f() }:
		<-done
		return nil
	case <-d.session:
		defer func() { d.session <- struct{}{} }()
		f()
		return nil
	case <-ctx.Done():
		return fmt.Errorf("the session of the switch is busy: %w", context.Cause(ctx))
	}
}

func (d *datapath) inspect(dp *config.DP) *Inspection {
	d.mu.Lock()
	x := &Inspection{DP: dp, Connected: d.last != nil && d.last.Err() == nil}
	d.mu.Unlock()
	x.Leads = x.Connected && d.leading
	if d.dp != nil {
		x.DP = d.dp // that which it drives by
	}
	for _, p := range x.DP.Ports {
		own, there := d.ports[p.Number]
		x.Ports = append(x.Ports, PortState{Port: p, There: there, Up: x.Connected && d.linked(p.Number), Speed: own.CurrentSpeed,
			Selected: p.LACP == 0 || d.state.Selected[p.Number], Hosts: d.hosts.onPort[p.Number]})
	}
	for k, h := range d.hosts.all {
		x.Hosts = append(x.Hosts, HostState{k.mac, k.vid, h.port, d.hosts.seen(h), h.timeout})
	}
	slices.SortFunc(x.Hosts, func(a, b HostState) int {
		return cmp.Or(cmp.Compare(a.VID, b.VID), slices.Compare(a.MAC[:], b.MAC[:]))
	})
	for a, n := range d.router.all {
		x.Neighbours = append(x.Neighbours, NeighbourState{a, n.mac, n.known, n.vid, n.gateway})
	}
	slices.SortFunc(x.Neighbours, func(a, b NeighbourState) int { return a.Address.Compare(b.Address) })
	if d.tables == nil || d.dp == nil {
		return x
	}
	x.Tables = &pipeline.Tables{Names: d.tables.Names, Flows: slices.Clone(d.tables.Flows), Groups: slices.Clone(d.tables.Groups), Meters: d.tables.Meters}
	for k, h := range d.hosts.all {
		if one := d.pipelineHost(k, h); one.VLAN != nil && one.Port != nil {
			x.Tables.Flows = append(x.Tables.Flows, pipeline.HostFlows(d.dp, d.tables, one)...)
		}
	}
	x.Tables.Flows = append(x.Tables.Flows, d.allRoutes()...)
	return x
}

// FlowCounters are the flows that a switch has, with their counters, as it tells.
func (s Session) FlowCounters(ctx context.Context) ([]openflow.FlowStats, error) {
	reply, err := s.Conn.Request(ctx, &openflow.MultipartRequest{Body: &openflow.FlowStatsRequest{Table: openflow.TableAll, OutPort: openflow.PortAny,
		OutGroup: openflow.GroupAny}})
	if err != nil {
		return nil, err
	}
	if m, ok := reply.(*openflow.MultipartReply); ok {
		if list, ok := m.Body.(*openflow.FlowStatsReply); ok {
			return list.Flows, nil
		}
	}
	return nil, fmt.Errorf("the switch answered with %s", reply.Type())
}

// PortCounters are those of the ports of a switch, as it tells.
func (s Session) PortCounters(ctx context.Context) ([]openflow.PortStats, error) {
	reply, err := s.Conn.Request(ctx, &openflow.MultipartRequest{Body: &openflow.PortStatsRequest{Port: openflow.PortAny}})
	if err != nil {
		return nil, err
	}
	if m, ok := reply.(*openflow.MultipartReply); ok {
		if list, ok := m.Body.(*openflow.PortStatsReply); ok {
			return list.Ports, nil
		}
	}
	return nil, fmt.Errorf("the switch answered with %s", reply.Type())
}
