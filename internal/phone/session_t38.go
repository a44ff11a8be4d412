package phone

import (
	"net/netip"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/internal/udptl"
	"github.com/octothorpe/octothorpe/sip"
)

// faxWait is how long the other leg of a call has to agree to fax before the far end
// that wants it is refused.
const faxWait = 5 * time.Second

// faxStage is how far a call is in becoming fax.
type faxStage uint8

const (
	faxOff     faxStage = iota
	faxAsked            // by the far end, which waits for our answer
	faxOffered          // by us
	faxOn
)

// names of the stages, as CHANNEL(pjsip,t38state) has them.
var faxStages = [...]string{"DISABLED", "REMOTE_REINVITE", "LOCAL_REINVITE", "ENABLED"}

// fax is the fax of a call, made when it is first asked for: few calls have one. The
// caller holds s.mu.
func (s *session) fax() *facsimile {
	if s.facsimile == nil {
		s.facsimile = &facsimile{}
	}
	return s.facsimile
}

// facsimile is the fax of a call. Its fields are under the session's mu.
type facsimile struct {
	stage  faxStage
	tx     *sip.ServerTransaction // theirs, that asks
	asked  *sip.Message
	offer  *description
	line   int         // of the image stream in their description
	wait   *time.Timer // until they are refused
	stream *udptl.Session
	ours   udptl.Correction
	far    udptl.Limit
	terms  media.Fax // of the other leg
}

// openFax makes the socket of a fax, if there is none. s.mu is not held.
func (s *session) openFax() (*udptl.Session, error) {
	s.mu.Lock()
	m := s.fax().stream
	s.mu.Unlock()
	if m != nil {
		return m, nil
	}
	number := streamNumber("image", 0)
	settings := s.driver.media.Load()
	m, err := udptl.New(udptl.Config{Ports: settings.FaxPorts, Local: s.faxAddress(), Symmetric: s.endpoint.T38.NAT, Trace: settings.FaxTrace,
		Span: settings.Fax.Span, NoChecksums: settings.Fax.NoChecksums,
		Deliver: func(ifp []byte) { s.ch.Deliver(media.Frame{Kind: media.VideoFrame, Stream: number, Data: ifp}) }})
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.fax().stream = m
	s.fax().ours = udptl.Correction(map[string]udptl.Correction{"fec": udptl.FEC, "redundancy": udptl.Redundancy}[s.endpoint.T38.ErrorCorrection])
	s.fax().far = s.faxLimit()
	s.mu.Unlock()
	return m, nil
}

// faxLimit is how a fax of ours goes as long as the other side has said nothing. The
// caller holds s.mu.
func (s *session) faxLimit() udptl.Limit {
	return udptl.Limit{Datagram: udptl.DefaultDatagram, Correction: s.fax().ours, Entries: s.driver.media.Load().Fax.Entries}
}

// faxAddress is where a fax is bound: with t38_bind_udptl_to_media_address the one
// that we tell.
func (s *session) faxAddress() netip.Addr {
	if s.endpoint.T38.BindToMedia {
		if a, err := netip.ParseAddr(s.endpoint.MediaAddress); err == nil {
			return a
		}
	}
	return s.audio.LocalAddr().Addr()
}

// closeFax gives the socket of a fax back. Who still waits for fax at the end of the
// call waits no more.
func (s *session) closeFax() {
	s.mu.Lock()
	m, wait, tx := s.fax().stream, s.fax().wait, s.fax().tx
	s.facsimile = nil
	s.mu.Unlock()
	if wait != nil {
		wait.Stop()
	}
	if m != nil {
		m.Close()
	}
	if tx != nil {
		s.driver.send(tx, s.inDialog(tx, 487))
	}
}

