package stasis

import "github.com/octothorpe/octothorpe/internal/event"

// A Text is a text message that an endpoint sent, outside of any call.
type Text struct {
	To, From, Body string
	Variables      []event.Variable // what it came with
}

// HearText tells the applications that listen to an endpoint, or to all of its technology, of a message of its,
// and reports whether there are any.
func (h *Hub) HearText(technology, resource string, m Text) bool {
	t := told{kind: "TextMessageReceived", endpoint: technology + "/" + resource, encode: func(b []byte) []byte {
		b = h.appendEndpoint(key(b, "endpoint"), technology, resource)
		b = member(append(key(b, "message"), '{'), "from", m.From)
		b = append(key(member(member(b, "to", m.To), "body", m.Body), "variables"), '{')
		for _, v := range m.Variables {
			b = AppendText(append(AppendText(comma(b), v.Name), ':'), v.Value)
		}
		return append(b, '}', '}')
	}}
	h.mu.Lock()
	heard := false
	for _, a := range h.order {
		heard = heard || a.concerned(&t)
	}
	h.mu.Unlock()
	if heard {
		h.tell(t, now(), false)
	}
	return heard
}
