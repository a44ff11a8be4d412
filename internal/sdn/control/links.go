package control

import (
	"context"
	"time"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/internal/sdn/pipeline"
)

// links are a switch's own in its stack.
type links struct {
	changed  chan struct{}                    // something in the stack is not as it was
	posts    chan func(context.Context) error // what others of the stack ask for; when it is full, it is dropped and counted
	topology *pipeline.Topology               // nil: no stack
	toward   map[*config.DP]*config.Port
	up       map[uint32]bool // the ports that had a link when it was last looked
	held     time.Time       // until when tables that were found are left as they are; zero: not
}

// postLimit is how much other switches may ask for at once.
const postLimit = 256

func newLinks() *links {
	return &links{changed: make(chan struct{}, 1), posts: make(chan func(context.Context) error, postLimit)}
}

// linkState notes which stack ports have a link, and takes the view of the stack.
func (d *datapath) linkState(up map[uint32]bool) {
	if d.dp.Stack == nil {
		d.links.topology = nil
		return
	}
	for _, p := range d.dp.Ports {
		if !p.IsStack() {
			continue
		}
		switch {
		case !up[p.Number]:
			d.stackPort(p, stackGone, time.Time{})
		case !d.links.up[p.Number] && !d.hears(p, time.Now()):
			d.stackPort(p, stackInit, time.Time{})
		}
	}
	d.links.up = up
	d.state.Stack = d.c.stack.now()
	d.links.topology = pipeline.NewTopology(d.dp, d.state.Stack)
	d.links.toward = map[*config.DP]*config.Port{}
	m, root := d.c.o.Metrics.stack, d.links.topology.Root
	for _, member := range d.dp.Stack.Members {
		hop := 0.0
		if p := d.links.topology.Toward(member, root); p != nil {
			hop = float64(p.Number)
		}
		m.rootHop.With(dpLabels(member)).Set(hop)
		m.isRoot.With(dpLabels(member)).Set(truth(root == member))
	}
	m.root.Set(float64(root.DatapathID()))
}

// silence is how long the other end of a stack port may say nothing: as many of
// its intervals as max_lldp_lost says.
func silence(p *config.Port) time.Duration {
	return time.Duration(max(p.MaxLLDPLost, 1)*sendInterval(p.Peer.DP)) * time.Second
}

// hears says whether a stack port is up and its other end has not been silent.
func (d *datapath) hears(p *config.Port, now time.Time) bool {
	return d.c.stack.stateOf(p) == stackUp && !d.c.stack.silent(pipeline.End(p), silence(p), now)
}

// toward is the port by which hosts of another switch of the stack are reached;
// nil if none is.
func (d *datapath) toward(to *config.DP) *config.Port {
	p, known := d.links.toward[to]
	if !known {
		p = d.links.topology.Along(d.dp.Original(), to)
		d.links.toward[to] = p
	}
	return p
}

// stackPort sets the state of a stack port; all of the stack are told when its
// link comes or goes.
func (d *datapath) stackPort(p *config.Port, state stackState, heard time.Time) (changed bool) {
	was := d.c.stack.set(pipeline.End(p), state, heard)
	if was == state {
		return false
	}
	m := d.c.o.Metrics.stack
	m.state.With(d.portLabels(p)).Set(float64(state))
	m.changes.With(d.portLabels(p)).Inc()
	d.log.Info("stack port", "port", p.Number, "state", int(state), "before", int(was))
	d.event("STACK_STATE", map[string]any{"port": p.Number, "state": int(state)})
	if (was == stackUp) != (state == stackUp) {
		d.c.restack(d)
	}
	return true
}

// heard notes that the other end of a stack port, or somebody else, has spoken.
func (d *datapath) heard(ctx context.Context, p *config.Port, right bool, now time.Time) error {
	if !d.state.Up[p.Number] {
		return nil
	}
	state := stackUp
	if !right {
		state = stackBad
	}
	if d.stackPort(p, state, now) {
		return d.beacon(ctx, p, now) // the other end need not wait for its turn
	}
	return nil
}

// linksTick gives up stack ports that have heard nothing for too long, and lets go
// of what was held.
func (d *datapath) linksTick(ctx context.Context, now time.Time) error {
	if d.dp.Stack == nil {
		return nil
	}
	up, all := 0, 0
	for _, p := range d.dp.Ports {
		if p.LACP != 0 {
			all++
			if d.state.Selected[p.Number] {
				up++
			}
		}
		if !p.IsStack() {
			continue
		}
		if d.c.stack.silent(pipeline.End(p), silence(p), now) {
			d.stackPort(p, stackGone, time.Time{})
		}
	}
	share := 1.0
	if all > 0 {
		share = float64(up) / float64(all)
	}
	d.c.stack.running(d.dp.DatapathID(), now, share)
	if !d.links.held.IsZero() && now.After(d.links.held) {
		return d.restack(ctx)
	}
	return nil
}