// faxFar takes what the other side says of its image stream. answered says that it
// answers to what we offered.
func (s *session) faxFar(st *stream, answered bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.fax()
	switch {
	case !st.fax.corrected:
	case answered && st.fax.correction != f.ours: // it does not do what we offered
		f.ours = udptl.None
	default:
		f.ours = st.fax.correction
	}
	f.far = s.faxLimit()
	if n := st.fax.datagram; n > 0 && n <= udptl.LongestDatagram {
		f.far.Datagram = n
	}
	if n := s.endpoint.T38.MaxDatagram; n > 0 {
		f.far.Datagram = n
	}
	f.stream.SetFar(f.far)
	if st.address.IsValid() {
		to := st.address.Unmap()
		if sound := s.audio.RemoteAddr().Addr(); s.endpoint.T38.FollowRTP && s.endpoint.RTPSymmetric && sound.IsValid() {
			to = sound.Unmap() // what a phone behind a NAT says of itself is of no use
		}
		f.stream.SetRemote(netip.AddrPortFrom(to, uint16(st.port)))
	}
}

// faxTermsOf are the terms of the far end, for the other leg of the call.
func (s *session) faxTermsOf(st *stream, step media.FaxStep) media.Frame {
	s.mu.Lock()
	longest, _ := s.fax().far.IFP()
	s.mu.Unlock()
	terms := st.fax.Fax
	terms.Step, terms.LongestIFP = step, longest
	return media.Frame{Kind: media.Control, Signal: media.T38, Value: terms}
}

func faxStep(step media.FaxStep) media.Frame {
	return media.Frame{Kind: media.Control, Signal: media.T38, Value: media.Fax{Step: step}}
}

// wantsFax takes a re-INVITE that asks for fax: its answer waits for the other leg
// of the call. It reports false where it is none.
func (s *session) wantsFax(tx *sip.ServerTransaction, r *sip.Message, offer *description) bool {
	i := offer.image()
	if i < 0 || offer.streams[i].port == 0 {
		return false
	}
	st := &offer.streams[i]
	refuse := func() { s.driver.send(tx, s.inDialog(tx, 488)) }
	if !s.endpoint.T38.UDPTL {
		refuse()
		return true
	}
	if _, err := s.openFax(); err != nil {
		s.driver.log.Warn("a fax was refused", "channel", s.ch.Name(), "error", err)
		refuse()
		return true
	}
	s.trying(tx, r)
	s.faxFar(st, false)
	s.mu.Lock()
	again := s.fax().stage == faxOn
	s.fax().tx, s.fax().asked, s.fax().offer, s.fax().line = tx, r, offer, i
	terms := s.fax().terms
	if !again {
		s.fax().stage = faxAsked
		s.fax().wait = time.AfterFunc(faxWait, func() { s.answerFax(media.Fax{Step: media.FaxRefused}) })
	}
	s.mu.Unlock()
	if again { // it is fax already, between other addresses now
		s.answerFax(terms)
		return true
	}
	s.ch.Deliver(s.faxTermsOf(st, media.FaxWanted))
	if s.endpoint.Peer != nil && s.endpoint.Peer.FaxByT38 {
		s.faxCalls("T.38")
	}
	return true
}

// answerFax answers the re-INVITE that asked for fax.
func (s *session) answerFax(terms media.Fax) {
	s.mu.Lock()
	tx, asked, offer, line, wait := s.fax().tx, s.fax().asked, s.fax().offer, s.fax().line, s.fax().wait
	s.fax().tx, s.fax().asked, s.fax().offer, s.fax().wait = nil, nil, nil, nil
	s.mu.Unlock()
	if tx == nil {
		return
	}
	if wait != nil {
		wait.Stop()
	}
	if terms.Step == media.FaxRefused {
		s.closeFax()
		s.driver.send(tx, s.inDialog(tx, 488))
		return
	}
	a := s.inDialog(tx, 200)
	s.mu.Lock()
	s.fax().stage, s.fax().terms, s.offer = faxOn, terms, offer
	s.mu.Unlock()
	s.pauseSound()
	d := s.describeFax(tx.Source(), offer, line)
	if a == nil {
		return
	}
	s.tellAbilities(a, asked)
	a.SetBody(descriptionKind, d.bytes())
	s.driver.send(tx, a)
}

// pauseSound stops waiting for sound, of which there is none while fax goes on.
func (s *session) pauseSound() { s.audio.SetTimeouts(0, 0) }

