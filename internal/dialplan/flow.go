package dialplan

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// flow is what the executor keeps on a channel. It is the owner's, but for what
// is atomic.
type flow struct {
	run    *execution // of now, the innermost
	jumped bool       // an application wants to go on at next
	next   channel.Location
	frames []frame
	loops  []turning
	// waiting is how many of the frames are waited for: Subroutine.
	waiting int
	// pressed are the digits after which an application gave control back, so that
	// an extension is dialled: BackGround, WaitExten.
	pressed   []byte
	exception *exception
	handlers  []string                 // the last pushed runs first
	shown     atomic.Pointer[[]string] // a copy of handlers, for the console
	atEnd     bool                     // they are arranged for
	last      channel.Location         // behind the h extension

	digitTimeout    time.Duration // between digits
	responseTimeout time.Duration // until the first
	absolute        absolute
}

// absolute is the time at which a call is over: TIMEOUT(absolute). Others than
// the call itself may set it.
type absolute struct {
	mu      sync.Mutex // a leaf
	timer   *time.Timer
	at      time.Time
	expired atomic.Bool
}

// The timeouts of dialled digits where nobody set others.
const (
	defaultDigitTimeout    = 5 * time.Second
	defaultResponseTimeout = 10 * time.Second
)

type flowKey struct{}

// flowOf returns a channel's flow, and makes it the first time.
func flowOf(c *channel.Channel) *flow {
	if f, ok := c.Value(flowKey{}).(*flow); ok {
		return f
	}
	f := &flow{digitTimeout: defaultDigitTimeout, responseTimeout: defaultResponseTimeout}
	c.SetValue(flowKey{}, f)
	return f
}

// Pressed says that an application returned because of a key: once it has, the
// dialplan collects the rest of an extension. The application returns nil then.
func (e *Engine) Pressed(c *channel.Channel, digit byte) {
	f := flowOf(c)
	f.pressed = append(f.pressed[:0], digit)
}

// Timeouts returns how long to wait for the first digit of an extension and
// between digits: TIMEOUT(response) and TIMEOUT(digit).
func (e *Engine) Timeouts(c *channel.Channel) (response, digit time.Duration) {
	f := flowOf(c)
	return f.responseTimeout, f.digitTimeout
}

// setAbsolute ends the call after d, or never if d is 0.
func (f *flow) setAbsolute(c *channel.Channel, d time.Duration) {
	f.absolute.mu.Lock()
	defer f.absolute.mu.Unlock()
	if f.absolute.timer != nil {
		f.absolute.timer.Stop()
		f.absolute.timer = nil
	}
	f.absolute.expired.Store(false)
	f.absolute.at = time.Time{}
	if d <= 0 {
		return
	}
	f.absolute.at = time.Now().Add(d)
	f.absolute.timer = time.AfterFunc(d, func() {
		f.absolute.expired.Store(true)
		_ = c.Interrupt(channel.Interrupt{}) // a leg that hangs up meanwhile needs it no more
	})
}

// absoluteAt returns when the call is over; zero: never.
func (f *flow) absoluteAt() time.Time {
	f.absolute.mu.Lock()
	defer f.absolute.mu.Unlock()
	return f.absolute.at
}

// exception is why the extension e runs.
type exception struct {
	reason string
	at     channel.Location
}

// Unwinds reports whether the dialplan goes elsewhere once what runs has returned: after
// a jump, or to an extension that is being dialled. at is where the leg was before.
func (e *Engine) Unwinds(c *channel.Channel, at channel.Location) bool {
	f := flowOf(c)
	return f.jumped || len(f.pressed) > 0 || c.Location() != at
}
