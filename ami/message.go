package ami

import (
	"fmt"
	"iter"
	"strings"
)

// A Field is one line of a message. A line without a colon has no Key.
type Field struct{ Key, Value string }

// A Message is an action, a response or an event: its lines in order, with
// their spelling and their repetitions. Keys are looked up without regard to case.
//
// A message that was received is shared by all who got it and is not to be
// changed; [Message.With], [Message.Set] and [Message.Without] return another.
type Message []Field

// Action returns an action with keys and values in turn. A key at the end without
// a value has an empty one.
//
//	ami.Action("Originate", "Channel", "PJSIP/100", "Context", "default", "Exten", "200", "Priority", "1")
func Action(name string, pairs ...string) Message {
	m := make(Message, 1, 2+(len(pairs)+1)/2) // and room for an ActionID
	m[0] = Field{"Action", name}
	for i := 0; i < len(pairs); i += 2 {
		f := Field{Key: pairs[i]}
		if i+1 < len(pairs) {
			f.Value = pairs[i+1]
		}
		m = append(m, f)
	}
	return m
}

// Get returns the value of the first line of that key, "" if there is none.
func (m Message) Get(key string) string {
	value, _ := m.Lookup(key)
	return value
}

// Lookup is Get and tells an empty value from none.
func (m Message) Lookup(key string) (string, bool) {
	for i := range m {
		if len(m[i].Key) == len(key) && (m[i].Key == key || strings.EqualFold(m[i].Key, key)) {
			return m[i].Value, true
		}
	}
	return "", false
}

// All returns the values of all lines of that key, in order.
func (m Message) All(key string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, f := range m {
			if strings.EqualFold(f.Key, key) && !yield(f.Value) {
				return
			}
		}
	}
}

// With returns the message with a line more.
func (m Message) With(key, value string) Message {
	return append(m[:len(m):len(m)], Field{key, value})
}

// Without returns the message without the lines of that key.
func (m Message) Without(key string) Message {
	rest := make(Message, 0, len(m)+1)
	for _, f := range m {
		if !strings.EqualFold(f.Key, key) {
			rest = append(rest, f)
		}
	}
	return rest
}

// Set returns the message with one line of that key: in the place of the first
// that it had, or at the end.
func (m Message) Set(key, value string) Message {
	out := make(Message, 0, len(m)+1)
	done := false
	for _, f := range m {
		switch {
		case !strings.EqualFold(f.Key, key):
			out = append(out, f)
		case !done:
			out, done = append(out, Field{f.Key, value}), true
		}
	}
	if !done {
		out = append(out, Field{key, value})
	}
	return out
}

// Event is the event's name, "" of what is no event.
func (m Message) Event() string {
	if len(m) > 0 && m[0].Key == "Event" {
		return m[0].Value
	}
	return m.Get("Event")
}

// Err is nil, or a [*ResponseError] of a response that says Error.
func (m Message) Err() error {
	if len(m) == 0 || !strings.EqualFold(m.Get("Response"), "Error") || m.Event() != "" {
		return nil
	}
	return &ResponseError{m}
}

// Output is what a console command printed: the lines Output of a response, joined.
func (m Message) Output() string {
	var b strings.Builder
	first := true
	for line := range m.All("Output") {
		if !first {
			b.WriteByte('\n')
		}
		b.WriteString(line)
		first = false
	}
	return b.String()
}

// Append adds the message to dst as it is sent, with the empty line that ends it. A
// line break inside a key or value would be another line, and a zero byte ends a line, and
// at its beginning the message, as Asterisk reads it: they are sent as spaces, and a field
// of nothing is not sent. [Client.Do] refuses such an action instead.
func (m Message) Append(dst []byte) []byte {
	for _, f := range m {
		dst = f.append(dst)
	}
	return append(dst, "\r\n"...)
}

func (f Field) append(dst []byte) []byte {
	if f == (Field{}) {
		return dst
	}
	at := len(dst)
	if f.Key != "" {
		dst = append(append(dst, f.Key...), ": "...)
	}
	dst = append(dst, f.Value...)
	for i := at; i < len(dst); i++ {
		if dst[i] == '\n' || dst[i] == '\r' || dst[i] == 0 {
			dst[i] = ' '
		}
	}
	return append(dst, "\r\n"...)
}

// String is the message as it is sent.
func (m Message) String() string { return string(m.Append(nil)) }

// check says why a message can not be sent as an action.
func (m Message) check() error {
	if m.Get("Action") == "" {
		return fmt.Errorf("%w: no Action in it", ErrInvalid)
	}
	for _, f := range m {
		if strings.ContainsAny(f.Key, "\r\n\x00:") || strings.ContainsAny(f.Value, "\r\n\x00") {
			return fmt.Errorf("%w: a line break or zero byte in %.40q: %.80q", ErrInvalid, f.Key, f.Value)
		}
	}
	return nil
}

// keyed says why a message can not be sent as an action of a program, which gives each
// value a key.
func (m Message) keyed() error {
	for _, f := range m {
		if f.Key == "" {
			return fmt.Errorf("%w: no key for the value %.80q", ErrInvalid, f.Value)
		}
	}
	return m.check()
}
