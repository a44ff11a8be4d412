package exchange

import (
	"math"
	"strconv"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/media"
)

// hearingFile says how silence and the tones of keys are heard.
const hearingFile = "dsp.conf"

// The ratios of power that dsp.conf may ask for.
const leastTwist, mostTwist = 2, 100

// readHearing reads dsp.conf, which may be nil.
func readHearing(f *config.File) (*media.Hearing, []config.Diagnostic) {
	h := media.DefaultHearing()
	r := config.NewReader(nil)
	strayed(r, f, "default")
	section := f.Section("default")
	s := r.Section(section)
	h.Silence = s.Int("silencethreshold", h.Silence, 0, math.MaxInt16)
	for _, twist := range []struct {
		name string
		at   *float64
	}{{"dtmf_normal_twist", &h.Normal}, {"dtmf_reverse_twist", &h.Reverse}, {"relax_dtmf_normal_twist", &h.RelaxedNormal}, {"relax_dtmf_reverse_twist", &h.RelaxedReverse}} {
		text := s.String(twist.name, "")
		if text == "" {
			continue
		}
		ratio, err := strconv.ParseFloat(text, 64)
		if err != nil || ratio < leastTwist || ratio > mostTwist {
			e, _ := section.Entry(twist.name)
			r.Report(config.Error, e, "give a ratio of power from 2 to 100", "%s = %s is no twist", twist.name, text)
			continue
		}
		*twist.at = ratio
	}
	h.Hits, h.Misses = s.Int("dtmf_hits_to_begin", h.Hits, 1, 1000), s.Int("dtmf_misses_to_end", h.Misses, 1, 1000)
	s.Done()
	return h, r.Diagnostics()
}

// configureHearing reads dsp.conf, for detectors from now on.
func (x *Exchange) configureHearing() error {
	h, problems := readHearing(x.optional(hearingFile))
	x.report(problems)
	x.channels.SetHearing(h)
	return nil
}
