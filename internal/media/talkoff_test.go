package media_test

import (
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/prompts"
)

// Nobody dials by talking: in all that the exchange can say, in two languages and
// at several levels, no key and no fax is heard, even by a relaxed detector, which
// hears whatever a strict one does.
func TestSpeechIsNoKey(t *testing.T) {
	var samples []int16
	heard := func(name string, level float64) {
		loud := append([]int16(nil), samples...)
		media.Gain(loud, level)
		d := media.NewDTMFDetector(true, true)
		d.Process(append(loud, make([]int16, 800)...), func(f media.Frame) {
			if f.Kind == media.DTMFBegin {
				t.Errorf("%s at level %.1f: heard %q", name, level, f.Digit)
			}
		})
	}
	spoken := time.Duration(0)
	for _, language := range prompts.Languages() {
		for _, name := range prompts.Names(language) {
			ulaw, ok := prompts.Lookup(language, name)
			if !ok {
				t.Fatalf("%s/%s cannot be read", language, name)
			}
			decoder, err := media.NewDecoder(media.ULaw)
			if err != nil {
				t.Fatal(err)
			}
			if samples, err = decoder.Decode(samples[:0], ulaw); err != nil {
				t.Fatal(err)
			}
			spoken += time.Duration(len(samples)) * time.Second / prompts.Rate
			for _, level := range []float64{0.3, 1, 3} {
				heard(language+"/"+name, level)
			}
		}
	}
	t.Logf("%v of speech", spoken.Round(time.Second))
	if spoken < 10*time.Minute {
		t.Errorf("%v of speech is no test", spoken)
	}
}
