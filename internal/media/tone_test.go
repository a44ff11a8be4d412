package media

import (
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// play returns up to so many samples of a tone.
func play(t testing.TB, tone *Tone, most int) (samples []int16) {
	t.Helper()
	s := tone.Play()
	for len(samples) < most {
		f, err := s.Next()
		if errors.Is(err, io.EOF) {
			return samples
		}
		if err != nil {
			t.Fatal(err)
		}
		samples = AppendSamples(samples, f.Data)
	}
	return samples
}

func TestTones(t *testing.T) {
	type part struct {
		at, n int // samples
		hz    float64
		share float64
	}
	tests := []struct {
		script  string
		endless bool
		length  int // of one that ends
		parts   []part
	}{
		{"425/1000,0/4000", true, 0, []part{{0, 8000, 425, 1}, {8000, 32000, 0, 0}, {40000, 8000, 425, 1}, {48000, 8000, 0, 0}}},
		{"350+440", true, 0, []part{{0, 40000, 350, 0.5}, {0, 40000, 440, 0.5}}},
		{"!350+440/100,!0/100", false, 1600, []part{{0, 800, 350, 0.5}, {800, 800, 0, 0}}},
		{"!950/330,!1400/330,!1800/330,0", true, 0, []part{{0, 2640, 950, 1}, {2640, 2640, 1400, 1}, {5280, 2640, 1800, 1}, {7920, 8000, 0, 0}}},
		{"!1000/100,500/100,!700/100", true, 0, []part{{0, 800, 1000, 1}, {800, 800, 500, 1}, {1600, 800, 700, 1}, {2400, 800, 500, 1}, {3200, 800, 700, 1}}},
		{"M69/100|!0/5", true, 0, []part{{0, 800, 440, 1}}},
		{"1000*50", true, 0, []part{{0, 8000, 1000, 0.71}, {0, 8000, 1050, 0.144}, {0, 8000, 950, 0.144}}},
	}
	for _, test := range tests {
		tone, err := ParseTone(test.script)
		if err != nil {
			t.Errorf("%s: %v", test.script, err)
			continue
		}
		if tone.Endless() != test.endless {
			t.Errorf("%s: endless %v", test.script, tone.Endless())
		}
		samples := play(t, tone, 60000)
		if !test.endless && len(samples) != test.length {
			t.Errorf("%s: %d samples, want %d", test.script, len(samples), test.length)
		}
		for _, p := range test.parts {
			piece := samples[p.at : p.at+p.n]
			if p.hz == 0 {
				if Magnitude(piece) != 0 {
					t.Errorf("%s: sound from %d", test.script, p.at)
				}
			} else if got := toneShare(piece, toneRate, p.hz); got < p.share-0.03 || got > p.share+0.03 {
				t.Errorf("%s: from %d %.0f Hz is %.3f of the sound, want %.2f", test.script, p.at, p.hz, got, p.share)
			}
		}
	}
}

func TestToneErrors(t *testing.T) {
	for _, script := range []string{"", ",", "x", "425/x", "425/-1", "20001", "-1", "350+", "M128", "425/99999999999", "1+2+x"} {
		if _, err := ParseTone(script); err == nil {
			t.Errorf("%q was taken", script)
		}
	}
}

// The third pitch of three is not played.
func TestTonesOfTheStockFile(t *testing.T) {
	two, err := ParseTone("350+375/100")
	if err != nil {
		t.Fatal(err)
	}
	three, err := ParseTone("350+375+400/100")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := play(t, three, 800), play(t, two, 800); !slices.Equal(got, want) {
		t.Error("350+375+400 does not sound like 350+375")
	}
	if _, err := ParseTone("1000/400,10000/400,1000/400"); err != nil {
		t.Error(err)
	}
}

func TestDefaultZones(t *testing.T) {
	for _, z := range DefaultZones() {
		for _, name := range []string{"dial", "busy", "ring", "congestion", "callwaiting", "dialrecall", "record", "info", "stutter"} {
			if _, ok := z.Tones[name]; !ok {
				t.Errorf("%s has no %s", z.Country, name)
			}
			if _, err := z.Tone(name); err != nil {
				t.Error(err)
			}
		}
		if _, err := z.Tone("nonsense"); err == nil {
			t.Error("nonsense is a tone")
		}
	}
}

func FuzzParseTone(f *testing.F) {
	for _, s := range []string{"425/1000,0/4000", "!350+440/100,!0/100", "1000*50", "M60/3|0/1", "!!1", "0/0", "425/86400000,1/1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, script string) {
		tone, err := ParseTone(script)
		if err != nil {
			return
		}
		if n := len(play(t, tone, 8000)); tone.Endless() && n < 8000 {
			t.Fatalf("endless tone %q ended after %d samples", script, n)
		}
	})
}

// keysIn returns the keys that a detector hears, and how long each was.
func keysIn(d *DTMFDetector, samples []int16) (keys string, lengths []time.Duration) {
	for at := 0; at < len(samples); at += 160 {
		d.Process(samples[at:min(at+160, len(samples))], func(f Frame) {
			if f.Kind == DTMFEnd {
				keys += string(f.Digit)
				lengths = append(lengths, f.Duration)
			}
		})
	}
	return keys, lengths
}

