package phone

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/sip"
)

// Answer implements channel.Leg.
func (s *session) Answer() error {
	s.mu.Lock()
	open := s.invite != nil && s.stage != over
	if open {
		s.stage = up
	}
	s.mu.Unlock()
	if !open || !s.accept() {
		return errors.New("the call is over")
	}
	s.watchMedia()
	s.listenForFax()
	s.count(callInUse)
	return nil
}

// Indicate implements channel.Leg.
func (s *session) Indicate(f media.Frame) error {
	s.mu.Lock()
	stage, waiting := s.stage, s.invite != nil
	s.mu.Unlock()
	if f.Signal == media.Hold || f.Signal == media.Unhold {
		return s.heard(f.Signal)
	}
	if f.Signal == media.VideoUpdate {
		if !waiting && stage == up {
			return s.askPicture()
		}
		return nil
	}
	if f.Signal == media.Streams {
		list, _ := f.Value.([]wish)
		s.followStreams(list)
		return nil
	}
	if f.Signal == media.T38 {
		return s.heardFax(f)
	}
	if f.Signal == media.Redirecting {
		s.mu.Lock()
		s.redirected = true
		s.mu.Unlock()
	}
	if f.Signal == media.Charge {
		c, _ := f.Value.(*channel.Charge)
		s.charge(c)
		return nil
	}
	if f.Signal == media.ConnectedLine {
		s.connected()
		return nil
	}
	if !waiting {
		switch f.Signal {
		case media.Ringing, media.Busy, media.Congestion:
			return channel.ErrNotIndicated
		}
		return nil
	}
	switch f.Signal {
	case media.Ringing:
		return s.ring(stage)
	case media.Progress:
		s.early(stage)
	case media.Busy:
		s.refuseAndEnd(486, s.causeOr(channel.CauseUserBusy))
	case media.Congestion:
		s.refuseAndEnd(503, s.causeOr(channel.CauseCongestion))
	case media.Incomplete:
		s.respond(484, false)
	case media.Redirecting:
		s.respondWith(181, choose(s.driver.technology == SIP, "Call is being forwarded", ""), false, nil)
	}
	return nil
}

// ring tells that it rings: by 180, or by a tone where media flows already.
func (s *session) ring(stage stage) error {
	switch {
	case stage == early && !s.model.Global.Send180After183:
		return channel.ErrNotIndicated
	case stage == ringing:
		return nil
	case s.endpoint.InbandProgress:
		s.early(stage)
		return channel.ErrNotIndicated
	}
	if stage == early {
		s.respond(180, true) // media flows on, and the description stays (RFC 6337 §2.2)
		return nil
	}
	s.mu.Lock()
	s.stage = ringing
	s.mu.Unlock()
	s.respond(180, false)
	return nil
}

// early begins media before the answer.
func (s *session) early(stage stage) {
	s.mu.Lock()
	first := s.stage < early
	if first {
		s.stage = early
	}
	s.mu.Unlock()
	if first || stage == early && s.driver.technology == PJSIP { // which tells of each progress, as on the reference
		s.respond(183, true)
	}
}

// earlyByVoice begins media with the first voice before the answer (prematuremedia=no).
func (s *session) earlyByVoice() {
	s.mu.Lock()
	stage, waiting := s.stage, s.invite != nil
	s.mu.Unlock()
	if waiting && stage < early {
		s.early(stage)
	}
}

// Write implements channel.Leg. Media before the answer begins it, as in a
// dialplan that plays without answering.
func (s *session) Write(f media.Frame) error {
	switch f.Kind {
	case media.Voice:
		if g := s.model.Global.General; g != nil && !g.PreMatureMedia {
			s.earlyByVoice()
		}
		return s.audio.Write(f)
	case media.VideoFrame:
		if f.Stream == streamNumber("image", 0) {
			return s.writeFax(f.Data)
		}
		return s.writeStrand(f)
	case media.TextFrame:
		return s.SendText(string(f.Data))
	}
	return nil
}

// WriteFormat implements channel.Leg.
func (s *session) WriteFormat() *media.Format { return s.format.Load() }

// OtherFormat implements channel.Bilingual: a phone that has Opus hears prompts in
// another format that was agreed upon.
func (s *session) OtherFormat(of *media.Format) *media.Format {
	s.mu.Lock()
	list := s.agreed.formats
	s.mu.Unlock()
	if contains(list, of) {
		return of
	}
	for _, f := range list {
		if media.Encodes(f) {
			return f
		}
	}
	return s.format.Load()
}

