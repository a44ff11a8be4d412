package ari

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// What goes wrong with a connection.
var (
	// ErrClosed is the error of a client or subscription that was closed.
	ErrClosed = errors.New("ari: closed")
	// ErrDisconnected is the error of a request over the WebSocket while there is none.
	ErrDisconnected = errors.New("ari: not connected")
	// ErrLost is the error of a request over the WebSocket that ended before the answer:
	// it may have been carried out, or not.
	ErrLost = errors.New("ari: the connection ended before the answer")
	// ErrReplaced is the end of a client whose applications somebody else has taken over.
	ErrReplaced = errors.New("ari: another client has the application now")
	// ErrOverflow is the end of a subscription that was not read in time. What had been
	// kept can still be read before it.
	ErrOverflow = errors.New("ari: more events than may wait")
	// ErrOver is the end of the events of a handle: there is no such channel, bridge,
	// playback or recording any more.
	ErrOver = errors.New("ari: there is no more to come")
	// ErrLeft is why the context of a [Handler] ends when its channel leaves the
	// application.
	ErrLeft = errors.New("ari: the channel has left the application")
	// ErrNoHTTP is the error of a request that is possible over HTTP only, of a client
	// that has a WebSocket only.
	ErrNoHTTP = errors.New("ari: not possible over a WebSocket")
)

// An Error is the error of a request that the server refused.
type Error struct {
	Method, Path string // of the request: "POST", "/channels/7/play"
	Status       int    // of HTTP
	Message      string // what the server says, "" if nothing
	Body         []byte // all that it says
}

// Error says what the server said.
func (e *Error) Error() string {
	text := e.Message
	if text == "" {
		text = http.StatusText(e.Status)
	}
	return fmt.Sprintf("ari: %s %s: %d %s", e.Method, e.Path, e.Status, text)
}

// newError is that of an answer.
func newError(r *request, status int, body []byte) *Error {
	e := &Error{Method: r.method, Path: r.path, Status: status, Body: body}
	var said struct{ Message, Error string }
	if json.Unmarshal(body, &said) == nil {
		if e.Message = said.Message; e.Message == "" {
			e.Message = said.Error
		}
	}
	return e
}

// Status is the HTTP status of what a server refused, 0 of another error.
func Status(err error) int {
	var refused *Error
	if errors.As(err, &refused) {
		return refused.Status
	}
	return 0
}

// An EndedError is the error of waiting for something of a channel that has ended, or
// has left the application.
type EndedError struct {
	ID string
	// Destroyed is its end; nil if it has left the application and lives on.
	Destroyed *ChannelDestroyed
}

// Error says why the channel ended.
func (e *EndedError) Error() string {
	if e.Destroyed == nil {
		return "ari: channel " + e.ID + " has left the application"
	}
	return fmt.Sprintf("ari: channel %s has ended: %s (%d)", e.ID, e.Destroyed.CauseTxt, e.Destroyed.Cause)
}

// A FailedError is the error of a playback or recording that failed.
type FailedError struct{ What, Name, Cause string }

// Error says what failed.
func (e *FailedError) Error() string {
	if e.Cause == "" {
		return "ari: " + e.What + " " + e.Name + " failed"
	}
	return "ari: " + e.What + " " + e.Name + " failed: " + e.Cause
}
