package ari

import (
	"bytes"
	"fmt"
	"time"
)

// Time is a time as ARI writes it: "2026-01-31T12:00:00.000+0000". The zero Time
// stands for none.
type Time struct{ time.Time }

const timeForm = "2006-01-02T15:04:05.000-0700"

// MarshalJSON implements json.Marshaler.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return t.AppendFormat(nil, `"`+timeForm+`"`), nil
}

// UnmarshalJSON implements json.Unmarshaler. It takes RFC 3339 as well.
func (t *Time) UnmarshalJSON(b []byte) error {
	text := string(bytes.Trim(b, `"`))
	if text == "null" || text == "" {
		t.Time = time.Time{}
		return nil
	}
	for _, form := range []string{timeForm, time.RFC3339Nano} {
		if parsed, err := time.Parse(form, text); err == nil {
			t.Time = parsed
			return nil
		}
	}
	return fmt.Errorf("ari: %q is no time", text)
}
