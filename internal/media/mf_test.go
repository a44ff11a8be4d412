package media

import (
	"testing"
	"time"
)

// played is all that a tone gives.
func played(t *testing.T, tones ...*Tone) []int16 {
	t.Helper()
	var samples []int16
	for _, tone := range tones {
		for src := tone.Play(); ; {
			f, err := src.Next()
			if err != nil {
				break
			}
			samples = AppendSamples(samples, f.Data)
		}
	}
	return samples
}

func TestMFDigitsAreHeard(t *testing.T) {
	const digits = "*0123456789112#ABC"
	var tones []*Tone
	for i := range len(digits) {
		tone, err := MFTone(digits[i], 55*time.Millisecond, 50*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		tones = append(tones, tone)
	}
	samples := played(t, tones...)
	for offset := range 8 { // wherever blocks begin
		var d MFDetector
		got := ""
		for at := offset * 20; at < len(samples); at += 160 {
			d.Process(samples[at:min(at+160, len(samples))], func(digit byte) { got += string(rune(digit)) })
		}
		if got != digits {
			t.Errorf("heard %q, want %q, from sample %d on", got, digits, offset*20)
		}
	}
}

func TestMFHearsNothingInOtherTones(t *testing.T) {
	for _, key := range "012456789*#ABCD" { // 3 is too near to 7: 697 and 1477 Hz, 700 and 1500
		tone, err := DTMFTone(byte(key), 200*time.Millisecond, 0)
		if err != nil {
			t.Fatal(err)
		}
		var d MFDetector
		d.Process(played(t, tone), func(digit byte) { t.Errorf("the key %c is heard as the MF digit %c", key, digit) })
	}
	if _, err := MFTone('D', time.Second, 0); err == nil {
		t.Error("there is an MF digit D")
	}
}

func TestPitchDetector(t *testing.T) {
	sine := func(hz float64, ms int) *Tone {
		return PitchTone(hz, time.Duration(ms)*time.Millisecond, 100*time.Millisecond)
	}
	for _, c := range []struct {
		name  string
		tones []*Tone
		want  int
	}{
		{"long enough", []*Tone{sine(2600, 600)}, 1},
		{"too short", []*Tone{sine(2600, 400)}, 0},
		{"three times", []*Tone{sine(2600, 600), sine(2600, 700), sine(2600, 540)}, 3},
		{"another", []*Tone{sine(2400, 600)}, 0},
		{"two at once", []*Tone{{repeat: -1, elements: []element{{first: 2600, second: 1700, samples: 8000}}}}, 0},
	} {
		d := NewPitchDetector(2600, 500*time.Millisecond, 0)
		if got := d.Process(played(t, c.tones...)); got != c.want {
			t.Errorf("%s: heard %d times, want %d", c.name, got, c.want)
		}
	}
}
