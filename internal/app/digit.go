package app

import (
	"context"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// The timing of keys that are sent, as Asterisk has it where none is given.
const (
	defaultBetween  = 250 * time.Millisecond
	defaultDuration = 100 * time.Millisecond
	beforeKeys      = 100 * time.Millisecond
)

// sendDigits sends keys to a leg. w waits half a second, W a second.
func sendDigits(ctx context.Context, c *channel.Channel, digits string, between, duration time.Duration) error {
	if digits == "" {
		return nil
	}
	if err := sleep(ctx, beforeKeys); err != nil {
		return err
	}
	for i := 0; i < len(digits); i++ {
		digit := digits[i]
		switch {
		case digit == 'w':
			if err := sleep(ctx, 500*time.Millisecond); err != nil {
				return err
			}
			continue
		case digit == 'W':
			if err := sleep(ctx, time.Second); err != nil {
				return err
			}
			continue
		case !isKey(digit):
			continue
		}
		if err := c.BeginDigit(upper(digit)); err != nil {
			return err
		}
		if err := sleep(ctx, duration); err != nil {
			return err
		}
		if err := c.EndDigit(upper(digit), duration); err != nil {
			return err
		}
		if err := sleep(ctx, between); err != nil {
			return err
		}
	}
	return nil
}

func isKey(b byte) bool {
	return b >= '0' && b <= '9' || b == '*' || b == '#' || b >= 'a' && b <= 'd' || b >= 'A' && b <= 'D'
}

func upper(b byte) byte {
	if b >= 'a' && b <= 'd' {
		return b - 'a' + 'A'
	}
	return b
}

// sleep waits, or returns the cause with which ctx ended before.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// wait lets time pass on a leg, and forgets what arrives meanwhile, also what of it
// can't be translated.
func wait(ctx context.Context, c *channel.Channel, d time.Duration) error {
	within, cancel := context.WithTimeoutCause(ctx, d, errTime)
	defer cancel()
	defer c.FillSilence()()
	for within.Err() == nil {
		_, _ = c.Read(within)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// errTime is the cause of a context whose time is up.
var errTime = context.DeadlineExceeded
