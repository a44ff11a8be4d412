package bridge

import (
	"encoding/binary"
	"time"

	"github.com/octothorpe/octothorpe/internal/media"
)

// mix is the one clock of a mixing bridge.
type mix struct {
	stop chan struct{}
	done chan struct{}
}

func (b *Bridge) mixes() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.mix != nil
}

// mixWhile runs the clock exactly while wanted.
func (b *Bridge) mixWhile(wanted bool) {
	b.mu.Lock()
	m := b.mix
	switch {
	case wanted && m == nil:
		m = &mix{stop: make(chan struct{}), done: make(chan struct{})}
		b.mix = m
		b.mu.Unlock()
		b.registry.channels.Go("mixing bridge "+b.ID(), func() { b.tick(m) })
	case !wanted && m != nil:
		b.mix = nil
		b.mu.Unlock()
		close(m.stop)
		<-m.done
	default:
		b.mu.Unlock()
	}
}

// mixPause is how long a mix is silent after a panic: a leg that panics at each
// frame shall not fill the log.
const mixPause = time.Second

// tick mixes until it is stopped, also after a panic.
func (b *Bridge) tick(m *mix) {
	defer close(m.done)
	for b.registry.channels.Contain("mixing bridge "+b.ID(), func() { b.mixUntil(m) }) {
		select {
		case <-m.stop:
			return
		case <-time.After(mixPause):
		}
	}
}

// mixUntil mixes every 20 ms until it is stopped.
func (b *Bridge) mixUntil(m *mix) {
	clock := time.NewTicker(20 * time.Millisecond)
	defer clock.Stop()
	var s mixScratch
	for {
		select {
		case <-m.stop:
			return
		case <-clock.C:
			if members := b.others.Load(); members != nil {
				s.mix(*members, b.mixFormat(*members))
			}
		}
	}
}

// mixFormat is the linear format of the configured rate, or of the best leg.
func (b *Bridge) mixFormat(members []*member) *media.Format {
	rate := b.options.Rate
	if rate == 0 {
		for _, m := range members {
			if f := m.ch.Leg().WriteFormat(); f != nil && f.Rate > rate {
				rate = f.Rate
			}
		}
	}
	switch {
	case rate >= 48000:
		return media.SLin48
	case rate >= 32000:
		return media.SLin32
	case rate >= 24000:
		return media.SLin24
	case rate >= 16000:
		return media.SLin16
	case rate >= 12000:
		return media.SLin12
	}
	return media.SLin
}

// mixScratch is memory that a clock uses again at each tick.
type mixScratch struct {
	voices [][]int16
	counts []int
	sum    []int32
}

func (s *mixScratch) mix(members []*member, format *media.Format) {
	n := format.Rate / 50
	if cap(s.sum) < n {
		s.sum = make([]int32, n)
	}
	sum := s.sum[:n]
	clear(sum)
	for len(s.voices) < len(members) {
		s.voices = append(s.voices, nil)
		s.counts = append(s.counts, 0)
	}
	for i, m := range members {
		if cap(s.voices[i]) < n {
			s.voices[i] = make([]int16, n)
		}
		s.voices[i] = s.voices[i][:n]
		s.counts[i] = m.input.Take(s.voices[i], format)
		for j, v := range s.voices[i][:s.counts[i]] {
			sum[j] += int32(v)
		}
	}
	for i, m := range members {
		if m.away.Load() != nil {
			continue
		}
		_ = m.ch.Write(media.Frame{Kind: media.Voice, Format: format, Samples: n, Data: without(sum, s.voices[i][:s.counts[i]])})
	}
}

// without encodes the sum less one's own voice, saturated, as little-endian samples.
func without(sum []int32, own []int16) []byte {
	data := make([]byte, 2*len(sum))
	for j, v := range sum {
		if j < len(own) {
			v -= int32(own[j])
		}
		binary.LittleEndian.PutUint16(data[2*j:], uint16(int16(max(-32768, min(32767, v)))))
	}
	return data
}
