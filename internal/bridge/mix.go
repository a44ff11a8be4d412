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
	interval := 20 * time.Millisecond
	if b.options.Interval > 0 {
		interval = b.options.Interval
	}
	clock := time.NewTicker(interval)
	defer clock.Stop()
	s := mixScratch{interval: interval}
	b.forgetLoudness()
	for {
		select {
		case <-m.stop:
			return
		case <-clock.C:
			if members := b.others.Load(); members != nil {
				s.weighs = b.weighs()
				s.mix(*members, b.mixFormat(*members))
				s.tellAll()
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
	if b.options.MaxRate > 0 {
		rate = min(rate, b.options.MaxRate)
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
	interval time.Duration
	weighs   bool // how loud each is
	voices   [][]int16
	counts   []int
	sum      []int32
	tell     []func()
	whole    media.Frame // of all voices, for those who only listen
	coded    [2]shared
}

// shared is the sum of all voices in a format that has no memory, so that it may be
// made once for all who only listen.
type shared struct {
	format *media.Format
	made   bool
	frame  media.Frame
}

func (s *mixScratch) mix(members []*member, format *media.Format) {
	n := int(int64(format.Rate) * int64(s.interval/time.Millisecond) / 1000)
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
		if v := m.join.Voice; v != nil {
			var tell func()
			if s.counts[i], tell = v.speak(s.voices[i], s.counts[i], format.Rate); tell != nil {
				s.tell = append(s.tell, tell)
			}
		}
		if s.weighs {
			m.weigh(s.voices[i][:s.counts[i]], s.interval)
		}
		for j, v := range s.voices[i][:s.counts[i]] {
			sum[j] += int32(v)
		}
	}
	s.whole = media.Frame{}
	s.coded = [2]shared{{format: media.ULaw}, {format: media.ALaw}}
	for i, m := range members {
		v := m.join.Voice
		if m.away.Load() != nil || v != nil && v.Deaf.Load() {
			continue
		}
		if s.counts[i] == 0 && (v == nil || v.Listening.Load() == 0) {
			_ = m.ch.Write(s.listen(sum, format, m.ch.Leg().WriteFormat()))
			continue
		}
		data := without(sum, s.voices[i][:s.counts[i]])
		if v != nil && v.Listening.Load() != 0 {
			samples := media.AppendSamples(nil, data)
			amplify(samples, v.Listening.Load())
			data = media.AppendLinear(data[:0], samples)
		}
		_ = m.ch.Write(media.Frame{Kind: media.Voice, Format: format, Samples: n, Data: data})
	}
}

// listen is what those hear who say nothing, in the format that a leg sends if that can
// be made for all at once.
func (s *mixScratch) listen(sum []int32, format, to *media.Format) media.Frame {
	if s.whole.Data == nil {
		s.whole = media.Frame{Kind: media.Voice, Format: format, Samples: len(sum), Data: without(sum, nil)}
	}
	for i := range s.coded {
		c := &s.coded[i]
		if c.format != to || format.Rate != to.Rate {
			continue
		}
		if !c.made {
			c.frame, c.made = s.whole, true
			if t, err := media.NewTranslator(format, to); err == nil {
				if f, ok, err := t.Translate(s.whole); err == nil && ok {
					c.frame = f
				}
			}
		}
		return c.frame
	}
	return s.whole
}

// tellAll tells what was seen in a tick, once it is mixed.
func (s *mixScratch) tellAll() {
	for i, tell := range s.tell {
		s.tell[i] = nil
		tell()
	}
	s.tell = s.tell[:0]
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