// describeFax is our description of a call that is fax: in answer to an offer, or our
// own.
func (s *session) describeFax(way sip.Source, offer *description, line int) *description {
	d := s.heading(way, offer)
	s.mu.Lock()
	defer s.mu.Unlock()
	terms := faxTerms{Fax: s.fax().terms, correction: s.fax().ours}
	terms.datagram = s.faxLimit().For(terms.LongestIFP)
	var list []stream
	switch {
	case offer != nil:
		list = offer.streams
	case s.local != nil:
		list = s.local.streams
	}
	for i := range list {
		d.streams = append(d.streams, list[i].declined())
	}
	if line >= 0 && line < len(d.streams) && s.fax().stream != nil {
		d.streams[line] = imageStream(s.fax().stream.Port(), &terms)
	}
	s.local = d
	return d
}

// heardFax follows what the other leg of the call says of fax.
func (s *session) heardFax(f media.Frame) error {
	terms, ok := f.Value.(media.Fax)
	if !ok {
		return channel.ErrNotIndicated
	}
	s.mu.Lock()
	stage, ready := s.fax().stage, s.stage == up && !s.gone
	s.mu.Unlock()
	switch {
	case terms.Step == media.FaxWanted && (stage != faxOff || !ready || !s.endpoint.T38.UDPTL):
		s.ch.Deliver(faxStep(media.FaxRefused))
	case terms.Step == media.FaxWanted:
		s.offerFax(terms)
	case stage == faxAsked:
		s.answerFax(terms)
	case stage == faxOn && terms.Step != media.FaxAgreed:
		s.soundAgain()
	}
	return nil
}

// offerFax asks the far end to go on as fax.
func (s *session) offerFax(terms media.Fax) {
	if _, err := s.openFax(); err != nil {
		s.driver.log.Warn("a fax was refused", "channel", s.ch.Name(), "error", err)
		s.ch.Deliver(faxStep(media.FaxRefused))
		return
	}
	s.mu.Lock()
	s.fax().stage, s.fax().terms = faxOffered, terms
	s.mu.Unlock()
	s.renew(renewal{method: sip.Invite, fax: true, done: func(r *sip.Message) {
		s.mu.Lock()
		agreed := s.fax().stage == faxOn
		s.mu.Unlock()
		if agreed {
			return
		}
		s.closeFax()
		if !s.ch.HungUp() {
			s.ch.Deliver(faxStep(media.FaxRefused))
		}
	}})
}

// takeFax takes the answer to our offer of fax.
func (s *session) takeFax(answer *description) {
	i := answer.image()
	if i < 0 || answer.streams[i].port == 0 {
		s.ch.Hangup(channel.CauseNormalClearing) // they left nothing of the call
		return
	}
	st := &answer.streams[i]
	s.faxFar(st, true)
	s.mu.Lock()
	s.fax().stage = faxOn
	s.mu.Unlock()
	s.pauseSound()
	s.ch.Deliver(s.faxTermsOf(st, media.FaxAgreed))
}

// soundAgain makes sound of a fax: by our re-INVITE.
func (s *session) soundAgain() {
	s.mu.Lock()
	was := s.fax().stage == faxOn && s.stage == up && !s.gone
	s.mu.Unlock()
	if !was {
		return
	}
	s.closeFax()
	s.watchMedia()
	s.renew(renewal{method: sip.Invite})
}

// faxEnds follows that their re-INVITE made sound of a fax.
func (s *session) faxEnds() {
	s.mu.Lock()
	was := s.facsimile != nil && s.facsimile.stage == faxOn
	s.mu.Unlock()
	if was {
		s.closeFax()
		s.watchMedia()
		s.ch.Deliver(faxStep(media.FaxFinished))
	}
}

// Bridged implements channel.Stepping: who is left alone is no fax any more, and who has
// company again is not left alone.
func (s *session) Bridged(in bool) {
	if in {
		s.accompanied()
	} else {
		s.released()
		s.soundAgain()
	}
}

// writeFax sends what came by the fax of the other leg.
func (s *session) writeFax(ifp []byte) error {
	s.mu.Lock()
	m := s.fax().stream
	s.mu.Unlock()
	if m == nil {
		return nil
	}
	return m.Write(ifp)
}

func (s *session) faxState() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return faxStages[s.fax().stage]
}
