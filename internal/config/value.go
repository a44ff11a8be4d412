package config

import (
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// True reports whether a value is one of Asterisk's words for yes: yes, true,
// y, t, 1, on.
func True(v string) bool {
	switch strings.ToLower(trim(v)) {
	case "yes", "true", "y", "t", "1", "on":
		return true
	}
	return false
}

// False reports whether a value is one of Asterisk's words for no: no, false,
// n, f, 0, off. A value can be neither.
func False(v string) bool {
	switch strings.ToLower(trim(v)) {
	case "no", "false", "n", "f", "0", "off":
		return true
	}
	return false
}

// Bool reads a truth as Asterisk does, or returns otherwise where the option is
// missing or says neither.
func (s *Section) Bool(key string, otherwise bool) bool {
	v, ok := s.Lookup(key)
	switch {
	case ok && True(v):
		return true
	case ok && False(v):
		return false
	}
	return otherwise
}

// Int reads a whole number, or returns otherwise where the option is missing or
// is none. Hexadecimal needs its 0x.
func (s *Section) Int(key string, otherwise int) int {
	if v, ok := s.Lookup(key); ok {
		if n, err := integer(v); err == nil {
			return n
		}
	}
	return otherwise
}

// Duration reads a time, or returns otherwise where the option is missing or is
// none. A bare number counts units; see ParseDuration.
func (s *Section) Duration(key string, unit, otherwise time.Duration) time.Duration {
	if v, ok := s.Lookup(key); ok {
		if d, err := ParseDuration(v, unit); err == nil {
			return d
		}
	}
	return otherwise
}

// ParseDuration reads "30" as 30 units, also "2.5", and "30s", "1h30m" or
// "200ms" as what they say.
func ParseDuration(text string, unit time.Duration) (time.Duration, error) {
	text = trim(text)
	if f, err := strconv.ParseFloat(text, 64); err == nil {
		d := f * float64(unit)
		if math.IsNaN(d) || math.Abs(d) >= math.MaxInt64 {
			return 0, fmt.Errorf("read duration %q: out of range", text)
		}
		return time.Duration(d), nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("read duration %q: write a number, or one with ms, s, m or h", text)
	}
	return d, nil
}

// integer reads a decimal number, or a hexadecimal one with 0x.
func integer(v string) (int, error) {
	v = trim(v)
	digits, base := v, 10
	if len(v) > 2 && (strings.HasPrefix(v, "0x") || strings.HasPrefix(v, "0X")) {
		digits, base = v[2:], 16
	}
	n, err := strconv.ParseInt(digits, base, 64)
	return int(n), err
}

// CheckHost tells why a text can be neither the address nor the name of a host
// (RFC 1123 §2.1). Nobody is asked whether there is such a host.
func CheckHost(text string) error {
	bare := strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")
	if _, err := netip.ParseAddr(bare); err == nil {
		return nil
	}
	if strings.Trim(text, "0123456789.") == "" { // no name ends with a number
		return fmt.Errorf("%q is no address", text)
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(text, "."), ".") {
		stranger := func(r rune) bool {
			return r != '-' && r != '_' && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
		}
		if label == "" || len(label) > 63 || strings.ContainsFunc(label, stranger) {
			return fmt.Errorf("%q is neither an address nor the name of a host", text)
		}
	}
	return nil
}
