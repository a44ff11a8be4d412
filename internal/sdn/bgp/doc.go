// Package bgp speaks BGP-4 (RFC 4271, RFC 4760) for the routers of a faucet.yaml.
//
// Start makes a Speaker: it listens at the addresses of the server, calls its
// neighbours where that is wanted, announces what Announce says and tells of the
// best routes that it hears, as sets of next hops for a network. The protocol is
// GoBGP's; nothing of GoBGP's appears outside of this package, so that a test can
// put something else in its place.
//
// Package control starts one Speaker for each router that has a section bgp and
// puts its routes into the FIBs of the switches. The methods of a Speaker may be
// called concurrently. Settings.Changed is called by one goroutine of the
// Speaker, in the order in which things happened.
//
// GoBGP keeps two settings for the whole process and writes them at each start,
// unguarded, while sessions of other Speakers read them. Start always writes the
// same, so that what is read is right at any time; the race detector sees it all
// the same when a Speaker starts beside one that has a session.
//
// Left out on purpose: policies, communities, other address families than IPv4
// and IPv6 unicast.
package bgp
