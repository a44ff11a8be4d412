package sip

import "time"

// An Observer is told how transactions go, one by one: for traces and statistics.
// Its methods are called from many goroutines, Observe often within Respond or
// where a message arrives, so they must be quick and must not call the stack.
type Observer interface {
	// Observes reports whether anybody wants to know now. While it says no, no
	// Outcome is made.
	Observes() bool
	// Observe takes the outcome of a transaction.
	Observe(Outcome)
}

// An Outcome is a request with its final response, or with the reason why there
// is none.
type Outcome struct {
	Client bool // we sent the request
	Method string
	CallID string
	Number uint32 // of CSeq
	Status int    // of the final response; 0 if there is none
	Reason string // its reason phrase
	Err    error  // why there is no response
	// Peer is where the request came from, or went to last.
	Peer Source
	// Began is when the request arrived or was sent first, Ended when the final
	// response was sent or had come.
	Began, Ended time.Time
	// Repeats counts the retransmissions of the request until then, those that we
	// sent or those that came. What UDP repeats after a final response is not in it.
	Repeats int
	// Data is DialogOptions.Data of the dialog to which the request belongs, also
	// of the INVITE that began it and of its CANCEL; or RequestOptions.Data.
	Data any
}

func (s *Stack) observed() bool { return s.config.Observer != nil && s.config.Observer.Observes() }

// outcome is what is known of a server's transaction before it forgets its
// request. The caller holds mu.
func (tx *ServerTransaction) outcome(now time.Time) Outcome {
	m := tx.request
	o := Outcome{Method: m.Method, CallID: m.CallID, Number: m.CSeq.Number, Peer: m.Source, Began: tx.began, Ended: now,
		Repeats: tx.repeats, Data: tx.data}
	if o.Data == nil && tx.dialog != nil {
		o.Data = tx.dialog.options.Data
	}
	return o
}

// outcome is what is known of a client's transaction before it forgets its
// request. The caller holds mu.
func (tx *ClientTransaction) outcome() Outcome {
	o := Outcome{Client: true, CallID: tx.callID, Peer: tx.to, Began: tx.began, Ended: time.Now(), Repeats: tx.repeats, Data: tx.options.Data}
	m := tx.request
	if m == nil {
		m = tx.original
	}
	if m != nil {
		o.Method, o.Number = m.Method, m.CSeq.Number
	}
	return o
}

// belong gives a CANCEL the owner of its INVITE.
func (tx *ServerTransaction) belong(invite *ServerTransaction) {
	if !tx.stack.observed() {
		return
	}
	invite.mu.Lock()
	d := invite.dialog
	invite.mu.Unlock()
	if d == nil {
		return
	}
	tx.mu.Lock()
	tx.data = d.options.Data
	tx.mu.Unlock()
}
