package stasis

import (
	"context"
	"time"
)

// Keys are what is pressed towards the far end of a leg.
type Keys struct {
	Text                           string // 0-9, A-D, * and #; w is a pause of half a second, W one of a second
	Before, Between, Length, After time.Duration
}

// Send presses keys towards the far end.
func (l *Leg) Send(k Keys) error {
	return l.queue(order{run: func(ctx context.Context) {
		rest(ctx, k.Before)
		for i := range len(k.Text) {
			switch c := k.Text[i]; c {
			case 'w':
				rest(ctx, 500*time.Millisecond)
				continue
			case 'W':
				rest(ctx, time.Second)
				continue
			default:
				_ = l.Channel.BeginDigit(c)
				rest(ctx, k.Length)
				_ = l.Channel.EndDigit(c, k.Length)
			}
			if i+1 < len(k.Text) {
				rest(ctx, k.Between)
			}
		}
		rest(ctx, k.After)
	}})
}

// rest waits.
func rest(ctx context.Context, d time.Duration) {
	if d <= 0 || ctx.Err() != nil {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
