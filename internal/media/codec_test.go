package media

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math"
	"os"
	"testing"

	"pgregory.net/rapid"
)

// torture is a second of sound that visits every corner of a codec: a quiet and
// a loud tone, noise, silence, and jumps from one limit to the other.
func torture(rate int) []int16 {
	samples := make([]int16, rate)
	seed := uint32(1)
	for i := range samples {
		seed = seed*1664525 + 1013904223
		noise := int(int16(seed >> 16))
		triangle := i % 20 * 3200
		if triangle > 32000 {
			triangle = 64000 - triangle
		}
		triangle -= 16000
		switch i * 8 / rate {
		case 0:
			samples[i] = int16(triangle / 200)
		case 1, 2:
			samples[i] = int16(triangle + noise/16)
		case 3:
			samples[i] = int16(noise)
		case 4:
			samples[i] = 0
		case 5:
			samples[i] = int16(noise>>15&1*65535 - 32768)
		case 6:
			samples[i] = int16(triangle/40*(i%1000/100)) + int16(noise/500)
		default:
			samples[i] = int16(triangle * 2)
		}
	}
	return samples
}

func everySample() []int16 {
	samples := make([]int16, 1<<16)
	for i := range samples {
		samples[i] = int16(i - 1<<15)
	}
	return samples
}

