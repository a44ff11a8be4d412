// Package bridge joins legs: two parties, a mix of many, or a place to hold.
//
// A leg's owner calls Join, which returns when the leg is hung up, wanted
// elsewhere, or put out of the bridge. No owner waits for another: what one leg
// sends is written to the others on the goroutine that received it, and mixing
// runs on one clock per bridge.
//
// Two legs of one technology with one codec and nobody listening in are joined
// by that technology itself (channel.Relayer) and their media does not pass
// through here. What the bridge does is decided anew whenever a leg enters,
// leaves, is tapped or changes its codec.
//
// All methods may be called concurrently.
package bridge
