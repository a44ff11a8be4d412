package monitor

import (
	"context"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// spyRate is the rate at which is listened, in Hz.
const spyRate = 8000

// attend listens to a leg until it ends, or a key wants another or none.
func (s *spying) attend(ctx context.Context, target *channel.Channel) error {
	h, c := s.house, s.c
	hook := target.Hook(spyRate)
	defer hook.Close()
	tell := func(kind event.Kind, e event.Event) {
		if h.Channels.Bus.Wants(kind) {
			h.Channels.Bus.Publish(e)
		}
	}
	tell(event.KindChanSpyStart, &event.ChanSpyStart{Spyer: c.Snapshot(), Spyee: target.Snapshot()})
	defer func() {
		tell(event.KindChanSpyStop, &event.ChanSpyStop{Spyer: c.Snapshot(), Spyee: target.Snapshot()})
	}()
	within, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	heard := make(chan struct{})
	h.Channels.Go(c.Name(), func() {
		defer close(heard)
		cancel(s.hear(within, hook))
	})
	var peer *barge
	defer func() { peer.close() }()
	for {
		f, err := c.Read(within)
		if within.Err() != nil {
			break
		}
		if err != nil {
			continue
		}
		switch f.Kind {
		case media.Voice:
			peer = s.speak(hook, target, peer, f)
		case media.DTMFEnd:
			if err := s.key(f.Digit); err != nil {
				cancel(err)
			}
		}
	}
	hook.Close()
	<-heard
	return context.Cause(within)
}

// hear plays what the hook gives to the spy, on a goroutine of its own.
func (s *spying) hear(ctx context.Context, hook *channel.Hook) error {
	file := s.file
	for {
		sound, err := hook.Next(ctx)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			return errGone
		}
		var m media.Mixer
		m.Reset(len(sound.Samples[channel.In]))
		m.Add(sound.Samples[channel.In])
		if !s.flags.Has('o') {
			m.Add(sound.Samples[channel.Out])
		}
		samples := m.Without(nil, nil)
		if file != nil {
			if _, err := file.Write(s.recorded(sound, samples)); err != nil {
				s.house.Logger.Error("what is listened to is not recorded any more", "channel", s.c.Name(), "file", file.Name(), "error", err)
				file = nil
			}
		}
		if s.flags.Has('W') {
			continue
		}
		media.Gain(samples, loudness(int(s.volume.Load())))
		_ = s.c.Write(media.Frame{Kind: media.Voice, Format: media.LinearAt(hook.Rate()), Samples: len(samples),
			Data: media.AppendLinear(make([]byte, 0, 2*len(samples)), samples)}) // the spy's end is seen by its owner
	}
}

// recorded is what is kept of 20 ms: the mix, or with D both voices side by side.
func (s *spying) recorded(sound channel.Sound, mixed []int16) []byte {
	if !s.flags.Has('D') {
		return media.AppendLinear(nil, mixed)
	}
	pairs := make([]int16, 0, 2*len(mixed))
	for i := range mixed {
		pairs = append(pairs, sound.Samples[channel.In][i], sound.Samples[channel.Out][i])
	}
	return media.AppendLinear(nil, pairs)
}

// loudness is the factor of a step of the volume.
func loudness(step int) float64 {
	if step >= 0 {
		return float64(int(1) << step)
	}
	return 1 / float64(int(1)<<-step)
}

// A barge is the hook on the peer of the leg that is listened to.
type barge struct {
	c    *channel.Channel
	hook *channel.Hook
}

func (b *barge) close() {
	if b != nil {
		b.hook.Close()
	}
}

// speak has the leg, and with barging its peer, hear the spy.
func (s *spying) speak(hook *channel.Hook, target *channel.Channel, peer *barge, f media.Frame) *barge {
	if s.mode == listens || f.Format == nil || !f.Format.Linear() || f.Format.Rate != spyRate {
		return peer
	}
	s.samples = media.AppendSamples(s.samples[:0], f.Data)
	hook.Speak(channel.Out, s.samples)
	if s.mode != barges {
		peer.close()
		return nil
	}
	var other *channel.Channel
	if b := s.house.Bridges.Find(target.BridgeID()); b != nil {
		other = b.Peer(target)
	}
	if peer != nil && peer.c != other {
		peer.close()
		peer = nil
	}
	if other == nil || other == s.c {
		return peer
	}
	if peer == nil {
		peer = &barge{other, other.Hook(spyRate)}
	}
	peer.hook.Speak(channel.Out, s.samples)
	return peer
}

// mostDigits is how long a number may be that is keyed in.
const mostDigits = 80

// key does what a key of the spy asks for.
func (s *spying) key(key byte) error {
	if s.ends(key) {
		return errEnough
	}
	if s.flags.Has('d') {
		switch key {
		case '4':
			s.mode = listens
			return nil
		case '5':
			s.mode = whispers
			return nil
		case '6':
			s.mode = barges
			return nil
		}
	}
	switch {
	case key == s.next:
		return errNext
	case key >= '0' && key <= '9' && len(s.digits) < mostDigits:
		s.digits += string(rune(key))
	case key == '#' && s.digits != "":
		s.chosen, s.digits = s.prefix+"/"+s.digits, ""
		return errNext
	case key == '#':
		if s.volume.Add(1) > 4 {
			s.volume.Store(-4)
		}
	}
	return nil
}
