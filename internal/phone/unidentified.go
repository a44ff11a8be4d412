package phone

import (
	"fmt"
	"io"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// An unidentified is an address from which requests of nobody known came.
type unidentified struct {
	count int
	first time.Time
}

// maxUnidentified is how many addresses are kept: then any one gives way, so that a flood
// from ever other addresses costs no search.
const maxUnidentified = 4096

// strangers counts requests of nobody known by the address that they came from. As in
// the reference it does so where endpoint_identifier_order has auth_username: then a
// phone's first request, which has no credentials yet, says nothing of who it is, and
// only many of them are worth an alarm.
type strangers struct {
	mu     sync.Mutex // a leaf
	byAddr map[netip.Addr]unidentified
	pruned time.Time
}

// note counts a request and reports whether it is to be told, and with which words:
// unidentified_request_count within unidentified_request_period.
func (t *strangers) note(g *Global, from netip.Addr, now time.Time) (why string, alarm bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.prune(g, now)
	if t.byAddr == nil {
		t.byAddr = map[netip.Addr]unidentified{}
	}
	u, known := t.byAddr[from]
	if !known {
		if len(t.byAddr) >= maxUnidentified {
			for other := range t.byAddr {
				delete(t.byAddr, other)
				break
			}
		}
		u.first = now
	}
	u.count++
	t.byAddr[from] = u
	age := now.Sub(u.first)
	if u.count < g.UnidentifiedCount || age >= g.UnidentifiedPeriod {
		return "", false
	}
	return fmt.Sprintf("No matching endpoint found after %d tries in %.3f ms", u.count, float64(age)/float64(time.Millisecond)), true
}

const headUnidentified = "  Request:  <IP Address..............................................>  <Count> <Age(sec)>"

// show prints the addresses, as "pjsip show unidentified_requests" does.
func (t *strangers) show(w io.Writer, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.byAddr) == 0 {
		fmt.Fprint(w, "No objects found.\n\n")
		return
	}
	fmt.Fprintf(w, "\n%s\n%s\n\n", headUnidentified, strings.Repeat("=", len(headUnidentified)))
	for _, from := range slices.SortedFunc(maps.Keys(t.byAddr), netip.Addr.Compare) {
		u := t.byAddr[from]
		fmt.Fprintf(w, "  Request:  %-58s  %7d %10.3f\n", from, u.count, now.Sub(u.first).Seconds())
	}
	fmt.Fprintf(w, "\nObjects found: %d\n\n", len(t.byAddr))
}

// prune forgets what is older than the period, at intervals. t.mu is held.
func (t *strangers) prune(g *Global, now time.Time) {
	if now.Sub(t.pruned) < g.UnidentifiedPrune {
		return
	}
	t.pruned = now
	for from, u := range t.byAddr {
		if now.Sub(u.first) >= g.UnidentifiedPeriod {
			delete(t.byAddr, from)
		}
	}
}
