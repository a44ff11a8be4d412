package control

import (
	"context"
	"encoding/binary"
	"time"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
)

// A member is a port of a bundle (LACP, IEEE 802.1AX).
type member struct {
	heard   time.Time // the last LACPDU
	sent    time.Time
	partner [20]byte // as the other side says of itself
	synced  bool     // it collects and is in sync
	held    bool     // it is not answered, since a port of lacp_passthrough is down
}

// bundles are the LACP ports of a switch.
type bundles struct{ members map[uint32]*member }

func newBundles() *bundles { return &bundles{members: map[uint32]*member{}} }

// selected are the ports whose bundle works, or that are told to be.
func (b *bundles) selected(dp *config.DP, up map[uint32]bool) map[uint32]bool {
	list := map[uint32]bool{}
	for _, p := range dp.Ports {
		if p.LACP == 0 || p.LACPUnselected || p.LACPStandby || !up[p.Number] {
			continue
		}
		if m := b.members[p.Number]; m != nil && m.synced || p.LACPSelected {
			list[p.Number] = true
		}
	}
	return list
}

// Bits of a state.
const (
	lacpActive = 1 << iota
	lacpShort
	lacpAggregates
	lacpSynced
	lacpCollecting
	lacpDistributing
)

// lacpIn takes a LACPDU, answers it, and changes the tables when the bundle does.
func (d *datapath) lacpIn(ctx context.Context, port *config.Port, p packet) error {
	if port.LACP == 0 || len(p.body) < 62 || p.body[0] != 1 || p.body[2] != 1 || p.body[3] != 20 {
		return nil
	}
	m := d.bundles.members[port.Number]
	if m == nil {
		m = &member{}
		d.bundles.members[port.Number] = m
	}
	now := time.Now()
	m.heard = now
	copy(m.partner[:], p.body[2:22])
	state := m.partner[16]
	// They are in sync when they take us for what we are: our system in their
	// partner, or nobody yet.
	was := m.synced
	m.synced = state&lacpSynced != 0 && state&lacpAggregates != 0
	if now.Sub(m.sent) >= time.Duration(port.LACPInterval)*time.Second || m.synced != was {
		if err := d.lacpOut(ctx, port, m, now); err != nil {
			return err
		}
	}
	if m.synced != was {
		return d.bundleChanged(ctx, port, m)
	}
	return nil
}

func (d *datapath) bundleChanged(ctx context.Context, port *config.Port, m *member) error {
	state := map[bool]int{false: 1, true: 3}[m.synced]
	d.log.Info("bundle", "port", port.Number, "lag", port.LACP, "up", m.synced)
	d.c.o.Metrics.portLACP.With(d.portLabels(port)).Set(float64(state))
	d.c.o.Metrics.lacpChanges.With(d.portLabels(port)).Inc()
	d.event("LAG_CHANGE", map[string]any{"port_no": port.Number, "state": state, "role": state})
	d.newState()
	if err := d.rebuild(ctx); err != nil {
		return err
	}
	if !m.synced {
		return d.forgetPort(ctx, port)
	}
	return nil
}

// lacpOut sends our LACPDU: all ports of a bundle have its number as key, and the
// switch is the system.
func (d *datapath) lacpOut(ctx context.Context, port *config.Port, m *member, now time.Time) error {
	m.sent = now
	if d.holdsBack(port, m) {
		return nil
	}
	state := byte(lacpAggregates | lacpShort)
	if port.LACPActive {
		state |= lacpActive
	}
	if !m.heard.IsZero() && !port.LACPUnselected && !port.LACPStandby {
		state |= lacpSynced
		if m.synced || port.LACPCollect {
			state |= lacpCollecting | lacpDistributing
		}
	}
	id := port.LACPPortID
	if id < 0 {
		id = int(port.Number)
	}
	mac, _ := config.ParseMAC(d.dp.MAC)
	b := []byte{1, 1, 1, 20, 0xff, 0xff}
	b = append(b, mac[:]...)
	b = binary.BigEndian.AppendUint16(b, uint16(port.LACP))
	b = binary.BigEndian.AppendUint16(b, uint16(port.LACPPriority))
	b = binary.BigEndian.AppendUint16(b, uint16(id))
	b = append(b, state, 0, 0, 0, 2, 20)
	if m.heard.IsZero() {
		b = append(b, make([]byte, 18)...)
	} else {
		b = append(append(b, m.partner[2:17]...), 0, 0, 0)
	}
	b = append(b, 3, 16, 0, 0)
	b = append(b, make([]byte, 110-len(b))...)
	src := mac
	src[4], src[5] = byte(port.Number>>8), byte(port.Number)
	return d.out(ctx, port.Number, frame([6]byte{0x01, 0x80, 0xc2, 0, 0, 2}, src, 0, etherSlow, b))
}

// holdsBack says whether nothing is said on a port, so that its other side gives it
// up: one of the bundles that lacp_passthrough names does not work.
func (d *datapath) holdsBack(port *config.Port, m *member) bool {
	for _, r := range port.LACPPassthrough {
		if p := d.dp.PortOf(r); p != nil {
			if peer := d.bundles.members[p.Number]; peer != nil && peer.synced && d.state.Up[p.Number] {
				continue
			}
		}
		if !m.held {
			d.log.Warn("bundle: nothing is said while a port of lacp_passthrough is down", "port", port.Number, "lag", port.LACP, "passthrough", r.String())
		}
		m.held = true
		return true
	}
	m.held = false
	return false
}

// bundlesTick speaks first on active ports, and gives up those that are silent.
func (d *datapath) bundlesTick(ctx context.Context, now time.Time) error {
	for _, p := range d.dp.Ports {
		if p.LACP == 0 || !d.state.Up[p.Number] {
			continue
		}
		m := d.bundles.members[p.Number]
		if m == nil {
			m = &member{}
			d.bundles.members[p.Number] = m
		}
		if p.LACPActive && now.Sub(m.sent) >= time.Duration(p.LACPInterval)*time.Second {
			if err := d.lacpOut(ctx, p, m, now); err != nil {
				return err
			}
		}
		if m.synced && now.Sub(m.heard) > time.Duration(max(d.dp.LACPTimeout, 1))*time.Second {
			m.synced = false
			if err := d.bundleChanged(ctx, p, m); err != nil {
				return err
			}
		}
	}
	return nil
}
