package local

import "github.com/octothorpe/octothorpe/internal/event"

// Bridged implements channel.Stepping.
func (h *half) Bridged(in bool) {
	if in {
		h.pair.optimize()
	}
}

// optimize lets the leg that the second half talks to take the place of the
// first half, if both halves are in calls of two.
func (p *pair) optimize() {
	p.mu.Lock()
	one, two, no := p.one.ch, p.two.ch, p.optimized || p.to.noOptimize
	p.mu.Unlock()
	if one == nil || two == nil || no {
		return
	}
	near := p.driver.Bridges.Find(one.Snapshot().BridgeID)
	far := p.driver.Bridges.Find(two.Snapshot().BridgeID)
	if near == nil || far == nil || near == far || near.Options().Holding || far.Options().Holding {
		return
	}
	moved := far.Partner(two)
	if moved == nil || near.Partner(one) == nil || one.Tapped() || two.Tapped() {
		return
	}
	p.mu.Lock()
	late := p.optimized
	p.optimized = true
	p.mu.Unlock()
	if late {
		return
	}
	bus := p.driver.Channels.Bus
	if bus.Wants(event.KindLocalOptimizationBegin) {
		bus.Publish(&event.LocalOptimizationBegin{One: one.Snapshot(), Two: two.Snapshot(), Source: moved.Snapshot(),
			Destination: two.UniqueID()})
	}
	far.Move(moved, near, one.UniqueID())
	if bus.Wants(event.KindLocalOptimizationEnd) {
		// The reference says Success: No when it moved the leg and none was swapped.
		bus.Publish(&event.LocalOptimizationEnd{One: one.Snapshot(), Two: two.Snapshot()})
	}
}
