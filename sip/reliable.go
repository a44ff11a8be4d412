package sip

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// reliableOut are the reliable provisional responses to an INVITE of the peer
// (RFC 3262 §3). One waits for its PRACK at a time; those behind it wait here. Its
// fields are under the dialog's mu.
type reliableOut struct {
	rseq      uint32 // of the last that was sent; 0: none yet
	invite    uint32 // CSeq
	pending   bool
	describes bool // the last that was sent has a description
	queue     []*Message
	tx        *ServerTransaction
}

// maxReliable is how many reliable provisional responses may wait; more are refused.
const maxReliable = 16

func (o *reliableOut) send(d *Dialog, tx *ServerTransaction, r *Message) error {
	d.mu.Lock()
	if o.pending {
		full := len(o.queue) >= maxReliable
		if !full {
			o.queue = append(o.queue, r)
		}
		d.mu.Unlock()
		if full {
			return fmt.Errorf("respond %d reliably: %w", r.Status, ErrOverload)
		}
		return nil
	}
	if o.tx != tx {
		o.rseq, o.queue = rand.Uint32N(1<<16), nil
	}
	o.rseq++
	o.tx, o.pending, o.invite, o.describes = tx, true, r.CSeq.Number, len(r.Body) > 0
	number := o.rseq
	d.mu.Unlock()
	r.setBeforeBody("RSeq", strconv.FormatUint(uint64(number), 10))
	return tx.respond(r, func(b []byte, to Source) {
		d.mu.Lock()
		defer d.mu.Unlock()
		if o.pending && o.rseq == number && d.state != DialogEnded {
			d.repeat.start(d, repeatProvisional, number, b, to, d.stack.timers.T1, time.Hour)
		}
	})
}

// AwaitsPRACK reports whether a reliable provisional response with a session
// description has gone out, or is to, that the peer has not acknowledged. Until
// then the INVITE must not be answered with a 2xx (RFC 3262 §3): Respond returns
// ErrState. OnRequest learns of the PRACK.
func (d *Dialog) AwaitsPRACK() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.offered.holds()
}

// holds reports whether a description waits for its PRACK. The caller holds the
// dialog's mu.
func (o *reliableOut) holds() bool {
	return o.pending && (o.describes || slices.ContainsFunc(o.queue, func(r *Message) bool { return len(r.Body) > 0 }))
}

// acknowledged takes a PRACK and sends what waited for it. It reports false if
// the PRACK matches nothing.
func (o *reliableOut) acknowledged(d *Dialog, m *Message) bool {
	rseq, cseq, ok := parseRAck(m.Get("RAck"))
	d.mu.Lock()
	if !ok || !o.pending || rseq != o.rseq || cseq != o.invite {
		d.mu.Unlock()
		return false
	}
	o.pending = false
	if d.repeat.kind == repeatProvisional {
		d.repeat.stop(d)
	}
	var next *Message
	if len(o.queue) > 0 {
		next, o.queue = o.queue[0], o.queue[1:]
	}
	tx := o.tx
	d.mu.Unlock()
	if next != nil {
		_ = o.send(d, tx, next) // ErrState if the INVITE was answered meanwhile
	}
	return true
}

// over forgets what waits when the final response goes. A PRACK for the last one
// is still taken (RFC 3262 §3).
func (o *reliableOut) over(d *Dialog) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.repeat.kind == repeatProvisional {
		d.repeat.stop(d)
	}
	o.queue, o.tx = nil, nil
}

// parseRAck reads "RSeq CSeq INVITE" (RFC 3262 §7.2).
func parseRAck(s string) (rseq, cseq uint32, ok bool) {
	f := strings.Fields(s)
	if len(f) != 3 || f[2] != Invite {
		return 0, 0, false
	}
	a, err := strconv.ParseUint(f[0], 10, 32)
	b, err2 := strconv.ParseUint(f[1], 10, 32)
	return uint32(a), uint32(b), err == nil && err2 == nil
}

// reliableIn looks at a provisional response of the peer. rseq is 0 if it is not
// reliable; fresh is false if it was seen before or comes out of order.
func (d *Dialog) reliableIn(r *Message) (rseq uint32, fresh bool) {
	if !r.Has("Require", "100rel") {
		return 0, true
	}
	n, err := strconv.ParseUint(strings.TrimSpace(r.Get("RSeq")), 10, 32)
	if err != nil || n == 0 {
		return 0, true
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.rseq != 0 && uint32(n) != d.rseq+1 {
		return uint32(n), false
	}
	d.rseq = uint32(n)
	return uint32(n), true
}

// PRACK acknowledges the reliable provisional response r of the peer, with an SDP
// answer or offer if there is a body. Those that OnResponse leaves are
// acknowledged without a body when it returns. The outcome is told to onResponse,
// which may be nil.
func (d *Dialog) PRACK(r *Message, contentType string, body []byte, onResponse func(r *Message, err error)) error {
	n, err := strconv.ParseUint(strings.TrimSpace(r.Get("RSeq")), 10, 32)
	if err != nil {
		return fmt.Errorf("PRACK: %w: the response is not reliable", ErrState)
	}
	d.mu.Lock()
	d.pracked = uint32(n)
	d.mu.Unlock()
	m := d.NewRequest(Prack)
	m.Add("RAck", fmt.Sprintf("%d %d %s", n, r.CSeq.Number, r.CSeq.Method))
	m.SetBody(contentType, body)
	o := RequestOptions{}
	if onResponse != nil {
		o.OnResponse = func(_ *ClientTransaction, r *Message, err error) { onResponse(r, err) }
	}
	_, err = d.Request(context.Background(), m, o)
	return err
}

func (d *Dialog) isPracked(rseq uint32) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.pracked == rseq
}
