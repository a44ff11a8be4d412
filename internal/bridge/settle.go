package bridge

import (
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
)

// choose returns the technology for n legs that the core carries.
func (b *Bridge) choose(n int) string {
	switch {
	case b.options.Holding:
		return Holding
	case b.options.Mixing || n > 2 || b.registry.Suspended(Simple):
		return SoftMix
	}
	return Simple
}

// settle makes the bridge do what suits its members. Whoever calls it while
// another does only asks for one more round, so that no lock is held across
// calls into legs.
func (b *Bridge) settle() {
	b.mu.Lock()
	b.unsettled = true
	if b.settling {
		b.mu.Unlock()
		return
	}
	b.settling = true
	for b.unsettled {
		b.unsettled = false
		members := append([]*member(nil), b.members...)
		old, technology := b.relay, b.technology
		b.relay = nil
		over := b.over
		b.mu.Unlock()

		if old != nil {
			old.end()
		}
		next, joined := b.arrange(members, technology, over)
		if over {
			next = technology // it keeps to its end what it was
		}
		for _, r := range []*relay{old, joined} {
			if r != nil && (r == joined || joined == nil || joined.a != r.a || joined.b != r.b) {
				r.tell(channel.Together)
			}
		}

		if next == SoftMix && technology != SoftMix {
			unhold(members)
		}

		b.mu.Lock()
		b.relay = joined
		b.technology = next
		if technology != next && len(members) > 0 && b.registry.bus.Wants(event.KindBridgeTechnology) {
			s := b.snapshot()
			b.mu.Unlock()
			b.registry.bus.Publish(&event.BridgeTechnology{Bridge: s, Old: technology})
			b.mu.Lock()
		}
		if next == Native && !b.handed {
			b.handed = true
			// The reference tells the peers anew when each of the two is handed over.
			b.mu.Unlock()
			b.tellPeers()
			b.tellPeers()
			b.mu.Lock()
		}
	}
	b.settling = false
	b.mu.Unlock()
}

// arrange joins the media of the members and returns how; now is how it is done
// as yet.
func (b *Bridge) arrange(members []*member, now string, over bool) (technology string, joined *relay) {
	technology = b.choose(len(members))
	b.mixWhile(technology == SoftMix && len(members) > 0 && !over)
	if technology != Simple || len(members) != 2 || over || b.separate() || b.registry.Suspended(Native) {
		return technology, nil
	}
	one, two := members[0], members[1]
	if one.ch.Tapped() || two.ch.Tapped() || one.join.Hear != nil || two.join.Hear != nil || one.keys.Load() != nil || two.keys.Load() != nil || one.mute.Load() || two.mute.Load() || one.join.KeepKeys || two.join.KeepKeys {
		return technology, nil
	}
	if one.away.Load() != nil || two.away.Load() != nil { // until it is back
		if now == Native {
			technology = Native
		}
		return technology, nil
	}
	r, ok := one.ch.Leg().(channel.Relayer)
	if !ok {
		return technology, nil
	}
	stop, ok := r.RelayTo(two.ch.Leg())
	if !ok {
		return technology, nil
	}
	return Native, &relay{a: one, b: two, stop: stop}
}

func (b *Bridge) separate() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.apart
}

// Separate ends the relaying of media by the legs' technology for good, as a
// transfer does that is about to end the call.
func (b *Bridge) Separate() {
	b.mu.Lock()
	b.apart = true
	b.mu.Unlock()
	b.settle()
	b.tellPeers()
	b.tellPeers()
}

// Plain makes of the bridge, when the next leg has left it, one whose media the
// core would carry: what remains of a call after a transfer.
func (b *Bridge) Plain() {
	b.mu.Lock()
	b.plain = true
	b.mu.Unlock()
}

// mediaChanged looks again at how the bridge joins its legs. The reference's
// PJSIP legs tell their peers anew then, its SIP legs do not.
func (b *Bridge) mediaChanged(m *member) {
	b.settle()
	b.hang()
	if m.ch.Technology() == "PJSIP" {
		b.tellPeers()
	}
	if s, ok := m.ch.Leg().(channel.Stepping); ok { // a tap that is gone hinders it no more
		s.Bridged(true)
	}
}

// peersNamed is how many of the others BRIDGEPEER names, as on the reference.
const peersNamed = 10

// tellPeers sets BRIDGEPEER on each leg to the names of the others.
func (b *Bridge) tellPeers() {
	if b.options.Holding {
		return
	}
	list := b.Channels()
	if len(list) < 2 {
		return
	}
	named := list[:min(len(list), peersNamed+1)]
	for _, c := range list {
		var peers []string
		protocol := ""
		for _, other := range named {
			if other != c && len(peers) < peersNamed {
				peers = append(peers, other.Name())
				protocol = other.Protocol()
			}
		}
		c.SetVariable("BRIDGEPEER", strings.Join(peers, ","))
		if len(peers) == 1 && protocol != "" {
			c.SetVariable("BRIDGEPVTCALLID", protocol)
		}
	}
}

// forgetPeers clears BRIDGEPEER when a leg is about to leave: its own and, where
// two part, the other's, unless that waits for whoever comes next. One that moves
// on is about to have another peer.
func (b *Bridge) forgetPeers(m *member, moving bool) {
	b.mu.Lock()
	members := append([]*member(nil), b.members...)
	left := m.left
	b.mu.Unlock()
	if b.options.Holding || left {
		return
	}
	for _, other := range members {
		if other == m && moving || other != m && (len(members) != 2 || b.options.Keep) {
			continue
		}
		other.tellPeer("")
	}
}

// tellPeer sets BRIDGEPEER to the names of the others; none clears it if it is set.
func (m *member) tellPeer(names string) {
	if old, _ := m.ch.Variable("BRIDGEPEER"); names == "" && old == "" {
		return
	}
	m.ch.SetVariable("BRIDGEPEER", names)
	if protocol, ok := m.ch.Variable("BRIDGEPVTCALLID"); ok && names == "" && protocol != "" {
		m.ch.SetVariable("BRIDGEPVTCALLID", "")
	}
}

// unifyLinkedIDs makes all legs part of the oldest of their calls. Those that only
// wait in one place are in no call with each other.
func (b *Bridge) unifyLinkedIDs() {
	if b.options.Holding || b.options.Type == "base" { // a place where many meet
		return
	}
	list := b.Channels()
	oldest := ""
	for _, c := range list {
		if id := c.LinkedID(); oldest == "" || older(id, oldest) {
			oldest = id
		}
	}
	for _, c := range list {
		if c.LinkedID() != oldest {
			c.SetLinkedID(oldest)
		}
	}
}

// older compares unique IDs of the form [system-]seconds.count.
func older(a, b string) bool {
	as, an := parseID(a)
	bs, bn := parseID(b)
	if as != bs {
		return as < bs
	}
	return an < bn
}

func parseID(id string) (seconds, count int64) {
	if i := strings.LastIndexByte(id, '-'); i >= 0 {
		id = id[i+1:]
	}
	left, right, _ := strings.Cut(id, ".")
	seconds, _ = strconv.ParseInt(left, 10, 64)
	count, _ = strconv.ParseInt(right, 10, 64)
	return seconds, count
}
