package sip

import "time"

// Timers are the times of RFC 3261 §17 from which all others follow. The zero
// value of each means its default.
type Timers struct {
	T1 time.Duration // estimate of a round trip; 500 ms
	T2 time.Duration // longest gap between retransmissions of non-INVITE requests and INVITE responses; 4 s
	T4 time.Duration // how long a message may stay in the network; 5 s
	// Timeout is how long a request waits for a response (timers B and F) and a
	// response to INVITE for its ACK (timer H); 64 × T1.
	Timeout time.Duration
	D       time.Duration // how long a client absorbs final responses to INVITE on UDP; 32 s
	Trying  time.Duration // after which the stack answers INVITE with 100 by itself (RFC 3261 §17.2.1); 200 ms
	// Provisional is the gap after which the last provisional response to INVITE
	// is sent again, so that proxies keep the call (RFC 3261 §13.3.1.1); 1 min.
	Provisional time.Duration
	// Cancelled is how long an INVITE that was cancelled waits for its final
	// response (RFC 3261 §9.1); 64 × T1.
	Cancelled time.Duration
}

func (t Timers) withDefaults() Timers {
	set := func(d *time.Duration, value time.Duration) {
		if *d <= 0 {
			*d = value
		}
	}
	set(&t.T1, 500*time.Millisecond)
	set(&t.T2, 4*time.Second)
	set(&t.T4, 5*time.Second)
	set(&t.Timeout, 64*t.T1)
	set(&t.D, 32*time.Second)
	set(&t.Trying, 200*time.Millisecond)
	set(&t.Provisional, time.Minute)
	set(&t.Cancelled, 64*t.T1)
	return t
}
