package exchange

import (
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/media"
)

func TestHearing(t *testing.T) {
	f, err := config.Parse(hearingFile, []byte("[default]\nsilencethreshold=300\ndtmf_normal_twist=10\ndtmf_reverse_twist=1.5\nrelax_dtmf_normal_twist=7\n"+
		"relax_dtmf_reverse_twist=6.5\ndtmf_hits_to_begin=4\ndtmf_misses_to_end=5\nx=1\n"), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	h, problems := readHearing(f)
	want := media.Hearing{Silence: 300, Normal: 10, Reverse: 2.51, RelaxedNormal: 7, RelaxedReverse: 6.5, Hits: 4, Misses: 5}
	if *h != want || len(problems) != 2 {
		t.Errorf("%+v, want %+v; problems %v", *h, want, problems)
	}
	if h, problems := readHearing(nil); *h != *media.DefaultHearing() || len(problems) > 0 {
		t.Errorf("without a file: %+v, %v", *h, problems)
	}
}

// A key of 40 ms begins after two blocks of 12.75 ms, and not after four.
func TestHitsToBegin(t *testing.T) {
	for hits, want := range map[int]int{2: 1, 4: 0} {
		h := media.DefaultHearing()
		h.Hits = hits
		tone, err := media.DTMFTone('5', 40*time.Millisecond, 60*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		heard, d := 0, h.Detector(false, false)
		for src := tone.Play(); ; {
			f, err := src.Next()
			if err != nil {
				break
			}
			d.Process(media.AppendSamples(nil, f.Data), func(f media.Frame) {
				if f.Kind == media.DTMFBegin {
					heard++
				}
			})
		}
		if heard != want {
			t.Errorf("with %d hits the key was heard %d times, want %d", hits, heard, want)
		}
	}
}
