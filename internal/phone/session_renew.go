package phone

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/sip"
)

// A renewal is a re-INVITE or UPDATE of ours within a call: for another description
// or to tell who is at our end.
type renewal struct {
	method  string
	plain   bool            // an UPDATE without a description
	marked  bool            // with chan_sip's header that says so
	fax     bool            // to go on as fax
	again   bool            // with the last description as it was (RFC 4028 §7.4)
	hand    bool            // to say where their media is to go
	formats []*media.Format // to offer; nil are those that were agreed upon
	// prepare, if not nil, is called when its turn has come, and reports whether it is still wanted.
	prepare func() bool
	// done is told the final response, or nil where none came.
	done func(r *sip.Message)
}

// maxRenewals is how many renewals of a call may wait for their turn. What comes
// then is left out: each tells how things stand when it is sent.
const maxRenewals = 4

// renewals are what is to be sent and has to wait, because a call has but one
// exchange of descriptions at a time. Its fields are under the session's mu.
type renewals struct {
	waiting []renewal
	busy    bool
	method  string       // of the one under way
	ready   bool         // the call was answered, and that was acknowledged
	timer   *time.Timer  // until the one that met another is sent again
	after   func()       // is called when the one under way is over
	then    []func()     // are called before the next one, in order
	hand    bool         // the one under way says where media is to go
	before  *description // ours, until the one under way told another
}

// withdraw takes the description of a renewal back that was refused: the one before
// it stands (RFC 3261 §14.1).
func (s *session) withdraw() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if before := s.renewals.before; before != nil && s.local != nil {
		s.local, s.answeredTo = before.within(s.local), nil
	}
}

// renew sends a renewal when its turn comes. It reports false where too many wait.
func (s *session) renew(n renewal) bool {
	s.mu.Lock()
	full := len(s.renewals.waiting) >= maxRenewals
	if !full {
		s.renewals.waiting = append(s.renewals.waiting, n)
	}
	s.mu.Unlock()
	if full {
		s.driver.log.Debug("a renewal of a call was left out", "channel", s.ch.Name(), "waiting", maxRenewals)
	}
	s.renewNext()
	return !full
}

// settled lets the renewals begin: the INVITE has had its ACK.
func (s *session) settled() {
	s.mu.Lock()
	s.renewals.ready = true
	s.mu.Unlock()
	s.renewNext()
}

func (s *session) renewNext() {
	s.mu.Lock()
	w := &s.renewals
	for len(w.waiting) > 0 && s.stale(w.waiting[0]) {
		w.waiting = w.waiting[1:]
	}
	if w.busy || len(w.waiting) == 0 || s.gone || s.dialog == nil || !w.ready && !w.waiting[0].plain ||
		s.stage != up && (s.incoming || s.stage == over || !w.waiting[0].plain) {
		s.mu.Unlock()
		return
	}
	n, dialog := w.waiting[0], s.dialog
	w.waiting, w.busy, w.method, w.hand = w.waiting[1:], true, n.method, n.hand
	s.mu.Unlock()
	s.sendRenewal(dialog, n)
}

// sendRenewal sends one. It is busy until the answer is there.
func (s *session) sendRenewal(dialog *sip.Dialog, n renewal) {
	if n.prepare != nil && !n.prepare() {
		s.renewalOver(n, nil)
		return
	}
	m := dialog.NewRequest(n.method)
	if agent := s.model.Global.UserAgent; agent != "" {
		m.Add("User-Agent", agent)
	}
	if s.driver.technology == SIP || n.method == sip.Invite {
		m.Add("Allow", choose(s.driver.technology == SIP, allowSIP, s.model.can.allows()))
	}
	m.Add("Supported", s.endpoint.supported()+choose(s.driver.technology == PJSIP && n.method == sip.Invite, s.model.can.history(), ""))
	if n.marked {
		m.Remove("Allow")
		m.Remove("Supported")
	} else {
		s.offerTimer(m)
	}
	o := sip.RequestOptions{Prepare: func(m *sip.Message, way sip.Source) {
		if from, err := sip.ParseAddress(dialog.Local()); err == nil {
			s.identity(m, from.URI, choose(s.incoming, "called", "calling"))
		}
		if n.marked {
			m.Add("X-Asterisk-rpid-update", "Yes")
		}
		if !n.plain {
			m.SetBody("application/sdp", s.renewed(n, way).bytes())
		}
	}}
	err := s.ask(dialog, m, o, func(r *sip.Message, err error) { s.renewalAnswered(dialog, n, r, err) })
	switch {
	case errors.Is(err, sip.ErrState) && dialog.State() == sip.DialogConfirmed:
		s.renewLater(n) // theirs is under way
	case err != nil:
		s.driver.log.Debug("a renewal of a call was not sent", "channel", s.ch.Name(), "error", err)
		s.renewalOver(n, nil)
	}
}

