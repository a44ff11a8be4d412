package sip

import (
	"context"
	"fmt"
	"time"
)

// Cancel cancels an INVITE (RFC 3261 §9.1): at once, or as soon as a provisional
// response has come. Its outcome is told as usual: 487, or a 2xx that came first,
// which has to be acknowledged and ended with BYE (Invite does that by itself), or
// ErrTimeout. The headers are added to the CANCEL: Reason, say. The error is
// ErrState if the request is no INVITE or has its final response.
func (tx *ClientTransaction) Cancel(headers ...Header) error {
	tx.mu.Lock()
	if !tx.invite || tx.state != txTrying && tx.state != txProceeding {
		tx.mu.Unlock()
		return fmt.Errorf("cancel: %w", ErrState)
	}
	first := !tx.canceled
	tx.canceled = true
	if first {
		tx.headers = headers
	}
	now := tx.state == txProceeding && !tx.told
	unsent := tx.key == ""
	if now {
		tx.told = true
		tx.due = time.Now().Add(tx.stack.timers.Cancelled)
		tx.arm()
	}
	tx.mu.Unlock()
	if unsent {
		tx.fail(context.Canceled)
	}
	if now {
		tx.sendCancel()
	}
	return nil
}

// sendCancel sends CANCEL in a transaction of its own.
func (tx *ClientTransaction) sendCancel() {
	tx.mu.Lock()
	if tx.request == nil {
		tx.mu.Unlock()
		return
	}
	m := follow(tx.request, Cancel, nil)
	m.Headers = append(m.Headers, tx.headers...)
	c := &ClientTransaction{stack: tx.stack, callID: tx.callID, request: m, via: tx.via, to: tx.to, name: tx.name,
		began: time.Now(), options: RequestOptions{Data: tx.options.Data}}
	branch := tx.key[:len(tx.key)-len(" "+Invite)]
	tx.mu.Unlock()
	c.key = string(appendClientKey(nil, branch, Cancel))
	c.bytes = tx.stack.encodeRequest(m, c.via)
	now := time.Now()
	c.due = now.Add(tx.stack.timers.Timeout)
	if !c.to.Transport.Reliable() {
		c.gap = tx.stack.timers.T1
		c.repeatAt = now.Add(c.gap)
	}
	if !tx.stack.clients.insert(c.key, c) {
		return
	}
	c.mu.Lock()
	c.arm()
	c.mu.Unlock()
	tx.stack.metrics.RequestsSent.Add(1)
	_ = c.to.Transport.send(c.bytes, c.to, c.name, nil) // repeated, or the INVITE ends by its timer
}

// Cancelled reports whether the program has asked to cancel.
func (tx *ClientTransaction) Cancelled() bool {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	return tx.canceled
}