// TestDTMFThroughCodecs dials every key, 40 ms long with 50 ms between, at levels
// from loud to faint and through each codec of the telephone.
func TestDTMFThroughCodecs(t *testing.T) {
	const dialled = "123A456B789C*0#D11"
	var samples []int16
	for _, key := range dialled {
		tone, err := DTMFTone(byte(key), 40*time.Millisecond, 50*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		samples = append(samples, play(t, tone, 8000)...)
	}
	samples = append(samples, make([]int16, 800)...)
	for _, f := range []*Format{SLin, ULaw, ALaw} {
		for _, level := range []float64{2, 1, 0.2, 0.05} {
			loud := append([]int16(nil), samples...)
			Gain(loud, level)
			keys, _ := keysIn(NewDTMFDetector(false, true), decode(t, f, encode(t, f, loud)))
			if keys != dialled {
				t.Errorf("%s at %.2f: heard %q, want %q", f, level, keys, dialled)
			}
		}
	}
}

func TestDTMFLimits(t *testing.T) {
	mix := func(row, rowLevel, column, columnLevel float64) []int16 {
		out := sine(8000, 800, row, rowLevel)
		for i, v := range sine(8000, 800, column, columnLevel) {
			out[i] += v
		}
		return append(out, make([]int16, 800)...)
	}
	tests := []struct {
		name    string
		relaxed bool
		samples []int16
		want    string
	}{
		{"even", false, mix(770, 8000, 1336, 8000), "5"},
		{"row 7 dB up", false, mix(770, 8000, 1336, 8000/2.24), "5"},
		{"row 9.5 dB up", false, mix(770, 9000, 1336, 3000), ""},
		{"column 3.5 dB up", false, mix(770, 5345, 1336, 8000), "5"},
		{"column 5 dB up", false, mix(770, 4500, 1336, 8000), ""},
		{"column 5 dB up, relaxed", true, mix(770, 4500, 1336, 8000), "5"},
		{"frequencies 1.4 % off", false, mix(770*1.014, 8000, 1336*0.986, 8000), "5"},
		{"frequencies 5 % off", false, mix(770*1.05, 8000, 1336*1.05, 8000), ""},
		{"one frequency", false, mix(770, 8000, 1336, 0), ""},
		{"dial tone", false, mix(350, 8000, 440, 8000), ""},
		{"too faint", false, mix(770, 100, 1336, 100), ""},
		{"20 ms", false, append(mix(770, 8000, 1336, 8000)[:160], make([]int16, 800)...), ""},
	}
	for _, test := range tests {
		if got, _ := keysIn(NewDTMFDetector(test.relaxed, false), test.samples); got != test.want {
			t.Errorf("%s: heard %q, want %q", test.name, got, test.want)
		}
	}
}

// TestDTMFDuration: what is told is within a block and a half of the truth, in
// whatever pieces the samples come, with noise 20 dB below.
func TestDTMFDuration(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ms := rapid.IntRange(40, 1000).Draw(t, "ms")
		key := dtmfKeys[rapid.IntRange(0, 15).Draw(t, "key")]
		lead := rapid.IntRange(0, 500).Draw(t, "silence before")
		tone, err := DTMFTone(key, time.Duration(ms)*time.Millisecond, 100*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		s := tone.Play()
		samples := make([]int16, lead)
		for f, err := s.Next(); err == nil; f, err = s.Next() {
			samples = AppendSamples(samples, f.Data)
		}
		seed := uint32(ms)
		for i := range samples {
			seed = seed*1664525 + 1013904223
			samples[i] += int16(int32(seed) >> 16 * 600 / 32768)
		}
		keys, lengths := keysIn(NewDTMFDetector(false, false), samples)
		if keys != string(key) {
			t.Fatalf("heard %q, want %q", keys, string(key))
		}
		off := lengths[0] - time.Duration(ms)*time.Millisecond
		if off < -26*time.Millisecond || off > 20*time.Millisecond {
			t.Fatalf("key of %d ms was told as %v", ms, lengths[0])
		}
	})
}

func TestFaxTone(t *testing.T) {
	tests := []struct {
		hz   float64
		ms   int
		want string
	}{{1100, 500, "f"}, {1100, 300, ""}, {1300, 500, ""}}
	for _, test := range tests {
		samples := append(sine(8000, 8*test.ms, test.hz, 8000), make([]int16, 24000)...)
		if got, _ := keysIn(NewDTMFDetector(false, true), samples); got != test.want {
			t.Errorf("%.0f Hz for %d ms: heard %q, want %q", test.hz, test.ms, got, test.want)
		}
	}
}

func TestSilence(t *testing.T) {
	var s Silence
	loud, quiet := sine(8000, 160, 500, 5000), sine(8000, 160, 500, 100)
	for range 3 {
		s.Process(loud, 8000)
	}
	if s.Loud != 60*time.Millisecond || s.Quiet != 0 {
		t.Errorf("after speech: %v loud, %v quiet", s.Loud, s.Quiet)
	}
	if !s.Process(quiet, 8000) || s.Quiet != 20*time.Millisecond || s.Loud != 0 {
		t.Errorf("after a silent frame: %v loud, %v quiet", s.Loud, s.Quiet)
	}
}

func TestMixerLeavesOutOwnVoice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		voices := rapid.SliceOfN(rapid.SliceOfN(rapid.Int16(), 0, 20), 1, 8).Draw(t, "voices")
		var m Mixer
		m.Reset(20)
		for _, v := range voices {
			m.Add(v)
		}
		for i := range voices {
			got := m.Without(nil, voices[i])
			for k := range 20 {
				want := 0
				for j, v := range voices {
					if j != i && k < len(v) {
						want += int(v[k])
					}
				}
				if int(got[k]) != saturate16(want) {
					t.Fatalf("party %d sample %d: %d, want %d", i, k, got[k], saturate16(want))
				}
			}
		}
	})
}