func encode(t testing.TB, f *Format, samples []int16) []byte {
	t.Helper()
	e, err := NewEncoder(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := e.Encode(nil, samples)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func decode(t testing.TB, f *Format, data []byte) []int16 {
	t.Helper()
	d, err := NewDecoder(f)
	if err != nil {
		t.Fatal(err)
	}
	samples, err := d.Decode(nil, data)
	if err != nil {
		t.Fatal(err)
	}
	return samples
}

func sum(data []byte) string { return fmt.Sprintf("%x", sha256.Sum256(data)) }

// TestG711 compares every value with what Asterisk 22 makes of it.
func TestG711(t *testing.T) {
	codes := make([]byte, 256)
	for i := range codes {
		codes[i] = byte(i)
	}
	recoded := func(from, to *Format) []byte {
		tr, err := NewTranslator(from, to)
		if err != nil {
			t.Fatal(err)
		}
		f, ok, err := tr.Translate(Frame{Format: from, Data: codes, Samples: 256})
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		return f.Data
	}
	tests := []struct {
		name, want string
		got        []byte
	}{
		{"to ulaw", "90c29de505fb68e766118303bd552a16005dcf810873698bee1d8f3b247ce28c", encode(t, ULaw, everySample())},
		{"to alaw", "38488f6fd710f4686360edc4d38639f96c491595ef93f8eb8d62d5e07ca6ce7b", encode(t, ALaw, everySample())},
		{"from ulaw", "3dab54339e520bb2c924826e3b72a917a2b612e9fd12fc867500f1d983a75827", AppendLinear(nil, decode(t, ULaw, codes))},
		{"from alaw", "e04788d110e58ff8c70c93b8480190d973e3b67876b6119abbaec766cc75c174", AppendLinear(nil, decode(t, ALaw, codes))},
		{"ulaw to alaw", "a511897e1e42589f5c11a56615e0c29db268e20f82ee5cb81d7c42f812fe8f17", recoded(ULaw, ALaw)},
		{"alaw to ulaw", "29fe089f9333915612c7283f92586f175e6e9ff5819768e9545c11c87e5bea54", recoded(ALaw, ULaw)},
	}
	for _, test := range tests {
		if got := sum(test.got); got != test.want {
			t.Errorf("%s: sum %s, want %s", test.name, got, test.want)
		}
	}
}

// TestBlockCodecs: the files are what Asterisk 22 and sox encoded, the sums those
// of what they decode from them. G.722 is tried at half the level: at the full one
// Asterisk's decoder wraps round where ITU-T G.722 has a limit.
func TestBlockCodecs(t *testing.T) {
	tests := []struct {
		format  *Format
		decoded string
	}{
		{GSM, "a792989db95d5b462013e1eca2eb61220d9bcdaa7eb0734697e7224f24e9e012"},
		{G722, "4eae0c4bc8b82496403fb47c63885f4e1a9c7c6db249bff246bc389a70f128d2"},
	}
	for _, test := range tests {
		t.Run(test.format.Name, func(t *testing.T) {
			want, err := os.ReadFile("testdata/t." + test.format.Extension)
			if err != nil {
				t.Fatal(err)
			}
			samples := torture(test.format.Rate)
			if test.format == G722 {
				for i := range samples {
					samples[i] /= 2
				}
			}
			if !bytes.Equal(encode(t, test.format, samples), want) {
				t.Error("encoder is not that of the reference")
			}
			if got := sum(AppendLinear(nil, decode(t, test.format, want))); got != test.decoded {
				t.Errorf("decoded sum %s, want %s", got, test.decoded)
			}
		})
	}
}

func TestGSMRefusesOtherData(t *testing.T) {
	for _, data := range [][]byte{make([]byte, 33), append([]byte{0xd0}, make([]byte, 30)...)} {
		if _, err := newGSMDecoder().Decode(nil, data); err == nil {
			t.Errorf("%d bytes that are no gsm were decoded", len(data))
		}
	}
}

// TestEncodersTakeAnyCut: where a stream is cut into frames makes no difference.
func TestEncodersTakeAnyCut(t *testing.T) {
	for _, f := range []*Format{GSM, G722, ULaw, SLin} {
		samples := torture(f.Rate)
		whole := encode(t, f, samples)
		rapid.Check(t, func(t *rapid.T) {
			e, err := NewEncoder(f)
			if err != nil {
				t.Fatal(err)
			}
			var parts []byte
			for rest := samples; len(rest) > 0; {
				n := rapid.IntRange(1, min(3000, len(rest))).Draw(t, "cut")
				if parts, err = e.Encode(parts, rest[:n]); err != nil {
					t.Fatal(err)
				}
				rest = rest[n:]
			}
			if !bytes.Equal(parts, whole) {
				t.Fatalf("%s: parts differ from the whole", f)
			}
		})
	}
}

// signalToNoise compares in dB, at the delay that fits best.
func signalToNoise(want, got []int16, delays int) float64 {
	best := math.Inf(-1)
	for d := 0; d <= delays; d++ {
		var signal, noise float64
		for i := len(want) / 10; i+d < len(got) && i < len(want); i++ {
			e := float64(got[i+d]) - float64(want[i])
			signal += float64(want[i]) * float64(want[i])
			noise += e * e
		}
		best = max(best, 10*math.Log10(signal/max(noise, 1e-9)))
	}
	return best
}

func sine(rate, samples int, hz, amplitude float64) []int16 {
	out := make([]int16, samples)
	for i := range out {
		out[i] = int16(math.Round(amplitude * math.Sin(2*math.Pi*hz*float64(i)/float64(rate))))
	}
	return out
}

// TestCodecsKeepTones: ITU-T G.712 asks G.711 for 33 dB over most of its range.
func TestCodecsKeepTones(t *testing.T) {
	tests := []struct {
		format *Format
		least  float64 // dB
		delay  int
	}{{ULaw, 33, 0}, {ALaw, 33, 0}, {SLin16, 90, 0}, {G722, 20, 40}, {GSM, 4, 0}}
	for _, test := range tests {
		t.Run(test.format.Name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				hz := rapid.Float64Range(300, 1800).Draw(t, "Hz")
				amplitude := rapid.Float64Range(1000, 30000).Draw(t, "amplitude")
				in := sine(test.format.Rate, test.format.Rate/2, hz, amplitude)
				e, _ := NewEncoder(test.format)
				d, _ := NewDecoder(test.format)
				data, err := e.Encode(nil, in)
				if err != nil {
					t.Fatal(err)
				}
				out, err := d.Decode(nil, data)
				if err != nil {
					t.Fatal(err)
				}
				if got := signalToNoise(in, out, test.delay); got < test.least {
					t.Fatalf("signal to noise %.1f dB, want %.0f", got, test.least)
				}
			})
		})
	}
}
