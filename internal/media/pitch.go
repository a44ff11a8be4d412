package media

import (
	"math"
	"time"
)

// pitchBlock is how much is judged at once: 20 ms at 8 kHz.
const (
	pitchBlock   = 160
	pitchMinimum = 175 // amplitude
)

// A PitchDetector hears a tone of one frequency in linear samples at 8 kHz. It
// belongs to one goroutine.
type PitchDetector struct {
	hz     float64
	length time.Duration
	// ratio is how many times stronger than all the rest the tone must be.
	ratio  float64
	block  [pitchBlock]float64
	filled int
	lasted time.Duration
	misses int
	told   bool
}

// NewPitchDetector returns a detector of a tone that lasts for at least a time and
// is so many decibels over everything else, 16 if 0.
func NewPitchDetector(hz float64, length time.Duration, decibels float64) *PitchDetector {
	if decibels <= 0 {
		decibels = 16
	}
	return &PitchDetector{hz: hz, length: length, ratio: decibelRatio(decibels)}
}

// Process takes samples and returns how often the tone was heard with them: once
// each time it has lasted long enough.
func (d *PitchDetector) Process(samples []int16) (hits int) {
	for _, s := range samples {
		d.block[d.filled] = float64(s)
		if d.filled++; d.filled < pitchBlock {
			continue
		}
		d.filled = 0
		if d.judge() {
			hits++
		}
	}
	return hits
}

// Present tells whether the tone is there now.
func (d *PitchDetector) Present() bool { return d.lasted > 0 }

func (d *PitchDetector) judge() bool {
	energy := 0.0
	for _, v := range d.block {
		energy += v * v
	}
	tone := PitchPower(d.block[:], d.hz, toneRate) * 2 / pitchBlock // as energy
	if energy < pitchMinimum*pitchMinimum*pitchBlock/2 || tone < d.ratio*(energy-tone) {
		if d.misses++; d.misses > 1 || d.lasted < 2*pitchBlock*time.Second/toneRate {
			d.lasted, d.told = 0, false
		}
		return false
	}
	d.misses = 0
	d.lasted += pitchBlock * time.Second / toneRate
	if d.told || d.lasted < d.length {
		return false
	}
	d.told = true
	return true
}

// decibelRatio is a ratio of powers.
func decibelRatio(decibels float64) float64 { return math.Pow(10, decibels/10) }
