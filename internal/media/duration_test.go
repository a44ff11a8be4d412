package media

import "testing"

func TestSamplesOf(t *testing.T) {
	for _, test := range []struct {
		name string
		f    *Format
		data []byte
		want int
	}{
		{"µ-law", ULaw, make([]byte, 160), 160},
		{"Opus, 20 ms of CELT", Opus, []byte{31 << 3, 1, 2}, 960},
		{"Opus, 60 ms of SILK", Opus, []byte{3 << 3}, 2880},
		{"Opus, two of 10 ms, hybrid", Opus, []byte{12<<3 | 1}, 960},
		{"Opus, three of 2.5 ms", Opus, []byte{16<<3 | 3, 3}, 360},
		{"Opus, cut short", Opus, []byte{16<<3 | 3}, 0},
		{"Opus, more than is allowed", Opus, []byte{3<<3 | 3, 63}, 5760},
		{"G.723.1, both rates and silence", G723, append(append(make([]byte, 24), append([]byte{1}, make([]byte, 19)...)...), 2, 0, 0, 0), 720},
		{"Speex", Speex16, make([]byte, 42), 320},
		{"nothing", Opus, nil, 0},
		{"pictures", H264, make([]byte, 10), 0},
	} {
		if got := test.f.SamplesOf(test.data); got != test.want {
			t.Errorf("%s: %d samples, want %d", test.name, got, test.want)
		}
	}
}
