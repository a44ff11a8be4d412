package media

import "math/bits"

// G.726 at 32 kbit/s (ITU-T G.726, 1990): four bits a sample. Names in brackets are
// the blocks of the recommendation.

// The tables of the recommendation for 32 kbit/s: what separates the steps of a
// difference's logarithm, its value in each step, and how each step changes the scale
// and its speed.
var (
	g726Steps  = [7]int{-124, 80, 178, 246, 300, 349, 400}
	g726Levels = [8]int{-2048, 4, 135, 213, 273, 323, 373, 425}
	g726Scale  = [8]int{-12, 18, 41, 64, 112, 198, 355, 1122}
	g726Speed  = [8]int{0, 0, 0, 1, 1, 1, 3, 7}
)

// g726Float is a number of the predictor's memory: a sign, four bits of exponent, six
// of mantissa.
type g726Float struct {
	negative bool
	exponent int
	mantissa int
}

func newG726Float(negative bool, magnitude int) g726Float {
	if magnitude == 0 {
		return g726Float{negative, 0, 32}
	}
	e := bits.Len(uint(magnitude))
	return g726Float{negative, e, magnitude << 6 >> e}
}

// g726 is the state that coder and decoder have in common.
type g726 struct {
	fast, slow  int // scale factors: yu and yl
	short, long int // averages of the speed: dms and dml
	control     int // ap
	poles       [2]int
	zeros       [6]int
	differences [6]g726Float // past quantized differences
	signals     [2]g726Float // past reconstructed signals
	signs       [2]bool      // of the past partial signals
	tone        bool         // td
}

func newG726() *g726 {
	s := &g726{fast: 544, slow: 34816}
	for i := range s.differences {
		s.differences[i] = newG726Float(false, 0)
	}
	for i := range s.signals {
		s.signals[i] = newG726Float(false, 0)
	}
	return s
}

// product multiplies a coefficient and a number of the memory [FMULT].
func (f g726Float) product(coefficient int) int {
	magnitude := abs(coefficient>>2) & 0x1fff
	exponent := bits.Len(uint(magnitude))
	mantissa := 32
	if magnitude > 0 {
		mantissa = magnitude << 6 >> exponent
	}
	mantissa = (f.mantissa*mantissa + 48) >> 4
	shift := exponent + f.exponent - 19
	if shift >= 0 {
		mantissa = mantissa << shift & 0x7fff
	} else {
		mantissa >>= -shift
	}
	if f.negative != (coefficient < 0) {
		return -mantissa
	}
	return mantissa
}

// predict returns what the zeros make of the past, and zeros and poles together
// [ACCUM].
func (s *g726) predict() (partial, whole int) {
	for i, d := range s.differences {
		partial += d.product(s.zeros[i])
	}
	whole = partial
	for i, r := range s.signals {
		whole += r.product(s.poles[i])
	}
	return partial >> 1, whole >> 1
}

// scale is the quantizer's scale factor [MIX].
func (s *g726) scale() int {
	if s.control >= 256 {
		return s.fast
	}
	y := s.slow >> 6
	d, speed := s.fast-y, s.control>>2
	if d > 0 {
		return y + d*speed>>6
	}
	return y + (d*speed+63)>>6
}

// quantize codes a difference [LOG, SUBTB, QUAN].
func g726Quantize(d, scale int) int {
	magnitude := d
	if d < 0 {
		magnitude = -d
	}
	exponent := bits.Len(uint(magnitude >> 1))
	logarithm := exponent<<7 + magnitude<<7>>exponent&0x7f - scale>>2
	step := 0
	for step < len(g726Steps) && logarithm >= g726Steps[step] {
		step++
	}
	if d < 0 || step == 0 {
		return 15 - step
	}
	return step
}

// next goes on with a code and returns the signal that it makes [RECONST to FLOATB].
func (s *g726) next(code, partial, whole, scale int) int {
	negative, step := code&8 != 0, code
	if negative {
		step = 15 - code
	}
	magnitude := 0
	if logarithm := g726Levels[step] + scale>>2; logarithm >= 0 {
		magnitude = (128 + logarithm&0x7f) << 7 >> (14 - logarithm>>7&15)
	}
	signal := whole + magnitude
	if negative {
		signal = whole - magnitude
	}
	s.adapt(negative, magnitude, signal, signal-whole+partial, scale, step)
	return signal
}

