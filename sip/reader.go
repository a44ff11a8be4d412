package sip

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"sync/atomic"
	"time"
)

// A reader reads a UDP socket, parses what comes and matches it to transactions.
// The rest is the workers' (see executor), but to wake one costs more than most
// messages do. So when it had to wait for a message, or there is nothing else to
// read, the reader does the work of the last message itself. If that takes longer than readerPatience, because a
// handler waits, another reader takes its place: it goes when it has done. Until
// then it counts as a worker, and when there are MaxWorkers readers do no work.
type reader struct {
	datagrams *datagrams
	quick     interface { // nil: always wake a worker
		// readNow reads what is there.
		readNow(b []byte) (int, netip.AddrPort, bool)
		// waited reports whether the last read had to wait: then it is not worth
		// a look whether more has come meanwhile, as the work itself is short.
		waited() bool
	}
	hand  hand
	state atomic.Int32
	turns atomic.Uint32 // how often it has worked

	watched atomic.Bool // alarm is set
	alarm   alarm
	seen    uint32 // of turns, by fire
}

// A hand is what a reader has taken on.
type hand struct{ lane *lane }

const readerPatience = 20 * time.Millisecond

// The states of a reader.
const (
	readerReads int32 = iota
	readerWorks
	readerReplaced
)

// startReader starts one, or another in its place. One of them is counted in
// Transport.readers.
func (d *datagrams) startReader() {
	r := &reader{datagrams: d}
	if q, ok := d.conn.(*socket); ok {
		r.quick = q
	}
	go r.run()
}

func (r *reader) run() {
	d := r.datagrams
	s := d.t.stack
	b := make([]byte, MaxDatagram+1)
	failures := 0 // in a row
	for {
		n, from, err := d.conn.ReadFromUDPAddrPort(b)
		switch {
		case errors.Is(err, net.ErrClosed), errors.Is(err, io.EOF):
			d.t.readers.Done()
			return
		case err != nil:
			s.metrics.TransportErrors.Add(1)
			if failures++; failures == 1000 { // not what ICMP brings
				s.log.Error("a SIP transport cannot be read any more", "transport", d.t.Name, "error", err)
				d.t.readers.Done()
				return
			}
			continue
		}
		failures = 0
		if !r.take(b, n, from) {
			return
		}
	}
}

// take does what a datagram asks for. It reports false if another reader has come.
func (r *reader) take(b []byte, n int, from netip.AddrPort) bool {
	d := r.datagrams
	var h *hand
	if r.quick != nil && d.t.stack.executor.spare() {
		h = &r.hand
	}
	for ok := true; ok; {
		d.t.stack.takeDatagram(b[:n], Source{Transport: d.t, Remote: unmap(from), Local: d.t.local}, h)
		if r.hand.lane == nil {
			return true
		}
		if r.quick.waited() {
			break
		}
		if n, from, ok = r.quick.readNow(b); ok {
			l := r.hand.lane
			r.hand.lane = nil
			d.t.stack.executor.makeReady(l)
		}
	}
	return r.work()
}

// work does what the reader has in hand. It reports false if that took too long.
func (r *reader) work() bool {
	s := r.datagrams.t.stack
	l := r.hand.lane
	r.hand.lane = nil
	r.turns.Add(1)
	r.state.Store(readerWorks)
	r.watch()
	s.executor.run(l)
	if r.state.CompareAndSwap(readerWorks, readerReads) {
		return true
	}
	s.executor.count(-1)
	return false
}

// watch has fire look after the reader.
func (r *reader) watch() {
	if r.watched.CompareAndSwap(false, true) {
		r.datagrams.t.stack.wheel.set(&r.alarm, r, time.Now().Add(readerPatience))
	}
}

// fire looks whether the reader still does the work that it did the last time.
func (r *reader) fire() {
	turns := r.turns.Load()
	if turns == r.seen && r.state.CompareAndSwap(readerWorks, readerReplaced) {
		r.datagrams.t.stack.metrics.WorkersAdded.Add(1)
		r.datagrams.t.stack.executor.count(1)
		r.datagrams.startReader()
		return
	}
	again := turns != r.seen
	r.seen = turns
	r.watched.Store(false)
	if again || r.turns.Load() != turns {
		r.watch()
	}
}
