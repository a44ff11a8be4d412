package bgp

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/osrg/gobgp/v4/api"
	"github.com/osrg/gobgp/v4/pkg/apiutil"
	"github.com/osrg/gobgp/v4/pkg/packet/bgp"
	"github.com/osrg/gobgp/v4/pkg/server"
)

// speaker is a Speaker on top of GoBGP.
type speaker struct {
	o      Settings
	server *server.BgpServer
	stop   context.CancelFunc
	served sync.WaitGroup
	once   sync.Once

	mu        sync.Mutex // leaf, but for Changed
	up        map[netip.Addr]time.Time
	count     map[netip.Addr]map[int]int
	heard     map[netip.Prefix][]path
	refused   uint64
	announced map[netip.Prefix]netip.Addr
}

// A path is a next hop that one neighbour told.
type path struct{ from, hop netip.Addr }

// Start listens, and connects where that is wanted.
func Start(o Settings) (Speaker, error) {
	if o.Paths == 0 {
		o.Paths = 1
	}
	if o.Limit == 0 {
		o.Limit = 1 << 20
	}
	if o.Mode == "" {
		o.Mode = Passive
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Retry == 0 {
		o.Retry = 10 * time.Second
	}
	engine := slog.New(warnings{o.Log.Handler()})
	s := &speaker{o: o, server: server.NewBgpServer(server.LoggerOption(engine, nil)), up: map[netip.Addr]time.Time{},
		count: map[netip.Addr]map[int]int{}, heard: map[netip.Prefix][]path{}, announced: map[netip.Prefix]netip.Addr{}}
	s.served.Go(s.server.Serve)
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	if err := s.start(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *speaker) start(ctx context.Context) error {
	o := s.o
	// Several paths are always asked for: the switch for it is one for the whole
	// process in GoBGP. How many are used is decided here.
	global := &api.Global{Asn: o.AS, RouterId: o.RouterID.String(), ListenPort: int32(o.Port), UseMultiplePaths: true}
	if o.Mode == Active {
		global.ListenPort = -1
	}
	for _, a := range o.Listen {
		global.ListenAddresses = append(global.ListenAddresses, a.String())
	}
	if err := s.server.StartBgp(ctx, &api.StartBgpRequest{Global: global}); err != nil {
		return fmt.Errorf("BGP as AS %d: %w", o.AS, err)
	}
	err := s.server.WatchEvent(ctx, server.WatchEventMessageCallbacks{OnBestPath: s.best, OnPeerUpdate: s.peer},
		server.WatchBestPath(false), server.WatchPeer())
	if err != nil {
		return fmt.Errorf("watching BGP: %w", err)
	}
	for _, a := range o.Neighbors {
		if err := s.server.AddPeer(ctx, &api.AddPeerRequest{Peer: s.neighbor(a)}); err != nil {
			return fmt.Errorf("BGP with %s: %w", a, err)
		}
	}
	return nil
}

// neighbor is how we speak with one: both address families, from any distance.
func (s *speaker) neighbor(a netip.Addr) *api.Peer {
	o := s.o
	p := &api.Peer{
		Conf:         &api.PeerConf{NeighborAddress: a.String(), PeerAsn: o.NeighborAS, AuthPassword: o.Password},
		Transport:    &api.Transport{PassiveMode: o.Mode == Passive, RemotePort: uint32(o.NeighborPort)},
		EbgpMultihop: &api.EbgpMultihop{Enabled: o.AS != o.NeighborAS, MultihopTtl: 64},
		Timers:       &api.Timers{Config: &api.TimersConfig{ConnectRetry: uint64(o.Retry / time.Second), IdleHoldTimeAfterReset: uint64(o.Retry / time.Second)}},
	}
	for _, local := range o.Listen {
		if local.Is4() == a.Is4() && o.Mode != Passive && !local.IsUnspecified() {
			p.Transport.LocalAddress = local.String()
		}
	}
	for _, afi := range []api.Family_Afi{api.Family_AFI_IP, api.Family_AFI_IP6} {
		p.AfiSafis = append(p.AfiSafis, &api.AfiSafi{Config: &api.AfiSafiConfig{Enabled: true, Family: &api.Family{Afi: afi, Safi: api.Family_SAFI_UNICAST}}})
	}
	return p
}

func (s *speaker) Close() {
	s.once.Do(func() {
		s.stop()
		s.server.Stop()
		s.served.Wait()
	})
}

// warnings are what is heard of GoBGP's own log: sessions are told of here.
type warnings struct{ slog.Handler }

func (w warnings) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && w.Handler.Enabled(ctx, l)
}

func (w warnings) WithAttrs(list []slog.Attr) slog.Handler {
	return warnings{w.Handler.WithAttrs(list)}
}

func (w warnings) WithGroup(name string) slog.Handler { return warnings{w.Handler.WithGroup(name)} }

// peer notes which sessions there are.
func (s *speaker) peer(e *apiutil.WatchEventMessage_PeerEvent, at time.Time) {
	if e.Type != apiutil.PEER_EVENT_STATE {
		return
	}
	a, up := e.Peer.State.NeighborAddress, e.Peer.State.SessionState == bgp.BGP_FSM_ESTABLISHED
	s.mu.Lock()
	defer s.mu.Unlock()
	_, was := s.up[a]
	switch {
	case up && !was:
		s.up[a] = at
		s.o.Log.Info("BGP session", "neighbor", a.String(), "up", true)
	case !up && was:
		delete(s.up, a)
		s.o.Log.Info("BGP session", "neighbor", a.String(), "up", false, "reason", e.Peer.State.DisconnectMessage)
	}
}

// best takes what is new and what is gone of the best paths, and tells of the
// networks whose next hops are others now.
func (s *speaker) best(list []*apiutil.Path, _ time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := map[netip.Prefix][]netip.Addr{}
	for _, p := range list {
		n, ok := p.Nlri.(*bgp.IPAddrPrefix)
		if !ok || !p.PeerAddress.IsValid() || p.PeerAddress.IsUnspecified() {
			continue // one of ours
		}
		to := n.Prefix.Masked()
		if _, seen := before[to]; !seen {
			before[to] = s.hops(to)
		}
		s.note(to, p)
	}
	var changed []Route
	for to, was := range before {
		if now := s.hops(to); !slices.Equal(was, now) {
			changed = append(changed, Route{to, now})
		}
	}
	if len(changed) > 0 && s.o.Changed != nil {
		s.o.Changed(changed)
	}
}

// note keeps or drops one path.
func (s *speaker) note(to netip.Prefix, p *apiutil.Path) {
	list := s.heard[to]
	i := slices.IndexFunc(list, func(x path) bool { return x.from == p.PeerAddress })
	hop := nextHop(p)
	if p.Withdrawal || !hop.IsValid() {
		if i < 0 {
			return
		}
		s.tally(p.PeerAddress, to, -1)
		if list = slices.Delete(list, i, i+1); len(list) == 0 {
			delete(s.heard, to)
			return
		}
		s.heard[to] = list
		return
	}
	switch {
	case i >= 0:
		list[i].hop = hop
	case len(list) == 0 && len(s.heard) >= s.o.Limit:
		if s.refused++; s.refused == 1 {
			s.o.Log.Warn("no more routes of BGP are taken", "limit", s.o.Limit)
		}
		return
	default:
		list = append(list, path{p.PeerAddress, hop})
		s.tally(p.PeerAddress, to, 1)
	}
	s.heard[to] = list
}

func (s *speaker) tally(from netip.Addr, to netip.Prefix, n int) {
	version := 6
	if to.Addr().Is4() {
		version = 4
	}
	if s.count[from] == nil {
		s.count[from] = map[int]int{}
	}
	s.count[from][version] += n
}

// nextHop is that of a path, none if it has none.
func nextHop(p *apiutil.Path) netip.Addr {
	for _, a := range p.Attrs {
		switch a := a.(type) {
		case *bgp.PathAttributeNextHop:
			return a.Value.Unmap()
		case *bgp.PathAttributeMpReachNLRI:
			return a.Nexthop.Unmap()
		}
	}
	return netip.Addr{}
}

// hops are the next hops of a network, as many as are wanted.
func (s *speaker) hops(to netip.Prefix) (list []netip.Addr) {
	for _, p := range s.heard[to] {
		list = append(list, p.hop)
	}
	slices.SortFunc(list, netip.Addr.Compare)
	list = slices.Compact(list)
	return list[:min(len(list), s.o.Paths)]
}

func (s *speaker) Announce(routes []Route) error {
	want := map[netip.Prefix]netip.Addr{}
	for _, r := range routes {
		if len(r.Hops) > 0 {
			want[r.To.Masked()] = r.Hops[0]
		}
	}
	s.mu.Lock()
	have := maps.Clone(s.announced)
	s.mu.Unlock()
	var add, gone []*apiutil.Path
	for to, hop := range want {
		if have[to] != hop {
			add = append(add, own(to, hop))
		}
	}
	for to, hop := range have {
		if _, kept := want[to]; !kept {
			gone = append(gone, own(to, hop))
		}
	}
	if len(gone) > 0 {
		if err := s.server.DeletePath(apiutil.DeletePathRequest{Paths: gone}); err != nil {
			return fmt.Errorf("announcing by BGP: %w", err)
		}
	}
	if len(add) > 0 {
		if _, err := s.server.AddPath(apiutil.AddPathRequest{Paths: add}); err != nil {
			return fmt.Errorf("announcing by BGP: %w", err)
		}
	}
	s.mu.Lock()
	s.announced = want
	s.mu.Unlock()
	return nil
}

// own is a network that we announce.
func own(to netip.Prefix, hop netip.Addr) *apiutil.Path {
	nlri, _ := bgp.NewIPAddrPrefix(to)
	family := bgp.RF_IPv4_UC
	if to.Addr().Is6() {
		family = bgp.RF_IPv6_UC
	}
	reach, _ := bgp.NewPathAttributeMpReachNLRI(family, []bgp.PathNLRI{{NLRI: nlri}}, hop)
	return &apiutil.Path{Family: family, Nlri: nlri, Age: time.Now().Unix(), Attrs: []bgp.PathAttributeInterface{bgp.NewPathAttributeOrigin(0), reach}}
}

func (s *speaker) Neighbors() (list []Neighbor) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.o.Neighbors {
		list = append(list, Neighbor{a, s.up[a], map[int]int{4: s.count[a][4], 6: s.count[a][6]}})
	}
	return list
}

func (s *speaker) Refused() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused
}
