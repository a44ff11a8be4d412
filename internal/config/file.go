package config

import (
	"fmt"
	"strings"
)

// A File is a configuration file with all that it includes.
type File struct {
	Path string
	// Diagnostics are the problems that did not keep the file from being read.
	Diagnostics []Diagnostic

	sections []*Section
	index    map[string][]*Section // by name in lower case
	paths    []string              // what was read, each once, the file itself first
	joins    []join
	grown    map[place]bool // where += lengthens what a template has
}

// A join is a line of name += value and the entry that it lengthened.
type join struct{ entry, line place }

// place is where something was written.
type place struct {
	file string
	line int
}

// A Section is what stands under one [name].
type Section struct {
	Name     string
	Template bool     // declared with (!): only to be inherited
	Parents  []string // the templates that it inherits from, as they are written
	Entries  []Entry  // the parents' first
	File     string
	Line     int // of the [name]

	parts []place // the headers that it is made of: its own, and those with (+)
}

// An Entry is one option.
type Entry struct {
	Key, Value string
	Arrow      bool // written => instead of =
	Inherited  bool // comes from a template; File and Line are the template's
	File       string
	Line       int
}

// Where tells an entry's place as file:line.
func (e Entry) Where() string { return fmt.Sprintf("%s:%d", e.File, e.Line) }

// Where tells the place of a section's header as file:line.
func (s *Section) Where() string { return fmt.Sprintf("%s:%d", s.File, s.Line) }

// Sections returns the sections in the order of the file, templates included.
// A name can occur more than once.
func (f *File) Sections() []*Section {
	if f == nil {
		return nil
	}
	return f.sections
}

// Files returns the paths of all files that were read, each once, the file
// itself first.
func (f *File) Files() []string {
	if f == nil {
		return nil
	}
	return f.paths
}

// Section returns the first section of a name, or nil. Case does not matter.
func (f *File) Section(name string) *Section {
	if list := f.Named(name); len(list) > 0 {
		return list[0]
	}
	return nil
}

// Named returns all sections of a name, in the order of the file. Case does not
// matter.
func (f *File) Named(name string) []*Section {
	if f == nil {
		return nil
	}
	return f.index[strings.ToLower(name)]
}

// Merged returns the sections of a name, templates left out, as one: the
// entries of all in order. It is nil if there is none. Parts of Asterisk that
// walk a file by name read duplicate sections so.
func (f *File) Merged(name string) *Section {
	var all *Section
	for _, s := range f.Named(name) {
		switch {
		case s.Template:
		case all == nil:
			one := *s
			one.Entries = one.Entries[:len(one.Entries):len(one.Entries)]
			all = &one
		default:
			all.Entries = append(all.Entries, s.Entries...)
		}
	}
	return all
}

// Get returns the last value of an option of the first section of a name; see
// Section.Get. "" if there is none.
func (f *File) Get(section, key string) string { return f.Section(section).Get(key) }

// add appends a section.
func (f *File) add(s *Section) {
	f.sections = append(f.sections, s)
	name := strings.ToLower(s.Name)
	f.index[name] = append(f.index[name], s)
}

// Get returns the last value of an option, or "". The section may be nil, and
// the key's case does not matter. A section's own value overrides a template's.
func (s *Section) Get(key string) string {
	v, _ := s.Lookup(key)
	return v
}

// Lookup returns the last value of an option and whether there is one.
func (s *Section) Lookup(key string) (string, bool) {
	e, ok := s.Entry(key)
	return e.Value, ok
}

// Entry returns the last entry of an option and whether there is one.
func (s *Section) Entry(key string) (Entry, bool) {
	if s == nil {
		return Entry{}, false
	}
	for i := len(s.Entries) - 1; i >= 0; i-- {
		if strings.EqualFold(s.Entries[i].Key, key) {
			return s.Entries[i], true
		}
	}
	return Entry{}, false
}

// First returns the first value of an option, or "": a template's where the
// template has one. It is what Asterisk's look-up of one variable by name gives.
func (s *Section) First(key string) string {
	for _, e := range s.Lines() {
		if strings.EqualFold(e.Key, key) {
			return e.Value
		}
	}
	return ""
}

// All returns every value of an option, in order.
func (s *Section) All(key string) []string {
	var list []string
	for _, e := range s.Lines() {
		if strings.EqualFold(e.Key, key) {
			list = append(list, e.Value)
		}
	}
	return list
}

// Lines returns the entries of a section, which may be nil.
func (s *Section) Lines() []Entry {
	if s == nil {
		return nil
	}
	return s.Entries
}
