package office

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"
)

const rate = 8000 // Hz

// prompt is a sound that correlates with nothing but itself: a tone that rises
// and falls, with pauses, 3 s long.
func prompt() []int16 {
	s := make([]int16, 3*rate)
	phase := 0.0
	for i := range s {
		at := float64(i) / rate
		phase += 2 * math.Pi * (500 + 350*math.Sin(2*math.Pi*0.7*at) + 200*math.Sin(2*math.Pi*2.3*at)) / rate
		if math.Mod(at, 0.8) < 0.7 {
			s[i] = int16(9000 * math.Sin(phase))
		}
	}
	return s
}

// tone is what a phone says: a steady tone of its own.
func tone(hz float64, seconds int) []int16 {
	s := make([]int16, seconds*rate)
	for i := range s {
		s[i] = int16(8000 * math.Sin(2*math.Pi*hz*float64(i)/rate))
	}
	return s
}

// level is how much of a frequency is in a sound: 1 for a pure tone of it.
func level(s []int16, hz float64) float64 {
	var re, im, energy float64
	for i, v := range s {
		sin, cos := math.Sincos(2 * math.Pi * hz * float64(i) / rate)
		re, im = re+float64(v)*cos, im+float64(v)*sin
		energy += float64(v) * float64(v)
	}
	if energy == 0 {
		return 0
	}
	return 2 * (re*re + im*im) / (energy * float64(len(s)))
}

// correlation is the best match of a prompt in what was heard, from -1 to 1.
func correlation(heard, want []int16) float64 {
	// A phone may begin to listen a packet late, or stop a packet early.
	edge := make([]int16, rate/10)
	heard = append(append(append([]int16(nil), edge...), heard...), edge...)
	best := 0.0
	for shift := 0; shift+len(want) <= len(heard); shift++ {
		if c := correlate(heard[shift:shift+len(want)], want, 16); c > best {
			best = math.Max(best, correlate(heard[shift:shift+len(want)], want, 1))
		}
	}
	return best
}

func correlate(a, b []int16, step int) float64 {
	var ab, aa, bb float64
	for i := 0; i < len(b); i += step {
		x, y := float64(a[i]), float64(b[i])
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}

func writeWAV(t *testing.T, path string, s []int16) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	b.WriteString("RIFF")
	for _, v := range []any{uint32(36 + 2*len(s)), []byte("WAVEfmt "), uint32(16), uint16(1), uint16(1), uint32(rate), uint32(2 * rate),
		uint16(2), uint16(16), []byte("data"), uint32(2 * len(s)), s} {
		if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// readWAV returns the samples that baresip's sndfile wrote.
func readWAV(t *testing.T, pattern string) []int16 {
	t.Helper()
	names, _ := filepath.Glob(pattern)
	if len(names) != 1 {
		t.Fatalf("recordings %q: %d, want one", pattern, len(names))
	}
	b, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(b, []byte("data"))
	if at < 0 {
		t.Fatalf("%s is no WAV file", names[0])
	}
	b = b[at+8:]
	s := make([]int16, len(b)/2)
	for i := range s {
		s[i] = int16(binary.LittleEndian.Uint16(b[2*i:]))
	}
	return s
}
