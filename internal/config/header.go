package config

import (
	"regexp"
	"slices"
	"strings"
)

// header reads [name] and [name](template,!) and [name](+).
func (l *loader) header(s *source, line string) {
	name, rest, ok := strings.Cut(line[1:], "]")
	if !ok {
		l.fail(s, "close it with ]", "section %q has no closing bracket", line)
		s.section = &Section{}
		return
	}
	list, closed := "", true
	bare := !strings.HasPrefix(rest, "(")
	if !bare {
		list, _, closed = strings.Cut(rest[1:], ")")
	}
	switch {
	case !closed:
		l.fail(s, "close it with )", "section [%s] has no closing parenthesis", name)
	case bare && strings.HasPrefix(trimLeft(rest), "("):
		l.warn(s, "write [name](…) without a blank", "what stands behind [%s] has no effect", name)
	}
	l.begin(s, name, list, bare)
}

// begin starts a section, or goes on with an earlier one.
func (l *loader) begin(s *source, name, list string, bare bool) {
	section := &Section{Name: name, File: s.path, Line: s.line}
	added := false
	if !bare {
		for word := range strings.SplitSeq(list, ",") {
			switch {
			case word == "!":
				section.Template = true
			case strings.HasPrefix(word, "+"):
				old := l.addressed(name, word[1:])
				if old == nil {
					l.fail(s, "define the section above; a template needs (+TEMPLATES=include)", "there is no section [%s] to add to", name)
					continue
				}
				old.Template = old.Template || section.Template
				old.Entries = append(old.Entries, section.Entries...)
				for _, parent := range section.Parents {
					old.descend(parent)
				}
				section, added = old, true
			default:
				l.inherit(s, section, word)
			}
		}
	}
	if s.fatal != nil && s.depth > 1 {
		return // the rest of an included file is not read
	}
	section.parts = append(section.parts, place{s.path, s.line})
	if !added {
		l.file.add(section)
	}
	s.section, l.latest = section, section
}

// inherit puts a template's entries into a section. Any section above can be one.
func (l *loader) inherit(s *source, section *Section, from string) {
	parent := l.file.Section(from)
	if parent == nil {
		hint := "define the template before it is used"
		if l.file.Section(trim(from)) != nil {
			hint = "write the names without blanks"
		}
		l.fail(s, hint, "section [%s] inherits from [%s], which is not defined", section.Name, from)
		return
	}
	section.descend(parent.Name)
	for _, e := range parent.Entries {
		e.Inherited = true
		section.Entries = append(section.Entries, e)
	}
}

// descend notes a parent, once.
func (s *Section) descend(parent string) {
	if !slices.Contains(s.Parents, parent) {
		s.Parents = append(s.Parents, parent)
	}
}

// addressed finds the section that [name](+filter) adds to: the first one of the
// name that fits. Without a filter that is one that is no template.
func (l *loader) addressed(name, filter string) *Section {
	for _, s := range l.file.Named(name) {
		if matches(s, filter) {
			return s
		}
	}
	return nil
}

// matches reports whether a section fits a filter: name=value pairs joined by &,
// of which both sides are regular expressions that an entry must match.
// TEMPLATES=include takes templates as well, TEMPLATES=restrict nothing else.
// AMI's GetConfig and UpdateConfig have the same filters with commas.
func matches(s *Section, filter string) bool {
	templates := ""
	for word := range strings.FieldsFuncSeq(filter, func(r rune) bool { return r == '&' || r == ',' }) {
		key, value, _ := strings.Cut(word, "=")
		if key = trim(key); key == "TEMPLATES" {
			templates = strings.ToLower(trim(value))
			continue
		}
		if !hasEntry(s, key, trim(value)) {
			return false
		}
	}
	switch templates {
	case "include":
		return true
	case "restrict":
		return s.Template
	}
	return !s.Template
}

func hasEntry(s *Section, key, value string) bool {
	k, err := regexp.Compile(key)
	if err != nil {
		return false
	}
	v, err := regexp.Compile(value)
	if err != nil {
		return false
	}
	for _, e := range s.Entries {
		if k.MatchString(e.Key) && v.MatchString(e.Value) {
			return true
		}
	}
	return false
}
