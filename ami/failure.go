package ami

import "errors"

// What goes wrong with a connection.
var (
	// ErrClosed is the error of a client or subscription that was closed.
	ErrClosed = errors.New("ami: closed")
	// ErrInvalid is the error of an action that can't be sent, as it is no message of AMI.
	ErrInvalid = errors.New("ami: invalid action")
	// ErrDisconnected is the error of an action while there is no connection, which was
	// not sent.
	ErrDisconnected = errors.New("ami: not connected")
	// ErrLost is the error of an action whose connection ended before the answer: it may
	// have been carried out, or not.
	ErrLost = errors.New("ami: the connection ended before the answer")
	// ErrOverflow is the end of a subscription that was not read in time, if it was to
	// end then, and of a list that is longer than it may be.
	ErrOverflow = errors.New("ami: more messages than may wait")
	// ErrBanner is the error of a server that does not speak AMI.
	ErrBanner = errors.New("ami: not a manager")
)

// A ResponseError is the error of an action that was answered with Error.
type ResponseError struct{ Response Message }

// Error says what the server said.
func (e *ResponseError) Error() string {
	if text := e.Response.Get("Message"); text != "" {
		return "ami: " + text
	}
	return "ami: the action failed"
}

// Text is the Message of the response: "Permission denied", "No such channel".
func (e *ResponseError) Text() string { return e.Response.Get("Message") }
