package channel

import (
	"context"
	"sync"

	"github.com/octothorpe/octothorpe/internal/media"
)

// A Spy hears what a leg says and hears, and can speak to it, without being in a bridge
// with it: a snoop of ARI. It is a Hook with directions and formats. Its methods may be
// called concurrently.
type Spy struct {
	hook   *Hook
	format *media.Format
	hears  [2]bool // by Direction
	speaks [2]bool
	mu     sync.Mutex // a leaf; held while translating
	said   *path
}

// Spy has somebody hear the voice of some directions, and speak into some. In is what the leg
// says, Out what it hears. format is the linear one of both.
func (c *Channel) Spy(format *media.Format, hear, speak []Direction) *Spy {
	s := &Spy{hook: c.Hook(format.Rate), format: format}
	for _, d := range hear {
		s.hears[d] = true
	}
	for _, d := range speak {
		s.speaks[d] = true
	}
	return s
}

// Close ends it.
func (s *Spy) Close() { s.hook.Close() }

// Say speaks to the leg.
func (s *Spy) Say(f media.Frame) {
	if f.Kind != media.Voice || !s.speaks[In] && !s.speaks[Out] {
		return
	}
	if f.Format != s.format {
		s.mu.Lock()
		p, err := along(&s.said, f.Format, s.format, false)
		ok := false
		if err == nil {
			f, ok, err = p.Translate(f)
		}
		s.mu.Unlock()
		if err != nil || !ok {
			return
		}
	}
	samples := media.AppendSamples(nil, f.Data)
	for d, on := range s.speaks {
		if on {
			s.hook.Speak(Direction(d), samples)
		}
	}
}

// Run hands on 20 ms of what is heard at a time, until ctx or the leg ends.
func (s *Spy) Run(ctx context.Context, hear func(media.Frame)) {
	if !s.hears[In] && !s.hears[Out] {
		select {
		case <-ctx.Done():
		case <-s.hook.Closed():
		}
		return
	}
	var m media.Mixer
	for {
		sound, err := s.hook.Next(ctx)
		if err != nil {
			return
		}
		m.Reset(len(sound.Samples[In]))
		for d, on := range s.hears {
			if on {
				m.Add(sound.Samples[d])
			}
		}
		samples := m.Without(nil, nil)
		hear(media.Frame{Kind: media.Voice, Format: s.format, Samples: len(samples), Data: media.AppendLinear(nil, samples)})
	}
}
