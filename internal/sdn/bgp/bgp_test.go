package bgp

import (
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// GoBGP does not always drain the queue of a neighbour that it closes, whose
// goroutine then stays: one for each session that was closed, at most.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/eapache/channels.(*InfiniteChannel).infiniteBuffer"))
}

// A peer is a Speaker with what it heard.
type peer struct {
	Speaker
	mu    sync.Mutex
	heard map[netip.Prefix]string
	news  chan struct{}
}

func speak(t *testing.T, o Settings) *peer {
	t.Helper()
	p := &peer{heard: map[netip.Prefix]string{}, news: make(chan struct{}, 1)}
	o.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	o.RouterID = o.Listen[0]
	o.Retry = time.Second
	o.Changed = func(routes []Route) {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, r := range routes {
			if delete(p.heard, r.To); len(r.Hops) > 0 {
				p.heard[r.To] = fmt.Sprint(r.Hops)
			}
		}
		select {
		case p.news <- struct{}{}:
		default:
		}
	}
	s, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	p.Speaker = s
	t.Cleanup(s.Close)
	return p
}

func (p *peer) until(t *testing.T, want map[netip.Prefix]string) {
	t.Helper()
	late := time.After(30 * time.Second)
	for {
		p.mu.Lock()
		got := maps.Clone(p.heard)
		p.mu.Unlock()
		if maps.Equal(got, want) {
			return
		}
		select {
		case <-p.news:
		case <-late:
			t.Fatalf("heard %v, want %v", got, want)
		}
	}
}

// down waits until one neighbour's session has ended, which is told apart from its routes,
// and no other's.
func (p *peer) down(t *testing.T, which int) {
	t.Helper()
	for late := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		list := p.Neighbors()
		i := slices.IndexFunc(list, func(n Neighbor) bool { return n.Up.IsZero() })
		switch {
		case i == which:
			return
		case i >= 0, time.Now().After(late):
			t.Fatalf("neighbours %+v", list)
		}
	}
}

