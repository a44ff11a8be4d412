package media

import (
	"math"
	"math/rand/v2"
	"testing"
)

// sung are samples of tones, of which each is frequencies and a length in ms.
func sung(parts ...[]float64) []int16 {
	var out []int16
	for _, p := range parts {
		hz, n := p[:len(p)-1], int(p[len(p)-1]*8)
		for range n {
			v, t := 0.0, float64(len(out))/8000
			for _, f := range hz {
				v += 4000 * math.Sin(2*math.Pi*f*t)
			}
			out = append(out, int16(v))
		}
	}
	return out
}

func TestTonesOfACallsProgress(t *testing.T) {
	noise := make([]int16, 16000)
	for i := range noise {
		noise[i] = int16(rand.IntN(8000) - 4000)
	}
	for name, test := range map[string]struct {
		zone    string
		times   int
		samples []int16
		want    CallTone
	}{
		"dial":            {samples: sung([]float64{350, 440, 400}), want: CallToneDial},
		"stutter":         {samples: sung([]float64{350, 440, 100}, []float64{100}, []float64{350, 440, 100}, []float64{100}, []float64{350, 440, 500}), want: CallToneDial},
		"ring":            {samples: sung([]float64{440, 480, 2000}), want: CallToneRinging},
		"busy":            {samples: sung([]float64{480, 620, 500}, []float64{500}), want: CallToneBusy},
		"congestion":      {samples: sung([]float64{480, 620, 250}, []float64{250}), want: CallToneBusy},
		"special":         {samples: sung([]float64{950, 330}, []float64{1400, 330}, []float64{1800, 330}), want: CallToneSpecial},
		"not in order":    {samples: sung([]float64{1400, 330}, []float64{950, 330}, []float64{1800, 330})},
		"one alone":       {samples: sung([]float64{1800, 900})},
		"too late":        {samples: sung([]float64{950, 330}, []float64{1500}, []float64{1400, 330}, []float64{1800, 330})},
		"modem":           {samples: sung([]float64{2225, 500}), want: CallToneModem},
		"fax":             {samples: sung([]float64{2100, 2000}), want: CallToneFax},
		"fax, short":      {samples: sung([]float64{2100, 600})},
		"test tone":       {samples: sung([]float64{1004, 3000})},
		"unobtainable":    {zone: "uk", samples: sung([]float64{400, 2000}), want: CallToneNoNumber},
		"not obtainable":  {samples: sung([]float64{400, 2000})},
		"British ringing": {zone: "uk", samples: sung([]float64{400, 450, 400}, []float64{200}), want: CallToneRinging},
		"a longer match":  {times: 3, samples: sung([]float64{350, 440, 400})},
		"long enough":     {times: 3, samples: sung([]float64{350, 440, 900}), want: CallToneDial},
		"short":           {samples: sung([]float64{350, 440, 150}, []float64{500})},
		"silence":         {samples: make([]int16, 16000)},
		"noise":           {samples: noise},
		"too low":         {samples: make([]int16, 800)},
	} {
		t.Run(name, func(t *testing.T) {
			d := NewProgressDetector(test.zone, test.times)
			var got []CallTone
			for at := 0; at < len(test.samples); at += 160 {
				if p := d.Process(test.samples[at:min(at+160, len(test.samples))]); p != CallToneNothing {
					got = append(got, p)
				}
			}
			if test.want == CallToneNothing && len(got) > 0 || test.want != CallToneNothing && (len(got) != 1 || got[0] != test.want) {
				t.Errorf("heard %q, want %q", got, test.want)
			}
		})
	}
}
