package media

import "time"

// SilenceThreshold is the mean magnitude of samples below which a frame is
// silent (silencethreshold of dsp.conf).
const SilenceThreshold = 256

// Silence tells speech from silence by the magnitude of samples.
type Silence struct {
	// Threshold is the mean magnitude below which a frame is silent; 0 is SilenceThreshold.
	Threshold int
	// Quiet and Loud are how long it has been silent, or not; one of them is 0.
	Quiet, Loud time.Duration
}

// Process takes a frame's samples at a rate in Hz and tells if it is silent.
func (s *Silence) Process(samples []int16, rate int) bool {
	if len(samples) == 0 || rate <= 0 {
		return s.Quiet > 0
	}
	threshold := s.Threshold
	if threshold == 0 {
		threshold = SilenceThreshold
	}
	length := time.Duration(len(samples)) * time.Second / time.Duration(rate)
	if Magnitude(samples) < threshold {
		s.Quiet, s.Loud = s.Quiet+length, 0
		return true
	}
	s.Quiet, s.Loud = 0, s.Loud+length
	return false
}

// Magnitude is the mean of the samples' absolute values, 0 to 32768.
func Magnitude(samples []int16) int {
	if len(samples) == 0 {
		return 0
	}
	sum := 0
	for _, v := range samples {
		sum += max(int(v), -int(v))
	}
	return sum / len(samples)
}
