package parking

import (
	"context"
	"errors"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

// fetch is the application ParkedCall.
func (h *House) fetch(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 2)
	if err := c.AnswerAndListen(ctx, 0); err != nil {
		return err
	}
	l := h.of(c)
	if name := command.Arg(args, 0); name != "" {
		l = h.Find(name)
	}
	if l == nil {
		return h.nobody(ctx, c)
	}
	s := l.at(command.Arg(args, 1))
	if s == nil || !s.wait() { // a leg that has not come can't be fetched, and would stay for ever
		return h.nobody(ctx, c)
	}
	b, err := h.Calls.Bridges.Create(bridge.Options{Dissolve: true})
	if err != nil {
		return err
	}
	if !s.claim() { // somebody else was quicker
		b.Destroy()
		return h.nobody(ctx, c)
	}
	defer s.die()
	s.tell("UnParkedCall", c)
	if err := h.join(ctx, s, b, c); err != nil {
		return err
	}
	return errHangup
}

// join has who was parked and who fetches it talk.
func (h *House) join(ctx context.Context, s *stay, b *bridge.Bridge, c *channel.Channel) error {
	in, lost := make(chan struct{}), make(chan struct{})
	parked := s.leg()
	moved := s.bridge.MoveWith(parked, b, bridge.Moving{Entered: func() { close(in) }, Lost: func() { close(lost) },
		Features: h.features(s, parked, "callee")})
	if !moved {
		b.Destroy()
		return h.nobody(ctx, c)
	}
	select {
	case <-in:
	case <-lost:
		b.Destroy()
		return errHangup
	case <-ctx.Done():
		b.Destroy()
		return context.Cause(ctx)
	}
	call.Connect(parked, c)
	call.Connect(c, parked)
	if tone := s.settings.tone; tone != "" {
		if to := s.settings.toneTo; to == "callee" || to == "both" {
			h.Voice.Aside(b, parked, tone)
		}
		if to := s.settings.toneTo; to == "caller" || to == "both" {
			if _, err := h.Voice.Prompt(ctx, c, tone, ""); err != nil {
				b.Destroy()
				return err
			}
		}
	}
	err := b.Join(ctx, c, bridge.JoinOptions{Features: h.features(s, c, "caller")})
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if errors.Is(err, bridge.ErrOver) || errors.Is(err, bridge.ErrKicked) {
		return nil
	}
	return err
}

// features are what one side of a fetched call can ask for; none is an empty list, as
// who was parked may have had others before.
func (h *House) features(s *stay, c *channel.Channel, side string) *bridge.Features {
	if h.Features != nil {
		if f := h.Features.Of(c, s.settings.letters(side)); f != nil {
			return f
		}
	}
	return &bridge.Features{}
}

// nobody tells a leg that there is no such call.
func (h *House) nobody(ctx context.Context, c *channel.Channel) error {
	if _, err := h.Voice.Prompt(ctx, c, "pbx-invalidpark", ""); err != nil {
		return err
	}
	return errHangup
}
