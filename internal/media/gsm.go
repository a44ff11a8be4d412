package media

import (
	"fmt"
	"math/bits"
)

// GSM 06.10 full rate (ETSI EN 300 961), in the 33-octet frames of RFC 3551
// §4.5.8.1. The arithmetic is that of the standard to the last bit; the numbers
// in brackets are its sections.

const (
	gsmSamples = 160
	gsmBytes   = 33
	gsmMagic   = 0xd // upper half of a frame's first octet
)

// gsmFrame is what one frame says.
type gsmFrame struct {
	area      [8]int // LARc: coded log area ratios
	subframes [4]gsmSubframe
}

// gsmSubframe is what it says of 40 samples.
type gsmSubframe struct {
	lag   int     // Nc, 7 bits
	gain  int     // bc, 2
	grid  int     // Mc, 2
	peak  int     // xmaxc, 6
	pulse [13]int // xMc, 3 each
}

// gsmWidths are the bits of each log area ratio.
var gsmWidths = [8]int{6, 6, 5, 5, 4, 4, 3, 3}

// fields calls f with each field of a frame and its bits, in the order of transmission.
func (f *gsmFrame) fields(do func(field *int, width int)) {
	for i := range f.area {
		do(&f.area[i], gsmWidths[i])
	}
	for i := range f.subframes {
		s := &f.subframes[i]
		do(&s.lag, 7)
		do(&s.gain, 2)
		do(&s.grid, 2)
		do(&s.peak, 6)
		for j := range s.pulse {
			do(&s.pulse[j], 3)
		}
	}
}

func (f *gsmFrame) append(dst []byte) []byte {
	pending, count := uint(gsmMagic), 4
	f.fields(func(field *int, width int) {
		pending, count = pending<<width|uint(*field), count+width
		for ; count >= 8; count -= 8 {
			dst = append(dst, byte(pending>>(count-8)))
		}
	})
	return dst
}

func (f *gsmFrame) parse(data []byte) error {
	if data[0]>>4 != gsmMagic {
		return fmt.Errorf("gsm frame starts with %#x", data[0])
	}
	pending, count := uint(data[0]&0x0f), 4
	data = data[1:]
	f.fields(func(field *int, width int) {
		if count < width {
			pending, count = pending<<8|uint(data[0]), count+8
			data = data[1:]
		}
		count -= width
		*field = int(pending >> count & (1<<width - 1))
	})
	return nil
}

// gsmMul multiplies two fractions of 15 bits, rounded.
func gsmMul(a, b int) int { return saturate16((a*b + 1<<14) >> 15) }

// gsmNorm is how far a positive number can be shifted left within 32 bits.
func gsmNorm(v int) int { return bits.LeadingZeros32(uint32(v)) - 1 }

func gsmAbs(v int) int { return min(max(v, -v), 32767) }

// gsmDecodeArea decodes log area ratios [5.2.8].
func gsmDecodeArea(code *[8]int) (ratio [8]int) {
	for i := range ratio {
		r := gsmQuantArea[i]
		v := saturate16((code[i]+r.least)<<10 - r.offset*2)
		v = gsmMul(r.inverse, v)
		ratio[i] = saturate16(2 * v)
	}
	return ratio
}

// gsmPart is a stretch of a frame in which the filter stays the same, with the
// quarters that the former frame's ratios weigh in it [5.2.9.1].
type gsmPart struct{ from, to, former int }

var gsmParts = [4]gsmPart{{0, 13, 3}, {13, 27, 2}, {27, 40, 1}, {40, gsmSamples, 0}}

// reflection interpolates between the ratios of two frames and returns the
// reflection coefficients of the part [5.2.9].
func (p gsmPart) reflection(former, present *[8]int) (r [8]int) {
	for i := range r {
		a, b, v := former[i], present[i], 0
		switch p.former {
		case 3:
			v = a>>2 + b>>2 + a>>1
		case 2:
			v = a>>1 + b>>1
		case 1:
			v = a>>2 + b>>2 + b>>1
		default:
			v = b
		}
		v = saturate16(v)
		size := gsmAbs(v)
		switch {
		case size < 11059:
			size <<= 1
		case size < 20070:
			size += 11059
		default:
			size = saturate16(size>>2 + 26112)
		}
		if v < 0 {
			size = -size
		}
		r[i] = size
	}
	return r
}

// gsmPeak splits a coded peak into exponent and mantissa [5.2.15].
func gsmPeak(code int) (exponent, mantissa int) {
	if code > 15 {
		exponent = code>>3 - 1
	}
	mantissa = code - exponent<<3
	if mantissa == 0 {
		return -4, 7
	}
	for mantissa <= 7 {
		mantissa = mantissa<<1 | 1
		exponent--
	}
	return exponent, mantissa - 8
}

// excite rebuilds the 40 samples of excitation that the pulses stand for [5.2.16, 5.2.17].
func (s *gsmSubframe) excite() (e [40]int) {
	exponent, mantissa := gsmPeak(s.peak)
	shift := 6 - exponent
	round := 1 << shift >> 1
	for i, code := range s.pulse {
		v := gsmMul(gsmFactor[mantissa], (code<<1-7)<<12)
		e[s.grid+3*i] = saturate16(v+round) >> shift
	}
	return e
}

type gsmDecoder struct {
	area     [8]int
	lag      int
	past     [120]int // drp: the reconstructed residual, oldest first
	lattice  [9]int   // v
	emphasis int      // msr
}

func newGSMDecoder() *gsmDecoder { return &gsmDecoder{lag: 40} }

// Decode implements Decoder: 160 samples for each 33 octets.
func (d *gsmDecoder) Decode(dst []int16, data []byte) ([]int16, error) {
	for ; len(data) >= gsmBytes; data = data[gsmBytes:] {
		var f gsmFrame
		if err := f.parse(data[:gsmBytes]); err != nil {
			return dst, err
		}
		var added []int16
		dst, added = grow(dst, gsmSamples)
		d.frame(&f, added)
	}
	if len(data) != 0 {
		return dst, fmt.Errorf("gsm data with %d bytes beyond whole frames of %d", len(data), gsmBytes)
	}
	return dst, nil
}

func (d *gsmDecoder) frame(f *gsmFrame, out []int16) {
	var residual [gsmSamples]int
	for i := range f.subframes {
		s := &f.subframes[i]
		if s.lag >= 40 && s.lag <= 120 {
			d.lag = s.lag
		}
		excitation := s.excite()
		var now [40]int
		for k := range now {
			now[k] = saturate16(excitation[k] + gsmMul(gsmGain[s.gain], d.past[120-d.lag+k]))
		}
		copy(d.past[:], d.past[40:])
		copy(d.past[80:], now[:])
		copy(residual[40*i:], now[:])
	}
	area := gsmDecodeArea(&f.area)
	for _, p := range gsmParts {
		r := p.reflection(&d.area, &area)
		for k := p.from; k < p.to; k++ {
			out[k] = d.synthesize(&r, residual[k])
		}
	}
	d.area = area
}

// synthesize runs one sample through the short-term filter, de-emphasis and
// truncation to 13 bits [5.3.4 … 5.3.7].
func (d *gsmDecoder) synthesize(r *[8]int, v int) int16 {
	for i := 7; i >= 0; i-- {
		v = saturate16(v - gsmMul(r[i], d.lattice[i]))
		d.lattice[i+1] = saturate16(d.lattice[i] + gsmMul(r[i], v))
	}
	d.lattice[0] = v
	d.emphasis = saturate16(v + gsmMul(d.emphasis, 28180))
	return int16(saturate16(2*d.emphasis) &^ 7)
}