// NativeFormats implements channel.Polyglot: in the endpoint's order, as in the reference.
func (s *session) NativeFormats() []*media.Format {
	if !s.endpoint.AsymmetricCodec {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return inOrder(s.endpoint.Formats, s.agreed.formats)
}

// Hangup implements channel.Leg.
func (s *session) Hangup(cause int) {
	s.mu.Lock()
	talked, byUs := s.stage == up || s.stage == early || s.told || s.unsettled, s.stage != over || s.unsettled
	if s.referred && s.driver.technology == SIP {
		talked = false // nor does the reference tell then
	}
	s.mu.Unlock()
	if talked {
		s.tellLast(byUs)
	}
	if (cause == 0 || cause == channel.CauseNormalClearing && byUs) && !s.incoming && s.driver.technology == SIP {
		s.ch.SetCause(s.causeOfCaller())
	}
	parted := s.justParted()
	s.techCause(cause)
	s.driver.trace.dialogs.note(s.ch.Snapshot().Protocol, "Hangup", "Cause %s", channel.CauseText(cause))
	s.mu.Lock()
	s.gone = true
	stage, dialog, calling, waiting := s.stage, s.dialog, s.calling, s.invite != nil
	counted := s.counted
	s.stage = over
	s.mu.Unlock()
	last, late := func() {}, func() {}
	switch {
	case stage == over:
	case waiting:
		s.refuseCause(cause)
	case calling != nil:
		_ = calling.Cancel(s.refusalReason(cause)...)
	case dialog != nil && s.partLater(dialog):
	case dialog != nil:
		last, late = func() { s.bye(dialog, s.explain(cause)...) }, func() { s.bye(dialog) }
		if s.driver.technology == SIP {
			late = last
		} else if parted {
			last = late
		}
	}
	s.noTimer()
	s.noRenewal(s.afterACK(last), s.afterACK(late))
	s.audio.Close()
	s.unravel()
	s.closeFax()
	s.tellMedia()
	s.tellEnd()
	s.driver.callEnds(s.endpoint, counted)
	s.driver.house.remove(s)
}

// causeOfCaller is why the call ended for the leg that made it, with which the
// reference's SIP channels end, too.
func (s *session) causeOfCaller() int {
	if s.behalf != nil {
		if cause := s.behalf.HangupCause(); cause != 0 {
			return cause
		}
	}
	return channel.CauseNormalClearing
}

// tellStatus notes the SIP status with which the call came to its end.
func (s *session) tellStatus(status int) {
	if s.driver.technology == PJSIP {
		s.ch.Change(func(c *event.Channel) { c.TechCause = status })
	}
}

// techCause notes the SIP status that belongs to the end of the leg, unless the
// far end gave one.
func (s *session) techCause(cause int) {
	if s.driver.technology != PJSIP || cause == channel.CauseNormalClearing || cause == 0 {
		return
	}
	s.ch.Change(func(c *event.Channel) {
		if c.TechCause == 0 {
			c.TechCause = statusOfCause(cause)
		}
	})
}

// BeginDigit implements channel.DigitSender.
func (s *session) BeginDigit(digit byte) error {
	switch s.keyMode() {
	case DTMFRFC4733:
		s.tellDigit(digit)
		return s.audio.BeginDigit(digit)
	case DTMFInfo, DTMFNone:
		return nil
	}
	return channel.ErrNotIndicated
}

// tellDigit tells tests as what a key goes out.
func (s *session) tellDigit(digit byte) {
	clock := 8000
	if f := s.format.Load(); f != nil {
		clock = f.Clock
	}
	s.mu.Lock()
	events := s.agreed.events
	s.mu.Unlock()
	if len(events) == 0 {
		return
	}
	p := events[0]
	for _, q := range events {
		if q.clock == clock {
			p = q
			break
		}
	}
	s.driver.testEvent("DTMF_BEGIN", "res_rtp_asterisk.c", "ast_rtp_dtmf_begin", event.Variable{Name: "Digit", Value: itoa(strings.IndexByte(keyCodes, digit))},
		event.Variable{Name: "Payload", Value: itoa(p.number)}, event.Variable{Name: "Rate", Value: itoa(p.clock)})
}

// keyCodes are the keys in the order of their codes (RFC 4733 §3.2).
const keyCodes = "0123456789*#ABCD"

// EndDigit implements channel.DigitSender.
func (s *session) EndDigit(digit byte, ms int) error {
	switch s.keyMode() {
	case DTMFRFC4733:
		return s.audio.EndDigit(digit, time.Duration(ms)*time.Millisecond)
	case DTMFInfo:
		return s.sendInfo("application/dtmf-relay", fmt.Sprintf("Signal=%c\r\nDuration=%d\r\n", digit, ms))
	case DTMFNone:
		return nil
	}
	return channel.ErrNotIndicated
}

// keyMode is the way for keys that was agreed.
func (s *session) keyMode() DTMFMode {
	switch mode := s.dtmf(); {
	case mode == DTMFRFC4733 && s.keys.Load() < 0:
		return DTMFInband
	case mode == DTMFAuto && s.keys.Load() >= 0, mode == DTMFAutoInfo && s.keys.Load() >= 0:
		return DTMFRFC4733
	case mode == DTMFAuto:
		return DTMFInband
	case mode == DTMFAutoInfo:
		return DTMFInfo
	default:
		return mode
	}
}

func (s *session) sendInfo(kind, body string) error { return s.inCall(sip.Info, kind, body) }

// SendText implements channel.TextSender.
func (s *session) SendText(text string) error {
	return s.inCall(sip.MessageM, choose(s.driver.technology == SIP, "text/plain;charset=UTF-8", "text/plain"), text)
}

// SendMessage implements channel.Messenger.
func (s *session) SendMessage(t channel.Text) error {
	s.mu.Lock()
	dialog := s.dialog
	s.mu.Unlock()
	if dialog == nil {
		return errNotEstablished
	}
	m := dialog.NewRequest(sip.MessageM)
	for header, name := range map[string]string{"From": t.FromName, "To": t.ToName} {
		value, _ := m.Lookup(header)
		if a, err := sip.ParseAddress(value); err == nil && name != "" {
			a.Display = name
			m.Set(header, a.String())
		}
	}
	m.SetBody(cmp.Or(t.ContentType, "text/plain"), []byte(t.Body))
	return s.ask(dialog, m, sip.RequestOptions{}, nil)
}
