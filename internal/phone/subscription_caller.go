package phone

import (
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/state"
)

// callerOf finds who calls the devices of an extension that rings: the call that
// rings longest. It is nil where nobody is known. It looks at every channel, which is
// why all who watch one extension share what it found.
func (s *subscriptions) callerOf(n *node) *ringingBy {
	d := s.driver
	if device := n.state.Device(); d.registry == nil || n.sub.kind != typeDialogInfo || device != state.Ringing && device != state.RingInUse {
		return nil
	}
	if s.asked != nil && s.asked.exten == n.exten && s.asked.context == n.context {
		return s.caller
	}
	s.asked, s.caller = n, nil
	h, ok := d.board.Of(n.exten, n.context)
	if !ok {
		return nil
	}
	list, _, _ := strings.Cut(h.Devices, ",")
	devices := strings.Split(list, "&")
	var first *event.Channel
	for _, c := range d.registry.All() {
		leg := c.Snapshot()
		rings := leg.State == event.Ringing && slices.ContainsFunc(devices, func(name string) bool {
			return strings.EqualFold(strings.TrimSpace(name), state.DeviceOf(leg.Name))
		})
		if rings && (first == nil || leg.Created.Before(first.Created)) {
			first = leg
		}
	}
	if first != nil && first.Connected.Number.Valid {
		s.caller = &ringingBy{name: first.Connected.Name.Text, number: first.Connected.Number.Text, called: first.Caller.Number.Text, calledName: first.Caller.Name.Text}
	}
	return s.caller
}

// ringsNow tells chan_sip's phones once more of an extension that rings already: the
// phone there has begun to, and now it is known who calls.
func (d *Driver) ringsNow(device string) {
	if d.technology != SIP || d.board == nil {
		return
	}
	d.subs.must(func() {
		for _, sub := range d.subs.all() {
			n := sub.root
			if now := n.state.Device(); n.exten == "" || sub.over || now != state.Ringing && now != state.RingInUse {
				continue
			}
			h, ok := d.board.Of(n.exten, n.context)
			list, _, _ := strings.Cut(h.Devices, ",")
			if !ok || !slices.ContainsFunc(strings.Split(list, "&"), func(name string) bool { return strings.EqualFold(strings.TrimSpace(name), device) }) {
				continue
			}
			d.subs.describe(n)
			n.changed = true
			d.subs.tell(n)
		}
	})
}

// HintsChanged is told that the dialplan has changed: who watches an extension that
// has no hint any more is told that it ends.
func (d *Driver) HintsChanged() {
	d.subs.must(func() {
		for _, sub := range d.subs.all() {
			n := sub.root
			if n.exten == "" || d.board == nil {
				continue
			}
			if _, ok := d.board.Of(n.exten, n.context); ok {
				continue
			}
			n.state = state.Extension(state.Unavailable)
			if sub.kind == typeDialogInfo {
				n.state = state.Extension(state.NotInUse)
			}
			d.subs.describe(n)
			d.subs.terminate(sub)
		}
	})
}
