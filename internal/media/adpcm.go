package media

// ADPCM as Dialogic's cards have it: four bits a sample, the first of an octet in its
// upper half. Asterisk names it DVI4 to phones, which is another code; so do we.

var adpcmChange = [8]int{-1, -1, -1, -1, 2, 4, 6, 8}

// adpcmSteps are 16·1.1ⁿ.
var adpcmSteps = [49]int{
	16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97, 107, 118, 130, 143, 157, 173, 190,
	209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658, 724, 796, 876, 963, 1060, 1166, 1282, 1411, 1552,
}

// adpcm is the state of a coder or decoder: a signal of 12 bits and its step.
type adpcm struct{ signal, step, half int }

// next goes on with a code.
func (s *adpcm) next(code int) int {
	step := adpcmSteps[s.step]
	d := step >> 3
	if code&4 != 0 {
		d += step
	}
	if code&2 != 0 {
		d += (step + 1) >> 1
	}
	if code&1 != 0 {
		d += step >> 2
	}
	if code&8 != 0 {
		d = -d
	}
	s.signal = min(max(s.signal+d, -2047), 2047)
	s.step = min(max(s.step+adpcmChange[code&7], 0), len(adpcmSteps)-1)
	return s.signal
}

// code is the one that comes closest to a signal.
func (s *adpcm) code(signal int) (code int) {
	d := signal - s.signal
	if d < 0 {
		code, d = 8, -d
	}
	step := adpcmSteps[s.step]
	for i := range 3 {
		if d >= step>>i {
			code |= 4 >> i
			d -= step >> i
		}
	}
	return code
}

func (s *adpcm) Decode(dst []int16, data []byte) ([]int16, error) {
	for _, b := range data {
		dst = append(dst, int16(s.next(int(b>>4))<<4), int16(s.next(int(b&15))<<4))
	}
	return dst, nil
}

func (s *adpcm) Encode(dst []byte, samples []int16) ([]byte, error) {
	for _, v := range samples {
		code := s.code(int(v) >> 4)
		s.next(code)
		if s.half == 0 {
			s.half = code + 1
			continue
		}
		dst = append(dst, byte(s.half-1)<<4|byte(code))
		s.half = 0
	}
	return dst, nil
}
