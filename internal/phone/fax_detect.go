package phone

import (
	"encoding/binary"
	"strings"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
)

// faxExten is where a call goes on that turns out to be a fax.
const faxExten = "fax"

// faxEar hears the calling tone of a fax machine (ITU-T T.30 §4.1) in what a phone
// sends, until it was heard or its time is over. Hear belongs to the goroutine that
// reads the leg's RTP.
type faxEar struct {
	linear
	detector *media.DTMFDetector
	until    time.Time // zero for ever
	over     atomic.Bool
}

// linear makes samples of frames of voice, whatever their codec.
type linear struct {
	from    *media.Format
	to      media.Translator // nil where the voice is linear already
	samples []int16
}

// of returns the samples of a frame, valid until the next one; none if there are none,
// or the codec can't be decoded here.
func (l *linear) of(f media.Frame) []int16 {
	if l.from != f.Format {
		l.from, l.to = f.Format, nil
		if f.Format != media.SLin {
			to, err := media.NewTranslator(f.Format, media.SLin)
			if err != nil {
				l.from = nil
				return nil
			}
			l.to = to
		}
	}
	if l.to != nil {
		var ok bool
		var err error
		if f, ok, err = l.to.Translate(f); err != nil || !ok {
			return nil
		}
	}
	l.samples = l.samples[:0]
	for at := 0; at+1 < len(f.Data); at += 2 {
		l.samples = append(l.samples, int16(binary.LittleEndian.Uint16(f.Data[at:])))
	}
	return l.samples
}

// listenForFax begins to listen, where the endpoint wants that: with the answer.
func (s *session) listenForFax() {
	e := s.endpoint
	if !e.FaxDetect {
		return
	}
	ear := &faxEar{detector: s.ch.Hearing().Detector(false, true)}
	if e.FaxDetectTimeout > 0 {
		ear.until = time.Now().Add(e.FaxDetectTimeout)
	}
	s.faxEar.CompareAndSwap(nil, ear)
}

// hearsFax reports whether it is listened for a fax: then media has to come by here.
func (s *session) hearsFax() bool {
	ear := s.faxEar.Load()
	return ear != nil && !ear.over.Load()
}

// hearFax takes a frame of voice, and sends the call to the extension for faxes
// if one calls.
func (s *session) hearFax(f media.Frame) {
	ear := s.faxEar.Load()
	if ear == nil || ear.over.Load() {
		return
	}
	heard := false
	ear.detector.Process(ear.of(f), func(f media.Frame) { heard = heard || f.Digit == 'f' })
	if !heard && (ear.until.IsZero() || time.Now().Before(ear.until)) {
		return
	}
	ear.over.Store(true)
	if heard {
		s.faxCalls("CNG")
	}
	s.ch.MediaChanged() // it may be relayed now
}

// faxCalls sends the call to the extension for faxes of its context, if there is one
// and it is not there already.
func (s *session) faxCalls(by string) {
	at := s.ch.Location()
	if at.Exten == faxExten || s.driver.hooks.ExtensionExists == nil {
		return
	}
	if !s.driver.hooks.ExtensionExists(at.Context, faxExten, s.ch.Caller().Number.Text) {
		s.driver.tell(levelNotice, "FAX %s detected but no fax extension in context %s", by, at.Context)
		return
	}
	s.driver.tell(levelNotice, "Redirecting '%s' to fax extension due to %s detection", s.ch.Name(), by)
	s.ch.SetVariable("FAXEXTEN", at.Exten)
	if err := s.ch.Interrupt(channel.Interrupt{Location: &channel.Location{Context: at.Context, Exten: faxExten, Priority: 1}}); err != nil {
		s.driver.log.Debug("a fax was not sent to its extension", "channel", s.ch.Name(), "error", err)
	}
}

// setFaxDetect reads faxdetect= of sip.conf: what tells a fax, its calling tone or
// that it asks for T.38.
func setFaxDetect(v *sipDraft, text string) error {
	v.FaxDetect, v.Peer.FaxByT38 = false, false
	for _, word := range splitList(strings.ToLower(text)) {
		switch {
		case isTrue(word):
			v.FaxDetect, v.Peer.FaxByT38 = true, true
		case word == "cng":
			v.FaxDetect = true
		case word == "t38":
			v.Peer.FaxByT38 = true
		case isFalse(word):
			v.FaxDetect, v.Peer.FaxByT38 = false, false
		}
	}
	return nil
}
