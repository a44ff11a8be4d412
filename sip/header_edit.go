package sip

import (
	"slices"
	"strconv"
	"strings"
)

// Add appends a header. A line end in a value becomes a blank here and below, so
// that no value can smuggle in a header of its own.
func (m *Message) Add(name, value string) {
	m.Headers = append(m.Headers, Header{name, oneLine(value)})
	m.refresh(kindOf(name))
}

// Prepend puts a header before all others of its name, or first of all: Via,
// Route, Record-Route.
func (m *Message) Prepend(name, value string) {
	at := max(m.index(long(name)), 0)
	m.Headers = slices.Insert(m.Headers, at, Header{name, oneLine(value)})
	m.refresh(kindOf(name))
}

// Set replaces the first header of a name by one value, where it stands, and
// removes the others; or appends it. The name is then spelled as given.
func (m *Message) Set(name, value string) {
	full := long(name)
	at := m.index(full)
	if at < 0 {
		m.Add(name, value)
		return
	}
	m.Headers[at] = Header{name, oneLine(value)}
	m.removeFrom(at+1, full)
	m.refresh(kindOf(full))
}

// Remove removes all headers of a name.
func (m *Message) Remove(name string) {
	full := long(name)
	m.removeFrom(0, full)
	m.refresh(kindOf(full))
}

// RemoveFirst removes the first header line of a name.
func (m *Message) RemoveFirst(name string) {
	full := long(name)
	if at := m.index(full); at >= 0 {
		m.Headers = slices.Delete(m.Headers, at, at+1)
		m.refresh(kindOf(full))
	}
}

// PopElement removes the first element of a list header and returns it: a
// proxy's own Via or Route, which may share its line with others.
func (m *Message) PopElement(name string) (element string, ok bool) {
	full := long(name)
	at := m.index(full)
	if at < 0 {
		return "", false
	}
	element, rest := cutElement(m.Headers[at].Value)
	if rest = trim(rest); rest == "" {
		m.Headers = slices.Delete(m.Headers, at, at+1)
	} else {
		m.Headers[at].Value = rest
	}
	m.refresh(kindOf(full))
	return trim(element), true
}

// SetAddress is Set for From, To, Contact and other addresses.
func (m *Message) SetAddress(name string, a Address) { m.Set(name, a.String()) }

// SetCSeq sets CSeq.
func (m *Message) SetCSeq(number uint32, method string) {
	m.Set("CSeq", strconv.FormatUint(uint64(number), 10)+" "+method)
}

func (m *Message) index(full string) int {
	for i := range m.Headers {
		if m.Headers[i].is(full) {
			return i
		}
	}
	return -1
}

func (m *Message) removeFrom(start int, full string) {
	kept := start
	for i := start; i < len(m.Headers); i++ {
		if !m.Headers[i].is(full) {
			m.Headers[kept] = m.Headers[i]
			kept++
		}
	}
	clear(m.Headers[kept:])
	m.Headers = m.Headers[:kept]
}

// refresh reads the typed value of a kind anew from its first header. What
// cannot be read leaves the zero value: Parse has checked what came from outside,
// and what a program sets itself is its own word.
func (m *Message) refresh(kind int) {
	if kind == kindOther || kind == kindLength {
		return
	}
	value := ""
	for i := range m.Headers {
		if m.Headers[i].kind() == kind {
			value = m.Headers[i].Value
			break
		}
	}
	switch kind {
	case kindVia:
		m.Via, _, _ = cutVia(value)
	case kindFrom:
		m.From, _ = ParseAddress(value)
	case kindTo:
		m.To, _ = ParseAddress(value)
	case kindContact:
		first, _ := cutElement(value)
		m.Contact, _ = ParseAddress(first)
	case kindCallID:
		m.CallID = value
	case kindCSeq:
		m.CSeq, _ = ParseCSeq(value)
	}
}

// oneLine replaces line ends by blanks.
func oneLine(s string) string {
	if !hasLineEnd(s) {
		return s
	}
	return trim(lineEnds.Replace(s))
}

func hasLineEnd(s string) bool {
	return strings.IndexByte(s, '\n') >= 0 || strings.IndexByte(s, '\r') >= 0
}

var lineEnds = strings.NewReplacer("\r\n", " ", "\r", " ", "\n", " ")
