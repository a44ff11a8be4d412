package control

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/octothorpe/octothorpe/internal/sdn/bgp"
	"github.com/octothorpe/octothorpe/internal/sdn/config"
)

// speakers are those of the routers that speak BGP. All belongs to the goroutine
// of run, but for what a table guards.
type speakers struct {
	c    *Controller
	news chan struct{} // a configuration was taken
	asks chan func()   // what others want to know
	all  map[string]*table
}

// A table is what the speaker of a router hears, and the switches that route by it.
type table struct {
	name     string
	settings bgp.Settings // without functions
	speaker  bgp.Speaker  // nil: it could not start
	retry    time.Time
	log      *slog.Logger
	refused  uint64

	mu      sync.Mutex // held while datapaths are told, which does not wait
	routes  map[netip.Prefix][]netip.Addr
	targets map[target]*config.DP
}

// A target is a switch and the VLAN of it in which the next hops are.
type target struct {
	d   *datapath
	vid int
}

// startRetry is how long it takes until a speaker that could not listen tries
// again: its address may still come to the machine.
const startRetry = 10 * time.Second

func newSpeakers(c *Controller) *speakers {
	return &speakers{c: c, news: make(chan struct{}, 1), asks: make(chan func()), all: map[string]*table{}}
}

func (s *speakers) reconfigured() {
	select {
	case s.news <- struct{}{}:
	default:
	}
}

// run owns all speakers until the context ends.
func (s *speakers) run(ctx context.Context) {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	defer func() {
		for _, x := range s.all {
			x.stop()
		}
	}()
	for {
		select {
		case <-s.news:
			s.reconcile()
		case now := <-t.C:
			for _, x := range s.all {
				if x.speaker == nil && now.After(x.retry) {
					s.start(x)
				}
				s.measure(x, now)
			}
		case f := <-s.asks:
			f()
		case <-ctx.Done():
			return
		}
	}
}

// ask has f run by who owns the speakers.
func (s *speakers) ask(ctx context.Context, f func()) error {
	done := make(chan struct{})
	select {
	case s.asks <- func() { defer close(done); f() }:
		<-done
		return nil
	case <-ctx.Done():
		return fmt.Errorf("asking the routers: %w", context.Cause(ctx))
	}
}

// A routing is what the configuration wants of a speaker.
type routing struct {
	settings bgp.Settings
	targets  map[target]*config.DP
	own      map[netip.Prefix]netip.Addr
}

// wanted are the speakers of the configuration by the names of their routers.
func (s *speakers) wanted() map[string]*routing {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	want := map[string]*routing{}
	for _, dp := range s.c.config.DPs {
		if !s.c.leads(dp) {
			continue
		}
		for _, r := range dp.Routers {
			if r.BGP == nil || r.BGP.AS == nil || r.BGPVLAN == nil || dp.VLAN(r.BGPVLAN.VID) == nil {
				continue
			}
			x := want[r.Name]
			if x == nil {
				x = &routing{settings: settings(r.BGP), targets: map[target]*config.DP{}, own: map[netip.Prefix]netip.Addr{}}
				want[r.Name] = x
			}
			x.targets[target{s.c.datapaths[dp.DatapathID()], r.BGPVLAN.VID}] = dp
			ours(x.own, r.BGPVLAN)
		}
	}
	return want
}

// ours adds the networks that a VLAN leads to. Those of other VLANs of the router
// are not announced, as by Faucet.
func ours(list map[netip.Prefix]netip.Addr, v *config.VLAN) {
	for _, vip := range v.VIPs {
		if !vip.Addr().IsLinkLocalUnicast() {
			list[vip.Masked()] = vip.Addr()
		}
	}
	for _, r := range v.Routes {
		list[r.Dst.Masked()] = r.Gw
	}
}

// settings are those of a section bgp, which was checked.
func settings(b *config.BGP) bgp.Settings {
	addresses := func(list []string) (a []netip.Addr) {
		for _, text := range list {
			if one, err := netip.ParseAddr(text); err == nil {
				a = append(a, one)
			}
		}
		return a
	}
	s := bgp.Settings{AS: uint32(*b.AS), NeighborAS: uint32(*b.NeighborAS), Listen: addresses(b.ServerAddresses), Port: *b.Port,
		Neighbors: addresses(b.NeighborAddresses), Mode: bgp.Mode(b.NeighborMode), Password: b.NeighborPassword, Paths: b.MaximumPaths}
	s.RouterID, _ = netip.ParseAddr(b.RouterID)
	if b.NeighborPort != nil {
		s.NeighborPort = *b.NeighborPort
	}
	return s
}

// reconcile brings the speakers to the configuration. One whose settings are what
// they were keeps its sessions.
func (s *speakers) reconcile() {
	want := s.wanted()
	for name, x := range s.all {
		if w := want[name]; w == nil || !reflect.DeepEqual(w.settings, x.settings) {
			x.stop()
			x.aim(nil)
			s.forget(x)
			delete(s.all, name)
		}
	}
	for name, w := range want {
		x := s.all[name]
		if x == nil {
			x = &table{name: name, settings: w.settings, routes: map[netip.Prefix][]netip.Addr{}, log: s.c.o.Log.With("router", name)}
			s.all[name] = x
		}
		s.forget(x)
		x.aim(w.targets)
		if x.speaker == nil {
			s.start(x)
		}
		x.announce(w.own)
	}
}

