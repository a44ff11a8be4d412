package callrecord

import (
	"bytes"
	"encoding/json"
)

// quote writes a text as JSON.
func quote(text string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // a buffer takes everything
	return string(bytes.TrimSpace(b.Bytes()))
}

// object writes names and texts, one after the other, as a JSON object in that order.
func object(pairs ...string) string {
	b := []byte{'{'}
	for i := 0; i+1 < len(pairs); i += 2 {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, quote(pairs[i])...), ':'), quote(pairs[i+1])...)
	}
	return string(append(b, '}'))
}
