package queue

import (
	"context"
	"strings"
	"sync"

	"github.com/octothorpe/octothorpe/internal/event"
)

// watch follows what happens to members and to calls, as the bus tells it.
type watch struct {
	mu     sync.Mutex          // a leaf
	calls  map[string]*service // by the unique IDs of both legs
	active map[*service]bool
	dirty  map[string]bool // devices whose state is to be looked at
	wake   chan struct{}
}

func (w *watch) add(v *service) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.calls == nil {
		w.calls, w.active = map[string]*service{}, map[*service]bool{}
	}
	w.active[v] = true
	w.calls[v.c.UniqueID()], w.calls[v.peer.UniqueID()] = v, v
}

// drop forgets a call and reports whether it was known.
func (w *watch) drop(v *service) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.active[v] {
		return false
	}
	delete(w.active, v)
	delete(w.calls, v.c.UniqueID())
	delete(w.calls, v.peer.UniqueID())
	return true
}

func (w *watch) find(c *event.Channel) *service {
	if c == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.calls[c.UniqueID]
}

// Run follows devices and calls until ctx ends. It is started once.
func (h *House) Run(ctx context.Context) {
	w := &h.watch
	w.mu.Lock()
	w.dirty, w.wake = map[string]bool{}, make(chan struct{}, 1)
	w.mu.Unlock()
	defer h.bus().Subscribe(event.Kinds(event.KindDeviceStateChange, event.KindExtensionStatus, event.KindHangupRequest,
		event.KindBlindTransfer, event.KindAttendedTransfer), func(s event.Stamped) { h.hear(s.Event) })()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.wake:
		}
		w.mu.Lock()
		dirty := w.dirty
		w.dirty = map[string]bool{}
		w.mu.Unlock()
		for device := range dirty {
			h.refresh(device)
		}
	}
}

// hear takes an event. It is an encoder: it waits for nothing and publishes nothing.
func (h *House) hear(e event.Event) {
	w := &h.watch
	switch e := e.(type) {
	case *event.DeviceStateChange:
		h.touched(strings.ToLower(e.Device))
	case *event.ExtensionStatus:
		h.touched(strings.ToLower("hint:" + e.Exten + "@" + e.Context))
	case *event.HangupRequest:
		if v := w.find(e.Channel); v != nil {
			v.complete(map[bool]string{true: "caller", false: "agent"}[e.Channel.UniqueID == v.c.UniqueID()], true)
		}
	case *event.BlindTransfer:
		if v := w.find(e.Transferer); v != nil && e.Result == "Success" {
			v.complete("transfer", true, "BLINDTRANSFER", e.Exten, e.Context)
		}
	case *event.AttendedTransfer:
		v := w.find(e.OrigTransferer)
		if v == nil {
			v = w.find(e.SecondTransferer)
		}
		if v != nil && e.Result == "Success" {
			v.complete("transfer", true, attended(e)...)
		}
	}
}

// attended is the entry of the log for an attended transfer.
func attended(e *event.AttendedTransfer) []string {
	switch e.DestType {
	case "App":
		return []string{"ATTENDEDTRANSFER", "APP", e.DestApp}
	case "Link":
		one, two := "", ""
		if e.OneLocal != nil {
			one = e.OneLocal.Name
		}
		if e.TwoLocal != nil {
			two = e.TwoLocal.Name
		}
		return []string{"ATTENDEDTRANSFER", "LINK", one, two}
	}
	return []string{"ATTENDEDTRANSFER", "BRIDGE", e.DestBridge}
}

// touched has a device looked at, if some member has it.
func (h *House) touched(device string) {
	h.mu.RLock()
	known := len(h.devices[device]) > 0
	h.mu.RUnlock()
	if !known {
		return
	}
	w := &h.watch
	w.mu.Lock()
	w.dirty[device] = true
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// refresh asks for the state of a device and tells its members'.
func (h *House) refresh(device string) {
	h.mu.RLock()
	list := append([]*Member(nil), h.devices[device]...)
	h.mu.RUnlock()
	for _, m := range list {
		status := h.status(m.device)
		q := m.q
		q.mu.Lock()
		changed := m.status != status
		m.status = status
		q.mu.Unlock()
		if !changed {
			continue
		}
		m.tell("QueueMemberStatus")
		q.tellAvail()
		q.kick()
	}
}
