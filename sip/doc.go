// Package sip is the Session Initiation Protocol: messages, transports,
// transactions and dialogs, for programs that are user agents or exchanges.
//
// # Messages
//
// A [Message] is a request or a response. [Parse] reads one from a datagram with
// three allocations, [ReadMessage] from a stream; the headers that every
// transaction needs (Via, From, To, CSeq, Call-ID, Contact) are typed values, all
// others are texts in wire order with their original spelling, typed when they are
// asked for (Message.Expires, Message.Addresses, Message.RAck …). Setting a header
// keeps the typed value in step, and no value can bring a line of its own.
//
// What cannot be read gives a [*ParseError]: what is wrong, where, and the status
// to refuse it with. testdata/ has the torture messages of RFC 4475 and RFC 5118
// and the verdict on each. Where the RFC leaves a choice, what a peer can only have
// meant in one way is accepted, and all else refused.
//
// # Authentication
//
// [Message.WithCredentials] answers a 401 or 407, [Authorize] a [Challenge];
// [Credentials] are checked against a [Secret],
// their nonces and counts by [Nonces] (RFC 7616, RFC 8760: MD5, SHA-256 and
// SHA-512-256, with qop auth or none).
//
// # The stack
//
// A [Stack] has [Transport]s (UDP, TCP, TLS; several at once, IPv4 and IPv6),
// matches messages to transactions (RFC 3261 §17, corrected by RFC 6026), finds
// the servers of a domain (RFC 3263) and hands requests to a [Handler]. A
// [ServerTransaction] answers one, a [ClientTransaction] is one of ours.
//
// A [Dialog] keeps the state that RFC 3261 §12 asks for, checks the order of the
// peer's requests, makes ours, repeats 2xx and reliable provisional responses (RFC
// 3262) and is made for each branch of a forked request. stack.go tells how these
// are used together; the examples are a phone, a caller and a registrar.
//
// # Concurrency and bounds
//
// A Message is not safe for concurrent changes; once received or sent it must not
// be changed. Everything else may be used concurrently.
//
// One goroutine reads each UDP socket, two serve each connection; they parse,
// match and queue. Handlers and callbacks run on workers, those of one Call-ID in
// order; on a quiet UDP socket the reader is the worker, until a handler keeps it for
// 20 ms. Every queue has its bound in [Limits] and its counter in [Metrics]: too
// much from one source is dropped, too much for one call or for all is refused with
// 503 and Retry-After, a connection whose peer does not read fails its senders.
//
// Left out: multicast, RFC 2543 loose matching of branches
// beyond the request's own identification, merged requests (482), auth-int,
// userhash and S/MIME.
package sip
