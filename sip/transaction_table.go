package sip

import (
	"container/list"
	"hash/maphash"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

const tableShards = 64

// serverTable holds the server transactions by the key of RFC 3261 §17.2.3. Each
// shard knows those that are finished, the oldest first, so that what a flood
// leaves behind is bounded and keeps nobody's new request out.
type serverTable struct {
	seed   maphash.Seed
	shards [tableShards]struct {
		mu       sync.Mutex // a leaf
		byKey    map[string]*ServerTransaction
		finished list.List // of *ServerTransaction
		closed   bool
	}
	finished atomic.Int64
}

func (t *serverTable) init() {
	t.seed = maphash.MakeSeed()
	for i := range t.shards {
		t.shards[i].byKey = map[string]*ServerTransaction{}
	}
}

func (t *serverTable) find(key []byte) *ServerTransaction {
	h := &t.shards[maphash.Bytes(t.seed, key)%tableShards]
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.byKey[string(key)]
}

// insert returns the transaction, or the one that is there already, or nil if
// the stack is closed.
func (t *serverTable) insert(tx *ServerTransaction) *ServerTransaction {
	h := &t.shards[maphash.String(t.seed, tx.key)%tableShards]
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil
	}
	if other := h.byKey[tx.key]; other != nil {
		return other
	}
	h.byKey[tx.key] = tx
	tx.stack.metrics.ServerTransactions.Add(1)
	return tx
}

func (t *serverTable) remove(tx *ServerTransaction) {
	h := &t.shards[maphash.String(t.seed, tx.key)%tableShards]
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.byKey[tx.key] == tx {
		delete(h.byKey, tx.key)
		if tx.place != nil {
			h.finished.Remove(tx.place)
			tx.place = nil
			t.finished.Add(-1)
		}
		tx.stack.metrics.ServerTransactions.Add(-1)
	}
}

// finish notes that the transaction has sent its last response. It returns one
// that has to give way, or nil.
func (t *serverTable) finish(tx *ServerTransaction) *ServerTransaction {
	h := &t.shards[maphash.String(t.seed, tx.key)%tableShards]
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.byKey[tx.key] != tx || tx.place != nil {
		return nil
	}
	tx.place = h.finished.PushBack(tx)
	t.finished.Add(1)
	if h.finished.Len() <= max(1, tx.stack.limits.Finished/tableShards) {
		return nil
	}
	return h.finished.Front().Value.(*ServerTransaction)
}

func (t *serverTable) endAll() {
	var all []*ServerTransaction
	for i := range t.shards {
		h := &t.shards[i]
		h.mu.Lock()
		h.closed = true
		for _, tx := range h.byKey {
			all = append(all, tx)
		}
		h.mu.Unlock()
	}
	for _, tx := range all {
		tx.end(ErrClosed)
	}
}

// clientTable holds the client transactions by branch and method (RFC 3261 §17.1.3).
type clientTable struct {
	seed   maphash.Seed
	shards [tableShards]struct {
		mu     sync.Mutex // a leaf
		byKey  map[string]*ClientTransaction
		closed bool
	}
}

func (t *clientTable) init() {
	t.seed = maphash.MakeSeed()
	for i := range t.shards {
		t.shards[i].byKey = map[string]*ClientTransaction{}
	}
}

func (t *clientTable) find(key []byte) *ClientTransaction {
	h := &t.shards[maphash.Bytes(t.seed, key)%tableShards]
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.byKey[string(key)]
}

// insert reports false if the stack is closed.
func (t *clientTable) insert(key string, tx *ClientTransaction) bool {
	h := &t.shards[maphash.String(t.seed, key)%tableShards]
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	h.byKey[key] = tx
	tx.stack.metrics.ClientTransactions.Add(1)
	return true
}

func (t *clientTable) remove(key string, tx *ClientTransaction) {
	h := &t.shards[maphash.String(t.seed, key)%tableShards]
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.byKey[key] == tx {
		delete(h.byKey, key)
		tx.stack.metrics.ClientTransactions.Add(-1)
	}
}

func (t *clientTable) endAll() {
	var all []*ClientTransaction
	for i := range t.shards {
		h := &t.shards[i]
		h.mu.Lock()
		h.closed = true
		for _, tx := range h.byKey {
			all = append(all, tx)
		}
		h.mu.Unlock()
	}
	for _, tx := range all {
		tx.fail(ErrClosed)
	}
}

// appendServerKey makes the key of a request's transaction, with another method
// for ACK and CANCEL, which look for their INVITE. Requests of RFC 2543 have no
// branch that is unique; they are told apart by what identifies the request.
func appendServerKey(b []byte, m *Message, method string) []byte {
	b = append(append(b, method...), ' ')
	branch := m.Via.Branch()
	if len(branch) > len(MagicCookie) && strings.EqualFold(branch[:len(MagicCookie)], MagicCookie) {
		b = append(append(b, branch...), ' ')
	} else {
		b = append(append(b, m.CallID...), ' ')
		b = append(append(b, m.From.Tag()...), ' ')
		b = strconv.AppendUint(b, uint64(m.CSeq.Number), 10)
		b = m.URI.AppendTo(append(b, ' '))
		b = append(append(b, ' '), branch...)
		b = append(b, ' ')
	}
	for i := 0; i < len(m.Via.Host); i++ {
		c := m.Via.Host[i]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		b = append(b, c)
	}
	return strconv.AppendInt(append(b, ':'), int64(m.Via.Port), 10)
}

// appendClientKey makes the key that a response has.
func appendClientKey(b []byte, branch, method string) []byte {
	return append(append(append(b, branch...), ' '), method...)
}
