package control

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/sdn/bgp"
	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/internal/sdn/pipeline"
	"github.com/octothorpe/octothorpe/openflow"
)

// A way is a network as the BGP of a VLAN knows it.
type way struct {
	vid int
	to  netip.Prefix
}

// A learned is how a way is gone.
type learned struct {
	hops   []netip.Addr
	placed []placed // what the switch has
}

// A placed is a next hop that flows of the switch lead to.
type placed struct {
	vid int
	mac [6]byte
}

// A fib has the routes that BGP told. What waits for the session is one route for
// each network, however often it changed.
type fib struct {
	news chan struct{}

	mu      sync.Mutex // leaf
	pending map[way][]netip.Addr

	// Of the session.
	all   map[way]*learned
	by    map[netip.Addr]map[way]bool // that a next hop leads to
	stale map[string]*pipeline.Flow   // of a controller before this one, by Key
	until time.Time                   // when these go
	begun bool                        // there was a session
}

func newFIB() *fib {
	return &fib{news: make(chan struct{}, 1), pending: map[way][]netip.Addr{}, all: map[way]*learned{}, by: map[netip.Addr]map[way]bool{}}
}

// tell gives routes to the session, whichever is the next one.
func (f *fib) tell(vid int, routes []bgp.Route) {
	if len(routes) == 0 {
		return
	}
	f.mu.Lock()
	for _, r := range routes {
		f.pending[way{vid, r.To}] = r.Hops
	}
	f.mu.Unlock()
	select {
	case f.news <- struct{}{}:
	default:
	}
}

// takeRoutes brings the switch to what BGP told.
func (d *datapath) takeRoutes(ctx context.Context, now time.Time) error {
	f := d.router.fib
	f.mu.Lock()
	pending := f.pending
	f.pending = map[way][]netip.Addr{}
	f.mu.Unlock()
	for w, hops := range pending {
		d.note(w, hops, now)
		if err := d.place(ctx, w); err != nil {
			return err
		}
	}
	return nil
}

// note keeps a route, and has its next hops looked for.
func (d *datapath) note(w way, hops []netip.Addr, now time.Time) {
	f := d.router.fib
	l := f.all[w]
	if l == nil {
		l = &learned{}
		f.all[w] = l
	}
	for _, a := range l.hops {
		if slices.Contains(hops, a) {
			continue
		}
		if delete(f.by[a], w); len(f.by[a]) == 0 {
			delete(f.by, a)
			if n := d.router.all[a]; n != nil {
				n.gateway = d.isGateway(a)
			}
		}
	}
	l.hops = hops
	v := d.dp.VLAN(w.vid)
	for _, a := range hops {
		if f.by[a] == nil {
			f.by[a] = map[way]bool{}
		}
		f.by[a][w] = true
		if v != nil && !d.gateway(a, v, now) && len(f.by[a]) == 1 {
			d.log.Warn("a next hop of BGP is in no network of the router", "address", a.String(), "to", w.to.String())
		}
	}
}

// hops are those of the next hops of a way that are there. What is routed by the
// configuration, or is a network of ours, is not routed by BGP.
func (d *datapath) hops(w way) (list []placed) {
	v := d.dp.VLAN(w.vid)
	if v == nil {
		return nil
	}
	for _, o := range pipeline.Joined(d.dp, v) {
		if slices.ContainsFunc(o.Routes, func(r config.Route) bool { return r.Dst == w.to }) ||
			slices.ContainsFunc(o.VIPs, func(vip netip.Prefix) bool { return vip.Masked() == w.to }) {
			return nil
		}
	}
	for _, a := range d.router.fib.all[w].hops {
		if n := d.router.all[a]; n != nil && n.known && d.dp.VLAN(n.vid) != nil {
			list = append(list, placed{n.vid, n.mac})
		}
	}
	return list
}

// paths are the flows of a way by some next hops.
func (d *datapath) paths(w way, list []placed) []*pipeline.Flow {
	var hops []pipeline.Hop
	for _, p := range list {
		if v := d.dp.VLAN(p.vid); v != nil {
			hops = append(hops, pipeline.Hop{VLAN: v, MAC: p.mac})
		}
	}
	if len(hops) == 0 {
		return nil
	}
	return pipeline.PathFlows(d.dp, d.tables, w.to, hops)
}

