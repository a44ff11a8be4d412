package media

// Hearing says how silence and the tones of keys are heard: dsp.conf. The zero value is
// none: DefaultHearing is.
type Hearing struct {
	// Silence is the mean magnitude of samples below which a frame is silent.
	Silence int
	// Normal is how much stronger a key's row may be than its column, and Reverse how much
	// the column may be than the row, as ratios of power. The relaxed ones hold with relaxdtmf.
	Normal, Reverse, RelaxedNormal, RelaxedReverse float64
	// Hits and Misses are the blocks of 12.75 ms in a row that begin a key and that end it.
	Hits, Misses int
}

// DefaultHearing is Asterisk's without dsp.conf.
func DefaultHearing() *Hearing {
	return &Hearing{Silence: SilenceThreshold, Normal: dtmfNormal, Reverse: dtmfReverse, RelaxedNormal: dtmfNormal,
		RelaxedReverse: dtmfRelaxed, Hits: dtmfHits, Misses: dtmfMisses}
}

// Level tells speech from silence.
func (h *Hearing) Level() Silence { return Silence{Threshold: h.Silence} }

// Detector hears keys. With relaxed the relaxed ratios hold; fax listens for the calling
// tone of a fax, too.
func (h *Hearing) Detector(relaxed, fax bool) *DTMFDetector {
	d := &DTMFDetector{normal: h.Normal, reverse: h.Reverse, least: h.Hits, most: h.Misses, fax: fax}
	if relaxed {
		d.normal, d.reverse = h.RelaxedNormal, h.RelaxedReverse
	}
	return d
}
