package sip

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ErrNoHeader is what the typed readers below return where a message has no such
// header. A header that is there but malformed gives a *ParseError with status 400.
var ErrNoHeader = errors.New("no such header")

func (m *Message) wrong(name, value string) error {
	return &ParseError{What: fmt.Sprintf("%.60q in %s", value, m.startText()), Header: name, Status: 400}
}

// number reads a header that is a decimal number, 0 to most, with or without
// parameters behind it.
func (m *Message) number(name string, most uint64) (uint64, error) {
	value, ok := m.Lookup(name)
	if !ok {
		return 0, ErrNoHeader
	}
	digits, _, _ := strings.Cut(value, ";")
	n, err := strconv.ParseUint(trim(digits), 10, 64)
	if err != nil || n > most {
		return 0, m.wrong(name, value)
	}
	return n, nil
}

func (m *Message) seconds(name string) (time.Duration, error) {
	n, err := m.number(name, 1<<32-1)
	return time.Duration(n) * time.Second, err
}

// MaxForwards reads Max-Forwards: 0 to 255 (RFC 3261 §20.22).
func (m *Message) MaxForwards() (int, error) {
	n, err := m.number("Max-Forwards", 255)
	return int(n), err
}

// Expires reads Expires (RFC 3261 §20.19).
func (m *Message) Expires() (time.Duration, error) { return m.seconds("Expires") }

// MinExpires reads Min-Expires (RFC 3261 §20.23).
func (m *Message) MinExpires() (time.Duration, error) { return m.seconds("Min-Expires") }

// MinSE reads Min-SE (RFC 4028 §5).
func (m *Message) MinSE() (time.Duration, error) { return m.seconds("Min-SE") }

// RetryAfter reads Retry-After without its comment and duration (RFC 3261 §20.33).
func (m *Message) RetryAfter() (time.Duration, error) {
	value, ok := m.Lookup("Retry-After")
	if !ok {
		return 0, ErrNoHeader
	}
	end := 0
	for end < len(value) && value[end] >= '0' && value[end] <= '9' {
		end++
	}
	n, err := strconv.ParseUint(value[:end], 10, 32)
	if err != nil {
		return 0, m.wrong("Retry-After", value)
	}
	return time.Duration(n) * time.Second, nil
}

// SessionExpires reads Session-Expires (RFC 4028 §4).
func (m *Message) SessionExpires() (SessionExpires, error) {
	value, ok := m.Lookup("Session-Expires")
	if !ok {
		return SessionExpires{}, ErrNoHeader
	}
	v, ok := ParseSessionExpires(value)
	if !ok {
		return v, m.wrong("Session-Expires", value)
	}
	return v, nil
}

// RSeq reads RSeq: 1 to 2^32-1 (RFC 3262 §7.1).
func (m *Message) RSeq() (uint32, error) {
	n, err := m.number("RSeq", 1<<32-1)
	if err == nil && n == 0 {
		err = m.wrong("RSeq", "0")
	}
	return uint32(n), err
}

// A RAck is what PRACK acknowledges (RFC 3262 §7.2).
type RAck struct {
	RSeq uint32
	CSeq CSeq
}

// String returns the header's value.
func (r RAck) String() string { return strconv.FormatUint(uint64(r.RSeq), 10) + " " + r.CSeq.String() }

// RAck reads RAck.
func (m *Message) RAck() (RAck, error) {
	value, ok := m.Lookup("RAck")
	if !ok {
		return RAck{}, ErrNoHeader
	}
	end := strings.IndexAny(value, " \t")
	if end < 0 {
		return RAck{}, m.wrong("RAck", value)
	}
	n, err := strconv.ParseUint(value[:end], 10, 32)
	cseq, err2 := ParseCSeq(trim(value[end:]))
	if err != nil || err2 != nil || n == 0 {
		return RAck{}, m.wrong("RAck", value)
	}
	return RAck{uint32(n), cseq}, nil
}

// Addresses reads a header that is a list of addresses, over all its lines:
// Route, Record-Route, Path, Service-Route, P-Asserted-Identity, Diversion,
// Remote-Party-ID, History-Info. None is an empty list.
func (m *Message) Addresses(name string) ([]Address, error) {
	full := long(name)
	var list []Address
	for i := range m.Headers {
		h := &m.Headers[i]
		if !h.is(full) || h.Value == "" {
			continue
		}
		for rest, more := h.Value, true; more; {
			var a Address
			var err error
			if a, rest, more, err = cutAddress(rest); err != nil {
				return list, &ParseError{What: err.Error(), Header: h.Name, Status: 400}
			}
			list = append(list, a)
		}
	}
	return list, nil
}

// Contacts reads all contacts. A lone "*" is one Address with Star.
func (m *Message) Contacts() ([]Address, error) { return m.Addresses("Contact") }

// Address reads the first address of a header: Refer-To, Referred-By, Reply-To,
// Remote-Party-ID.
func (m *Message) Address(name string) (Address, error) {
	value, ok := m.Lookup(name)
	if !ok {
		return Address{}, ErrNoHeader
	}
	a, _, _, err := cutAddress(value)
	if err != nil {
		return a, &ParseError{What: err.Error(), Header: name, Status: 400}
	}
	return a, nil
}

// ContentType reads Content-Type: type/subtype in lower case, "" if there is
// none, and its parameters as written.
func (m *Message) ContentType() (mediaType, params string) {
	value := m.Get("Content-Type")
	if i := strings.IndexByte(value, ';'); i >= 0 {
		value, params = value[:i], value[i:]
	}
	kind, sub, _ := strings.Cut(strings.ToLower(trim(value)), "/")
	if sub == "" {
		return trim(kind), params
	}
	return trim(kind) + "/" + trim(sub), params
}
