package media

// G.722 at 64 kbit/s, mode 1: two sub-bands split by a quadrature mirror filter,
// 6 bits of ADPCM for the lower and 2 for the upper one. Names in brackets are
// the blocks of ITU-T G.722 §6.2.

// g722Band is the adaptive part that both sub-bands and both directions share:
// the predictor and the quantizer's scale.
type g722Band struct {
	estimate     int    // s: what the predictor expects next
	zeroEstimate int    // sz: the part of it that the zeros give
	scaleLog     int    // nb: logarithm of the scale factor
	scale        int    // det: the scale factor
	rebuilt      [2]int // r: former reconstructed signals
	partial      [2]int // p: former partially reconstructed signals
	pole         [2]int // a
	difference   [6]int // d: former quantized differences
	zero         [6]int // b
}

// predict moves the predictor on by one quantized difference (block 4).
func (b *g722Band) predict(d int) {
	rebuilt := saturate16(b.estimate + d)
	partial := saturate16(b.zeroEstimate + d)
	sameAsLast := (partial < 0) == (b.partial[0] < 0)
	sameAsBefore := (partial < 0) == (b.partial[1] < 0)

	// Second pole [UPPOL2].
	turn := saturate16(b.pole[0] * 4)
	if sameAsLast {
		turn = min(-turn, 32767)
	}
	second := turn>>7 + b.pole[1]*32512>>15
	if sameAsBefore {
		second += 128
	} else {
		second -= 128
	}
	second = max(-12288, min(12288, second))

	// First pole [UPPOL1].
	first := b.pole[0] * 32640 >> 15
	if sameAsLast {
		first += 192
	} else {
		first -= 192
	}
	limit := 15360 - second
	first = max(-limit, min(limit, saturate16(first)))

	// Zeros [UPZERO], their delay line and the estimate from them [FILTEZ].
	step := 0
	if d != 0 {
		step = 128
	}
	for i, old := range b.difference {
		if (old < 0) == (d < 0) {
			b.zero[i] = saturate16(step + b.zero[i]*32640>>15)
		} else {
			b.zero[i] = saturate16(-step + b.zero[i]*32640>>15)
		}
	}
	copy(b.difference[1:], b.difference[:5])
	b.difference[0] = d
	sum := 0
	for i, old := range b.difference {
		sum += b.zero[i] * saturate16(2*old) >> 15
	}
	b.zeroEstimate = saturate16(sum)

	b.rebuilt[1], b.rebuilt[0] = b.rebuilt[0], rebuilt
	b.partial[1], b.partial[0] = b.partial[0], partial
	b.pole = [2]int{first, second}
	fromPoles := saturate16(first*saturate16(2*b.rebuilt[0])>>15 + second*saturate16(2*b.rebuilt[1])>>15) // [FILTEP]
	b.estimate = saturate16(fromPoles + b.zeroEstimate)                                                   // [PREDIC]
}

// rescale adapts the quantizer's scale [LOGSCL SCALEL, LOGSCH SCALEH].
func (b *g722Band) rescale(step, limit, shift int) {
	b.scaleLog = max(0, min(limit, b.scaleLog*127>>7+step))
	mantissa := g722Scale[b.scaleLog>>6&31]
	if down := shift - b.scaleLog>>11; down < 0 {
		b.scale = mantissa << -down << 2
	} else {
		b.scale = mantissa >> down << 2
	}
}

// lower adapts the lower band to the four bits of a code that count for it.
func (b *g722Band) lower(code int) {
	d := b.scale * g722Lower4[code] >> 15
	b.rescale(g722LowerStep[code], 18432, 8)
	b.predict(d)
}

// upper adapts the upper band to a two-bit code and returns its difference.
func (b *g722Band) upper(code int) int {
	d := b.scale * g722Upper2[code] >> 15
	b.rescale(g722UpperStep[code], 22528, 10)
	b.predict(d)
	return d
}

func saturate16(v int) int { return max(-32768, min(32767, v)) }

// g722Bands are the two bands as at the start of a stream.
func g722Bands() (low, high g722Band) {
	low.scale, high.scale = 32, 8
	return low, high
}

type g722Encoder struct {
	low, high g722Band
	line      [24]int // of the QMF, oldest first
	odd       bool    // line holds a first sample whose second is still to come
}

func newG722Encoder() *g722Encoder {
	e := &g722Encoder{}
	e.low, e.high = g722Bands()
	return e
}

// Encode implements Encoder: an octet for each two samples.
func (e *g722Encoder) Encode(dst []byte, samples []int16) ([]byte, error) {
	for _, s := range samples {
		copy(e.line[:], e.line[1:])
		e.line[23] = int(s)
		if e.odd = !e.odd; e.odd {
			continue
		}
		even, odd := 0, 0
		for i := 0; i < 12; i++ {
			odd += e.line[2*i] * g722Mirror[i]
			even += e.line[2*i+1] * g722Mirror[11-i]
		}
		dst = append(dst, e.code((even+odd)>>14, (even-odd)>>14))
	}
	return dst, nil
}

// code quantizes one sample of each band [QUANTL QUANTH].
func (e *g722Encoder) code(low, high int) byte {
	diff := saturate16(low - e.low.estimate)
	size := diff
	if diff < 0 {
		size = ^diff
	}
	level := 1
	for level < 30 && size >= g722Decision[level]*e.low.scale>>12 {
		level++
	}
	var lower int
	switch {
	case diff >= 0:
		lower = 62 - level // 61 … 32
	case level < 3:
		lower = 64 - level // 63, 62
	default:
		lower = 34 - level // 31 … 4
	}
	e.low.lower(lower >> 2)

	diff = saturate16(high - e.high.estimate)
	upper := 3
	if diff < 0 {
		diff, upper = ^diff, 1
	}
	if diff >= 564*e.high.scale>>12 {
		upper--
	}
	e.high.upper(upper)
	return byte(upper<<6 | lower)
}

type g722Decoder struct {
	low, high g722Band
	line      [24]int
}

func newG722Decoder() *g722Decoder {
	d := &g722Decoder{}
	d.low, d.high = g722Bands()
	return d
}

// Decode implements Decoder: two samples for each octet.
func (d *g722Decoder) Decode(dst []int16, data []byte) ([]int16, error) {
	dst, added := grow(dst, 2*len(data))
	for n, c := range data {
		code := int(c)
		low := d.low.estimate + d.low.scale*g722Lower6[code&63]>>15
		low = max(-16384, min(16383, low))
		d.low.lower(code & 63 >> 2)

		high := d.high.estimate
		high = max(-16384, min(16383, high+d.high.upper(code>>6)))

		copy(d.line[:], d.line[2:])
		d.line[22], d.line[23] = low+high, low-high
		first, second := 0, 0
		for i := 0; i < 12; i++ {
			second += d.line[2*i] * g722Mirror[i]
			first += d.line[2*i+1] * g722Mirror[11-i]
		}
		added[2*n] = int16(saturate16(first >> 11))
		added[2*n+1] = int16(saturate16(second >> 11))
	}
	return dst, nil
}
