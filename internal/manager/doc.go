// Package manager is the server of AMI, Asterisk's manager interface: line
// based text on TCP, by which panels, diallers and monitoring drive an exchange.
//
// An event is encoded once and the bytes are shared by all sessions that want
// it. Each session has a bounded queue: a client that does not read is
// disconnected when its queue is full, with a line in the log and a count, and
// nobody else notices. The actions are rows of tables (command.Action), some of
// them in this package, the rest in those that they belong to.
//
// Left to the issue that completes AMI: event filters, TLS, AMI over HTTP.
package manager
