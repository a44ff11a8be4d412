package media

import (
	"math"
	"slices"
	"testing"
)

// voice is a sound like that of a voice: a pitch that glides, its harmonics, and
// syllables.
func voice(rate, n int) []int16 {
	samples, phase := make([]int16, n), 0.0
	for i := range samples {
		t := float64(i) / float64(rate)
		phase += 2 * math.Pi * (120 + 25*math.Sin(2*math.Pi*1.3*t)) / float64(rate)
		s := 0.0
		for k := 1; k <= 12; k++ {
			s += math.Sin(float64(k)*phase+float64(k*k)) / float64(k)
		}
		samples[i] = int16(4000 * s * (0.6 + 0.4*math.Sin(2*math.Pi*3*t)))
	}
	return samples
}

// errorOf is the energy of the difference.
func errorOf(want, got []int16) (energy float64) {
	for i, w := range want {
		d := float64(w) - float64(got[i])
		energy += d * d
	}
	return energy
}

// TestConcealedIsNearerThanSilence loses every fifth packet of a voice and measures how far what
// is heard is from what was said, with the gaps filled and with silence in them.
func TestConcealedIsNearerThanSilence(t *testing.T) {
	for _, rate := range []int{8000, 16000, 48000} {
		said := voice(rate, 2*rate)
		filled, silent := NewConcealer(rate), make([]int16, 0, len(said))
		var got []int16
		frame := rate / 50
		for at := 0; at < len(said); at += frame {
			packet := append([]int16(nil), said[at:at+frame]...)
			if at/frame%5 == 4 {
				got, silent = filled.Fill(got, frame), append(silent, make([]int16, frame)...)
				continue
			}
			filled.Heard(packet)
			got, silent = append(got, packet...), append(silent, said[at:at+frame]...)
		}
		gain := 10 * math.Log10(errorOf(said, silent)/errorOf(said, got))
		t.Logf("%d Hz: the error is %.1f dB less than that of silence", rate, gain)
		if gain < 5 {
			t.Errorf("%d Hz: the error is only %.1f dB less than that of silence", rate, gain)
		}
	}
}

func TestConcealedFadesAway(t *testing.T) {
	c := NewConcealer(8000)
	if got := c.Fill(nil, 160); errorOf(make([]int16, 160), got) != 0 {
		t.Error("there is sound before any was heard")
	}
	c.Heard(voice(8000, 800))
	got := c.Fill(nil, 800)
	if errorOf(make([]int16, 160), got[:160]) == 0 {
		t.Error("what is missing first is silent")
	}
	if errorOf(make([]int16, 320), got[480:]) != 0 {
		t.Error("there is sound 60 ms after the last that came")
	}
}

// No step is heard where a sound goes on after a gap.
func TestConcealedIsJoined(t *testing.T) {
	c := NewConcealer(8000)
	sine := make([]int16, 1600)
	for i := range sine {
		sine[i] = int16(8000 * math.Sin(2*math.Pi*170*float64(i)/8000))
	}
	c.Heard(sine[:800])
	got := append(append([]int16(nil), sine[:800]...), c.Fill(nil, 320)...)
	next := append([]int16(nil), sine[1120+17:1600]...) // not where it would have been
	c.Heard(next)
	got = append(got, next...)
	for i := 700; i < len(got); i++ {
		if step := math.Abs(float64(got[i]) - float64(got[i-1])); step > 2500 {
			t.Errorf("a step of %.0f at %d", step, i)
		}
	}
}

// A clock that finds nothing for one tick takes what is made up, for a while, and silence where
// nobody spoke.
func TestBacklogConceals(t *testing.T) {
	for _, conceal := range []bool{false, true} {
		b := Backlog{Conceal: conceal}
		take := make([]int16, 160)
		if n := b.Take(take, SLin); n != 0 {
			t.Errorf("%d samples of nobody", n)
		}
		said := voice(8000, 800)
		for at := 0; at < len(said); at += 160 {
			b.Put(Frame{Kind: Voice, Format: SLin, Samples: 160, Data: AppendLinear(nil, said[at:at+160])})
			b.Take(take, SLin)
		}
		var got []int
		for range 5 {
			got = append(got, b.Take(take, SLin))
		}
		want := []int{0, 0, 0, 0, 0}
		if conceal {
			want = []int{160, 160, 160, 0, 0}
		}
		if !slices.Equal(got, want) {
			t.Errorf("conceal %v: %v samples in the ticks without a packet, want %v", conceal, got, want)
		}
	}
}
