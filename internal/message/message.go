package message

import (
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// A Message is a text and what is known of it.
type Message struct {
	// To and From as the dialplan sees them: "pjsip:500@example.com",
	// `"Bob" <sip:bob@example.com>`.
	To, From string
	Body     string
	// Context and Exten are where the dialplan takes it.
	Context, Exten string
	// Technology and Endpoint are who sent it, if that is known.
	Technology, Endpoint string

	data []Datum
}

// A Datum is a named value of a message: a header of SIP.
type Datum struct {
	Name, Value string
	Out         bool // it goes along when the message is sent
}

// Datum returns a value by its name, whose case does not matter.
func (m *Message) Datum(name string) string {
	for _, d := range m.data {
		if strings.EqualFold(d.Name, name) {
			return d.Value
		}
	}
	return ""
}

// Data are all values, in their order.
func (m *Message) Data() []Datum { return slices.Clone(m.data) }

// Set sets a value; an empty one takes it away.
func (m *Message) Set(name, value string, out bool) {
	i := slices.IndexFunc(m.data, func(d Datum) bool { return strings.EqualFold(d.Name, name) })
	switch {
	case value == "" && i >= 0:
		m.data = slices.Delete(m.data, i, i+1)
	case value == "":
	case i >= 0:
		m.data[i] = Datum{m.data[i].Name, value, out}
	default:
		m.data = append(m.data, Datum{name, value, out})
	}
}

// MarkAll has all values go along when the message is sent, or forgets them all.
func (m *Message) MarkAll(out bool) {
	if !out {
		m.data = nil
		return
	}
	for i := range m.data {
		m.data[i].Out = true
	}
}

// Clone returns a copy that shares nothing with m.
func (m *Message) Clone() *Message {
	c := *m
	c.data = slices.Clone(m.data)
	return &c
}

// Outgoing are the values that go along.
func (m *Message) Outgoing() []Datum {
	var list []Datum
	for _, d := range m.data {
		if d.Out {
			list = append(list, d)
		}
	}
	return list
}

type held struct{}

// of returns the message that a leg has, or nil.
func of(c *channel.Channel) *Message {
	m, _ := c.Value(held{}).(*Message)
	return m
}

// made is of, with a new message where there is none.
func made(c *channel.Channel) *Message {
	m := of(c)
	if m == nil {
		m = &Message{}
		c.SetValue(held{}, m)
	}
	return m
}
