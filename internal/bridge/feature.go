package bridge

import (
	"context"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// A Feature is something that a leg can ask for by keys while it is in a bridge.
type Feature struct {
	Code string // the keys
	Name string // as features.conf calls it; "" for what it does not know
	// Run does it, on the goroutine of the leg's owner. The leg is aside meanwhile: it
	// does not hear the others nor they it, and what it sends can be read. ctx ends
	// when the leg has to leave the bridge.
	Run func(ctx context.Context, b *Bridge, c *channel.Channel)
}

// Unasked is the name of a feature for which the leg has not asked itself.
const Unasked = "-"

// Features are what one leg can ask for.
type Features struct {
	List []Feature
	// Wait is how long after a key of a code the next one may come.
	Wait time.Duration
}

// match returns the feature of a code, and whether there are longer codes that
// begin with it.
func (f *Features) match(code string) (exact *Feature, more bool) {
	for i := range f.List {
		switch one := &f.List[i]; {
		case one.Code == code && exact == nil:
			exact = one
		case len(one.Code) > len(code) && one.Code[:len(code)] == code:
			more = true
		}
	}
	return exact, more
}

// keys are those that a member has pressed of a code. What turns out to be none
// goes to the others after all.
type keys struct {
	m *member
	*Features

	mu     sync.Mutex // a leaf
	got    []media.Frame
	timer  *time.Timer
	closed bool
}

func newKeys(m *member, f *Features) *keys {
	if f == nil || len(f.List) == 0 {
		return nil
	}
	return &keys{m: m, Features: f}
}

// Allow changes what a leg in the bridge can ask for from now on.
func (b *Bridge) Allow(c *channel.Channel, f *Features) {
	for _, m := range b.all() {
		if m.ch == c {
			m.keys.Swap(newKeys(m, f)).close()
			b.settle()
		}
	}
}

func (k *keys) code() string {
	code := make([]byte, len(k.got))
	for i, f := range k.got {
		code[i] = f.Digit
	}
	return string(code)
}

// take takes a key's down or up, and reports whether it is kept from the others.
func (k *keys) take(f media.Frame) bool {
	k.mu.Lock()
	exact, more := k.match(k.code() + string(rune(f.Digit)))
	if f.Kind == media.DTMFBegin {
		kept := exact != nil || more || len(k.got) > 0
		k.mu.Unlock()
		return kept
	}
	if k.timer != nil {
		k.timer.Stop()
	}
	switch {
	case exact != nil:
		k.got = nil
		k.mu.Unlock()
		k.m.turnAway() // before it is wished for: once it is granted the leg is listened to again
		k.m.wish(exact)
		return true
	case more && !k.closed:
		k.got = append(k.got, f)
		k.timer = time.AfterFunc(k.Wait, k.flush)
		k.mu.Unlock()
		return true
	}
	k.got = append(k.got, f)
	whole := len(k.got) == 1
	if whole { // its down has passed already
		k.got = nil
	}
	k.mu.Unlock()
	if whole {
		k.m.tellNoFeature()
		return false
	}
	k.flush()
	return true
}

// flush sends what was no code to the others.
func (k *keys) flush() {
	k.mu.Lock()
	got := k.got
	k.got = nil
	k.mu.Unlock()
	if len(got) == 0 {
		return
	}
	k.m.tellNoFeature()
	for _, f := range got {
		f.Value = media.Whole{}
		k.m.pass(f)
	}
}

// close ends the wait for more keys, for a member that leaves.
func (k *keys) close() {
	if k == nil {
		return
	}
	k.mu.Lock()
	k.closed = true
	if k.timer != nil {
		k.timer.Stop()
	}
	k.mu.Unlock()
}

// tellNoFeature and tellFeature are for tests that wait for it.
func (m *member) tellNoFeature() {
	m.ch.TestEvent("FEATURE_DETECTION", "bridge_channel.c", "bridge_handle_dtmf", event.Variable{Name: "Result", Value: "fail"})
}

func (m *member) tellFeature(f *Feature) {
	name := f.Name
	if name == Unasked {
		return
	}
	if name == "" {
		name = "unknown"
	}
	m.ch.TestEvent("FEATURE_DETECTION", "bridge_channel.c", "testsuite_notify_feature_success",
		event.Variable{Name: "Result", Value: "success"}, event.Variable{Name: "Feature", Value: name})
}

// wish asks the member's owner for a feature. One is enough at a time.
func (m *member) wish(f *Feature) bool {
	select {
	case m.wishes <- f:
		return true
	default:
		return false
	}
}

// turnAway leaves what the leg sends from now on to the feature that it has asked for.
func (m *member) turnAway() {
	m.bridge.mu.Lock()
	defer m.bridge.mu.Unlock()
	if !m.left { // else another may listen to the leg already
		m.ch.SetSink(nil)
	}
}

// listen has what the leg sends go to the others, unless it was taken out. It is the owner's.
func (m *member) listen() bool {
	if m.isOut() {
		return false
	}
	m.ch.SetSink(m.hear)
	if m.isOut() { // meanwhile
		m.ch.SetSink(nil)
		return false
	}
	return true
}

func (m *member) isOut() bool {
	m.bridge.mu.Lock()
	defer m.bridge.mu.Unlock()
	return m.left
}

// grant does what a member asked for, on the goroutine of its owner. It returns why
// the member is put out, if it was meanwhile.
func (m *member) grant(ctx context.Context, f *Feature) (why error) {
	b := m.bridge
	within, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	a := &absence{stop: func() { cancel(nil) }, done: make(chan struct{})}
	alone := m.away.CompareAndSwap(nil, a)
	m.ch.SetSink(nil)
	b.settle()
	done, watched := make(chan struct{}), make(chan struct{})
	b.registry.channels.Go(m.ch.Name(), func() {
		defer close(watched)
		select {
		case why = <-m.out:
			cancel(why)
		case <-b.end:
			why = ErrOver
			cancel(why)
		case <-done:
		}
	})
	f.Run(within, b, m.ch)
	close(done)
	<-watched
	if alone {
		m.away.Store(nil)
	}
	close(a.done)
	m.ch.StopSource()
	if m.listen() {
		b.settle()
	}
	m.tellFeature(f)
	return why
}

// Tell has the other legs of the bridge take a frame as if c had sent it.
func (b *Bridge) Tell(c *channel.Channel, f media.Frame) {
	c.Tell(f)
	for _, m := range b.all() {
		if m.ch == c {
			m.pass(f)
		}
	}
}

// all returns the members.
func (b *Bridge) all() []*member {
	if list := b.others.Load(); list != nil {
		return *list
	}
	return nil
}

// Do asks the owner of a leg in the bridge to do something while the leg is aside, as
// if it had asked by keys. It reports whether it is asked.
func (b *Bridge) Do(c *channel.Channel, f Feature) bool {
	for _, m := range b.all() {
		if m.ch == c {
			return m.wish(&f)
		}
	}
	return false
}

// FeaturesOf returns what a leg in the bridge can ask for, or nil.
func (b *Bridge) FeaturesOf(c *channel.Channel) *Features {
	for _, m := range b.all() {
		if k := m.keys.Load(); m.ch == c && k != nil {
			return k.Features
		}
	}
	return nil
}
