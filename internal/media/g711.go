package media

// G.711 in tables that are computed once. Linear samples are 16 bits wide; µ-law
// uses the upper 14 of them and A-law the upper 13.
var (
	ulawToLinear = expand(expandULaw)
	alawToLinear = expand(expandALaw)
	linearToULaw = compress(compressULaw) // by the upper 14 bits
	linearToALaw = compress(compressALaw)
	ulawToALaw   = recode(&ulawToLinear, &linearToALaw)
	alawToULaw   = recode(&alawToLinear, &linearToULaw)
)

func expand(one func(byte) int16) (t [256]int16) {
	for i := range t {
		t[i] = one(byte(i))
	}
	return t
}

func compress(one func(int16) byte) (t [1 << 14]byte) {
	for i := range t {
		t[i] = one(int16(uint16(i << 2)))
	}
	return t
}

func recode(to *[256]int16, from *[1 << 14]byte) (t [256]byte) {
	for i := range t {
		t[i] = from[uint16(to[i])>>2]
	}
	return t
}

// expandULaw decodes one octet, ITU-T G.711 table 2: inverted bits, sign,
// three bits of segment and four of interval.
func expandULaw(code byte) int16 {
	code = ^code
	magnitude := (int(code&0x0f)<<3+0x84)<<(code>>4&7) - 0x84
	if code&0x80 != 0 {
		return int16(-magnitude)
	}
	return int16(magnitude)
}

// compressULaw encodes one sample, ITU-T G.711 table 2.
func compressULaw(sample int16) byte {
	sign, magnitude := byte(0), int(sample)
	if sample < 0 {
		sign, magnitude = 0x80, ^magnitude
	}
	magnitude = min(magnitude>>2+33, 0x1fff)
	segment := byte(0)
	for magnitude>>(segment+6) != 0 {
		segment++
	}
	return ^(sign | segment<<4 | byte(magnitude>>(segment+1)&0x0f))
}

// expandALaw decodes one octet, ITU-T G.711 table 1: even bits inverted.
func expandALaw(code byte) int16 {
	code ^= 0x55
	magnitude := int(code&0x0f)<<4 + 8
	if segment := code >> 4 & 7; segment > 0 {
		magnitude = (magnitude + 0x100) << (segment - 1)
	}
	if code&0x80 == 0 {
		return int16(-magnitude)
	}
	return int16(magnitude)
}

// compressALaw encodes one sample, ITU-T G.711 table 1.
func compressALaw(sample int16) byte {
	sign, magnitude := byte(0x80), int(sample)
	if sample < 0 {
		sign, magnitude = 0, ^magnitude
	}
	magnitude >>= 4
	segment := byte(0)
	if magnitude > 15 {
		for segment = 1; magnitude > 31; segment++ {
			magnitude >>= 1
		}
	}
	return (sign | segment<<4 | byte(magnitude&0x0f)) ^ 0x55
}

// g711Decoder and g711Encoder look each value up.
type g711Decoder struct{ table *[256]int16 }

func (d g711Decoder) Decode(dst []int16, data []byte) ([]int16, error) {
	dst, added := grow(dst, len(data))
	for i, c := range data {
		added[i] = d.table[c]
	}
	return dst, nil
}

type g711Encoder struct{ table *[1 << 14]byte }

func (e g711Encoder) Encode(dst []byte, samples []int16) ([]byte, error) {
	dst, added := grow(dst, len(samples))
	for i, s := range samples {
		added[i] = e.table[uint16(s)>>2]
	}
	return dst, nil
}
