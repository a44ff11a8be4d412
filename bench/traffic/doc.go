// Package traffic is the other side of a benchmark: phones that place, take and
// register calls as fast as they are told, at little cost, so that what is measured
// is the server and not they.
//
// They speak only as much SIP as a well-behaved server needs: messages are texts
// with a few places to fill, and of what arrives only the needed fields are looked
// for. A [Caller] places calls, a [Callee] takes them; a [Crowd] and a [Crew] do so with a
// will of their own for each call; a [Registrar] registers phones
// with digest authentication, and [Sound] is the RTP of calls that stand. Requests
// and answers that get lost are repeated (RFC 3261 §17, without its doubling), so a
// call fails only if the server refuses or forgets it.
//
// The methods of each may be called concurrently. Each has one goroutine that reads
// its socket and one that repeats what was not answered; Close ends both.
package traffic