// port is one that is free on all addresses of the loopback.
func port(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func addresses(list ...string) (a []netip.Addr) {
	for _, text := range list {
		a = append(a, netip.MustParseAddr(text))
	}
	return a
}

// Three routers: the one in the middle is called by the others. It starts last: what
// GoBGP writes down for the whole process at a start is not to be read by a session
// that there is already (see the package comment).
func TestRoutesAreToldChosenAndWithdrawn(t *testing.T) {
	n := port(t)
	two := speak(t, Settings{AS: 65002, NeighborAS: 65001, Listen: addresses("127.0.0.2"), Port: n, Neighbors: addresses("127.0.0.1"), NeighborPort: n,
		Mode: Active, Password: "secret"})
	three := speak(t, Settings{AS: 65002, NeighborAS: 65001, Listen: addresses("127.0.0.3"), Port: n, Neighbors: addresses("127.0.0.1"), NeighborPort: n,
		Mode: Both, Password: "secret"})
	one := speak(t, Settings{AS: 65001, NeighborAS: 65002, Listen: addresses("127.0.0.1"), Port: n, Neighbors: addresses("127.0.0.2", "127.0.0.3"),
		Password: "secret", Paths: 2})
	four, six := netip.MustParsePrefix("10.9.0.0/16"), netip.MustParsePrefix("fc00:9::/32")
	say := func(to netip.Prefix, hop string) Route { return Route{to, addresses(hop)} }
	announce := func(p *peer, routes ...Route) {
		t.Helper()
		if err := p.Announce(routes); err != nil {
			t.Fatal(err)
		}
	}
	announce(two, say(four, "192.0.2.2"), say(six, "fc00::2"))
	announce(three, say(four, "192.0.2.3"))
	one.until(t, map[netip.Prefix]string{four: "[192.0.2.2 192.0.2.3]", six: "[fc00::2]"})
	list := one.Neighbors()
	if len(list) != 2 || list[0].Up.IsZero() || list[1].Up.IsZero() || list[0].Routes[4] != 1 || list[0].Routes[6] != 1 || list[1].Routes[6] != 0 {
		t.Errorf("neighbours %+v", list)
	}
	// What we announce comes there, and what is ours is no route that we heard.
	home := netip.MustParsePrefix("10.0.0.0/24")
	announce(one, say(home, "10.0.0.254"))
	two.until(t, map[netip.Prefix]string{home: "[10.0.0.254]"})
	// A next hop that changes, a route that goes, a neighbour that goes.
	announce(two, say(four, "192.0.2.22"))
	one.until(t, map[netip.Prefix]string{four: "[192.0.2.3 192.0.2.22]"})
	three.Close()
	one.until(t, map[netip.Prefix]string{four: "[192.0.2.22]"})
	announce(one)
	two.until(t, map[netip.Prefix]string{})
	one.down(t, 1)
}

func TestWhoHasAnotherPasswordIsNotSpokenWith(t *testing.T) {
	n := port(t)
	one := speak(t, Settings{AS: 65001, NeighborAS: 65001, Listen: addresses("127.0.0.1"), Port: n, Neighbors: addresses("127.0.0.2", "127.0.0.3"), Password: "secret"})
	bad := speak(t, Settings{AS: 65001, NeighborAS: 65001, Listen: addresses("127.0.0.2"), Port: n, Neighbors: addresses("127.0.0.1"), NeighborPort: n,
		Mode: Active, Password: "guessed"})
	good := speak(t, Settings{AS: 65001, NeighborAS: 65001, Listen: addresses("127.0.0.3"), Port: n, Neighbors: addresses("127.0.0.1"), NeighborPort: n,
		Mode: Active, Password: "secret"})
	to := netip.MustParsePrefix("10.9.0.0/16")
	for _, p := range []*peer{bad, good} {
		if err := p.Announce([]Route{{to, addresses("192.0.2.9")}}); err != nil {
			t.Fatal(err)
		}
	}
	one.until(t, map[netip.Prefix]string{to: "[192.0.2.9]"})
	if list := one.Neighbors(); !list[0].Up.IsZero() || list[0].Routes[4] != 0 || list[1].Up.IsZero() {
		t.Errorf("neighbours %+v", list)
	}
}

func TestRoutesOverTheLimitAreCounted(t *testing.T) {
	n := port(t)
	one := speak(t, Settings{AS: 65001, NeighborAS: 65001, Listen: addresses("127.0.0.1"), Port: n, Neighbors: addresses("127.0.0.2"), Limit: 1})
	two := speak(t, Settings{AS: 65001, NeighborAS: 65001, Listen: addresses("127.0.0.2"), Port: n, Neighbors: addresses("127.0.0.1"), NeighborPort: n, Mode: Active})
	a, b := netip.MustParsePrefix("10.9.0.0/16"), netip.MustParsePrefix("10.10.0.0/16")
	if err := two.Announce([]Route{{a, addresses("192.0.2.9")}, {b, addresses("192.0.2.9")}}); err != nil {
		t.Fatal(err)
	}
	late := time.After(30 * time.Second)
	for one.Refused() == 0 {
		select {
		case <-one.news:
		case <-time.After(10 * time.Millisecond):
		case <-late:
			t.Fatal("nothing was refused")
		}
	}
	one.mu.Lock()
	defer one.mu.Unlock()
	if len(one.heard) != 1 || one.Refused() != 1 {
		t.Errorf("heard %v, refused %d", one.heard, one.Refused())
	}
}

func TestAnAddressOfSomebodyElseIsAnError(t *testing.T) {
	_, err := Start(Settings{AS: 65001, NeighborAS: 65001, RouterID: netip.MustParseAddr("1.1.1.1"), Listen: addresses("192.0.2.1"), Port: port(t)})
	if err == nil {
		t.Fatal("listens where there is no such address")
	}
}