func (s *g726) adapt(negative bool, magnitude, signal, sum, scale, step int) {
	jump := s.tone && magnitude > s.threshold()
	s.fast = min(max(scale+(g726Scale[step]<<5-scale)>>5, 544), 5120) // FUNCTW, FILTD, LIMB
	s.slow += s.fast + -s.slow>>6                                     // FILTE
	if jump {
		s.poles, s.zeros = [2]int{}, [6]int{}
	} else {
		s.adaptPoles(sum)
		s.adaptZeros(negative, magnitude)
	}
	copy(s.differences[1:], s.differences[:5])
	s.differences[0] = newG726Float(negative, magnitude)
	s.signals[1] = s.signals[0]
	s.signals[0] = newG726Float(signal < 0, min(abs(signal), 0x7fff))
	s.signs[1], s.signs[0] = s.signs[0], sum < 0
	s.tone = !jump && s.poles[1] < -11776
	speed := g726Speed[step] << 9
	s.short += (speed - s.short) >> 5
	s.long += (speed<<2 - s.long) >> 7
	switch {
	case jump:
		s.control = 256
	case scale < 1536, s.tone, abs(s.short<<2-s.long) >= s.long>>3:
		s.control += (512 - s.control) >> 4
	default:
		s.control += -s.control >> 4
	}
}

// threshold is above which a difference ends a tone [TRANS].
func (s *g726) threshold() int {
	whole, part := s.slow>>15, s.slow>>10&31
	t := 31 << 10
	if whole <= 9 {
		t = (32 + part) << whole
	}
	return (t + t>>1) >> 1
}

func (s *g726) adaptPoles(sum int) {
	negative := sum < 0
	first := s.poles[0]
	second := s.poles[1] - s.poles[1]>>7
	same := negative == s.signs[0]
	if sum != 0 {
		f := first
		if same {
			f = -first
		}
		switch {
		case f < -8191:
			second -= 256
		case f > 8191:
			second += 255
		default:
			second += f >> 5
		}
		if negative == s.signs[1] {
			second += 128
		} else {
			second -= 128
		}
		second = min(max(second, -12288), 12288)
	}
	first -= first >> 8
	if sum != 0 && same {
		first += 192
	} else if sum != 0 {
		first -= 192
	}
	limit := 15360 - second
	s.poles = [2]int{min(max(first, -limit), limit), second}
}

func (s *g726) adaptZeros(negative bool, magnitude int) {
	for i := range s.zeros {
		s.zeros[i] -= s.zeros[i] >> 8
		switch {
		case magnitude == 0:
		case negative == s.differences[i].negative:
			s.zeros[i] += 128
		default:
			s.zeros[i] -= 128
		}
	}
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}

// g726Codec packs two codes in an octet: the first in the low half (RFC 3551 §4.5.4),
// or with high in the upper one, as ATM has it (AAL2).
type g726Codec struct {
	*g726
	high bool
	half int // a code that waits for its octet's other, plus 1
}

func (c *g726Codec) Decode(dst []int16, data []byte) ([]int16, error) {
	for _, b := range data {
		first, second := int(b&15), int(b>>4)
		if c.high {
			first, second = second, first
		}
		for _, code := range [2]int{first, second} {
			partial, whole := c.predict()
			v := c.next(code, partial, whole, c.scale())
			dst = append(dst, int16(min(max(v<<2, -32768), 32767)))
		}
	}
	return dst, nil
}

func (c *g726Codec) Encode(dst []byte, samples []int16) ([]byte, error) {
	for _, v := range samples {
		partial, whole := c.predict()
		scale := c.scale()
		code := g726Quantize(int(v>>2)-whole, scale)
		c.next(code, partial, whole, scale)
		switch {
		case c.half == 0:
			c.half = code + 1
			continue
		case c.high:
			dst = append(dst, byte(c.half-1)<<4|byte(code))
		default:
			dst = append(dst, byte(c.half-1)|byte(code)<<4)
		}
		c.half = 0
	}
	return dst, nil
}