// place sends what the switch has not of a way; new flows come before old ones go.
func (d *datapath) place(ctx context.Context, w way) error {
	l := d.router.fib.all[w]
	now := d.hops(w)
	if slices.Equal(l.placed, now) {
		d.drop(w, l)
		return nil
	}
	before := d.paths(w, l.placed)
	after := d.paths(w, now)
	l.placed = now
	kept := map[string]bool{}
	for _, f := range after {
		kept[f.Key()] = true
		delete(d.router.fib.stale, f.Key())
	}
	if err := d.sendFlows(ctx, after); err != nil {
		return err
	}
	for _, f := range before {
		if !kept[f.Key()] {
			if err := d.send(ctx, f.Mod(openflow.FlowDeleteStrict)); err != nil {
				return err
			}
		}
	}
	d.drop(w, l)
	return nil
}

// drop forgets a way that leads nowhere.
func (d *datapath) drop(w way, l *learned) {
	if len(l.hops) == 0 && len(l.placed) == 0 {
		delete(d.router.fib.all, w)
	}
}

// placeBy places all ways that a next hop leads to: it came, moved or went.
func (d *datapath) placeBy(ctx context.Context, a netip.Addr) error {
	for w := range d.router.fib.by[a] {
		if err := d.place(ctx, w); err != nil {
			return err
		}
	}
	return nil
}

// allPaths are the flows of all ways, as they are placed.
func (d *datapath) allPaths() (flows []*pipeline.Flow) {
	for w, l := range d.router.fib.all {
		flows = append(flows, d.paths(w, l.placed)...)
	}
	return flows
}

// settle says of all ways that they are placed by the next hops that there are;
// whoever calls it sends allRoutes.
func (d *datapath) settle() {
	for w, l := range d.router.fib.all {
		l.placed = d.hops(w)
	}
}

// reroutes brings the routes of a configuration before this one to those of this
// one; again sends all of them.
func (d *datapath) reroutes(ctx context.Context, before []*pipeline.Flow, again bool) error {
	d.gateways(time.Now())
	d.settle()
	after := d.allRoutes()
	if again {
		return d.sendFlows(ctx, after)
	}
	had, has := map[string]string{}, map[string]bool{}
	for _, f := range before {
		had[f.Key()] = f.String()
	}
	for _, f := range after {
		k := f.Key()
		if has[k] = true; had[k] == f.String() {
			continue
		}
		if err := d.send(ctx, f.Mod(openflow.FlowAdd)); err != nil {
			return err
		}
	}
	for _, f := range before {
		if !has[f.Key()] {
			if err := d.send(ctx, f.Mod(openflow.FlowDeleteStrict)); err != nil {
				return err
			}
		}
	}
	return nil
}

// staleTime is how long routes of a controller before this one stay, until BGP has
// told them again. A peer needs seconds, and calls again after a minute or two.
const staleTime = 3 * time.Minute

// keepStale keeps a flow for a while that another controller made of a route of
// BGP; false if it is none.
func (d *datapath) keepStale(f *pipeline.Flow, now time.Time) bool {
	via, route := pipeline.NextHop(f)
	speaks := slices.ContainsFunc(d.dp.Routers, func(r *config.Router) bool { return r.BGP != nil && r.BGP.AS != nil })
	if d.router.fib.begun || !route || !speaks || d.dp.VLAN(via.VID) == nil {
		return false
	}
	b := d.router.fib
	if b.stale == nil {
		b.stale = map[string]*pipeline.Flow{}
	}
	b.stale[f.Key()], b.until = f, now.Add(staleTime)
	return true
}

// dropStale deletes what BGP did not tell again.
func (d *datapath) dropStale(ctx context.Context, now time.Time) error {
	b := d.router.fib
	if len(b.stale) == 0 || now.Before(b.until) {
		return nil
	}
	for _, f := range b.stale {
		if err := d.send(ctx, f.Mod(openflow.FlowDeleteStrict)); err != nil {
			return err
		}
	}
	b.stale = nil
	return nil
}
