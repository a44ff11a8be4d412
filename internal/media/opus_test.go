package media

import "testing"

// opusSilence is 20 ms of silence as browsers send it: CELT, one channel.
var opusSilence = []byte{0xf8, 0xff, 0xfe}

func TestOpusIsDecoded(t *testing.T) {
	tr, err := NewTranslator(Opus, ULaw)
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for range 10 {
		f, ok, err := tr.Translate(Frame{Kind: Voice, Format: Opus, Data: opusSilence, Samples: 960})
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			total += len(f.Data)
			if f.Format != ULaw {
				t.Fatalf("it is %v", f.Format)
			}
		}
	}
	if total < 1500 || total > 1600 {
		t.Errorf("200 ms became %d samples at 8 kHz, want about 1600", total)
	}
}

func FuzzOpus(f *testing.F) {
	f.Add(opusSilence)
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := newOpusDecoder()
		if err != nil {
			t.Fatal(err)
		}
		if out, err := d.Decode(nil, data); err == nil && len(out) > opusLongest {
			t.Errorf("%d samples", len(out))
		}
	})
}
