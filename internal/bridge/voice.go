package bridge

import (
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/media"
)

// A Voice is how a leg speaks and hears in a mix. What is atomic may be changed at
// any time, the rest before the leg enters.
type Voice struct {
	Muted atomic.Bool
	// Deaf keeps the mix from the leg, which hears something else: music.
	Deaf atomic.Bool
	// Talking and Listening are how many times louder the leg is heard, and hears the
	// others; below 0 so many times quieter. 0, 1 and -1 leave it as it is.
	Talking, Listening atomic.Int32
	// Talk, if not nil, is told that the leg begins or ceases to talk, on the bridge's clock.
	// It may wait for nobody.
	Talk func(talking bool)
	// DropSilence mixes the leg only while it talks.
	DropSilence bool
	// Threshold is the mean magnitude of samples from which on it talks, 0 is
	// media.SilenceThreshold, and Pause the silence that ends talking.
	Threshold int
	Pause     time.Duration
	// Passthrough has the others hear the leg's keys.
	Passthrough bool
	// NoTexts keeps texts of the others from the leg.
	NoTexts bool

	level   media.Silence
	talking bool
	onHold  atomic.Bool
	told    atomic.Bool
}

// IsTalking reports whether the leg talks, where that is watched.
func (v *Voice) IsTalking() bool { return v.told.Load() }

// watched reports whether it matters if the leg talks.
func (v *Voice) watched() bool { return v.Talk != nil || v.DropSilence }

// speak takes what the leg said in a tick, changes it as it is to be heard, and returns
// how many of the samples are. tell is what there is to be told of it.
func (v *Voice) speak(samples []int16, n int, rate int) (heard int, tell func()) {
	if v.watched() {
		if v.Threshold > 0 {
			v.level.Threshold = v.Threshold
		}
		if !v.Muted.Load() && n > 0 {
			v.level.Process(samples[:n], rate)
		} else {
			v.level.Loud, v.level.Quiet = 0, v.level.Quiet+time.Duration(len(samples))*time.Second/time.Duration(rate)
		}
		held := v.onHold.Load()
		now := v.talking
		switch {
		case held || v.Muted.Load():
			now = false
		case v.level.Loud > 0:
			now = true
		case v.talking && v.level.Quiet >= v.Pause:
			now = false
		}
		if now != v.talking {
			v.talking = now
			v.told.Store(now)
			if v.Talk != nil {
				tell = func() { v.Talk(now) }
			}
		}
	}
	if v.Muted.Load() || v.Deaf.Load() || v.DropSilence && !v.talking {
		return 0, tell
	}
	amplify(samples[:n], v.Talking.Load())
	return n, tell
}

// amplify makes samples so many times louder, or quieter.
func amplify(samples []int16, times int32) {
	switch {
	case times > 1:
		media.Gain(samples, float64(times))
	case times < -1:
		media.Gain(samples, 1/float64(-times))
	}
}
