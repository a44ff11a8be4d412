package sip

import (
	"hash/maphash"
	"sync"
)

// dialogTable finds dialogs by Call-ID and both tags, and the SUBSCRIBE that a
// NOTIFY belongs to before the dialog is made (RFC 6665 §4.4.1).
type dialogTable struct {
	seed   maphash.Seed
	shards [tableShards]dialogShard
}

type dialogShard struct {
	mu     sync.Mutex // a leaf
	byKey  map[string]*Dialog
	begun  map[string]*invitation
	closed bool
}

func (t *dialogTable) init() {
	t.seed = maphash.MakeSeed()
	for i := range t.shards {
		t.shards[i].byKey = map[string]*Dialog{}
		t.shards[i].begun = map[string]*invitation{}
	}
}

func (t *dialogTable) shard(callID string) *dialogShard {
	return &t.shards[maphash.String(t.seed, callID)%tableShards]
}

// insert reports false if the stack is closed.
func (t *dialogTable) insert(d *Dialog) bool {
	h := t.shard(d.CallID)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	h.byKey[dialogKey(d.CallID, d.LocalTag, d.RemoteTag)] = d
	d.stack.metrics.Dialogs.Add(1)
	return true
}

func (t *dialogTable) remove(d *Dialog) {
	h := t.shard(d.CallID)
	h.mu.Lock()
	defer h.mu.Unlock()
	key := dialogKey(d.CallID, d.LocalTag, d.RemoteTag)
	if h.byKey[key] == d {
		delete(h.byKey, key)
		d.stack.metrics.Dialogs.Add(-1)
	}
}

func (t *dialogTable) find(callID, local, remote string) *Dialog {
	h := t.shard(callID)
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.byKey[dialogKey(callID, local, remote)]
}

// ofRequest finds the dialog of a request of the peer.
func (t *dialogTable) ofRequest(m *Message) *Dialog {
	local, remote := m.To.Tag(), m.From.Tag()
	if d := t.find(m.CallID, local, remote); d != nil || m.Method != Notify {
		return d
	}
	h := t.shard(m.CallID)
	h.mu.Lock()
	v := h.begun[dialogKey(m.CallID, local, "")]
	h.mu.Unlock()
	if v == nil {
		return nil
	}
	return v.notified(m)
}

func (t *dialogTable) begin(v *invitation, callID, local string) {
	h := t.shard(callID)
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed {
		h.begun[dialogKey(callID, local, "")] = v
	}
}

func (t *dialogTable) begunOver(callID, local string) {
	h := t.shard(callID)
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.begun, dialogKey(callID, local, ""))
}

func (t *dialogTable) endAll() {
	var all []*Dialog
	for i := range t.shards {
		h := &t.shards[i]
		h.mu.Lock()
		h.closed = true
		for _, d := range h.byKey {
			all = append(all, d)
		}
		h.mu.Unlock()
	}
	for _, d := range all {
		d.end(ErrClosed)
	}
}

// Dialog returns the dialog with a Call-ID and tags, or nil: for Replaces (RFC
// 3891) and the like.
func (s *Stack) Dialog(callID, localTag, remoteTag string) *Dialog {
	return s.dialogs.find(callID, localTag, remoteTag)
}
