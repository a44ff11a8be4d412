// Package lease says which of several controllers is the master of which switches,
// by what all of them read and write in NATS (JetStream's key-value store): in a
// cluster of the user's own, or in three nodes that the controllers embed.
//
// Switches are divided into shards (one shard unless told otherwise). Each shard has
// a record of who holds it and of its generation, which grows with each holder and
// fences: a switch refuses a master of an older generation. Each controller writes a
// sign of life every 300 ms, which covers all that it holds. One that has not heard a
// holder's for a second takes the shard over; a holder that has not heard
// its own for 500 ms lets go, which is done 250 ms later: then it was not taken, or the
// holder hears of nothing, not even of who took its place. No clock of one machine is compared with another's, but
// for generations, which begin at the time so that they grow even when NATS has
// forgotten everything.
//
// Of several shards every controller gets its share (rendezvous hashing), and gets
// it back when it returns; with one shard nobody gives it back.
//
// Controllers that divide the switches into different numbers of shards would drive
// one switch together: who finds another that holds a shard of another number of them
// drives nothing, and says so.
//
// A Keeper has one goroutine, which Run is. State may be read by anyone.
package lease
