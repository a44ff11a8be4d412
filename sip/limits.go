package sip

import (
	"net/netip"
	"runtime"
	"time"
)

// Limits bound what the stack holds and does for others. The zero value of each
// means its default; where a limit can be switched off, a negative value does it.
type Limits struct {
	// Transactions is how many server transactions may be at work at once; requests
	// beyond are answered 503 with Retry-After, but for those of a dialog, which no
	// stranger can make. 200,000.
	Transactions int
	// Finished is how many more may have sent their last response, other than a
	// 2xx of an INVITE, and wait for the request to be repeated. Beyond that the
	// oldest give way: a repetition of their request would be a request anew. 65,536.
	Finished int
	// Dialogs is how many dialogs may live at once. 200,000.
	Dialogs int
	// Branches is how many dialogs one request of ours may make: who answers with
	// ever new tags is ignored beyond that. 64.
	Branches int
	// RetryAfter is what 503 asks for. 5 s.
	RetryAfter time.Duration
	// PerSource is how many messages a second one source may send, Burst how many
	// at once; more are dropped. Negative: unlimited. 2,000 and twice that. A source
	// is an IPv4 address or an IPv6 network of 64 bits.
	PerSource, Burst int
	// Offence is as how many messages one counts in addition that is of no use: what
	// is malformed, belongs to nothing, or is refused with 401 or 407. The latter is
	// given back when a request with credentials succeeds. Negative: none. 9.
	Offence int
	// Sources is how many sources are remembered for that. 16,384.
	Sources int
	// Trusted exempts an address from PerSource; nil exempts none. It is called
	// for every message and has to be quick.
	Trusted func(netip.Addr) bool

	// Calls is how many Call-IDs may have work waiting. Requests beyond are
	// answered 503; for those of a dialog it is twice as many. 65,536.
	Calls int
	// CallQueue is how much work may wait for one Call-ID. Requests beyond are
	// answered 503, other messages dropped; what belongs to a dialog has as much
	// room again. 64.
	CallQueue int
	// Workers is how many handlers run at once while they are quick; if one call's
	// handlers block others, more workers are started, up to MaxWorkers. Twice
	// the processors, and 4,096.
	Workers, MaxWorkers int

	// Connections is how many stream connections a transport holds, and
	// ConnectionsPerSource how many of them may come from one source, negative:
	// unlimited; beyond that new ones are closed. 20,000 and a quarter of that.
	Connections, ConnectionsPerSource int
	// WriteQueue is how many messages may wait to be written to a connection;
	// beyond that sending fails. 256.
	WriteQueue int
	// WriteTimeout is how long one write may take before the connection is closed. 10 s.
	WriteTimeout time.Duration
	// ConnectTimeout bounds connecting and TLS handshakes. 10 s.
	ConnectTimeout time.Duration
	// FirstMessage is how long a new connection may take until its first message. 30 s.
	FirstMessage time.Duration
	// Message is how long a further message may take from its first byte to its
	// last; a peer that sends slower is cut off. 30 s.
	Message time.Duration
	// Idle is how long a connection may be without a byte in either direction. 2 h.
	Idle time.Duration
	// Resolving is how many name look-ups of requests may be under way. 1,024.
	Resolving int
}

func (l Limits) withDefaults() Limits {
	set := func(n *int, value int) {
		if *n == 0 {
			*n = value
		}
	}
	long := func(d *time.Duration, value time.Duration) {
		if *d == 0 {
			*d = value
		}
	}
	set(&l.Transactions, 200_000)
	set(&l.Finished, 65_536)
	set(&l.Dialogs, 200_000)
	set(&l.Branches, 64)
	set(&l.PerSource, 2000)
	set(&l.Burst, 2*l.PerSource)
	set(&l.Offence, 9)
	set(&l.Sources, 16_384)
	set(&l.Calls, 65_536)
	set(&l.CallQueue, 64)
	set(&l.Workers, 2*runtime.NumCPU())
	set(&l.MaxWorkers, 4096)
	set(&l.Connections, 20_000)
	set(&l.ConnectionsPerSource, max(l.Connections/4, 1))
	set(&l.WriteQueue, 256)
	set(&l.Resolving, 1024)
	long(&l.RetryAfter, 5*time.Second)
	long(&l.WriteTimeout, 10*time.Second)
	long(&l.ConnectTimeout, 10*time.Second)
	long(&l.FirstMessage, 30*time.Second)
	long(&l.Message, 30*time.Second)
	long(&l.Idle, 2*time.Hour)
	l.MaxWorkers = max(l.MaxWorkers, l.Workers)
	return l
}
