// Package jitter puts packets of sound back into the order and the distances in
// which they were sent: a jitter buffer.
//
// A [Buffer] has no clock and no goroutine of its own. Who has one tells it the
// time: Put takes a packet as it arrives, Next says when the next is due, Get hands
// it out then. So a buffer runs in a test as fast as it can be computed. Package
// channel gives it to a leg: the function JITTERBUFFER, jbenable of sip.conf and
// the option j of Local channels end up there.
//
// There are two ways to choose the delay. A fixed buffer holds everything back
// for MaxSize after the first packet. An adaptive one follows what it sees: the
// shortest way that a packet took of late, and how much longer all but the slowest
// two of a hundred took, and TargetExtra on top; never more than MaxSize. Growing
// is done at once, shrinking by a tenth of a packet each.
//
// Both drop what comes when its place has passed. Both begin anew where the time on
// the wire jumps (RFC 3550 §5.1: another source has another, random timestamp), and
// where the sender's clock and ours have drifted apart so far that the delay holds no
// more.
//
// What is lost stays a gap: concealing it is left to who decodes.
//
// A Buffer belongs to one goroutine at a time.
package jitter
