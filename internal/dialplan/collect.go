package dialplan

import (
	"context"
	"errors"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
)

var errNoDigit = errors.New("no digit came in time")

// WaitDigit waits for a key on c, at most for d, and returns 0 where none came.
// What else arrives is forgotten. The error is the cause with which ctx ended.
func WaitDigit(ctx context.Context, c *channel.Channel, d time.Duration) (byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, d, errNoDigit)
	defer cancel()
	for {
		f, err := c.Read(ctx)
		switch {
		case err != nil && context.Cause(ctx) == errNoDigit: //nolint:errorlint // the very value is the cause
			return 0, nil
		case err != nil:
			return 0, err
		case f.Kind == media.DTMFEnd:
			return f.Digit, nil
		}
	}
}

// collect waits for the digits of an extension, as long as more may lead to
// another one, and goes there. It reports whether the plan goes on.
func (x *execution) collect(digits string, wait time.Duration) bool {
	for {
		caller := x.leg.Snapshot().Caller.Number.Text
		if !x.engine.Plan().MatchMore(x.at.Context, digits, 1, caller) {
			break
		}
		digit, err := WaitDigit(x.ctx, x.leg, wait)
		if err != nil {
			return x.interrupted(false)
		}
		if digit == 0 {
			break
		}
		digits += string(digit)
		wait = x.flow.digitTimeout
	}
	switch {
	case digits == "":
		return x.late()
	case x.has(digits):
		x.send(digits)
		return true
	}
	return x.invalid(digits)
}

// WaitExten waits for a key, the first of an extension, at most for d (the
// response timeout if 0). Without one the dialplan goes on with the next
// priority or, where there is none, at t or e.
func (e *Engine) WaitExten(ctx context.Context, c *channel.Channel, d time.Duration) error {
	if d <= 0 {
		d = flowOf(c).responseTimeout
	}
	digit, err := WaitDigit(ctx, c, d)
	if err != nil {
		return err
	}
	if digit != 0 {
		e.Pressed(c, digit)
		return nil
	}
	next := c.Location()
	next.Priority++
	if e.ExistsFor(c, next) {
		return nil
	}
	late := channel.Location{Context: next.Context, Exten: "t", Priority: 1}
	if e.ExistsFor(c, late) {
		e.Jump(c, late)
		return nil
	}
	if !e.ExistsFor(c, channel.Location{Context: next.Context, Exten: "e", Priority: 1}) {
		e.log.Warn("nothing was dialled in time, and there is no t or e", "channel", c.Name(), "context", next.Context)
		return errNoDigit
	}
	e.Raise(c, reasonResponse)
	return nil
}
