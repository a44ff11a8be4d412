// Package manager is the server of AMI, Asterisk's manager interface: lines of text on
// TCP, by which panels, diallers and monitoring drive an exchange; the same over HTTP
// (Pages), and as JSON over WebSockets.
//
// An event is encoded once for each form in which somebody reads it. Sessions with the
// same wish (classes, filters, form) share a stream of bytes, in which each has a
// place; the hub writes to them in rounds, without waiting for any. A client that does
// not read is disconnected when too much lies before its place, with a line in the log
// and a count, and nobody else notices. Each session has one goroutine, which reads and
// carries the actions out, and for a while a second one if its client is slow.
//
// The actions are rows of tables (command.Action), some of them in this package, the
// rest in those that they belong to. The exchange reads manager.conf (Load), makes the
// Server and may call all its methods concurrently.
//
// Left out on purpose: TLS before 1.2, and the places in Asterisk's source that its
// debug mode adds to events.
package manager