// renewed is the description of a renewal.
func (s *session) renewed(n renewal, way sip.Source) *description {
	s.mu.Lock()
	last, formats := s.local, s.agreed.formats
	s.renewals.before = last
	ours := choose(s.held, recvOnly, sendRecv).holding(s.holding)
	s.mu.Unlock()
	if n.again && last != nil {
		return last
	}
	if n.fax {
		return s.describeFax(way, nil, 0)
	}
	if len(n.formats) > 0 {
		formats = n.formats
	}
	return s.describe(way, nil, formats, ours)
}

func (s *session) renewalAnswered(dialog *sip.Dialog, n renewal, r *sip.Message, err error) {
	good := err == nil && r.Status < 300
	if good && n.method == sip.Invite {
		if err := dialog.ACK("", nil); err != nil {
			s.driver.log.Debug("an ACK was not sent", "channel", s.ch.Name(), "error", err)
		}
	}
	switch {
	case err != nil || r.Status == 408 || r.Status == 481: // RFC 3261 §12.2.1.2
		s.renewalOver(n, nil)
		s.ch.Hangup(channel.CauseNormalClearing)
		return
	case r.Status == 491:
		s.renewLater(n)
		return
	case good:
		s.agreedTimer(r)
		s.learn(r)
		if !n.plain && len(r.Body) > 0 {
			s.takeRenewed(n, r)
		}
	default:
		s.withdraw()
		s.driver.log.Debug("a renewal of a call was refused", "channel", s.ch.Name(), "status", r.Status)
	}
	s.renewalOver(n, r)
}

// takeRenewed takes the answer to the description of a renewal.
func (s *session) takeRenewed(n renewal, r *sip.Message) {
	answer, err := parseSDP(r.Body)
	if err != nil {
		s.driver.log.Debug("an answer is unreadable", "channel", s.ch.Name(), "error", err)
		return
	}
	if n.fax {
		s.takeFax(answer)
		return
	}
	if a, ok := s.agrees(answer, preferred(n.formats, s.endpoint.Formats)); ok {
		s.take(a)
		s.holds(a.held)()
	}
}

// renewLater sends a renewal again that met one of theirs: who made the call waits
// longer than who was called, so that they do not meet again (RFC 3261 §14.1).
func (s *session) renewLater(n renewal) {
	n.prepare = nil // what it is to tell is prepared
	wait := time.Duration(rand.IntN(201)) * 10 * time.Millisecond
	if !s.incoming {
		wait = 2100*time.Millisecond + time.Duration(rand.IntN(191))*10*time.Millisecond
	}
	s.mu.Lock()
	if s.gone {
		s.mu.Unlock()
		s.renewalOver(n, nil)
		return
	}
	defer s.mu.Unlock()
	s.renewals.timer = time.AfterFunc(wait, func() {
		s.mu.Lock()
		s.renewals.timer = nil
		if !s.gone {
			s.renewals.waiting = append([]renewal{n}, s.renewals.waiting...)
		}
		s.mu.Unlock()
		s.renewalOver(renewal{}, nil)
	})
}

func (s *session) renewalOver(n renewal, r *sip.Message) {
	s.mu.Lock()
	s.renewals.busy, s.renewals.before = false, nil
	after, then := s.renewals.after, s.renewals.then
	s.renewals.after, s.renewals.then, s.renewals.hand = nil, nil, false
	s.mu.Unlock()
	for _, f := range then {
		f()
	}
	if after != nil {
		after()
	}
	if n.done != nil {
		n.done(r)
	}
	s.renewNext()
}

// handed calls f when the far end knows where its media is to go: now, or when what
// tells it is answered.
func (s *session) handed(f func()) {
	s.mu.Lock()
	w := &s.renewals
	wait := w.busy && w.hand
	if wait {
		w.then = append(w.then, f)
	}
	s.mu.Unlock()
	if !wait {
		f()
	}
}

// noRenewal drops what waits, as the call is over, and calls last or, where an answer
// to a re-INVITE is awaited, late when it is there: the other side could take a BYE
// for one to what it is about to accept.
func (s *session) noRenewal(last, late func()) {
	s.mu.Lock()
	w := &s.renewals
	w.waiting = nil
	later := w.busy && w.method == sip.Invite && (w.timer == nil || !w.timer.Stop())
	if later {
		w.after = late
	}
	s.mu.Unlock()
	if !later {
		last()
	}
}

// takesUpdate reports whether the other side knows UPDATE (RFC 3311).
func (s *session) takesUpdate() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.request
	if !s.incoming {
		if known = s.acceptedBy; known == nil {
			known = s.alertedBy
		}
	}
	return known != nil && known.Has("Allow", sip.Update)
}
