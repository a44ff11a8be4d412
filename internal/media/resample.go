package media

import (
	"fmt"
	"math"
	"sync"
)

// A Resampler changes the sample rate with a polyphase low-pass filter. It keeps
// the state of one stream; the delay is half of resampleTaps at the lower rate.
type Resampler struct {
	*ratio
	history []float32 // the last taps-1 samples of input, then the present ones
	phase   int       // of the next output, in 1/up of an input sample
}

// ratio is the filter of one pair of rates, up/down in lowest terms. It is
// immutable and shared.
type ratio struct {
	up, down int
	taps     int         // in each phase
	filter   [][]float32 // by phase, oldest sample first
}

const (
	resampleTaps = 32   // length of the filter in samples of the lower rate
	resampleBeta = 7.0  // Kaiser window: side lobes below -70 dB
	resamplePass = 0.93 // cut-off, as a part of the lower rate's half
	resampleMax  = 192000
)

// ratios keeps each filter once it is made.
var ratios sync.Map // [2]int{up, down} → *ratio

// NewResampler returns a resampler between two rates of up to 192000 Hz whose
// ratio is one of small numbers, as those of the slin formats are.
func NewResampler(from, to int) (*Resampler, error) {
	if from <= 0 || to <= 0 || from > resampleMax || to > resampleMax {
		return nil, fmt.Errorf("resample %d Hz to %d Hz: rate out of range", from, to)
	}
	divisor := gcd(from, to)
	up, down := to/divisor, from/divisor
	if up > 1000 || down > 1000 {
		return nil, fmt.Errorf("resample %d Hz to %d Hz: ratio is too odd", from, to)
	}
	key := [2]int{up, down}
	r, ok := ratios.Load(key)
	if !ok {
		r, _ = ratios.LoadOrStore(key, newRatio(up, down))
	}
	rs := &Resampler{ratio: r.(*ratio)}
	rs.history = make([]float32, rs.taps-1, rs.taps-1+from/50)
	return rs, nil
}

// newRatio designs a windowed sinc and splits it into its phases.
func newRatio(up, down int) *ratio {
	// Lengths in samples of the rate up × from, at which the filter is designed.
	lower := max(up, down)
	taps := (resampleTaps*lower + up - 1) / up
	r := &ratio{up: up, down: down, taps: taps, filter: make([][]float32, up)}
	length := taps * up
	cutoff := resamplePass / float64(lower) // of the design rate's half
	middle := float64(length-1) / 2
	for phase := range r.filter {
		r.filter[phase] = make([]float32, taps)
		sum := 0.0
		row := make([]float64, taps)
		for k := range row {
			// The newest sample meets the start of the impulse response.
			x := float64((taps-1-k)*up+phase) - middle
			row[k] = sinc(x*cutoff) * kaiser(x/(middle+1))
			sum += row[k]
		}
		for k := range row {
			r.filter[phase][k] = float32(row[k] / sum) // unity gain in each phase
		}
	}
	return r
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

func kaiser(x float64) float64 {
	return bessel(resampleBeta*math.Sqrt(max(0, 1-x*x))) / bessel(resampleBeta)
}

// bessel is the modified Bessel function of the first kind and order zero.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > sum*1e-9; k++ {
		term *= x / (2 * k) * (x / (2 * k))
		sum += term
	}
	return sum
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// Resample appends samples at the new rate to dst. Whole multiples of 20 ms in
// give whole multiples of 20 ms out, from the first call on.
func (r *Resampler) Resample(dst, samples []int16) []int16 {
	for _, s := range samples {
		r.history = append(r.history, float32(s))
	}
	at := 0 // oldest input of the next output
	end := len(r.history) - r.taps + 1
	for ; r.phase >= r.up; at++ {
		r.phase -= r.up
	}
	for at < end {
		sum := dot(r.filter[r.phase], r.history[at:])
		dst = append(dst, int16(max(-32768, min(32767, math.RoundToEven(float64(sum))))))
		r.phase += r.down
		for r.phase >= r.up {
			r.phase -= r.up
			at++
		}
	}
	// at may lie past the end where the rate falls: those inputs are skipped next time.
	if at > end {
		r.phase += (at - end) * r.up
		at = end
	}
	kept := copy(r.history, r.history[at:])
	r.history = r.history[:kept]
	return dst
}

// dot is the scalar product over the length of a, in four sums that the
// processor can keep going side by side.
func dot(a, b []float32) float32 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float32
	i := 0
	for ; i+4 <= len(a); i += 4 {
		x, y := a[i:i+4:i+4], b[i:i+4:i+4]
		s0 += x[0] * y[0]
		s1 += x[1] * y[1]
		s2 += x[2] * y[2]
		s3 += x[3] * y[3]
	}
	for ; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return (s0 + s1) + (s2 + s3)
}
