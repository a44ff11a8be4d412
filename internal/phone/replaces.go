package phone

import (
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/sip"
)

// replaced finds the call whose place a new one asks to take (RFC 3891 §3), nil
// where it asks for none; status is how to refuse it, or 0. A call of ours that
// only rings is not given away.
func (d *Driver) replaced(r *sip.Message) (old *session, status int) {
	switch n := len(r.All("Replaces")); {
	case n == 0:
		return nil, 0
	case n > 1 && d.technology == PJSIP:
		return nil, 400
	}
	v, err := r.Replaces()
	if err != nil {
		return nil, 481
	}
	dialog := d.stack.Dialog(v.CallID, v.ToTag, v.FromTag)
	if dialog == nil {
		return nil, 481
	}
	old, ok := dialog.Data().(*session)
	if !ok {
		return nil, 481 // a subscription
	}
	old.mu.Lock()
	stage := old.stage
	old.mu.Unlock()
	switch {
	case stage == over || stage < up && old.incoming:
		return nil, 481
	case stage < up || d.hooks.Replace == nil:
		return nil, 603
	case v.EarlyOnly:
		return nil, 486
	}
	return old, 0
}

// refusesReplaces answers a call that asks for the place of another which it can't
// have. It reports whether it did.
func (d *Driver) refusesReplaces(in *incoming) (old *session, refused bool) {
	old, status := d.replaced(in.request)
	if status == 0 {
		return old, false
	}
	if d.technology == PJSIP {
		d.send(in.tx, in.answer(100, ""))
	}
	a := in.answer(status, choose(d.technology == SIP && status == 481, "Call Leg Does Not Exist (Replaces)", ""))
	if d.technology == PJSIP && !in.endpoint.reasonless() {
		a.Headers = append(a.Headers, sip.Header{Name: "Server", Value: in.model.Global.UserAgent}, reason(0))
	}
	d.send(in.tx, a)
	return nil, true
}

// takePlace has the call go on where another was.
func (s *session) takePlace(old *session) {
	if err := s.driver.hooks.Replace(old.ch, s.ch); err != nil {
		s.driver.log.Warn("a call was not replaced", "channel", old.ch.Name(), "by", s.ch.Name(), "error", err)
		s.ch.Hangup(channel.CauseNormalClearing)
		s.ch.End()
	}
}
