package manager

import (
	"bytes"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// A Filter chooses among the events that a session's classes let through: a line
// eventfilter of manager.conf, or what the action Filter added. A session with
// filters that include gets what one of them matches, one without everything;
// what a filter matches that excludes it does not get.
type Filter struct {
	exclude bool
	name    string // of the event; "" is any
	header  string // whose value is looked at; "" is the whole event
	method  string
	text    []byte
	re      *regexp.Regexp
}

// A filterError says in the interface's own words what is wrong with a filter.
type filterError string

func (e filterError) Error() string {
	return "Filter " + string(e) + ".  Check the syntax of the filter given."
}

// mostFilters is how many a session may have: each is tried on each event.
const mostFilters = 1000

var (
	errFilterForm    error = filterError("was formatted incorrectly")
	errFilterPattern error = filterError("did not compile")
	filterMethods          = []string{"regex", "exact", "starts_with", "ends_with", "contains", "none"}
	filterActions          = []string{"include", "exclude"}
)

// NewFilter reads a filter. Without criteria the text is a regular expression for
// the whole event, which ! before it excludes; criteria are action(…), name(…),
// header(…) and method(…). Asterisk 22: manager.conf, eventfilter.
func NewFilter(criteria, text string) (*Filter, error) {
	f := &Filter{method: "none"}
	if criteria == "" {
		f.method = "regex"
		text, f.exclude = strings.CutPrefix(text, "!")
		if text == "" {
			return nil, fmt.Errorf("%w no filter", errFilterForm)
		}
	} else if err := f.criteria(criteria); err != nil {
		return nil, err
	}
	if (f.method == "none") != (text == "") {
		return nil, fmt.Errorf("%w method %s and the pattern %q", errFilterForm, f.method, text)
	}
	f.text = []byte(text)
	if f.method != "regex" {
		return f, nil
	}
	// POSIX, in which a dot is any character, the end of a line, too.
	tree, err := syntax.Parse(text, syntax.POSIX|syntax.DotNL)
	if err == nil {
		f.re, err = regexp.Compile(tree.String())
	}
	if err != nil {
		return nil, fmt.Errorf("%w %w", errFilterPattern, err)
	}
	return f, nil
}

// criteria reads a list like name(UserEvent),method(exact).
func (f *Filter) criteria(text string) error {
	for _, criterion := range strings.Split(text, ",") {
		key, rest, opened := strings.Cut(strings.TrimSpace(criterion), "(")
		value, closed := strings.CutSuffix(rest, ")")
		if !opened || !closed {
			return fmt.Errorf("%w criterion %q", errFilterForm, criterion)
		}
		known := true
		switch key {
		case "action":
			f.exclude, known = value == "exclude", slices.Contains(filterActions, value)
		case "name":
			f.name = value
		case "header":
			f.header = value
		case "method":
			f.method, known = value, slices.Contains(filterMethods, value)
		default:
			known = false
		}
		if !known {
			return fmt.Errorf("%w criterion %q", errFilterForm, criterion)
		}
	}
	return nil
}

// matches tells whether an encoded event is what the filter is about.
func (f *Filter) matches(encoded []byte) bool {
	if f.name != "" && string(headerOf(encoded, "Event")) != f.name {
		return false
	}
	value := encoded
	if f.header != "" {
		if value = headerOf(encoded, f.header); value == nil {
			return false
		}
	}
	switch f.method {
	case "regex":
		return f.re.Match(value)
	case "exact":
		return bytes.Equal(value, f.text)
	case "starts_with":
		return bytes.HasPrefix(value, f.text)
	case "ends_with":
		return bytes.HasSuffix(value, f.text)
	case "contains":
		return bytes.Contains(value, f.text)
	}
	return true
}

// headerOf returns the value of the first line of that key, or nil.
func headerOf(encoded []byte, key string) []byte {
	for len(encoded) > 0 {
		line, rest, _ := bytes.Cut(encoded, []byte("\r\n"))
		if len(line) > len(key)+1 && string(line[:len(key)]) == key && line[len(key)] == ':' {
			return bytes.TrimPrefix(line[len(key)+1:], []byte(" "))
		}
		encoded = rest
	}
	return nil
}

// passes tells whether filters let an event through.
func passes(filters []*Filter, encoded []byte) bool {
	wanted, including := false, false
	for _, f := range filters {
		switch {
		case !f.exclude && !wanted:
			including, wanted = true, f.matches(encoded)
		case f.exclude && f.matches(encoded):
			return false
		}
	}
	return wanted || !including
}

// mayPass tells, of an event whose name alone is known, whether filters may let it through.
func mayPass(filters []*Filter, name string) bool {
	including, wanted := false, false
	for _, f := range filters {
		about := f.name == "" || f.name == name
		switch {
		case !f.exclude:
			including, wanted = true, wanted || about
		case about && f.header == "" && f.method == "none":
			return false
		}
	}
	return wanted || !including
}
