package function

import (
	"math"
	"math/cmplx"
)

// A denoiser takes steady noise out of a voice: it cuts the sound into windows that
// overlap by half, follows how weak each part of the spectrum becomes, which is the noise,
// and lets through of each part the share that is more than that (Wiener's filter with a
// floor). The voice is late by one window, 32 ms.
type denoiser struct {
	size          int
	window        []float64
	in, out       []float64 // what waits for a window, and what is added up after it
	noise, smooth []float64 // power of each part of the spectrum
	before        []float64 // the gain that each had
	seen          int
	ready         []float64
}

const (
	noiseFloor = 0.18 // -15 dB is left of noise
	noiseOver  = 2    // the minimum is below the mean of noise by so much
	noiseRise  = 1.01 // how fast a minimum is forgotten, a window
)

func newDenoiser(_ float64, rate int) func([]int16) {
	size := 256
	for size < rate*32/1000 {
		size *= 2
	}
	d := &denoiser{size: size, window: make([]float64, size), out: make([]float64, size), noise: make([]float64, size/2+1),
		smooth: make([]float64, size/2+1), before: make([]float64, size/2+1), ready: make([]float64, size)}
	for i := range d.window {
		d.window[i] = math.Sin(math.Pi * (float64(i) + 0.5) / float64(size))
	}
	d.in = make([]float64, size/2, size)
	return d.process
}

func (d *denoiser) process(samples []int16) {
	for i, v := range samples {
		d.in = append(d.in, float64(v))
		if len(d.in) == d.size {
			d.turn()
		}
		samples[i] = saturated(d.ready[0])
		d.ready = d.ready[1:]
	}
}

// turn works on a full window.
func (d *denoiser) turn() {
	spectrum := make([]complex128, d.size)
	for i, v := range d.in {
		spectrum[i] = complex(v*d.window[i], 0)
	}
	fourier(spectrum, false)
	d.seen++
	for k := range d.noise {
		power := real(spectrum[k])*real(spectrum[k]) + imag(spectrum[k])*imag(spectrum[k])
		if d.seen == 1 {
			d.smooth[k], d.noise[k], d.before[k] = power, power, 1
		}
		d.smooth[k] = 0.8*d.smooth[k] + 0.2*power
		d.noise[k] = min(d.noise[k]*noiseRise, d.smooth[k])
		gain := max(noiseFloor, 1-noiseOver*d.noise[k]/(d.smooth[k]+1))
		gain = 0.5*d.before[k] + 0.5*gain
		d.before[k] = gain
		spectrum[k] *= complex(gain, 0)
		if k > 0 && k < d.size/2 {
			spectrum[d.size-k] *= complex(gain, 0)
		}
	}
	fourier(spectrum, true)
	half := d.size / 2
	for i := range d.out {
		d.out[i] += real(spectrum[i]) * d.window[i]
	}
	d.ready = append(append([]float64(nil), d.ready...), d.out[:half]...)
	copy(d.out, d.out[half:])
	clear(d.out[half:])
	copy(d.in, d.in[half:])
	d.in = d.in[:half]
}

// fourier is the fast transform of a power of two of values, in place; back undoes it.
func fourier(x []complex128, back bool) {
	n := len(x)
	for i, j := 1, 0; i < n; i++ {
		bit := n >> 1
		for ; j&bit != 0; bit >>= 1 {
			j ^= bit
		}
		j ^= bit
		if i < j {
			x[i], x[j] = x[j], x[i]
		}
	}
	sign := -2 * math.Pi
	if back {
		sign = 2 * math.Pi
	}
	for span := 2; span <= n; span *= 2 {
		turn := cmplx.Rect(1, sign/float64(span))
		for at := 0; at < n; at += span {
			w := complex(1, 0)
			for k := at; k < at+span/2; k++ {
				a, b := x[k], x[k+span/2]*w
				x[k], x[k+span/2] = a+b, a-b
				w *= turn
			}
		}
	}
	if back {
		for i := range x {
			x[i] /= complex(float64(n), 0)
		}
	}
}

// newPitchShifter reads a voice from two places of a delay line that move through it as
// fast as the factor says, and fades from one to the other before each jumps back. The
// voice is late by 20 ms on average.
func newPitchShifter(factor float64, rate int) func([]int16) {
	span := float64(rate) * 40 / 1000
	line := make([]float64, 2*int(span)+4)
	at, phase := 0, 0.0
	read := func(delay float64) float64 {
		place := float64(at) - delay + float64(len(line))
		low := int(place)
		part := place - float64(low)
		return line[low%len(line)]*(1-part) + line[(low+1)%len(line)]*part
	}
	return func(samples []int16) {
		for i, v := range samples {
			line[at] = float64(v)
			phase = math.Mod(phase+(1-factor)/span+1, 1)
			other := math.Mod(phase+0.5, 1)
			fade := math.Sin(math.Pi * phase)
			fade *= fade
			samples[i] = saturated(read(1+phase*span)*fade + read(1+other*span)*(1-fade))
			at = (at + 1) % len(line)
		}
	}
}
