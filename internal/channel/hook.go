package channel

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/media"
)

// A Hook hears what a leg's far end says and what it is sent, in step, as samples
// of one rate, and may add a voice of its own to either. Recordings and listeners
// (MixMonitor, ChanSpy, ARI's snooping) are made of it. Next belongs to one
// goroutine; the other methods may be called concurrently.
type Hook struct {
	leg    *Channel
	rate   int
	began  time.Time
	sides  [2]hookSide
	remove func()
	alive  func() bool // ends the wait for the end of the leg
	at     int64       // what Next gives next, in samples from the beginning
	once   sync.Once
	closed chan struct{}
	ended  time.Time // set before closed is
}

const (
	// hookDelay is how long Next waits for a frame that is late, so that jitter of
	// the network makes no gaps.
	hookDelay = 60 * time.Millisecond
	// hookSlack is how far a frame may be from where it should be before the side is
	// put right: a pause, or a sender whose clock runs differently.
	hookSlack = 80 * time.Millisecond
	// hookKept is how much of a side waits for a reader; what is older is dropped.
	hookKept = 2 * time.Second
	// hookFrame is what Next gives at once.
	hookFrame = 20 * time.Millisecond
)

// hookSide is what was heard in one direction and was not read yet.
type hookSide struct {
	mu     sync.Mutex // a leaf
	from   *media.Format
	in     media.Translator
	pieces []hookPiece
	end    int64     // where the last piece ends
	last   time.Time // when it came
	voice  hookVoice
}

type hookPiece struct {
	start   int64
	samples []int16
}

// hookVoice is what is to be added to one direction.
type hookVoice struct {
	from    *media.Format // of the frames that it is added to
	in, out media.Translator
	pending []int16
}

// Hook begins to hear a leg at a rate in Hz; 0 is that at which the leg is sent to.
// It ends with Close, or when the leg is hung up.
func (c *Channel) Hook(rate int) *Hook {
	if rate == 0 {
		rate = 8000
		if f := c.leg.WriteFormat(); f != nil && media.LinearAt(f.Rate) != nil {
			rate = f.Rate
		}
	}
	h := &Hook{leg: c, rate: rate, began: time.Now(), closed: make(chan struct{})}
	h.remove = c.Filter(h.pass)
	h.alive = context.AfterFunc(c.LegContext(), h.end)
	return h
}

// Rate returns the rate of the samples in Hz.
func (h *Hook) Rate() int { return h.rate }

// Close takes the hook off the leg. Next gives what was heard, and then io.EOF.
func (h *Hook) Close() {
	h.alive()
	h.end()
}

func (h *Hook) end() {
	h.once.Do(func() {
		h.remove()
		h.ended = time.Now()
		close(h.closed)
	})
}

// Closed is closed with the hook.
func (h *Hook) Closed() <-chan struct{} { return h.closed }

// pass is the leg's tap.
func (h *Hook) pass(d Direction, f media.Frame) (media.Frame, bool) {
	if f.Kind != media.Voice || f.Format == nil {
		return f, true
	}
	if by, ok := f.Value.(spoken); ok && by.by == h {
		return f, true
	}
	s := &h.sides[d]
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(h, f)
	return s.voice.add(h.rate, f), true
}

// spoken is the Value of a frame that a hook itself sends.
type spoken struct{ by *Hook }

// put keeps a frame; s.mu is held.
func (s *hookSide) put(h *Hook, f media.Frame) {
	plain := media.LinearAt(h.rate)
	s.last = time.Now()
	if f.Format != plain {
		if s.in == nil || s.from != f.Format {
			t, err := media.NewTranslator(f.Format, plain)
			if err != nil {
				return // a codec that nobody here can read
			}
			s.in, s.from = t, f.Format
		}
		var ok bool
		var err error
		if f, ok, err = s.in.Translate(f); err != nil || !ok {
			return
		}
	}
	samples := media.AppendSamples(nil, f.Data)
	n := int64(len(samples))
	start, slack := max(0, h.samples(s.last.Sub(h.began))-n), h.samples(hookSlack)
	if len(s.pieces) > 0 || s.end > 0 {
		if off := start - s.end; off < slack && off > -slack {
			start = s.end
		} else if off <= -slack {
			return // more than time has passed
		}
	}
	s.pieces, s.end = append(s.pieces, hookPiece{start, samples}), start+n
	for oldest := s.end - h.samples(hookKept); s.pieces[0].start < oldest; {
		s.pieces = s.pieces[1:]
	}
}

