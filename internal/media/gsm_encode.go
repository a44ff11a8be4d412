package media

type gsmEncoder struct {
	pending  []int16
	last     int      // z1
	offset   int      // L_z2
	emphasis int      // mp
	area     [8]int   // of the former frame
	lattice  [8]int   // u
	past     [120]int // dp: the reconstructed residual, oldest first
}

func newGSMEncoder() *gsmEncoder { return &gsmEncoder{} }

// Encode implements Encoder: 33 octets for each 160 samples.
func (e *gsmEncoder) Encode(dst []byte, samples []int16) ([]byte, error) {
	if len(e.pending) > 0 {
		n := min(gsmSamples-len(e.pending), len(samples))
		e.pending = append(e.pending, samples[:n]...)
		samples = samples[n:]
		if len(e.pending) < gsmSamples {
			return dst, nil
		}
		dst = e.frame(e.pending).append(dst)
		e.pending = e.pending[:0]
	}
	for ; len(samples) >= gsmSamples; samples = samples[gsmSamples:] {
		dst = e.frame(samples[:gsmSamples]).append(dst)
	}
	e.pending = append(e.pending, samples...)
	return dst, nil
}

func (e *gsmEncoder) frame(samples []int16) *gsmFrame {
	var f gsmFrame
	signal := e.preprocess(samples)
	f.area = gsmCodeArea(gsmReflection(gsmCorrelate(&signal)))
	area := gsmDecodeArea(&f.area)
	for _, p := range gsmParts {
		r := p.reflection(&e.area, &area)
		for k := p.from; k < p.to; k++ {
			signal[k] = e.analyze(&r, signal[k])
		}
	}
	e.area = area
	for i := range f.subframes {
		f.subframes[i] = e.subframe(signal[40*i : 40*i+40])
	}
	return &f
}

// preprocess scales down, takes the offset out and pre-emphasizes [5.2.1 … 5.2.3].
func (e *gsmEncoder) preprocess(samples []int16) (s [gsmSamples]int) {
	for k, sample := range samples {
		v := int(sample) >> 3 << 2
		step := v - e.last
		e.last = v
		high := e.offset >> 15
		low := e.offset - high<<15
		e.offset = saturate32(step<<15 + gsmMul(low, 32735) + high*32735)
		level := saturate32(e.offset+1<<14) >> 15
		s[k] = saturate16(level + gsmMul(e.emphasis, -28180))
		e.emphasis = level
	}
	return s
}

func saturate32(v int) int { return max(-1<<31, min(1<<31-1, v)) }

// gsmCorrelate returns the autocorrelation of a frame, which it rounds to the
// precision at which it was computed [5.2.4].
func gsmCorrelate(s *[gsmSamples]int) (acf [9]int) {
	peak := 0
	for _, v := range s {
		peak = max(peak, gsmAbs(v))
	}
	scale := 0
	if peak > 0 {
		scale = max(0, 4-gsmNorm(peak<<16))
	}
	if scale > 0 {
		for k := range s {
			s[k] = gsmMul(s[k], 1<<14>>(scale-1))
		}
	}
	for lag := range acf {
		sum := 0
		for k := lag; k < gsmSamples; k++ {
			sum += s[k] * s[k-lag]
		}
		acf[lag] = sum << 1
	}
	for k := range s {
		s[k] <<= scale
	}
	return acf
}

// gsmReflection solves for the reflection coefficients (Schur) [5.2.5].
func gsmReflection(correlation [9]int) (r [8]int) {
	if correlation[0] == 0 {
		return r
	}
	shift := gsmNorm(correlation[0])
	var p, k [9]int
	for i, v := range correlation {
		p[i] = v << shift >> 16
	}
	k = p
	for n := range r {
		size := gsmAbs(p[1])
		if p[0] < size {
			return r
		}
		v := 0
		if size > 0 {
			v = min(size<<15/p[0], 32767)
		}
		if p[1] > 0 {
			v = -v
		}
		r[n] = v
		p[0] = saturate16(p[0] + gsmMul(p[1], v))
		for m := 1; m < 8-n; m++ {
			next := p[m+1]
			p[m] = saturate16(next + gsmMul(k[m], v))
			k[m] = saturate16(k[m] + gsmMul(next, v))
		}
	}
	return r
}

