package ami

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// A Filter chooses among events, in the language of eventfilter in manager.conf
// (Asterisk 22). It may be used concurrently.
type Filter struct {
	exclude bool
	name    string // of the event; "" is any
	header  string // whose value is looked at; "" is the whole event
	method  string
	text    string
	re      *regexp.Regexp
}

var (
	filterMethods = []string{"regex", "exact", "starts_with", "ends_with", "contains", "none"}
	filterActions = []string{"include", "exclude"}
)

// ParseFilter reads a filter. Without criteria the text is a POSIX regular expression
// for the whole event, which an exclamation mark before it excludes:
//
//	ParseFilter("", "Event: Hangup")
//	ParseFilter("", "!Channel: Local/")
//
// Criteria are a list of action(include|exclude), name(EVENT), header(KEY) and
// method(regex|exact|starts_with|ends_with|contains|none):
//
//	ParseFilter("action(exclude),name(VarSet)", "")
//	ParseFilter("name(Newchannel),header(Channel),method(starts_with)", "PJSIP/trunk-")
func ParseFilter(criteria, text string) (*Filter, error) {
	f := &Filter{method: "none"}
	if criteria == "" {
		f.method = "regex"
		text, f.exclude = strings.CutPrefix(text, "!")
	} else if err := f.criteria(criteria); err != nil {
		return nil, err
	}
	if (f.method == "none") != (text == "") {
		return nil, fmt.Errorf("ami: filter: method %s and the pattern %q", f.method, text)
	}
	f.text = text
	if f.method != "regex" {
		return f, nil
	}
	// POSIX, in which a dot is any character, the end of a line, too.
	tree, err := syntax.Parse(text, syntax.POSIX|syntax.DotNL)
	if err == nil {
		f.re, err = regexp.Compile(tree.String())
	}
	if err != nil {
		return nil, fmt.Errorf("ami: filter %q: %w", text, err)
	}
	return f, nil
}

func (f *Filter) criteria(text string) error {
	for _, criterion := range strings.Split(text, ",") {
		key, rest, opened := strings.Cut(strings.TrimSpace(criterion), "(")
		value, closed := strings.CutSuffix(rest, ")")
		known := opened && closed
		switch key {
		case "action":
			f.exclude, known = value == "exclude", known && slices.Contains(filterActions, value)
		case "name":
			f.name = value
		case "header":
			f.header = value
		case "method":
			f.method, known = value, known && slices.Contains(filterMethods, value)
		default:
			known = false
		}
		if !known {
			return fmt.Errorf("ami: filter: criterion %q", criterion)
		}
	}
	return nil
}

// match tells whether an event is what the filter is about. text is the event as
// it is sent, made once for all filters.
func (f *Filter) match(m Message, text *string) bool {
	if f.name != "" && m.Event() != f.name {
		return false
	}
	if f.method == "none" && f.header == "" {
		return true
	}
	var value string
	if f.header != "" {
		var ok bool
		if value, ok = m.Lookup(f.header); !ok {
			return false
		}
	} else {
		if *text == "" {
			*text = m.String()
		}
		value = *text
	}
	switch f.method {
	case "regex":
		return f.re.MatchString(value)
	case "exact":
		return value == f.text
	case "starts_with":
		return strings.HasPrefix(value, f.text)
	case "ends_with":
		return strings.HasSuffix(value, f.text)
	case "contains":
		return strings.Contains(value, f.text)
	}
	return true
}

// Filters are used together, as those of a user in manager.conf: where one
// includes, an event has to match one that does; what one that excludes matches
// never passes.
type Filters []*Filter

// Pass tells whether an event passes.
func (fs Filters) Pass(m Message) bool {
	wanted, including := false, false
	var text string
	for _, f := range fs {
		switch {
		case f.exclude:
			if f.match(m, &text) {
				return false
			}
		case !wanted:
			including, wanted = true, f.match(m, &text)
		}
	}
	return wanted || !including
}
