package control

import (
	"context"
	"fmt"
	"time"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/internal/sdn/pipeline"
)

// poke tells switches that something in their stack has changed. It waits for
// nobody.
func (c *Controller) poke(members []*config.DP, but *datapath) {
	for _, d := range c.others(members, but) {
		select {
		case d.links.changed <- struct{}{}:
		default: // it will look anyway
		}
	}
}

func (c *Controller) others(members []*config.DP, but *datapath) (list []*datapath) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range members {
		if d := c.datapaths[m.DatapathID()]; d != nil && d != but {
			list = append(list, d)
		}
	}
	return list
}

// restack is called where a link came or went: the root may be another now, and
// all of the stack have to look.
func (c *Controller) restack(d *datapath) {
	if c.stack.elect(time.Now(), false) {
		c.rootChanged()
	}
	c.poke(d.dp.Stack.Members, nil)
	if c.o.Events.wanted() {
		d.event("STACK_TOPO_CHANGE", topologyEvent(d.dp, c.stack.now()))
	}
}

func (c *Controller) rootChanged() {
	c.o.Metrics.stack.rootChanges.Inc()
	c.o.Log.Info("another root of the stack", "dp_id", fmt.Sprintf("%#x", c.stack.rootNow()))
}

// watchStack looks at the health of the root, until the context ends.
func (c *Controller) watchStack(ctx context.Context) {
	tick := time.NewTicker(c.stack.update)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			if c.stack.elect(now, true) {
				c.rootChanged()
				for _, dp := range c.Datapaths() {
					c.poke([]*config.DP{dp}, nil)
				}
			}
		}
	}
}

// Stack is how the switches of a stack see each other now.
func (c *Controller) Stack() *pipeline.StackState { return c.stack.now() }

// topologyEvent is a stack as Faucet's events have it: a graph in networkx's form.
func topologyEvent(dp *config.DP, view *pipeline.StackState) map[string]any {
	t := pipeline.NewTopology(dp, view)
	nodes, links, dps := []any{}, []any{}, map[string]any{}
	for _, m := range dp.Stack.Members {
		nodes = append(nodes, map[string]any{"id": m.Name})
		hop := 0
		if p := t.Toward(m, t.Root); p != nil {
			hop = int(p.Number)
		}
		dps[m.Name] = map[string]any{"root_hop_port": hop}
		for _, p := range m.Ports {
			if !p.IsStack() || !view.Linked(p) || p.Peer.DP.Name < m.Name || p.Peer.DP == m && p.Peer.Number < p.Number {
				continue
			}
			links = append(links, map[string]any{"source": m.Name, "target": p.Peer.DP.Name,
				"key": fmt.Sprintf("%s:%d-%s:%d", m.Name, p.Number, p.Peer.DP.Name, p.Peer.Number),
				"port_map": map[string]any{"dp_a": m.Name, "port_a": fmt.Sprintf("Port %d", p.Number),
					"dp_z": p.Peer.DP.Name, "port_z": fmt.Sprintf("Port %d", p.Peer.Number)}})
		}
	}
	return map[string]any{"stack_root": t.Root.Name, "dps": dps, "graph": map[string]any{"directed": false, "multigraph": true,
		"graph": map[string]any{}, "nodes": nodes, "links": links}}
}

// post asks the other switches of a stack for something, which each does when it
// comes to it. What a switch has no room for is dropped.
func (d *datapath) post(do func(other *datapath, ctx context.Context) error) {
	if d.dp.Stack == nil {
		return
	}
	for _, other := range d.c.others(d.dp.Stack.Members, d) {
		select {
		case other.links.posts <- func(ctx context.Context) error { return do(other, ctx) }:
		default:
			d.c.o.Metrics.stack.dropped.With(d.labels()).Inc()
		}
	}
}
