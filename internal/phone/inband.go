package phone

import (
	"encoding/binary"

	"github.com/octothorpe/octothorpe/internal/media"
)

// ear hears the keys that a phone sends as tones. It belongs to the goroutine
// that reads the leg's RTP.
type ear struct {
	from     *media.Format
	to       media.Translator // nil where the voice is linear already
	detector *media.DTMFDetector
	samples  []int16
}

// hearsTones reports whether the phone's keys come as tones in its voice.
func (s *session) hearsTones() bool {
	switch s.dtmf() {
	case DTMFInband:
		return true
	case DTMFAuto:
		return s.keys.Load() < 0
	}
	return false
}

// relaxed reports whether a tone's higher frequency may be louder than usual (relaxdtmf).
func (s *session) relaxed() bool {
	g := s.driver.Model().Global.General
	return g != nil && g.RelaxDTMF
}

// listen passes a frame of voice on and tells the keys that are in it. While one
// is held the voice is silent: whoever hears it gets the key instead.
func (s *session) listen(f media.Frame) {
	e := &s.ear
	if e.detector == nil || e.from != f.Format {
		e.from, e.to = f.Format, nil
		if f.Format != media.SLin {
			to, err := media.NewTranslator(f.Format, media.SLin)
			if err != nil { // a codec that passes through unread: no tones can be heard
				s.ch.Deliver(f)
				return
			}
			e.to = to
		}
		if e.detector == nil {
			e.detector = s.ch.Hearing().Detector(s.relaxed(), false)
		}
	}
	linear := f
	if e.to != nil {
		var ok bool
		var err error
		if linear, ok, err = e.to.Translate(f); err != nil || !ok {
			s.ch.Deliver(f)
			return
		}
	}
	e.samples = e.samples[:0]
	for at := 0; at+1 < len(linear.Data); at += 2 {
		e.samples = append(e.samples, int16(binary.LittleEndian.Uint16(linear.Data[at:])))
	}
	before := e.detector.Held()
	e.detector.Process(e.samples, s.ch.Deliver)
	if before == 0 && e.detector.Held() == 0 {
		s.ch.Deliver(f)
	}
}
