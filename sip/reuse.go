package sip

import "sync"

// headersHint is for how many headers a message has room before it grows.
const headersHint = 16

// messages holds those that were released.
var messages = sync.Pool{New: func() any {
	m := &struct {
		Message
		headers [headersHint]Header
	}{}
	m.Headers = m.headers[:0]
	return &m.Message
}}

// newMessage returns an empty message with room for headers.
func newMessage() *Message { return messages.Get().(*Message) }

// Release gives the memory of a message to the next one that is made or read. It
// is for who answers many requests: a message that is not released is the garbage
// collector's. Nobody may hold the message any more; its texts and its body stay
// good. A request may be released after its final response was sent, by the handler
// that got it, at its end.
func (m *Message) Release() {
	headers := m.Headers[:cap(m.Headers)]
	if len(headers) > MaxHeaders {
		return
	}
	clear(headers)
	*m = Message{Headers: headers[:0]}
	messages.Put(m)
}
