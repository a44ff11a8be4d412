// Package call is what interfaces and applications do to calls, done once:
// dial, originate, redirect, put into a bridge, hang up.
//
// It stands above channel, bridge and dialplan and below the applications and
// the interfaces. A Dialer is used by one goroutine, its caller's owner; the
// methods of Calls may be called concurrently.
package call
