package media

import (
	"fmt"
	"math"
	"time"
)

// mfPitches are the frequencies of multi-frequency signalling (ITU-T Q.320, R1):
// each digit is two of them.
var mfPitches = [6]float64{700, 900, 1100, 1300, 1500, 1700}

// mfPairs are the two of each digit, by index. * is KP, # is ST; A, B and C are
// ST', ST" and ST"'.
var mfPairs = map[byte][2]int{'1': {0, 1}, '2': {0, 2}, '3': {1, 2}, '4': {0, 3}, '5': {1, 3}, '6': {2, 3}, '7': {0, 4},
	'8': {1, 4}, '9': {2, 4}, '0': {3, 4}, '*': {2, 5}, '#': {4, 5}, 'A': {1, 5}, 'B': {3, 5}, 'C': {0, 5}}

// MFTone returns the tone of an MF digit: for a time, then silence for another.
func MFTone(digit byte, length, pause time.Duration) (*Tone, error) {
	pair, ok := mfPairs[digit]
	if !ok {
		return nil, fmt.Errorf("no MF digit %q", digit)
	}
	t := &Tone{repeat: -1, elements: []element{{first: mfPitches[pair[0]], second: mfPitches[pair[1]], samples: toneSamples(length)}}}
	if pause > 0 {
		t.elements = append(t.elements, element{samples: toneSamples(pause)})
	}
	return t, nil
}

// PitchTone returns a sine for a time, then silence for another; hz 0 is silence.
func PitchTone(hz float64, length, pause time.Duration) *Tone {
	t := &Tone{repeat: -1, elements: []element{{first: hz, samples: toneSamples(length)}}}
	if pause > 0 {
		t.elements = append(t.elements, element{samples: toneSamples(pause)})
	}
	return t
}

// Limits of MF detection. Powers are shares of the block's.
const (
	mfBlock   = 120 // samples, 15 ms
	mfShare   = 0.75
	mfTwist   = 6.3 // between the two of a digit: 8 dB
	mfHits    = 2   // blocks in a row that begin a digit
	mfMisses  = 1   // blocks in a row that end it
	mfMinimum = 300 // amplitude
)

// An MFDetector hears MF digits in linear samples at 8 kHz. It belongs to one goroutine.
type MFDetector struct {
	block  [mfBlock]float64
	filled int
	digit  byte // that is heard, or 0
	last   byte // of the former block
	hits   int
	misses int
}

// Process takes samples and calls tell with each digit when it begins.
func (d *MFDetector) Process(samples []int16, tell func(digit byte)) {
	for _, s := range samples {
		d.block[d.filled] = float64(s)
		if d.filled++; d.filled < mfBlock {
			continue
		}
		d.filled = 0
		d.judge(d.listen(), tell)
	}
}

func (d *MFDetector) judge(digit byte, tell func(byte)) {
	if digit != 0 && digit == d.last {
		d.hits++
	} else {
		d.hits = 1
	}
	d.last = digit
	if d.digit != 0 && digit != d.digit {
		if d.misses++; d.misses >= mfMisses {
			d.digit = 0
		}
	} else {
		d.misses = 0
	}
	if d.digit == 0 && digit != 0 && d.hits >= mfHits {
		d.digit, d.misses = digit, 0
		tell(digit)
	}
}

// listen tells the digit of a block, 0 if there is none.
func (d *MFDetector) listen() byte {
	energy := 0.0
	for _, v := range d.block {
		energy += v * v
	}
	if energy < mfMinimum*mfMinimum*mfBlock/2 {
		return 0
	}
	var power [len(mfPitches)]float64
	first, second := -1, -1
	for i, hz := range mfPitches {
		power[i] = PitchPower(d.block[:], hz, toneRate)
		switch {
		case first < 0 || power[i] > power[first]:
			first, second = i, first
		case second < 0 || power[i] > power[second]:
			second = i
		}
	}
	if power[first] > mfTwist*power[second] || power[first]+power[second] < mfShare*energy*mfBlock/2 {
		return 0
	}
	low, high := min(first, second), max(first, second)
	for digit, pair := range mfPairs {
		if pair == [2]int{low, high} {
			return digit
		}
	}
	return 0
}

// PitchPower is the power of a frequency in a block: of a block that is nothing
// but it, half of the block's energy times its length.
func PitchPower(block []float64, hz float64, rate int) float64 {
	turn := 2 * math.Cos(2*math.Pi*hz/float64(rate))
	var before, last float64
	for _, v := range block {
		before, last = last, v+turn*last-before
	}
	return last*last + before*before - turn*last*before
}