// start starts a speaker; one that can not tries again later.
func (s *speakers) start(x *table) {
	o := x.settings
	o.Log, o.Changed = x.log, x.changed
	speaker, err := s.c.o.BGP(o)
	if err != nil {
		x.retry = time.Now().Add(startRetry)
		x.log.Error("no BGP; it is tried again", "error", err, "after", startRetry)
		return
	}
	x.speaker = speaker
	x.log.Info("BGP", "as", o.AS, "addresses", fmt.Sprint(o.Listen), "port", o.Port)
	if w := s.wanted()[x.name]; w != nil {
		x.announce(w.own)
	}
}

func (x *table) stop() {
	if x.speaker != nil {
		x.speaker.Close()
		x.speaker = nil
	}
}

func (x *table) announce(own map[netip.Prefix]netip.Addr) {
	if x.speaker == nil {
		return
	}
	var list []bgp.Route
	for to, hop := range own {
		list = append(list, bgp.Route{To: to, Hops: []netip.Addr{hop}})
	}
	if err := x.speaker.Announce(list); err != nil {
		x.log.Error("BGP", "error", err)
	}
}

// changed takes what the speaker heard.
func (x *table) changed(routes []bgp.Route) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, r := range routes {
		if len(r.Hops) == 0 {
			delete(x.routes, r.To)
		} else {
			x.routes[r.To] = r.Hops
		}
	}
	for t := range x.targets {
		t.d.router.fib.tell(t.vid, routes)
	}
}

// aim sets who routes by the table: who is new is told all of it, and who is not
// any more that there is nothing.
func (x *table) aim(targets map[target]*config.DP) {
	x.mu.Lock()
	defer x.mu.Unlock()
	all, none := make([]bgp.Route, 0, len(x.routes)), make([]bgp.Route, 0, len(x.routes))
	for to, hops := range x.routes {
		all, none = append(all, bgp.Route{To: to, Hops: hops}), append(none, bgp.Route{To: to})
	}
	for t := range x.targets {
		if _, kept := targets[t]; !kept {
			t.d.router.fib.tell(t.vid, none)
		}
	}
	for t := range targets {
		if _, had := x.targets[t]; !had {
			t.d.router.fib.tell(t.vid, all)
		}
	}
	x.targets = maps.Clone(targets)
}

func bgpLabels(dp *config.DP, vid int, neighbor netip.Addr) prometheus.Labels {
	return prometheus.Labels{"dp_id": fmt.Sprintf("%#x", dp.DatapathID()), "dp_name": dp.Name, "vlan": fmt.Sprint(vid), "neighbor": neighbor.String()}
}

// measure tells the metrics of a speaker, as they are for each of its switches.
func (s *speakers) measure(x *table, now time.Time) {
	if x.speaker == nil {
		return
	}
	if n := x.speaker.Refused(); n > x.refused {
		s.c.o.Metrics.bgpRefused.Add(float64(n - x.refused))
		x.refused = n
	}
	for _, n := range x.speaker.Neighbors() {
		up := 0.0
		if !n.Up.IsZero() {
			up = max(now.Sub(n.Up).Seconds(), 0)
		}
		for t, dp := range x.targets {
			l := bgpLabels(dp, t.vid, n.Address)
			s.c.o.Metrics.bgpUptime.With(l).Set(up)
			for version, count := range n.Routes {
				if own := n.Address.Is4() == (version == 4); !own && count == 0 {
					continue
				}
				l["ipv"] = fmt.Sprint(version)
				s.c.o.Metrics.bgpRoutes.With(l).Set(float64(count))
			}
		}
	}
}

// forget takes the metrics of a speaker away, which measure writes anew.
func (s *speakers) forget(x *table) {
	for t, dp := range x.targets {
		for _, n := range x.settings.Neighbors {
			l := bgpLabels(dp, t.vid, n)
			s.c.o.Metrics.bgpUptime.DeletePartialMatch(l)
			s.c.o.Metrics.bgpRoutes.DeletePartialMatch(l)
		}
	}
}

// A BGPState is what a router's BGP knows.
type BGPState struct {
	Router    string
	AS        uint32
	Neighbors []bgp.Neighbor
	Routes    []bgp.Route // in ascending order
}

// BGP is what the routers' speakers know, by the name of the router.
func (c *Controller) BGP(ctx context.Context) ([]BGPState, error) {
	var list []BGPState
	err := c.speakers.ask(ctx, func() {
		for _, x := range c.speakers.all {
			state := BGPState{Router: x.name, AS: x.settings.AS}
			if x.speaker != nil {
				state.Neighbors = x.speaker.Neighbors()
			}
			x.mu.Lock()
			for to, hops := range x.routes {
				state.Routes = append(state.Routes, bgp.Route{To: to, Hops: hops})
			}
			x.mu.Unlock()
			slices.SortFunc(state.Routes, func(a, b bgp.Route) int { return comparePrefixes(a.To, b.To) })
			list = append(list, state)
		}
	})
	slices.SortFunc(list, func(a, b BGPState) int { return strings.Compare(a.Router, b.Router) })
	return list, err
}

func comparePrefixes(a, b netip.Prefix) int {
	if c := a.Addr().Compare(b.Addr()); c != 0 {
		return c
	}
	return a.Bits() - b.Bits()
}
