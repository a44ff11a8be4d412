package channel_test

import (
	"slices"
	"testing"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/media"
)

// What is missing between two frames is made up where it is wanted: the frame after it is longer,
// and about as loud as what was heard.
func TestConcealment(t *testing.T) {
	for _, c := range []struct {
		name    string
		conceal channel.Concealment
		leg     *media.Format
		want    []int // samples of each frame
	}{
		{"left out", channel.Concealment{}, media.ALaw, []int{160, 160, 160}},
		{"transcoded", channel.Concealment{Transcoded: true}, media.ALaw, []int{160, 160, 320}},
		{"one codec", channel.Concealment{Transcoded: true}, media.ULaw, []int{160, 160, 160}},
		{"one codec, too", channel.Concealment{Transcoded: true, Equal: true}, media.ULaw, []int{160, 160, 320}},
		{"another rate", channel.Concealment{Transcoded: true}, media.G722, []int{320, 320, 640}},
	} {
		t.Run(c.name, func(t *testing.T) {
			channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
				x.SetConcealment(c.conceal)
				l := x.Leg(t, &channeltest.Leg{Format: c.leg})
				coder, err := media.NewTranslator(media.SLin, media.ULaw)
				if err != nil {
					t.Fatal(err)
				}
				for _, stamp := range []uint32{0, 160, 480} {
					f, _, err := coder.Translate(channeltest.Tone(media.SLin, 0.5))
					if err != nil {
						t.Fatal(err)
					}
					f.Timed, f.Timestamp = true, stamp
					if err := l.Write(f); err != nil {
						t.Fatal(err)
					}
				}
				var got []int
				heard := l.Far.Heard()
				for _, f := range heard {
					got = append(got, f.Samples)
				}
				if !slices.Equal(got, c.want) {
					t.Fatalf("frames of %v samples, want %v", got, c.want)
				}
				if before, after := level(t, heard[1]), level(t, heard[2]); after < before/2 || after > before*1.2 {
					t.Errorf("the level is %.0f before the gap, %.0f with it", before, after)
				}
			})
		})
	}
}

// level is that of a frame once it is decoded.
func level(t *testing.T, f media.Frame) float64 {
	t.Helper()
	decoder, err := media.NewTranslator(f.Format, media.LinearAt(f.Format.Rate))
	if err != nil {
		t.Fatal(err)
	}
	linear, _, err := decoder.Translate(f)
	if err != nil {
		t.Fatal(err)
	}
	return channeltest.Level([]media.Frame{linear})
}
