package sip

import (
	"errors"
	"fmt"
)

// Why a request has no final response, or a response did not arrive. They are
// found in a *Failure with errors.Is.
var (
	ErrTimeout     = errors.New("no answer in time")
	ErrTransport   = errors.New("transport failed")
	ErrUnresolved  = errors.New("target cannot be resolved")
	ErrNoTransport = errors.New("no transport for the target")
	ErrNoACK       = errors.New("no ACK came")
	ErrNoPRACK     = errors.New("no PRACK came")
	ErrClosed      = errors.New("stack is closed")
	ErrOverload    = errors.New("too much at once")
	ErrState       = errors.New("not possible in this state")
)

// A Failure is how a transaction ends without a final response from the peer.
type Failure struct {
	// Status is the response that the failure stands for: 408 for a timeout, 503
	// for a transport error and overload, 480 for an unresolved name (RFC 3261
	// §8.1.3.1, RFC 3263 §4.3).
	Status int
	What   string // the request: method and target
	Err    error
}

func (f *Failure) Error() string { return fmt.Sprintf("%s: %v", f.What, f.Err) }

// Unwrap returns the reason.
func (f *Failure) Unwrap() error { return f.Err }

func failure(what string, err error) *Failure {
	status := 503
	switch {
	case errors.Is(err, ErrTimeout), errors.Is(err, ErrNoACK), errors.Is(err, ErrNoPRACK):
		status = 408
	case errors.Is(err, ErrUnresolved):
		status = 480
	}
	return &Failure{Status: status, What: what, Err: err}
}
