package phone

import "github.com/octothorpe/octothorpe/sip"

// externalReplaces is the extension that takes transfers to a call which another
// exchange has; SIPREFERTOHDR tells it which.
const externalReplaces = "external_replaces"

// elsewhere stands for a call that is none of ours.
const elsewhere = -1

// consulted is the call whose other side the transferee of a REFER is to talk to, by
// the Replaces in Refer-To (RFC 3891 §6.1, RFC 5589 §7.1), nil where there is none.
// status is how to refuse it, elsewhere where another exchange has the call, or 0.
func (s *session) consulted(to sip.URI) (other *session, status int) {
	text, ok := to.Header("Replaces")
	if !ok {
		return nil, 0
	}
	d := s.driver
	v, ok := sip.ParseReplaces(text)
	if !ok {
		return nil, 400
	}
	dialog := d.stack.Dialog(v.CallID, v.ToTag, v.FromTag)
	if dialog == nil {
		return nil, elsewhere
	}
	other, ok = dialog.Data().(*session)
	if !ok || other == s {
		return nil, 603
	}
	other.mu.Lock()
	stage := other.stage
	other.mu.Unlock()
	switch {
	case stage == over:
		return nil, 603
	case d.hooks.AttendedTransfer == nil:
		return nil, 501
	}
	return other, 0
}
