package ari

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// A Handler is a program for one call. Its context ends with [ErrLeft] when the channel
// leaves the application. When it returns, a channel that is still there goes on in the
// dialplan, or is hung up if there is an error, which goes to the log.
type Handler func(ctx context.Context, channel *ChannelHandle, start *StasisStart) error

// Serve has a handler take each channel that enters the application, those aside that
// handles of this client have made. It reads [Client.Events] and returns when ctx ends
// (with its cause), when the client ends, or when more events come than are read.
func (c *Client) Serve(ctx context.Context, handler Handler) error {
	ctx, cancel := context.WithCancelCause(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	var calls atomic.Int64
	for {
		start, err := Await[*StasisStart](ctx, c.main)
		if err != nil {
			cancel(err)
			return err
		}
		c.telling.Lock()
		own := c.own[start.Channel.ID]
		c.telling.Unlock()
		if own {
			continue
		}
		channel := c.main.Channel(start.Channel)
		if calls.Add(1) > int64(c.config.MaxCalls) {
			handler := func(context.Context, *ChannelHandle, *StasisStart) error { return errTooMany }
			running.Go(func() { defer calls.Add(-1); c.handle(ctx, handler, channel, start) })
			continue
		}
		running.Go(func() { defer calls.Add(-1); c.handle(ctx, handler, channel, start) })
	}
}

// errTooMany is why a call is not handled.
var errTooMany = errors.New("ari: more calls than may be handled at once")

// handle is a call from its handler's begin to the end of what is left to do.
func (c *Client) handle(ctx context.Context, handler Handler, channel *ChannelHandle, start *StasisStart) {
	defer channel.Close()
	within, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	channel.change(func() {
		channel.start = start
		if channel.onLeft = func() { cancel(ErrLeft) }; channel.left {
			cancel(ErrLeft)
		}
	})
	err := c.call(within, handler, channel, start)
	if err != nil && context.Cause(within) == nil {
		c.config.Logger.Error("a handler of ARI failed", "channel", start.Channel.Name, "error", err)
	}
	channel.mu.Lock()
	left := channel.left
	channel.mu.Unlock()
	if left {
		return
	}
	last, stop := context.WithTimeout(context.WithoutCancel(ctx), min(c.config.Timeout, 5*time.Second))
	defer stop()
	switch {
	case err == nil:
		err = channel.ContinueInDialplan(last, nil)
	case errors.Is(err, errTooMany):
		err = channel.Hangup(last, &ChannelHangupOptions{Reason: "congestion"})
	default:
		err = channel.Hangup(last, nil)
	}
	if err != nil && Status(err) == 0 {
		c.config.Logger.Warn("a call of ARI is left alone", "channel", start.Channel.Name, "error", err)
	}
}

// call calls the handler. One that panics has failed.
func (c *Client) call(ctx context.Context, handler Handler, channel *ChannelHandle, start *StasisStart) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return handler(ctx, channel, start)
}
