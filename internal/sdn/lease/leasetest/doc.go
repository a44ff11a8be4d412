// Package leasetest measures how long a lease is without a holder.
//
// The tests of leases and of clusters of controllers call it. A test calls Takeover
// when it takes the holder away, and what that returns when another holds the lease;
// each pair has a goroutine of its own, so that several may run at once. What the
// machine kept from the program is taken off, since a takeover among busy neighbours
// says nothing of ours. It does not look at who holds the lease: the tests do.
package leasetest
