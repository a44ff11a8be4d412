package channel

import (
	"context"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/media"
)

// spyTick is how often a Spy hands on what it has heard.
const spyTick = 20 * time.Millisecond

// spyQuiet is after how many ticks without a frame of the leg's own a Spy makes the frames
// itself into which it speaks.
const spyQuiet = 3

// A Spy hears what a leg says and hears, and can speak to it, without being in a bridge
// with it: a snoop of ARI, ChanSpy. Its methods may be called concurrently.
type Spy struct {
	c      *Channel
	format *media.Format
	heard  [2]media.Backlog // by Direction
	said   [2]media.Backlog
	hears  [2]bool
	speaks [2]bool
	remove func()
	mu     sync.Mutex // guards what follows; held while translating
	paths  [2]*path
	idle   [2]int // ticks since the leg's last frame
}

// Spy has somebody hear the voice of some directions, and speak into some. In is what the leg
// says, Out what it hears. format is the linear one of both.
func (c *Channel) Spy(format *media.Format, hear, speak []Direction) *Spy {
	s := &Spy{c: c, format: format}
	for _, d := range hear {
		s.hears[d] = true
		s.heard[d].Take(nil, format)
	}
	for _, d := range speak {
		s.speaks[d] = true
		s.said[d].Take(nil, format)
	}
	s.remove = c.Tap(s.tap)
	return s
}

// Close ends it.
func (s *Spy) Close() { s.remove() }

// Say speaks to the leg.
func (s *Spy) Say(f media.Frame) {
	if f.Kind != media.Voice {
		return
	}
	for d, on := range s.speaks {
		if on {
			s.said[d].Put(f)
		}
	}
}

// tap hears a frame, and mixes in what is said.
func (s *Spy) tap(d Direction, f media.Frame) media.Frame {
	if f.Kind != media.Voice {
		return f
	}
	if s.hears[d] {
		s.heard[d].Put(f)
	}
	if !s.speaks[d] {
		return f
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idle[d] = 0
	length := f.Samples
	if f.Format != nil && f.Format.Rate != s.format.Rate {
		length = f.Samples * s.format.Rate / max(1, f.Format.Rate)
	}
	voice := make([]int16, length)
	voice = voice[:s.said[d].Take(voice, s.format)]
	if len(voice) == 0 {
		return f
	}
	if f.Format != s.format {
		p, err := along(&s.paths[d], f.Format, s.format)
		if err != nil {
			return f
		}
		g, ok, err := p.Translate(f)
		if err != nil || !ok {
			return f
		}
		f = g
	}
	var m media.Mixer
	m.Reset(len(f.Data) / 2)
	m.Add(media.AppendSamples(nil, f.Data))
	m.Add(voice)
	f.Data = media.AppendLinear(nil, m.Without(nil, nil))
	return f
}

// Run hands on 20 ms of what is heard at a time, and sees to it that what is said is heard
// where the leg is silent, until ctx ends.
func (s *Spy) Run(ctx context.Context, hear func(media.Frame)) {
	clock := time.NewTicker(spyTick)
	defer clock.Stop()
	n := s.format.Rate / 50
	buffer := make([]int16, n)
	var m media.Mixer
	for {
		select {
		case <-ctx.Done():
			return
		case <-clock.C:
		}
		m.Reset(n)
		listening := false
		for d, on := range s.hears {
			if on {
				listening = true
				m.Add(buffer[:s.heard[d].Take(buffer, s.format)])
			}
		}
		if listening {
			hear(media.Frame{Kind: media.Voice, Format: s.format, Samples: n, Data: media.AppendLinear(nil, m.Without(nil, nil))})
		}
		s.fill(n)
	}
}

// fill passes silence along a direction in which nothing goes, so that there is something to
// speak into.
func (s *Spy) fill(n int) {
	for d, on := range s.speaks {
		if !on || s.said[d].Len() == 0 {
			continue
		}
		s.mu.Lock()
		s.idle[d]++
		quiet := s.idle[d] > spyQuiet
		s.mu.Unlock()
		if !quiet {
			continue
		}
		f := media.Frame{Kind: media.Voice, Format: s.format, Samples: n, Data: make([]byte, 2*n)}
		if Direction(d) == In {
			s.c.Hand(f)
		} else {
			_ = s.c.Write(f)
		}
		s.mu.Lock()
		s.idle[d] = spyQuiet // the frame was no sign of anybody else's
		s.mu.Unlock()
	}
}
