package function

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
)

// sounds are the functions that alter what is heard on a leg.
func (h *House) sounds() []Function {
	return []Function{
		full("VOLUME", "func_volume", "How many times louder, or if below 0 quieter, a leg's voice is made", "direction[,options]", volumeRead, volumeWrite),
		full("SCRAMBLE", "func_scramble", "Turn the spectrum of a leg's voice around", "[direction]", nil, scramble),
	}
}

// direction reads tx, which is to the leg's far end, or rx.
func direction(text string) (channel.Direction, bool) {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "rx":
		return channel.In, true
	case "tx":
		return channel.Out, true
	}
	return 0, false
}

var errDirection = errors.New("the direction must be RX or TX")

// gains are the volumes of a leg, by direction, as bits of a float64.
type gains struct {
	factor [2]atomic.Uint64
	keys   [2]atomic.Bool // the far end may change it
}

func (g *gains) get(d channel.Direction) float64 { return math.Float64frombits(g.factor[d].Load()) }
func (g *gains) set(d channel.Direction, v float64) {
	g.factor[d].Store(math.Float64bits(v))
}

const volumeHook hookKey = "VOLUME"

func volumeRead(_ context.Context, c *channel.Channel, args string) (string, error) {
	if c == nil {
		return "", errNoChannel
	}
	text, _, _ := strings.Cut(args, ",")
	d, ok := direction(text)
	if !ok {
		return "", errDirection
	}
	k := hookOf(c, volumeHook)
	if k == nil {
		return "", nil
	}
	return strconv.FormatFloat(k.state.(*gains).get(d), 'f', 6, 64), nil //nolint:forcetypeassert // see volumeWrite
}

func volumeWrite(_ context.Context, c *channel.Channel, args, value string) error {
	if c == nil {
		return errNoChannel
	}
	text, options, _ := strings.Cut(args, ",")
	d, ok := direction(text)
	if !ok {
		return errDirection
	}
	factor, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil {
		return fmt.Errorf("VOLUME: %q is no number", value)
	}
	if hookOf(c, volumeHook) == nil {
		g := &gains{}
		setHook(c, volumeHook, g, g.hear())
	}
	g := hookOf(c, volumeHook).state.(*gains) //nolint:forcetypeassert // nothing else is kept there
	g.set(d, factor)
	g.keys[d].Store(strings.Contains(options, "p"))
	return nil
}

// hear returns what alters the voice.
func (g *gains) hear() func(channel.Direction, media.Frame) (media.Frame, bool) {
	var voices both
	return func(d channel.Direction, f media.Frame) (media.Frame, bool) {
		if f.Kind == media.DTMFEnd && d == channel.In {
			g.pressed(f.Digit)
		}
		factor := g.get(d)
		if factor == 0 || factor == 1 {
			return f, true
		}
		if factor < 0 {
			factor = -1 / factor
		}
		return voices.process(d, f, true, func(samples []int16, _ int) {
			for i, v := range samples {
				samples[i] = saturated(float64(v) * factor)
			}
		}), true
	}
}

// pressed changes the volume by a key of the far end: * louder, # quieter.
func (g *gains) pressed(key byte) {
	step := map[byte]float64{'*': 1, '#': -1}[key]
	if step == 0 {
		return
	}
	for d := range g.keys {
		if g.keys[d].Load() {
			g.set(channel.Direction(d), g.get(channel.Direction(d))+step)
		}
	}
}

const scrambleHook hookKey = "SCRAMBLE"

// scramble turns the sign of every other sample, which mirrors the spectrum: low
// is high and high is low. Done twice it is undone.
func scramble(_ context.Context, c *channel.Channel, _, value string) error {
	if c == nil {
		return errNoChannel
	}
	var wanted [2]bool
	switch value = strings.ToLower(strings.TrimSpace(value)); value {
	case "remove":
		dropHook(c, scrambleHook)
		return nil
	case "both":
		wanted = [2]bool{true, true}
	default:
		d, ok := direction(value)
		if !ok {
			return errors.New("SCRAMBLE: the direction must be RX, TX, both or remove")
		}
		wanted[d] = true
	}
	var voices both
	var odd [2]bool
	setHook(c, scrambleHook, nil, func(d channel.Direction, f media.Frame) (media.Frame, bool) {
		if !wanted[d] {
			return f, true
		}
		return voices.process(d, f, true, func(samples []int16, _ int) {
			for i, v := range samples {
				if odd[d] = !odd[d]; odd[d] {
					samples[i] = saturated(-float64(v))
				}
			}
		}), true
	})
	return nil
}
