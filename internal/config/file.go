package config

import (
	"fmt"
	"strings"
)

// A File is a configuration file with all that it includes.
type File struct {
	Path     string
	sections []*Section
	// Diagnostics are the problems that did not keep the file from being read.
	Diagnostics []Diagnostic
}

// A Section is what stands under one [name].
type Section struct {
	Name     string
	Template bool // declared with (!): only to be inherited
	Entries  []Entry
	File     string
	Line     int
}

// An Entry is one option.
type Entry struct {
	Key, Value string
	Arrow      bool // written => instead of =
	Inherited  bool // comes from a template
	File       string
	Line       int
}

// Where tells an entry's place as file:line.
func (e Entry) Where() string { return fmt.Sprintf("%s:%d", e.File, e.Line) }

// Sections returns the sections in the order of the file, templates included.
// A name can occur more than once.
func (f *File) Sections() []*Section {
	if f == nil {
		return nil
	}
	return f.sections
}

// Section returns the first section of a name, or nil. Case does not matter.
func (f *File) Section(name string) *Section {
	for _, s := range f.Sections() {
		if strings.EqualFold(s.Name, name) {
			return s
		}
	}
	return nil
}

// Named returns all sections of a name.
func (f *File) Named(name string) []*Section {
	var list []*Section
	for _, s := range f.Sections() {
		if strings.EqualFold(s.Name, name) {
			list = append(list, s)
		}
	}
	return list
}

// Get returns the value of an option of a section: the last one that is
// written, which overrides a template's. "" if there is none.
func (f *File) Get(section, key string) string { return f.Section(section).Get(key) }

// Get returns the last value of an option, or "". The section may be nil.
func (s *Section) Get(key string) string {
	v, _ := s.Lookup(key)
	return v
}

// Lookup returns the last value of an option and whether there is one.
func (s *Section) Lookup(key string) (string, bool) {
	if s == nil {
		return "", false
	}
	for i := len(s.Entries) - 1; i >= 0; i-- {
		if strings.EqualFold(s.Entries[i].Key, key) {
			return s.Entries[i].Value, true
		}
	}
	return "", false
}

// All returns every value of an option, in order.
func (s *Section) All(key string) []string {
	if s == nil {
		return nil
	}
	var list []string
	for _, e := range s.Entries {
		if strings.EqualFold(e.Key, key) {
			list = append(list, e.Value)
		}
	}
	return list
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

// True reports whether a value is one of Asterisk's words for yes.
func True(v string) bool {
	switch strings.ToLower(strings.TrimSpace(v)) {
	case "yes", "true", "y", "t", "1", "on":
		return true
	}
	return false
}

// False reports whether a value is one of Asterisk's words for no.
func False(v string) bool {
	switch strings.ToLower(strings.TrimSpace(v)) {
	case "no", "false", "n", "f", "0", "off":
		return true
	}
	return false
}

// Severity says how bad a problem is.
type Severity uint8

// The severities.
const (
	Note Severity = iota
	Warning
	Error
)

// String returns the severity's word.
func (s Severity) String() string { return [...]string{"note", "warning", "error"}[s] }

// A Diagnostic says what is wrong in a file and how to mend it.
type Diagnostic struct {
	Severity      Severity
	File          string
	Line          int
	Problem, Hint string
}

// String returns "file:line: severity: problem (hint)".
func (d Diagnostic) String() string {
	text := fmt.Sprintf("%s:%d: %s: %s", d.File, d.Line, d.Severity, d.Problem)
	if d.Hint != "" {
		text += " (" + d.Hint + ")"
	}
	return text
}

// Lines returns the entries of a section, which may be nil.
func (s *Section) Lines() []Entry {
	if s == nil {
		return nil
	}
	return s.Entries
}
