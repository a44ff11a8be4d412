package media

import (
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"
)

func frame(f *Format, samples []int16, t testing.TB) Frame {
	return Frame{Kind: Voice, Format: f, Data: encode(t, f, samples), Samples: len(samples)}
}

func translators() (list []*Format) {
	for _, f := range formats {
		if f.translates() {
			list = append(list, f)
		}
	}
	return list
}

// TestEveryPathKeepsTimeAndTone sends a tone of 700 Hz from each format to each
// other: 20 ms in must be 20 ms out, from the first frame on, and the tone alive.
func TestEveryPathKeepsTimeAndTone(t *testing.T) {
	for _, from := range translators() {
		in := sine(from.Rate, from.Rate/5, 700, 8000)
		for _, to := range translators() {
			tr, err := NewTranslator(from, to)
			if err != nil {
				t.Fatal(err)
			}
			e, _ := NewEncoder(from)
			var heard []int16
			d, _ := NewDecoder(to)
			for at := 0; at+(from.Rate/50) <= len(in); at += (from.Rate / 50) {
				data, _ := e.Encode(nil, in[at:at+(from.Rate/50)])
				out, ok, err := tr.Translate(Frame{Kind: Voice, Format: from, Data: data, Samples: (from.Rate / 50)})
				if err != nil || !ok {
					t.Fatalf("%s to %s: %v %v", from, to, ok, err)
				}
				if out.Format != to || out.Samples != to.Rate/50 || len(out.Data) != to.BytesIn(out.Samples) {
					t.Fatalf("%s to %s: %s, %d samples in %d bytes", from, to, out.Format, out.Samples, len(out.Data))
				}
				heard, _ = d.Decode(heard, out.Data)
			}
			tail := heard[len(heard)/2:]
			total, tone := 0.0, toneShare(tail, to.Rate, 700)
			for _, v := range tail {
				total += float64(v) * float64(v)
			}
			level := math.Sqrt(total/float64(len(tail))) / (8000 / math.Sqrt2)
			if tone < 0.9 || level < 0.85 || level > 1.15 {
				t.Errorf("%s to %s: tone is %.2f of the sound, level %.2f of what it was", from, to, tone, level)
			}
		}
	}
}

// toneShare is how much of the power lies at one frequency.
func toneShare(samples []int16, rate int, hz float64) float64 {
	var re, im, total float64
	for i, v := range samples {
		sin, cos := math.Sincos(2 * math.Pi * hz * float64(i) / float64(rate))
		re, im, total = re+float64(v)*cos, im+float64(v)*sin, total+float64(v)*float64(v)
	}
	return 2 * (re*re + im*im) / float64(len(samples)) / max(total, 1)
}

// TestResamplerPassesAndStops: what both rates can hold goes through, what would
// fold back does not.
func TestResamplerPassesAndStops(t *testing.T) {
	rates := []int{8000, 12000, 16000, 24000, 32000, 44100, 48000, 96000, 192000}
	rapid.Check(t, func(t *rapid.T) {
		from, to := rapid.SampledFrom(rates).Draw(t, "from"), rapid.SampledFrom(rates).Draw(t, "to")
		if from == to {
			return
		}
		r, err := NewResampler(from, to)
		if err != nil {
			t.Fatal(err)
		}
		lower := float64(min(from, to))
		pass := rapid.Float64Range(0.05, 0.40).Draw(t, "pass") * lower
		out := r.Resample(nil, sine(from, from/10, pass, 10000))
		if len(out) != to/10 {
			t.Fatalf("%d samples for 100 ms at %d Hz", len(out), to)
		}
		if share := toneShare(out[len(out)/4:], to, pass); share < 0.99 {
			t.Fatalf("%d to %d Hz: %.0f Hz has %.4f of the power", from, to, pass, share)
		}
		if float64(from)/lower < 1.25 {
			return // nothing that the input holds would fold back
		}
		stop := rapid.Float64Range(0.58, min(0.99, float64(from)/lower*0.49)).Draw(t, "stop") * lower
		r, _ = NewResampler(from, to)
		out = r.Resample(nil, sine(from, from/10, stop, 10000))
		if level := Magnitude(out[len(out)/4:]); level > 40 {
			t.Fatalf("%d to %d Hz: %.0f Hz comes through at level %d", from, to, stop, level)
		}
	})
}

func TestResamplerTakesAnyCut(t *testing.T) {
	rates := []int{8000, 12000, 16000, 44100, 48000, 192000}
	rapid.Check(t, func(t *rapid.T) {
		from, to := rapid.SampledFrom(rates).Draw(t, "from"), rapid.SampledFrom(rates).Draw(t, "to")
		in := torture(8000)[2000:4000]
		whole, _ := NewResampler(from, to)
		cut, _ := NewResampler(from, to)
		want := whole.Resample(nil, in)
		var got []int16
		for rest := in; len(rest) > 0; {
			n := rapid.IntRange(0, len(rest)).Draw(t, "cut")
			got = cut.Resample(got, rest[:n])
			rest = rest[n:]
		}
		if string(AppendLinear(nil, got)) != string(AppendLinear(nil, want)) {
			t.Fatalf("%d to %d Hz: %d samples in parts, %d at once", from, to, len(got), len(want))
		}
	})
}

// TestCost: the numbers are those of `core show translation` of Asterisk 22.
func TestCost(t *testing.T) {
	tests := []struct {
		from, to *Format
		want     int
	}{
		{ULaw, ULaw, 0}, {ULaw, ALaw, 9150}, {ULaw, GSM, 15000}, {ULaw, SLin, 9000}, {SLin, ULaw, 6000}, {ULaw, SLin48, 17000},
		{SLin16, ULaw, 14500}, {SLin12, SLin16, 8000}, {SLin16, SLin12, 8500}, {ULaw, G722, 17250}, {G722, ULaw, 15600},
		{G722, SLin, 9600}, {G722, SLin16, 9000}, {G722, SLin12, 17500}, {G722, SLin24, 17000}, {SLin, G722, 8250},
		{SLin12, G722, 14000}, {SLin24, G722, 14500}, {SLin16, G722, 6000}, {SLin192, GSM, 14500},
	}
	for _, test := range tests {
		if got, ok := Cost(test.from, test.to); !ok || got != test.want {
			t.Errorf("%s to %s costs %d (%v), want %d", test.from, test.to, got, ok, test.want)
		}
	}
	if _, ok := Cost(ULaw, G729); ok {
		t.Error("there is a path to g729")
	}
	if _, err := NewTranslator(SLin, Opus); !errors.Is(err, ErrNoCodec) {
		t.Errorf("translator to opus: %v", err)
	}
}

func BenchmarkTranslate(b *testing.B) {
	for _, pair := range [][2]*Format{{ULaw, ALaw}, {ULaw, SLin}, {SLin, ULaw}, {ULaw, G722}, {G722, ULaw}, {ULaw, GSM},
		{GSM, ULaw}, {SLin, SLin16}, {SLin16, SLin}, {SLin, SLin48}, {SLin48, SLin}} {
		b.Run(pair[0].Name+"-"+pair[1].Name, func(b *testing.B) {
			tr, err := NewTranslator(pair[0], pair[1])
			if err != nil {
				b.Fatal(err)
			}
			f := frame(pair[0], torture(pair[0].Rate)[pair[0].Rate/8:][:pair[0].Rate/50], b)
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := tr.Translate(f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
