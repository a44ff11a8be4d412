package function

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/octothorpe/octothorpe/internal/media"
)

// TestGainControl brings a quiet and a loud voice to one loudness, and leaves silence alone.
func TestGainControl(t *testing.T) {
	for _, c := range []struct {
		amplitude, least, most float64 // of the root mean square
	}{{1000, 7000, 9000}, {30000, 7000, 9000}, {20, 10, 20}} {
		samples := make([]int16, 160)
		work := newGainControl(agcLevel, 8000)
		for n := range 200 {
			samples = media.AppendSamples(samples[:0], voice(500, c.amplitude, 160*n).Data)
			work(samples)
		}
		var sum float64
		for _, v := range samples {
			sum += float64(v) * float64(v)
		}
		if loud := math.Sqrt(sum / 160); loud < c.least || loud > c.most {
			t.Errorf("an amplitude of %v becomes as loud as %.0f, want %v to %v", c.amplitude, loud, c.least, c.most)
		}
	}
}

// TestDenoise has a tone come for a second in each two, with noise all the time.
func TestDenoise(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	work := newDenoiser(1, 8000)
	power := func(list []int16) (sum float64) {
		for _, v := range list {
			sum += float64(v) * float64(v)
		}
		return sum / float64(len(list))
	}
	var noisy, tones, rawNoise []int16
	for n := range 400 {
		samples := make([]int16, 160)
		if n/50%2 == 1 {
			samples = media.AppendSamples(samples[:0], voice(500, 8000, 160*n).Data)
		}
		for i := range samples {
			samples[i] = saturated(float64(samples[i]) + 300*random.NormFloat64())
		}
		raw := append([]int16(nil), samples...)
		work(samples)
		switch at := n % 100; {
		case n < 200:
		case at >= 20 && at < 45:
			noisy, rawNoise = append(noisy, samples...), append(rawNoise, raw...)
		case at >= 70 && at < 95:
			tones = append(tones, samples...)
		}
	}
	if less := 10 * math.Log10(power(rawNoise)/power(noisy)); less < 8 {
		t.Errorf("noise is weaker by %.1f dB, want 8", less)
	}
	if s := strength(tones, 500); s < 0.99 {
		t.Errorf("%.3f of the rest is the tone", s)
	}
	if loud := math.Sqrt(2 * power(tones)); loud < 6500 {
		t.Errorf("the tone has an amplitude of %.0f, want near 8000", loud)
	}
}

// TestPitchShift finds a tone where it was moved to.
func TestPitchShift(t *testing.T) {
	for _, c := range []struct {
		set  string
		want int
	}{{"highest", 1000}, {"0.5", 250}, {"1.25", 625}} {
		samples := heardOn(t, 500, 8000, "PITCH_SHIFT(rx)="+c.set)
		best, most := 0, 0.0
		for hz := 100; hz < 2000; hz += 5 {
			if s := strength(samples, float64(hz)); s > most {
				best, most = hz, s
			}
		}
		if math.Abs(float64(best-c.want)) > 30 {
			t.Errorf("with %s 500 Hz become %d, want %d", c.set, best, c.want)
		}
	}
}