// hold is how long a switch that has tables already keeps them until it is known
// which links work: that is no reason to drop what goes through it.
const hold = 3 * time.Second

// holds says whether the tables that a switch was found with are kept for now.
func (d *datapath) holds(found int, now time.Time) bool {
	if d.dp.Stack == nil || found == 0 || d.linksKnown() {
		return false
	}
	d.links.held = now.Add(hold)
	return true
}

// linksKnown says whether of all stack ports, those of the other switches among
// them, it is known whether their links work: with some of them missing the tree
// would be another.
func (d *datapath) linksKnown() bool {
	for _, member := range d.dp.Stack.Members {
		for _, p := range member.Ports {
			if p.IsStack() && d.c.stack.stateOf(p) == stackInit {
				return false
			}
		}
	}
	return true
}

// restack takes up what has changed in the stack: the tables, and where hosts are.
func (d *datapath) restack(ctx context.Context) error {
	if d.dp.Stack == nil {
		return nil
	}
	known := d.linksKnown() // asked before the view is taken, which so has all that is known
	d.newState()
	if !d.links.held.IsZero() && !known && time.Now().Before(d.links.held) {
		return nil
	}
	d.links.held = time.Time{}
	if err := d.rebuild(ctx); err != nil {
		return err
	}
	return d.rerouteHosts(ctx, d.c.stack.moves(d.dp.DatapathID()))
}

// edgeOf is the switch by which a host came into the stack; nil if it is not known.
func (d *datapath) edgeOf(k hostKey) *config.DP {
	id, known := d.c.stack.edge(k)
	if !known {
		return nil
	}
	for _, member := range d.dp.Stack.Members {
		if member.DatapathID() == id {
			return member
		}
	}
	return nil
}

// entrance is the port by which a host is reached, of which a packet came by in:
// nil if it is not to be learnt, since it came back from the root or nobody knows
// yet where it came in.
func (d *datapath) entrance(k hostKey, in *config.Port) *config.Port {
	if d.dp.Stack == nil || d.links.topology == nil {
		return in
	}
	if !in.IsStack() {
		if d.c.stack.enter(k, d.dp.DatapathID(), d.dp.Stack.Members) {
			d.c.poke(d.dp.Stack.Members, d)
		}
		return in
	}
	edge := d.edgeOf(k)
	if edge == nil || edge == d.dp.Original() {
		return nil
	}
	return d.toward(edge)
}

// rerouteHosts leads hosts of other switches the way that is there now, and
// forgets those to whom none is; moved are hosts of this switch too.
func (d *datapath) rerouteHosts(ctx context.Context, moved map[hostKey]bool) error {
	for k, x := range d.hosts.all {
		port := d.dp.Port(x.port)
		if port == nil || !port.IsStack() && !moved[k] {
			continue
		}
		edge := d.edgeOf(k)
		if edge == d.dp.Original() || edge == nil && d.state.Stack.Linked(port) {
			continue
		}
		var to *config.Port
		if edge != nil {
			to = d.toward(edge)
		}
		if to == port {
			continue
		}
		if to == nil {
			if err := d.forget(ctx, k, x, true); err != nil {
				return err
			}
			continue
		}
		if err := d.moveHost(ctx, k, x, to); err != nil {
			return err
		}
	}
	return nil
}

// moveHost writes the flows of the new port before it deletes those of the old.
func (d *datapath) moveHost(ctx context.Context, k hostKey, x host, to *config.Port) error {
	old := pipeline.HostGone(d.dp, d.tables, d.pipelineHost(k, x))
	now := host{port: to.Number, seen: x.seen, timeout: x.timeout}
	d.count(k.vid, x.port)
	d.hosts.put(k, now)
	d.count(k.vid, to.Number)
	flows := pipeline.HostFlows(d.dp, d.tables, d.pipelineHost(k, now))
	if err := d.sendFlows(ctx, flows); err != nil {
		return err
	}
	kept := map[string]bool{}
	for _, f := range flows {
		kept[f.Key()] = true
	}
	for _, m := range old {
		if !kept[(&pipeline.Flow{Table: m.Table, Priority: m.Priority, Match: m.Match}).Key()] {
			if err := d.send(ctx, m); err != nil {
				return err
			}
		}
	}
	return nil
}

// carries says whether a port is a way for a VLAN: one of its members, or a stack
// port, which carries all.
func carries(p *config.Port, v *config.VLAN) bool {
	return p.IsStack() || p.NativeVLAN == v || contains(p.Tagged, v)
}
