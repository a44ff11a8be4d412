// Package sip is the Session Initiation Protocol: messages, transports,
// transactions and dialogs, for programs that are user agents or exchanges.
//
// # Messages
//
// A [Message] is a request or a response. Parse reads one from a datagram with
// three allocations; the headers that every transaction needs (Via, From, To,
// CSeq, Call-ID, Contact) are typed values, all others are texts in wire order
// with their original spelling. Setting a header keeps the typed value in step.
//
// # The stack
//
// A [Stack] has transports (UDP, TCP, TLS), matches messages to transactions
// (RFC 3261 §17, corrected by RFC 6026) and hands requests to a handler. Work is
// spread over a fixed number of workers by Call-ID, so that the messages of one
// call stay in order and no datagram costs a goroutine. A worker whose queue is
// full drops what arrives for it, and counts it.
//
// A [Dialog] keeps the state that RFC 3261 §12 asks for and makes requests
// within it.
//
// A Message is not safe for concurrent changes; once sent it must not be
// changed. Stack, Transport, ClientTx and ServerTx may be used concurrently. A
// Dialog belongs to one goroutine at a time.
//
// Left out: NAPTR look-ups (SRV and addresses are used), WebSocket transports,
// and S/MIME.
package sip
