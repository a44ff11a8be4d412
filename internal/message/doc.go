// Package message carries text messages that belong to no call: from a
// technology to the dialplan, and from the dialplan or a client to a technology.
//
// A message that arrives waits in one bounded queue. The channel
// Message/ast_msg_queue, which is made for the first and never ends, runs the
// dialplan for each of them in turn; MESSAGE() and MESSAGE_DATA() read and write
// the message there, and MessageSend sends it on. As in Asterisk 22 the dialplan
// of one message holds up the next.
//
// Technologies register a Sender; they know no dialplan. All methods of a Router
// may be called concurrently.
package message
