package sip

import (
	"strconv"
	"strings"
	"time"
)

// An Event is what a subscription is about (RFC 6665 §8.2.1).
type Event struct {
	Package string // with its templates: "presence.winfo"
	ID      string // "" for none
	Params  string // all parameters, as written
}

// String returns the header's value.
func (e Event) String() string {
	params := e.Params
	if id, _ := Param(params, "id"); id != e.ID {
		if params = WithoutParam(params, "id"); e.ID != "" {
			params = WithParam(params, "id", e.ID)
		}
	}
	return e.Package + params
}

// Event reads Event.
func (m *Message) Event() (Event, error) {
	value, ok := m.Lookup("Event")
	if !ok {
		return Event{}, ErrNoHeader
	}
	var e Event
	e.Package, e.Params = value, ""
	if i := strings.IndexByte(value, ';'); i >= 0 {
		e.Package, e.Params = trimRight(value[:i]), value[i:]
	}
	if !isToken(e.Package) || !checkParams(e.Params) {
		return Event{}, m.wrong("Event", value)
	}
	e.ID, _ = Param(e.Params, "id")
	return e, nil
}

// A SubscriptionState is what NOTIFY tells about its subscription (RFC 6665 §8.2.3).
type SubscriptionState struct {
	State      string        // "active", "pending", "terminated", in lower case
	Reason     string        // "timeout", "deactivated", "noresource" …
	Expires    time.Duration // what is left; 0 if it is not told
	RetryAfter time.Duration // 0 if it is not told
}

// String returns the header's value, times in whole seconds.
func (s SubscriptionState) String() string {
	b := []byte(s.State)
	if s.Reason != "" {
		b = append(append(b, ";reason="...), s.Reason...)
	}
	if s.Expires > 0 {
		b = strconv.AppendInt(append(b, ";expires="...), int64(s.Expires/time.Second), 10)
	}
	if s.RetryAfter > 0 {
		b = strconv.AppendInt(append(b, ";retry-after="...), int64(s.RetryAfter/time.Second), 10)
	}
	return string(b)
}

// SubscriptionState reads Subscription-State.
func (m *Message) SubscriptionState() (SubscriptionState, error) {
	value, ok := m.Lookup("Subscription-State")
	if !ok {
		return SubscriptionState{}, ErrNoHeader
	}
	state, params := value, ""
	if i := strings.IndexByte(value, ';'); i >= 0 {
		state, params = trimRight(value[:i]), value[i:]
	}
	s := SubscriptionState{State: strings.ToLower(state)}
	s.Reason, _ = Param(params, "reason")
	for name, d := range map[string]*time.Duration{"expires": &s.Expires, "retry-after": &s.RetryAfter} {
		text, ok := Param(params, name)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return SubscriptionState{}, m.wrong("Subscription-State", value)
		}
		*d = time.Duration(n) * time.Second
	}
	if !isToken(state) || !checkParams(params) {
		return SubscriptionState{}, m.wrong("Subscription-State", value)
	}
	return s, nil
}

// A Cause is why a request is sent: an element of the Reason header (RFC 3326).
type Cause struct {
	Protocol string // "SIP", "Q.850", "Preemption"
	Code     int    // 0 if there is none
	Text     string
}

// String returns the element.
func (c Cause) String() string {
	s := c.Protocol
	if c.Code != 0 {
		s += ";cause=" + strconv.Itoa(c.Code)
	}
	if c.Text != "" {
		s += ";text=" + Quote(c.Text)
	}
	return s
}

// Causes reads Reason. What is malformed is left out: a Reason only informs.
func (m *Message) Causes() []Cause {
	var list []Cause
	for _, element := range m.List("Reason") {
		protocol, params := element, ""
		if i := strings.IndexByte(element, ';'); i >= 0 {
			protocol, params = trimRight(element[:i]), element[i:]
		}
		c := Cause{Protocol: protocol}
		if text, ok := Param(params, "cause"); ok {
			n, err := strconv.Atoi(text)
			if err != nil || n < 0 {
				continue
			}
			c.Code = n
		}
		if c.Text, _ = Param(params, "text"); isToken(protocol) {
			list = append(list, c)
		}
	}
	return list
}

// Replaces names the dialog that a call takes over (RFC 3891 §6.1). The tags are
// seen from the party that receives it: ToTag is its own.
type Replaces struct {
	CallID, ToTag, FromTag string
	EarlyOnly              bool
}

// ParseReplaces reads the header's value, which also stands, escaped, in the URI
// of a Refer-To. It reports false if it is none.
func ParseReplaces(value string) (Replaces, bool) {
	var r Replaces
	id, params, _ := strings.Cut(value, ";")
	r.CallID, params = trim(id), ";"+params
	var to, from bool
	r.ToTag, to = Param(params, "to-tag")
	r.FromTag, from = Param(params, "from-tag")
	_, r.EarlyOnly = Param(params, "early-only")
	if r.CallID == "" || strings.ContainsAny(r.CallID, " \t") || !to || !from || !checkParams(params) {
		return Replaces{}, false
	}
	return r, true
}

// String returns the header's value.
func (r Replaces) String() string {
	s := r.CallID + ";to-tag=" + r.ToTag + ";from-tag=" + r.FromTag
	if r.EarlyOnly {
		s += ";early-only"
	}
	return s
}

// Replaces reads Replaces.
func (m *Message) Replaces() (Replaces, error) {
	value, ok := m.Lookup("Replaces")
	if !ok {
		return Replaces{}, ErrNoHeader
	}
	r, ok := ParseReplaces(value)
	if !ok {
		return r, m.wrong("Replaces", value)
	}
	return r, nil
}
