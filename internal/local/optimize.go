package local

import (
	"slices"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
)

// Bridged implements channel.Stepping.
func (h *half) Bridged(in bool) {
	if in {
		h.pair.joined.Store(true)
	}
}

// carries follows when the pair has something to carry: only then is it in the way.
// A call in which nothing is heard may be over in a moment, and stays as it is told.
func (p *pair) carries() {
	if p.joined.Load() && p.joined.CompareAndSwap(true, false) {
		p.optimize()
	}
}

// optimize lets the leg that one half talks to take the place of the other half: where
// both halves are in calls of two, or one is held where who comes instead is held, too.
func (p *pair) optimize() {
	w, ok := p.claim()
	if !ok {
		return
	}
	done := func() { p.driver.release(w) }
	how, ok := w.moving(done)
	if !ok {
		done()
		return
	}
	p.mu.Lock()
	late := p.optimized
	p.optimized = true
	p.mu.Unlock()
	if late {
		how.Lost()
		return
	}
	bus := p.driver.Channels.Bus
	if bus.Wants(event.KindLocalOptimizationBegin) {
		bus.Publish(&event.LocalOptimizationBegin{One: w.one.Snapshot(), Two: w.two.Snapshot(), Source: w.moved.Snapshot(),
			Destination: w.two.UniqueID()})
	}
	if !w.from.MoveWith(w.moved, w.to, how) {
		how.Lost()
	}
	if bus.Wants(event.KindLocalOptimizationEnd) {
		// The reference says Success: No when it moved the leg and none was swapped.
		bus.Publish(&event.LocalOptimizationEnd{One: w.one.Snapshot(), Two: w.two.Snapshot()})
	}
}

// A way is what an optimization has to do with: the moved leg goes from one bridge to
// the other, where it takes the place of a half and meets the partner, or with none
// several, or nobody where it is held.
type way struct {
	one, two, taken, moved, partner *channel.Channel
	from, to                        *bridge.Bridge
}

// way tells how the pair could be taken out of its call now.
func (p *pair) way() (w way, ok bool) {
	p.mu.Lock()
	w.one, w.two = p.one.ch, p.two.ch
	no := p.optimized || p.to.noOptimize
	p.mu.Unlock()
	if w.one == nil || w.two == nil || no || w.one.Tapped() || w.two.Tapped() {
		return w, false
	}
	near := p.driver.Bridges.Find(w.one.Snapshot().BridgeID)
	far := p.driver.Bridges.Find(w.two.Snapshot().BridgeID)
	if near == nil || far == nil || near == far {
		return w, false
	}
	left := w.two
	w.taken, w.to, w.from = w.one, near, far
	if far.Options().Holding {
		left = w.one
		w.taken, w.to, w.from = w.two, far, near
	}
	w.moved = w.from.Partner(left)
	return w, w.moved != nil && w.from.Settled() && !w.from.Options().Holding && w.meets()
}

// meets finds whom the moved leg comes to. It reports whether it may come.
func (w *way) meets() bool {
	if o := w.to.Options(); o.Holding {
		return o.Inherit != nil && w.to.Holds(w.taken)
	}
	w.partner = w.to.Partner(w.taken)
	return w.to.Settled() && !w.to.Options().Mixing
}

// moving is how the leg goes; done is called when it has come, or does not.
func (w *way) moving(done func()) (how bridge.Moving, ok bool) {
	inherit := w.to.Options().Inherit
	if inherit == nil {
		return bridge.Moving{Swap: w.taken.UniqueID(), Entered: done, Lost: done}, true
	}
	if how, ok = inherit(w.taken, w.moved); !ok {
		return how, false
	}
	how.Swap = w.taken.UniqueID()
	how.Entered, how.Lost = after(how.Entered, done), after(how.Lost, done)
	return how, true
}

func after(first, then func()) func() {
	return func() {
		first()
		then()
	}
}

// claim has the legs of an optimization to itself until release, as those of a chain
// of pairs share some: if two went on at once, a leg would go where nobody stays. A
// pair that comes too early is looked at again when the other is through.
func (p *pair) claim() (way, bool) {
	d := p.driver
	for {
		w, ok := p.way()
		if !ok {
			return w, false
		}
		d.mu.Lock()
		if d.busy.any(w) {
			if !slices.Contains(d.waiting, p) {
				d.waiting = append(d.waiting, p)
			}
			d.mu.Unlock()
			return w, false
		}
		d.busy = append(d.busy, w)
		d.mu.Unlock()
		switch now, ok := p.way(); {
		case !ok:
			d.release(w)
			return w, false
		case now == w:
			return w, true
		}
		d.release(w) // another was quicker: it looks different now
	}
}

// ways are the optimizations that are going on.
type ways []way

func (l ways) any(w way) bool {
	return slices.ContainsFunc(l, func(other way) bool {
		for _, c := range other.legs() {
			if slices.Contains(w.legs(), c) {
				return true
			}
		}
		return false
	})
}

func (w way) legs() []*channel.Channel {
	legs := []*channel.Channel{w.one, w.two, w.moved}
	if w.partner != nil {
		legs = append(legs, w.partner)
	}
	return legs
}

func (d *Driver) release(w way) {
	d.mu.Lock()
	d.busy = slices.DeleteFunc(d.busy, func(other way) bool { return other == w })
	again := d.waiting
	d.waiting = nil
	d.mu.Unlock()
	for _, p := range again {
		p.optimize()
	}
}
