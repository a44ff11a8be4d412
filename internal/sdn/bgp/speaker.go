package bgp

import (
	"log/slog"
	"net/netip"
	"time"
)

// A Mode says who connects.
type Mode string

// The modes of a neighbour. Faucet has passive alone.
const (
	Passive Mode = "passive" // it connects to us
	Active  Mode = "active"  // we connect to it; it can not connect to us
	Both    Mode = "both"    // either
)

// Settings of a Speaker.
type Settings struct {
	AS, NeighborAS uint32
	RouterID       netip.Addr   // IPv4
	Listen         []netip.Addr // at most one of each IP version
	Port           int          // of Listen
	Neighbors      []netip.Addr
	NeighborPort   int    // to which we connect; 0 for 179
	Mode           Mode   // "" for Passive
	Password       string // of TCP's MD5 signatures, RFC 2385; "" for none
	Paths          int    // next hops of a network at most; 0 for 1
	Limit          int    // networks that are taken of all neighbours; 0 for 1,048,576
	Retry          time.Duration
	Log            *slog.Logger
	// Changed is told which networks have other next hops than before. It must
	// not wait, and must not call the Speaker.
	Changed func([]Route)
}

// A Route is the way to a network. Without hops there is none any more.
type Route struct {
	To   netip.Prefix
	Hops []netip.Addr // in ascending order
}

// A Neighbor is who we speak with.
type Neighbor struct {
	Address netip.Addr
	Up      time.Time   // since when there is a session; zero while there is none
	Routes  map[int]int // how many routes it told us, by the IP version, 4 or 6
}

// A Speaker speaks BGP until it is closed.
type Speaker interface {
	// Announce says which networks are announced, each with its one next hop;
	// others are announced no more.
	Announce([]Route) error
	// Neighbors are those of the Settings, in their order.
	Neighbors() []Neighbor
	// Refused is how many routes were over the limit.
	Refused() uint64
	// Close ends all sessions; it waits for them.
	Close()
}
