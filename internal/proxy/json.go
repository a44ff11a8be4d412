package proxy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/ami"
)

// appendJSON adds a message as an object on a line of its own. A key that comes more
// than once has a list of its values, in the place of the first.
func appendJSON(dst []byte, m ami.Message) []byte {
	dst = append(dst, '{')
	first := true
	for i, f := range m {
		same := func(other ami.Field) bool { return strings.EqualFold(other.Key, f.Key) }
		if slices.ContainsFunc(m[:i], same) {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(appendString(dst, f.Key), ':')
		if !slices.ContainsFunc(m[i+1:], same) {
			dst = appendString(dst, f.Value)
			continue
		}
		dst = append(dst, '[')
		n := 0
		for value := range m.All(f.Key) {
			if n++; n > 1 {
				dst = append(dst, ',')
			}
			dst = appendString(dst, value)
		}
		dst = append(dst, ']')
	}
	return append(dst, "}\n"...)
}

func appendString(dst []byte, text string) []byte {
	b, err := json.Marshal(text)
	if err != nil { // no string has any
		return append(dst, `""`...)
	}
	return append(dst, b...)
}

// parseJSON reads an action: an object whose values are texts, numbers, yes or no as
// true and false, or lists of them, which become lines with the same key.
func parseJSON(text []byte) (ami.Message, error) {
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("an action is an object")
	}
	var m ami.Message
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		key, _ := t.(string)
		var value any
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		values, several := value.([]any)
		if !several {
			values = []any{value}
		}
		for _, v := range values {
			text, ok := asText(v)
			if !ok || key == "" || strings.ContainsAny(key+text, "\r\n") || strings.Contains(key, ":") {
				return nil, fmt.Errorf("the value of %q", key)
			}
			m = append(m, ami.Field{Key: key, Value: text})
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	return m, nil
}

func asText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	case nil:
		return "", true
	}
	return "", false
}