// samples is how many there are in a time.
func (h *Hook) samples(d time.Duration) int64 {
	return int64(d/time.Millisecond) * int64(h.rate) / 1000
}

// take copies what was said from a place on, and reports whether anything was; s.mu is taken.
func (s *hookSide) take(at int64, into []int16) (heard bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	end := at + int64(len(into))
	for len(s.pieces) > 0 && s.pieces[0].start < end {
		p := s.pieces[0]
		if from := max(p.start, at); p.start+int64(len(p.samples)) > from {
			copy(into[from-at:], p.samples[from-p.start:])
			heard = true
		}
		if p.start+int64(len(p.samples)) > end {
			break
		}
		s.pieces = s.pieces[1:]
	}
	return heard
}

// Sound is 20 ms of both directions of a leg, in samples: each is silence where
// nothing was heard of it.
type Sound struct {
	Samples [2][]int16 // by Direction
	Heard   [2]bool
}

// Next waits for the next 20 ms. The error is io.EOF once all was given that was heard
// before Close, or the cause of ctx.
func (h *Hook) Next(ctx context.Context) (Sound, error) {
	n := int(h.samples(hookFrame))
	due := h.began.Add(time.Duration(h.at+int64(n)) * time.Second / time.Duration(h.rate)).Add(hookDelay)
	if wait := time.Until(due); wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-h.closed:
			if h.at >= h.samples(h.ended.Sub(h.began)) {
				return Sound{}, io.EOF
			}
		case <-ctx.Done():
			return Sound{}, context.Cause(ctx)
		}
	} else if behind := h.samples(-wait - hookKept); behind > 0 {
		h.at += behind - behind%int64(n) // the reader was away for long
	}
	var s Sound
	for d := range s.Samples {
		s.Samples[d] = make([]int16, n)
		s.Heard[d] = h.sides[d].take(h.at, s.Samples[d])
	}
	h.at += int64(n)
	return s, nil
}

// Speak adds samples of the hook's rate to what the leg's far end hears (Out), or to
// what is heard of it (In). Where nothing goes that way they go alone.
func (h *Hook) Speak(d Direction, samples []int16) {
	select {
	case <-h.closed:
		return
	default:
	}
	s := &h.sides[d]
	s.mu.Lock()
	alone := time.Since(s.last) > hookSlack
	if !alone {
		s.voice.put(samples, int(h.samples(5*hookFrame)))
	}
	s.mu.Unlock()
	if !alone {
		return
	}
	f := media.Frame{Kind: media.Voice, Format: media.LinearAt(h.rate), Samples: len(samples),
		Data: media.AppendLinear(make([]byte, 0, 2*len(samples)), samples), Value: spoken{h}}
	if d == Out {
		_ = h.leg.Write(f) // a leg that is about to end hears nothing more
	} else {
		h.leg.Hand(f)
	}
}

func (v *hookVoice) put(samples []int16, most int) {
	v.pending = append(v.pending, samples...)
	if len(v.pending) > most {
		v.pending = append(v.pending[:0], v.pending[len(v.pending)-most:]...)
	}
}

// add mixes what is to be said into a frame.
func (v *hookVoice) add(rate int, f media.Frame) media.Frame {
	if len(v.pending) == 0 {
		return f
	}
	plain := media.LinearAt(rate)
	if v.from != f.Format {
		in, err := media.NewTranslator(f.Format, plain)
		if err != nil {
			return f
		}
		out, err := media.NewTranslator(plain, f.Format)
		if err != nil {
			return f
		}
		v.from, v.in, v.out = f.Format, in, out
	}
	linear := f
	if f.Format != plain {
		var ok bool
		var err error
		if linear, ok, err = v.in.Translate(f); err != nil || !ok {
			return f
		}
	}
	samples := media.AppendSamples(nil, linear.Data)
	n := min(len(samples), len(v.pending))
	for i, said := range v.pending[:n] {
		samples[i] = int16(max(-32768, min(32767, int32(samples[i])+int32(said))))
	}
	v.pending = append(v.pending[:0], v.pending[n:]...)
	made := media.Frame{Kind: media.Voice, Format: plain, Data: media.AppendLinear(make([]byte, 0, 2*len(samples)), samples), Samples: len(samples)}
	if f.Format == plain {
		return made
	}
	if back, ok, err := v.out.Translate(made); err == nil && ok {
		return back
	}
	return f
}
