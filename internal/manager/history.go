package manager

import (
	"time"
)

// A history is the events of the last minutes, for clients that come back. The
// hub's lock guards it.
type history struct {
	on     bool
	most   int           // bytes
	window time.Duration // how long they stay
	list   []past        // from first on, in order
	first  int
	bytes  int
	// after is the last event that the history can't tell: what came behind it is in it.
	after uint64
}

type past struct {
	*encoded
	at time.Time
}

// begin keeps events from now on; last is the latest so far.
func (k *history) begin(last uint64) {
	if !k.on {
		k.on, k.after = true, last
	}
}

const pastOverhead = 160 // bytes that an event takes beside its text

func (k *history) add(m *encoded, at time.Time) {
	k.list = append(k.list, past{m, at})
	k.bytes += len(m.bytes) + pastOverhead
	for k.first < len(k.list) && (k.bytes > k.most || at.Sub(k.list[k.first].at) > k.window) {
		gone := &k.list[k.first]
		k.after = gone.sequence
		k.bytes -= len(gone.bytes) + pastOverhead
		*gone = past{}
		k.first++
	}
	if k.first > len(k.list)/2 && k.first > 64 {
		n := copy(k.list, k.list[k.first:])
		clear(k.list[n:])
		k.list, k.first = k.list[:n], 0
	}
}

// since returns the events behind a number that a wish lets through, or false where
// it can't tell all of them.
func (k *history) since(n uint64, w wish) ([]*encoded, bool) {
	if !k.on || n < k.after {
		return nil, false
	}
	var list []*encoded
	for _, p := range k.list[k.first:] {
		if p.sequence > n && w.mask&p.class != 0 && passes(w.choice(), p.bytes) {
			list = append(list, p.encoded)
		}
	}
	return list, true
}

// defaultKept are the bounds of the history: whichever is reached first.
const (
	defaultKeptBytes  = 64 << 20
	defaultKeptWindow = 5 * time.Minute
)
