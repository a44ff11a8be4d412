package function

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
)

// refines are the functions that make a voice easier to understand.
func (h *House) refines() []Function {
	return []Function{
		full("AGC", "func_speex", "Bring a leg's voice to one loudness", "direction", agcRead, agcWrite),
		full("DENOISE", "func_speex", "Take steady noise out of a leg's voice", "direction", denoiseRead, denoiseWrite),
		full("PITCH_SHIFT", "func_pitchshift", "Make a leg's voice higher or lower", "direction", nil, pitchShift),
	}
}

// A refinement is what is done to both directions of a leg: a setting for each, 0 for
// nothing, and what works on samples by it. Each direction has a mutex, which is a leaf.
type refinement [2]struct {
	mu      sync.Mutex
	setting float64
	linear
	work func(samples []int16)
	rate int
}

// hear returns what alters the voice; make makes what works at a rate, by a setting.
func (r *refinement) hear(make func(setting float64, rate int) func([]int16)) func(channel.Direction, media.Frame) (media.Frame, bool) {
	return func(d channel.Direction, f media.Frame) (media.Frame, bool) {
		if f.Kind != media.Voice {
			return f, true
		}
		one := &r[d]
		one.mu.Lock()
		defer one.mu.Unlock()
		if one.setting == 0 {
			return f, true
		}
		return one.process(f, true, func(samples []int16, rate int) {
			if one.work == nil || one.rate != rate {
				one.work, one.rate = make(one.setting, rate), rate
			}
			one.work(samples)
		}), true
	}
}

func (r *refinement) get(d channel.Direction) float64 {
	r[d].mu.Lock()
	defer r[d].mu.Unlock()
	return r[d].setting
}

// set changes a setting and begins anew.
func (r *refinement) set(d channel.Direction, setting float64) {
	r[d].mu.Lock()
	defer r[d].mu.Unlock()
	r[d].setting, r[d].work = setting, nil
}

// refine puts a setting of one direction in force; the hook goes when neither has one.
func refine(c *channel.Channel, name hookKey, d channel.Direction, setting float64, make func(float64, int) func([]int16)) {
	k := hookOf(c, name)
	if k == nil {
		if setting == 0 {
			return
		}
		r := &refinement{}
		setHook(c, name, r, r.hear(make))
		k = hookOf(c, name)
	}
	r := k.state.(*refinement) //nolint:forcetypeassert // nothing else is kept there
	r.set(d, setting)
	if r.get(channel.In) == 0 && r.get(channel.Out) == 0 {
		dropHook(c, name)
	}
}

// refined reads a setting; there is none where neither direction has one.
func refined(c *channel.Channel, name hookKey, args string) (setting float64, there bool, err error) {
	if c == nil {
		return 0, false, errNoChannel
	}
	d, ok := direction(args)
	if !ok {
		return 0, false, errDirection
	}
	k := hookOf(c, name)
	if k == nil {
		return 0, false, nil
	}
	return k.state.(*refinement).get(d), true, nil //nolint:forcetypeassert // see refine
}

const (
	agcHook     hookKey = "AGC"
	denoiseHook hookKey = "DENOISE"
	pitchHook   hookKey = "PITCH_SHIFT"
)

// agcLevel is the loudness of AGC where none is said: the root mean square of samples.
const agcLevel = 8000

func agcRead(_ context.Context, c *channel.Channel, args string) (string, error) {
	level, there, err := refined(c, agcHook, args)
	if err != nil || !there {
		return "", err
	}
	return strconv.FormatFloat(level, 'f', 1, 64), nil
}

func agcWrite(_ context.Context, c *channel.Channel, args, value string) error {
	if c == nil {
		return errNoChannel
	}
	d, ok := direction(args)
	if !ok {
		return errDirection
	}
	level := 0.0
	switch value = strings.ToLower(strings.TrimSpace(value)); value {
	case "on", "yes", "true", "y", "t":
		level = agcLevel
	case "off", "no", "false", "n", "f", "0", "":
	default:
		n, err := strconv.ParseFloat(value, 64)
		if err != nil || n < 0 || n > 32767 {
			return fmt.Errorf("AGC: %q is no loudness from 1 to 32767", value)
		}
		level = n
	}
	refine(c, agcHook, d, level, newGainControl)
	return nil
}

// Bounds of automatic gain: the most that it amplifies, how fast it grows and falls
// (factors a second), and the loudness below which a frame is no speech.
const (
	agcMost  = 31.6 // 30 dB
	agcGrow  = 4    // 12 dB
	agcFall  = 100  // 40 dB
	agcQuiet = 60
)

// newGainControl brings what is louder than silence to a level.
func newGainControl(level float64, rate int) func([]int16) {
	gain := 1.0
	return func(samples []int16) {
		if len(samples) == 0 {
			return
		}
		var sum float64
		for _, v := range samples {
			sum += float64(v) * float64(v)
		}
		span := float64(len(samples)) / float64(rate)
		if loud := math.Sqrt(sum / float64(len(samples))); loud > agcQuiet {
			want := min(level/loud, agcMost)
			gain = max(min(want, gain*math.Pow(agcGrow, span)), gain*math.Pow(agcFall, -span))
		}
		for i, v := range samples {
			samples[i] = saturated(float64(v) * gain)
		}
	}
}

func denoiseRead(_ context.Context, c *channel.Channel, args string) (string, error) {
	on, there, err := refined(c, denoiseHook, args)
	if err != nil || !there {
		return "", err
	}
	return strconv.Itoa(int(on)), nil
}

func denoiseWrite(_ context.Context, c *channel.Channel, args, value string) error {
	if c == nil {
		return errNoChannel
	}
	d, ok := direction(args)
	if !ok {
		return errDirection
	}
	on := 0.0
	switch strings.ToLower(strings.TrimSpace(value)) {
	case "on", "yes", "true", "y", "t", "1":
		on = 1
	}
	refine(c, denoiseHook, d, on, newDenoiser)
	return nil
}

// Denoise has steady noise taken out of what a leg says, as DENOISE(rx), or no more.
func Denoise(c *channel.Channel, on bool) {
	setting := 0.0
	if on {
		setting = 1
	}
	refine(c, denoiseHook, channel.In, setting, newDenoiser)
}

// pitches are the names of PITCH_SHIFT's values.
var pitches = map[string]float64{"highest": 2, "higher": 1.5, "high": 1.25, "low": 0.85, "lower": 0.7, "lowest": 0.5}

func pitchShift(_ context.Context, c *channel.Channel, args, value string) error {
	if c == nil {
		return errNoChannel
	}
	var wanted []channel.Direction
	if d, ok := direction(args); ok {
		wanted = append(wanted, d)
	} else if strings.EqualFold(strings.TrimSpace(args), "both") {
		wanted = []channel.Direction{channel.In, channel.Out}
	} else {
		return fmt.Errorf("PITCH_SHIFT: %q is none of rx, tx and both", args)
	}
	factor, ok := pitches[strings.ToLower(strings.TrimSpace(value))]
	if !ok {
		n, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if err != nil || n < 0.1 || n > 4 {
			return fmt.Errorf("PITCH_SHIFT: %q is no factor from 0.1 to 4.0", value)
		}
		factor = n
	}
	if factor == 1 {
		factor = 0
	}
	for _, d := range wanted {
		refine(c, pitchHook, d, factor, newPitchShifter)
	}
	return nil
}
