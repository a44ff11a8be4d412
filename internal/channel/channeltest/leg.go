package channeltest

import (
	"context"
	"strings"
	"sync"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
)

// A Leg is a leg whose far end is the test. Its zero value takes any format.
type Leg struct {
	// Format is what the leg sends; nil takes voice as it comes.
	Format *media.Format
	// Relays lets the leg join its media with another that relays.
	Relays bool
	// Dumb makes the leg unable to tell signals and to send keys.
	Dumb bool
	// OnCall is what happens when the leg is called; nil is nothing. It runs in Call.
	OnCall func() error

	mu       sync.Mutex
	heard    []media.Frame
	told     []string
	keys     strings.Builder
	answered bool
	hungUp   bool
	cause    int
	relayed  int // relays that were begun and have not ended
}

// Call implements channel.Leg.
func (l *Leg) Call(context.Context) error {
	if l.OnCall == nil {
		return nil
	}
	return l.OnCall()
}

// Answer implements channel.Leg.
func (l *Leg) Answer() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answered = true
	return nil
}

// Indicate implements channel.Leg.
func (l *Leg) Indicate(f media.Frame) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told = append(l.told, f.Signal.String())
	if l.Dumb {
		return channel.ErrNotIndicated
	}
	return nil
}

// Write implements channel.Leg.
func (l *Leg) Write(f media.Frame) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heard = append(l.heard, f)
	return nil
}

// WriteFormat implements channel.Leg.
func (l *Leg) WriteFormat() *media.Format { return l.Format }

// Hangup implements channel.Leg.
func (l *Leg) Hangup(cause int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hungUp, l.cause = true, cause
}

// BeginDigit implements channel.DigitSender.
func (l *Leg) BeginDigit(byte) error {
	if l.Dumb {
		return channel.ErrNotIndicated
	}
	return nil
}

// EndDigit implements channel.DigitSender.
func (l *Leg) EndDigit(digit byte, _ int) error {
	if l.Dumb {
		return channel.ErrNotIndicated
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.keys.WriteByte(digit)
	return nil
}

// RelayTo implements channel.Relayer.
func (l *Leg) RelayTo(peer channel.Leg) (stop func(), ok bool) {
	other, ok := peer.(*Leg)
	if !ok || !l.Relays || !other.Relays {
		return nil, false
	}
	l.relay(1)
	other.relay(1)
	return func() { l.relay(-1); other.relay(-1) }, true
}

func (l *Leg) relay(by int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.relayed += by
}

// Relayed returns how many relays the leg has part in now.
func (l *Leg) Relayed() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.relayed
}

// Heard returns the voice that was sent to the far end so far.
func (l *Leg) Heard() []media.Frame {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]media.Frame(nil), l.heard...)
}

// Told returns the signals that were told to the far end.
func (l *Leg) Told() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.told...)
}

// Keys returns the keys that were sent to the far end.
func (l *Leg) Keys() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.keys.String()
}

// Answered reports whether the leg was answered from inside.
func (l *Leg) Answered() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.answered
}

// HungUp returns the cause with which the leg was ended, and whether it was.
func (l *Leg) HungUp() (cause int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cause, l.hungUp
}
