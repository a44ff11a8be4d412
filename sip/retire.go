package sip

import "slices"

// A transaction of an INVITE that was accepted stays for 32 s, for a 2xx that is
// repeated or comes from another branch (RFC 6026 §7.2). When the call is over
// before, all that it needs is the ACKs; what belongs to the call, which the program
// gave, is let go.

// A retiredACK is the ACK of a branch whose dialog has ended.
type retiredACK struct {
	tag string
	sentACK
}

func (v *invitation) branches() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.dialogs) + len(v.acks)
}

func (v *invitation) all() []*Dialog {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.dialogs)
}

// again answers a 2xx of a branch that is over.
func (v *invitation) again(tag string, r *Message) bool {
	i := slices.IndexFunc(v.acks, func(a retiredACK) bool { return a.tag == tag })
	if i < 0 {
		return false
	}
	if a := v.acks[i]; r.Status >= 200 && a.number == r.CSeq.Number {
		a.send(v.stack)
	}
	return true
}

// left counts a dialog out that has ended.
func (v *invitation) left() {
	v.mu.Lock()
	v.alive--
	v.retire()
	v.mu.Unlock()
}

// settle says that a 2xx was told of.
func (v *invitation) settle(tx *ClientTransaction) {
	v.mu.Lock()
	v.accepted = tx
	v.retire()
	v.mu.Unlock()
}

// retire has a stranger take what still comes, if the call was accepted and is over.
// It holds nothing of the program's, and ends what another branch begins. The caller
// holds mu.
func (v *invitation) retire() {
	if v.alive > 0 || v.accepted == nil {
		return
	}
	o := &v.options.DialogOptions
	w := &invitation{stack: v.stack, retired: true, request: v.request, acks: v.acks}
	w.options.Contact, w.options.ContactUser, w.options.To, w.options.Symmetric = o.Contact, o.ContactUser, o.To, o.Symmetric
	if !v.retired {
		m := v.request
		w.request = &Message{Method: m.Method, URI: m.URI, CallID: m.CallID, CSeq: m.CSeq, From: m.From,
			Headers: []Header{{"From", m.Get("From")}}}
	}
	for _, d := range v.dialogs {
		d.mu.Lock()
		w.acks = append(w.acks, retiredACK{d.RemoteTag, d.ack})
		d.mu.Unlock()
	}
	v.accepted.hand(w)
	v.accepted = nil
}

// hand gives the responses that still come to another invitation.
func (tx *ClientTransaction) hand(w *invitation) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.state != txAccepted {
		return
	}
	tx.options = RequestOptions{OnResponse: w.response}
}
