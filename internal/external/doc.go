// Package external is the channel drivers whose far end is a program: UnicastRTP/
// sends and receives RTP at an address, AudioSocket/ speaks the protocol of that name
// over TCP, and WebSocket/ carries media and commands over a WebSocket that the
// program opens here or that is opened to it. ARI's externalMedia dials them, and so
// can a dialplan.
//
// All methods may be called concurrently. A leg has a goroutine for what comes in and,
// but for RTP, one for what goes out, whose queue is bounded: voice that finds it full
// is dropped.
package external
