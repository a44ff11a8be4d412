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
		s.caller = &ringingBy{name: first.Connected.Name.Text, number: first.Connected.Number.Text, called: first.Caller.Number.Text}
	}
	return s.caller
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
