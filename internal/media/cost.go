package media

import "math"

// Steps of a translation and their costs, which are Asterisk 22's: what a
// machine pays counts less than what the ear does. Loss costs more than gain.
const (
	costDecode     = 9000 // lossy to linear at the codec's own rate
	costEncode     = 6000
	costUpsample   = 8000
	costDownsample = 8500
	costRecode     = 9150 // µ-law to A-law or back, by a table
	costG722Narrow = 8250 // encode G.722 from 8 kHz
	costNarrowG722 = 9600 // decode G.722 to 8 kHz
)

// Cost returns what it costs to translate by the cheapest path, in the unit of
// `core show translation`: µs for a second of audio. ok is false where there is
// no path. A format to itself costs nothing.
func Cost(from, to *Format) (cost int, ok bool) {
	if from == nil || to == nil {
		return 0, false
	}
	if from == to {
		return 0, true
	}
	if !from.translates() || !to.translates() {
		return 0, false
	}
	best := math.MaxInt
	if (from == ULaw && to == ALaw) || (from == ALaw && to == ULaw) {
		best = costRecode
	}
	// Every other path goes by one linear rate or by two.
	for _, in := range formats {
		decode, ok := decodeCost(from, in)
		if !ok {
			continue
		}
		for _, out := range formats {
			if encode, ok := encodeCost(out, to); ok {
				best = min(best, decode+resampleCost(in, out)+encode)
			}
		}
	}
	return best, true
}

// translates tells if there are a decoder and an encoder.
func (f *Format) translates() bool {
	switch f {
	case ULaw, ALaw, GSM, G722, G726, G726AAL2, ADPCM:
		return true
	}
	return f.Linear()
}

func decodeCost(from, linear *Format) (int, bool) {
	switch {
	case !linear.Linear():
		return 0, false
	case from.Linear():
		return 0, from == linear
	case from == G722 && linear == SLin:
		return costNarrowG722, true
	}
	return costDecode, from.Rate == linear.Rate
}

func encodeCost(linear, to *Format) (int, bool) {
	switch {
	case !linear.Linear():
		return 0, false
	case to.Linear():
		return 0, to == linear
	case to == G722 && linear == SLin:
		return costG722Narrow, true
	}
	return costEncode, to.Rate == linear.Rate
}

func resampleCost(from, to *Format) int {
	switch {
	case from.Rate == to.Rate:
		return 0
	case from.Rate < to.Rate:
		return costUpsample
	}
	return costDownsample
}

// Cheapest returns the format among targets that costs least to reach from f,
// and true, or false where none can be reached. Earlier targets win ties.
func Cheapest(from *Format, targets []*Format) (*Format, bool) {
	var best *Format
	least := math.MaxInt
	for _, t := range targets {
		if c, ok := Cost(from, t); ok && c < least {
			best, least = t, c
		}
	}
	return best, best != nil
}
