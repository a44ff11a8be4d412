package phone

import (
	"fmt"
	"slices"
	"strings"
)

// A Section is one [section] of a configuration file, templates applied.
type Section struct {
	Name    string
	File    string
	Line    int
	Entries []Entry
}

// An Entry is one name=value of a section.
type Entry struct {
	Name, Value string
	File        string
	Line        int
}

// A Problem is what a loader found wrong, or does not honour yet.
type Problem struct {
	File string
	Line int
	// Error says that something was left out for it; else it is a warning.
	Error bool
	Text  string
}

// String returns the problem as file:line: text.
func (p Problem) String() string { return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text) }

// A Loader reads the configuration of a face.
type Loader struct {
	// NamedACL finds rules of acl.conf. nil knows none.
	NamedACL func(name string) (Rules, bool)
	// Version is what the exchange calls itself to the other side, where no
	// user_agent is configured.
	Version string

	problems []Problem
	warned   map[string]bool
}

func (l *Loader) problem(e Entry, isError bool, format string, args ...any) {
	l.problems = append(l.problems, Problem{File: e.File, Line: e.Line, Error: isError, Text: fmt.Sprintf(format, args...)})
}

// once warns of an option the first time that it occurs.
func (l *Loader) once(e Entry, kind string) {
	if l.warned == nil {
		l.warned = map[string]bool{}
	}
	if key := kind + "/" + e.Name; !l.warned[key] {
		l.warned[key] = true
		l.problem(e, false, "%s of a %s is known, but not honoured yet", e.Name, kind)
	}
}

// heading is a section's own place, for problems that belong to no entry.
func (s Section) heading() Entry { return Entry{File: s.File, Line: s.Line} }

// fill applies a section's entries. It reports false if one of them was wrong,
// which makes the reference leave the whole object out.
func fill[T any](l *Loader, t *optionTable[T], v *T, s Section, kind string, special func(Entry) bool) bool {
	good := true
	for _, e := range s.Entries {
		name := strings.ToLower(e.Name)
		if name == "type" || strings.HasPrefix(name, "@") || special != nil && special(e) {
			continue
		}
		o := t.byName[name]
		if o == nil {
			l.problem(e, true, "a %s has no option %q: %s is left out", kind, e.Name, s.Name)
			good = false
			continue
		}
		if err := o.set(v, e.Value); err != nil {
			l.problem(e, true, "%s: %v: %s %s is left out", e.Name, err, kind, s.Name)
			good = false
			continue
		}
		if o.later && e.Value != o.fallback {
			l.once(e, kind)
		}
	}
	return good
}

// named applies acl= and its like: names of acl.conf, with commas. Rules that do
// not exist let nobody in, as in the reference.
func (l *Loader) named(e Entry, have Rules) Rules {
	have = slices.Clone(have)
	for _, name := range splitList(e.Value) {
		if l.NamedACL != nil {
			if r, ok := l.NamedACL(name); ok {
				have = append(have, r...)
				continue
			}
		}
		l.problem(e, true, "acl.conf has no %q: nobody passes", name)
		have = append(have, denyAll...)
	}
	return have
}

// isSIPURI reports whether a text is one that we can send to.
func isSIPURI(s string) bool {
	s = strings.ToLower(strings.Trim(s, "<>"))
	for _, scheme := range [...]string{"sip:", "sips:"} {
		if rest, ok := strings.CutPrefix(s, scheme); ok && rest != "" && !strings.ContainsAny(rest, " \t") {
			return true
		}
	}
	return false
}
