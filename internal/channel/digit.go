package channel

import (
	"errors"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// LeastKey is how long a key is held at least, unless asterisk.conf says otherwise.
const LeastKey = 80 * time.Millisecond

// PassDigit sends the down or up of a key that another leg of the bridge pressed
// to the far end, and tells it.
func (c *Channel) PassDigit(f media.Frame) error {
	if f.Kind == media.DTMFBegin {
		c.publish(event.KindDTMFBegin, func(s *event.Channel) event.Event {
			return &event.DTMFBegin{Channel: s, Digit: f.Digit}
		})
		return c.BeginDigit(f.Digit)
	}
	held := max(f.Duration, c.registry.LeastKey)
	c.publish(event.KindDTMFEnd, func(s *event.Channel) event.Event {
		return &event.DTMFEnd{Channel: s, Digit: f.Digit, Duration: held}
	})
	return c.EndDigit(f.Digit, held)
}

// BeginDigit sends the down of a key to the far end.
func (c *Channel) BeginDigit(digit byte) error {
	d, ok := c.leg.(DigitSender)
	if !ok || !c.passes(media.Frame{Kind: media.DTMFBegin, Digit: digit}) {
		return nil
	}
	if err := d.BeginDigit(digit); err != nil && !errors.Is(err, ErrNotIndicated) {
		return err
	}
	return nil
}

// EndDigit sends the up of a key that was held for a time. Where the technology
// has no means of its own the key is sent as a tone of that length.
func (c *Channel) EndDigit(digit byte, held time.Duration) error {
	if !c.passes(media.Frame{Kind: media.DTMFEnd, Digit: digit, Duration: held}) {
		return nil
	}
	err := ErrNotIndicated
	if d, ok := c.leg.(DigitSender); ok {
		err = d.EndDigit(digit, int(held/time.Millisecond))
	}
	if !errors.Is(err, ErrNotIndicated) {
		return err
	}
	if s := c.registry.Sounds; s != nil {
		if src := s.For(c, media.Frame{Kind: media.DTMFEnd, Digit: digit, Duration: held}); src != nil {
			c.StartSource(src)
		}
	}
	return nil
}