// gsmCodeArea turns reflection coefficients into coded log area ratios [5.2.6, 5.2.7].
func gsmCodeArea(r [8]int) (code [8]int) {
	for i, v := range r {
		size := gsmAbs(v)
		switch {
		case size < 22118:
			size >>= 1
		case size < 31130:
			size -= 11059
		default:
			size = (size - 26112) << 2
		}
		if v < 0 {
			size = -size
		}
		q := gsmQuantArea[i]
		level := saturate16(q.slope*size>>15+q.offset+256) >> 9
		code[i] = max(q.least, min(q.most, level)) - q.least
	}
	return code
}

// analyze runs one sample through the short-term filter [5.2.10].
func (e *gsmEncoder) analyze(r *[8]int, v int) int {
	carry := v
	for i := range r {
		next := saturate16(e.lattice[i] + gsmMul(r[i], v))
		v = saturate16(v + gsmMul(r[i], e.lattice[i]))
		e.lattice[i], carry = carry, next
	}
	return v
}

// subframe codes 40 samples of the short-term residual.
func (e *gsmEncoder) subframe(d []int) (s gsmSubframe) {
	s.lag, s.gain = e.predict(d)
	var predicted, rest [40]int
	for k := range predicted {
		predicted[k] = gsmMul(gsmGain[s.gain], e.past[120-s.lag+k])
		rest[k] = saturate16(d[k] - predicted[k])
	}
	weighted := gsmWeigh(&rest)
	s.code(&weighted)
	copy(e.past[:], e.past[40:])
	for k, v := range s.excite() {
		e.past[80+k] = saturate16(v + predicted[k])
	}
	return s
}

// predict finds the lag and the gain of the long-term predictor [5.2.11].
func (e *gsmEncoder) predict(d []int) (lag, gain int) {
	peak := 0
	for _, v := range d {
		peak = max(peak, gsmAbs(v))
	}
	scale := 6
	if peak > 0 {
		scale = max(0, 6-gsmNorm(peak<<16))
	}
	var scaled [40]int
	for k, v := range d {
		scaled[k] = v >> scale
	}
	lag, most := 40, 0
	for try := 40; try <= 120; try++ {
		past := e.past[120-try:][:40]
		sum := 0
		for k, v := range scaled {
			sum += v * past[k]
		}
		if sum > most {
			lag, most = try, sum
		}
	}
	most = most << 1 >> (6 - scale)
	power := 0
	for _, v := range e.past[120-lag:][:40] {
		power += (v >> 3) * (v >> 3)
	}
	power <<= 1
	switch {
	case most <= 0:
		return lag, 0
	case most >= power:
		return lag, 3
	}
	shift := gsmNorm(power)
	most, power = most<<shift>>16, power<<shift>>16
	for gain < 3 && most > power*gsmGainDecision[gain]>>15 {
		gain++
	}
	return lag, gain
}

// gsmWeigh runs the block filter over the long-term residual [5.2.13].
func gsmWeigh(e *[40]int) (x [40]int) {
	for k := range x {
		sum := 1 << 12
		for i, h := range gsmWeight {
			if at := k + i - 5; at >= 0 && at < 40 {
				sum += e[at] * h
			}
		}
		x[k] = saturate16(sum >> 13)
	}
	return x
}

// code picks the grid and quantizes its pulses [5.2.14, 5.2.15].
func (s *gsmSubframe) code(x *[40]int) {
	most := 0
	for grid := 0; grid < 4; grid++ {
		sum := 0
		for i := 0; i < 13; i++ {
			v := x[grid+3*i] >> 2
			sum += v * v
		}
		if sum > most {
			s.grid, most = grid, sum
		}
	}
	peak := 0
	for i := 0; i < 13; i++ {
		peak = max(peak, gsmAbs(x[s.grid+3*i]))
	}
	exponent := 0
	for v := peak >> 9; v > 0 && exponent < 6; v >>= 1 {
		exponent++
	}
	s.peak = peak>>(exponent+5) + exponent<<3
	exponent, mantissa := gsmPeak(s.peak)
	for i := range s.pulse {
		v := x[s.grid+3*i] << (6 - exponent)
		s.pulse[i] = v*gsmInverse[mantissa]>>15>>12 + 4
	}
}
