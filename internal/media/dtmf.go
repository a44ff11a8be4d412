package media

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// Keys in the order of their frequencies (ITU-T Q.23): four rows of four columns.
const dtmfKeys = "123A456B789C*0#D"

var (
	dtmfRows    = [4]float64{697, 770, 852, 941}
	dtmfColumns = [4]float64{1209, 1336, 1477, 1633}
)

// DTMFTone returns the tone of a key: for a time, then silence for another.
func DTMFTone(key byte, length, pause time.Duration) (*Tone, error) {
	if key >= 'a' && key <= 'd' {
		key -= 'a' - 'A'
	}
	i := strings.IndexByte(dtmfKeys, key)
	if i < 0 {
		return nil, fmt.Errorf("no tone of key %q", key)
	}
	t := &Tone{repeat: -1, elements: []element{{first: dtmfRows[i/4], second: dtmfColumns[i%4], samples: toneSamples(length)}}}
	if pause > 0 {
		t.elements = append(t.elements, element{samples: toneSamples(pause)})
	}
	return t, nil
}

func toneSamples(d time.Duration) int { return max(1, int(d*toneRate/time.Second)) }

// Limits of detection. Powers are compared as shares of the whole block's, so
// that only dtmfLeast depends on the level.
const (
	dtmfBlock     = 102  // samples, 12.75 ms: as long as the rows' distance asks for
	dtmfHits      = 2    // blocks in a row that begin a key
	dtmfMisses    = 3    // blocks in a row that end it
	dtmfShare     = 0.80 // of the power that the two frequencies must have
	dtmfAhead     = 6.3  // a frequency over others of its group: 8 dB
	dtmfLeast     = 175  // amplitude: -45 dB of full scale
	dtmfNormal    = 6.31 // row over column: 8 dB
	dtmfReverse   = 2.51 // column over row: 4 dB
	dtmfRelaxed   = 3.98 // the same with relaxdtmf: 6 dB
	faxPitch      = 1100 // Hz, calling tone of ITU-T T.30 §4.1
	faxShare      = 0.85
	faxBlocks     = 32 // 408 ms of the tone's 425 to 575
	dtmfBlockTime = dtmfBlock * time.Second / toneRate
)

// A DTMFDetector hears keys, and the calling tone of a fax, in linear samples at
// 8 kHz. It belongs to one goroutine.
type DTMFDetector struct {
	normal, reverse float64 // see Hearing
	least, most     int     // hits that begin a key, misses that end it
	fax             bool
	block           [dtmfBlock]float64
	filled          int
	key             byte // that is held, or 0
	last            byte // of the former block
	hits            int
	misses          int
	blocks          int // that the key lasts
	tones           int // blocks of fax tone in a row
	told            bool
}

// NewDTMFDetector returns a detector as Asterisk's is without dsp.conf. Relaxed allows the column 6 dB over the row
// instead of 4 (relaxdtmf); fax listens for the calling tone, too.
func NewDTMFDetector(relaxed, fax bool) *DTMFDetector {
	return DefaultHearing().Detector(relaxed, fax)
}

// Process takes samples and calls tell with DTMFBegin and DTMFEnd frames; the
// digit 'f' is a fax. A key of 40 ms is heard.
func (d *DTMFDetector) Process(samples []int16, tell func(Frame)) {
	for _, s := range samples {
		d.block[d.filled] = float64(s)
		if d.filled++; d.filled == dtmfBlock {
			d.filled = 0
			d.judge(tell)
		}
	}
}

// Held is the key that is down, 0 if none: voice is muted while it is.
func (d *DTMFDetector) Held() byte { return d.key }

func (d *DTMFDetector) judge(tell func(Frame)) {
	energy := 0.0
	for _, v := range d.block {
		energy += v * v
	}
	key := byte(0)
	if energy > dtmfLeast*dtmfLeast*dtmfBlock/2 {
		key = d.listen(energy)
	}
	if d.fax {
		d.judgeFax(key == 0 && energy > dtmfLeast*dtmfLeast*dtmfBlock/2 &&
			goertzel(&d.block, faxPitch) >= faxShare*energy*dtmfBlock/2, tell)
	}
	if key != 0 && key == d.last {
		d.hits++
	} else {
		d.hits = 1
	}
	d.last = key
	switch {
	case d.key != 0 && key == d.key:
		d.blocks, d.misses = d.blocks+1+d.misses, 0
	case d.key != 0:
		if d.misses++; d.misses >= d.most || (key != 0 && d.hits >= d.least) {
			tell(Frame{Kind: DTMFEnd, Digit: d.key, Duration: time.Duration(d.blocks) * dtmfBlockTime})
			d.key, d.misses = 0, 0
		}
	}
	if d.key == 0 && key != 0 && d.hits >= d.least {
		d.key, d.blocks, d.misses = key, d.hits, 0
		tell(Frame{Kind: DTMFBegin, Digit: key})
	}
}

func (d *DTMFDetector) judgeFax(heard bool, tell func(Frame)) {
	if !heard {
		d.tones, d.told = 0, false
		return
	}
	if d.tones++; d.tones >= faxBlocks && !d.told {
		d.told = true
		tell(Frame{Kind: DTMFBegin, Digit: 'f'})
		tell(Frame{Kind: DTMFEnd, Digit: 'f', Duration: time.Duration(d.tones) * dtmfBlockTime})
	}
}

// listen returns the key that a block of some energy holds, or 0.
func (d *DTMFDetector) listen(energy float64) byte {
	row, rowPower, clearRow := strongest(&d.block, &dtmfRows)
	column, columnPower, clearColumn := strongest(&d.block, &dtmfColumns)
	least := math.Pow(dtmfLeast*dtmfBlock/2, 2)
	switch {
	case !clearRow || !clearColumn,
		rowPower < least || columnPower < least,
		rowPower > columnPower*d.normal || columnPower > rowPower*d.reverse,
		rowPower+columnPower < dtmfShare*energy*dtmfBlock/2:
		return 0
	}
	return dtmfKeys[4*row+column]
}

// strongest finds the strongest frequency of a group, and if it is clearly so.
func strongest(block *[dtmfBlock]float64, group *[4]float64) (at int, most float64, clearly bool) {
	var power [4]float64
	for i, f := range group {
		power[i] = goertzel(block, f)
		if power[i] > most {
			at, most = i, power[i]
		}
	}
	for i, p := range power {
		if i != at && p*dtmfAhead > most {
			return at, most, false
		}
	}
	return at, most, most > 0
}

// goertzel is the power of one frequency in a block: (amplitude × length / 2)²
// for a sine wave.
func goertzel(block *[dtmfBlock]float64, hz float64) float64 {
	turn := 2 * math.Cos(2*math.Pi*hz/toneRate)
	var before, last float64
	for _, v := range block {
		before, last = last, v+turn*last-before
	}
	return last*last + before*before - turn*last*before
}
