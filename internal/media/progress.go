package media

import "time"

// A CallTone is what a tone of the network says about a call.
type CallTone string

// What a ProgressDetector hears.
const (
	CallToneRinging  CallTone = "RINGING"
	CallToneBusy     CallTone = "BUSY"
	CallToneDial     CallTone = "DIALTONE"
	CallToneSpecial  CallTone = "SIT"      // special information tones (ITU-T E.180)
	CallToneNoNumber CallTone = "NUT"      // number unobtainable, in Britain
	CallToneModem    CallTone = "MODEM"    // a modem answers
	CallToneFax      CallTone = "FAX"      // a fax machine answers (CED, ITU-T T.30)
	CallToneNothing  CallTone = ""         // nothing that is known
	special1         CallTone = "SIT 1of3" // the tones of CallToneSpecial, one after the other
	special2         CallTone = "SIT 2of3"
	special3         CallTone = "SIT 3of3"
)

// progressBlock is how much is judged at once: 40 ms at 8 kHz, in which 440 and 480 Hz part.
const (
	progressBlock   = 320
	progressMinimum = 100 // amplitude
	progressTime    = progressBlock * time.Second / toneRate
)

// A progressTone is one or two frequencies that sound together, for at least a time.
type progressTone struct {
	is     CallTone
	hz     [2]float64
	lasts  time.Duration
	needed time.Duration // with what the detector was asked for
}

// northAmerica and britain are the tones by zones. What is not British is North American.
var (
	northAmerica = []progressTone{
		{is: CallToneDial, hz: [2]float64{350, 440}, lasts: 240 * time.Millisecond},
		{is: CallToneRinging, hz: [2]float64{440, 480}, lasts: 240 * time.Millisecond},
		{is: CallToneBusy, hz: [2]float64{480, 620}, lasts: 120 * time.Millisecond},
	}
	britain = []progressTone{
		{is: CallToneDial, hz: [2]float64{350, 440}, lasts: 240 * time.Millisecond},
		{is: CallToneRinging, hz: [2]float64{400, 450}, lasts: 240 * time.Millisecond},
		{is: CallToneNoNumber, hz: [2]float64{400}, lasts: 800 * time.Millisecond},
	}
	everywhere = []progressTone{
		{is: special1, hz: [2]float64{950}, lasts: 120 * time.Millisecond},
		{is: special2, hz: [2]float64{1400}, lasts: 120 * time.Millisecond},
		{is: special3, hz: [2]float64{1800}, lasts: 120 * time.Millisecond},
		{is: CallToneModem, hz: [2]float64{2225}, lasts: 240 * time.Millisecond},
		{is: CallToneFax, hz: [2]float64{2100}, lasts: time.Second},
	}
)

// A ProgressDetector hears tones of a call's progress in linear samples at 8 kHz. It belongs to
// one goroutine.
type ProgressDetector struct {
	tones   []progressTone
	block   [progressBlock]float64
	filled  int
	now     CallTone
	lasted  time.Duration
	special CallTone // how far special information has come
	since   time.Duration
}

// NewProgressDetector returns a detector of a zone's tones, "uk" or any other. Each must last
// times as long as it does with 1.
func NewProgressDetector(zone string, times int) *ProgressDetector {
	tones := northAmerica
	if zone == "uk" {
		tones = britain
	}
	d := &ProgressDetector{tones: append(append([]progressTone(nil), tones...), everywhere...)}
	for i := range d.tones {
		d.tones[i].needed = d.tones[i].lasts * time.Duration(max(1, times))
	}
	return d
}

// Process takes samples and returns what was heard with them, each tone once while it lasts.
func (d *ProgressDetector) Process(samples []int16) (heard CallTone) {
	for _, s := range samples {
		d.block[d.filled] = float64(s)
		if d.filled++; d.filled < progressBlock {
			continue
		}
		d.filled = 0
		if p := d.judge(); p != CallToneNothing {
			heard = p
		}
	}
	return heard
}

// Tonal reports whether what was heard last is one of the tones, however short.
func (d *ProgressDetector) Tonal() bool { return d.now != CallToneNothing }

// judge takes a block into account.
func (d *ProgressDetector) judge() CallTone {
	tone := d.sounds()
	if d.since += progressTime; tone.is != d.now {
		d.now, d.lasted = tone.is, 0
	}
	d.lasted += progressTime
	if tone.is == CallToneNothing || d.lasted < tone.needed || d.lasted-progressTime >= tone.needed {
		return CallToneNothing
	}
	return d.follow(tone.is)
}

// specialGap is how long after one tone of special information the next one has come.
const specialGap = time.Second

// follow turns the tones of special information, in their order, into one.
func (d *ProgressDetector) follow(tone CallTone) CallTone {
	before := d.special
	late := d.since > specialGap
	d.special, d.since = tone, 0
	switch {
	case tone == special1:
		return CallToneNothing
	case tone == special2:
		if before != special1 || late {
			d.special = CallToneNothing
		}
		return CallToneNothing
	case tone == special3:
		d.special = CallToneNothing
		if before != special2 || late {
			return CallToneNothing
		}
		return CallToneSpecial
	}
	return tone
}

// sounds is the tone of which a block is made.
func (d *ProgressDetector) sounds() progressTone {
	energy := 0.0
	for _, v := range d.block {
		energy += v * v
	}
	if energy < progressMinimum*progressMinimum*progressBlock/2 {
		return progressTone{}
	}
	for _, t := range d.tones {
		one := d.share(t.hz[0], energy)
		if t.hz[1] == 0 {
			if one > 0.8 {
				return t
			}
			continue
		}
		if two := d.share(t.hz[1], energy); one > 0.2 && two > 0.2 && one+two > 0.7 {
			return t
		}
	}
	return progressTone{}
}

// share is how much of a block's energy is of a frequency.
func (d *ProgressDetector) share(hz, energy float64) float64 {
	return PitchPower(d.block[:], hz, toneRate) * 2 / progressBlock / energy
}
