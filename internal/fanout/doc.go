// Package fanout sends the same bytes to many connections, which the interfaces that
// tell of events have to do thousands of times a second.
//
// A [Stream] is what several connections want alike, each message once. A connection,
// a [Sink], keeps its place in the stream and has no queue but that: one that reads
// slowly costs nothing until it is further behind than its limit, and then it is cut
// off. What is for one connection alone goes between, in its order.
//
// A [Hub] writes in rounds: what comes within 5 ms is one write for each connection,
// so that a burst of events costs a system call and not one for each event. After a
// round to many connections it may pause, if it is told to. Answers wait for nothing. A TCP connection is written without a goroutine of its own, as
// long as it takes what it is given.
//
// All methods may be called concurrently, and none waits for a peer. Left out: what
// the bytes mean.
package fanout
