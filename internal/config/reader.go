package config

import (
	"fmt"
	"iter"
	"math"
	"strconv"
	"strings"
	"time"
)

// A Reader reads sections into settings and collects what is wrong with them,
// so that a loader says it in the log and `octothorpe check` prints it.
//
//	r := config.NewReader(file)
//	s := r.Section(file.Section("general"))
//	port := s.Int("port", 5038, 1, 65535)
//	s.Later("TLS is not spoken", "tlscipher")
//	s.Done()
//	problems := r.Diagnostics()
//
// It is for one goroutine.
type Reader struct {
	diagnostics []Diagnostic
	told        map[string]bool // options that were said not to be honoured
}

// NewReader returns a reader that has the problems of a file, which may be nil,
// and collects further ones.
func NewReader(f *File) *Reader {
	r := &Reader{told: map[string]bool{}}
	if f != nil {
		r.diagnostics = append(r.diagnostics, f.Diagnostics...)
	}
	return r
}

// Diagnostics returns all problems, in the order in which they were found.
func (r *Reader) Diagnostics() []Diagnostic { return r.diagnostics }

// Report notes a problem of an entry.
func (r *Reader) Report(s Severity, e Entry, hint, format string, args ...any) {
	r.diagnostics = append(r.diagnostics, Diagnostic{Severity: s, File: e.File, Line: e.Line, Problem: fmt.Sprintf(format, args...), Hint: hint})
}

// NotHonoured says that an option is known to Asterisk and not honoured here yet, and
// what is left to do: once for each name.
func (r *Reader) NotHonoured(e Entry, lack string) {
	r.once(e, "option %s is known and not honoured yet: %s", lack)
}

// WithoutEffect says that an option is known to Asterisk and is to have no effect here, and
// why: once for each name.
func (r *Reader) WithoutEffect(e Entry, why string) {
	r.once(e, "option %s has no effect: %s", why)
}

func (r *Reader) once(e Entry, format, why string) {
	key := strings.ToLower(e.Key)
	if !r.told[key] {
		r.told[key] = true
		r.Report(Warning, e, "", format, e.Key, why)
	}
}

// Section returns a reader of a section, which may be nil. Its Done reports the
// options that nobody asked for.
func (r *Reader) Section(s *Section) *SectionReader {
	return &SectionReader{reader: r, section: s, asked: map[string]bool{}, later: map[string]string{}, never: map[string]string{}}
}

// A SectionReader reads the options of a section. Of an option that is written
// several times the last value counts. A value that can't be read is reported,
// and the default is in force.
type SectionReader struct {
	reader  *Reader
	section *Section
	asked   map[string]bool
	later   map[string]string // what is left to do for each
	never   map[string]string // why each is to have no effect
}

// entry finds an option and notes that it is known.
func (s *SectionReader) entry(key string) (Entry, bool) {
	s.asked[strings.ToLower(key)] = true
	return s.section.Entry(key)
}

// Has reports whether an option is written.
func (s *SectionReader) Has(key string) bool {
	_, ok := s.entry(key)
	return ok
}

// String reads a text.
func (s *SectionReader) String(key, otherwise string) string {
	if e, ok := s.entry(key); ok {
		return e.Value
	}
	return otherwise
}

// All reads every value of an option.
func (s *SectionReader) All(key string) []string {
	s.asked[strings.ToLower(key)] = true
	return s.section.All(key)
}

// Bool reads a truth. What is neither yes nor no is reported.
func (s *SectionReader) Bool(key string, otherwise bool) bool {
	e, ok := s.entry(key)
	switch {
	case !ok:
		return otherwise
	case True(e.Value):
		return true
	case !False(e.Value):
		s.reader.Report(Warning, e, "write yes or no", "%s = %s is neither yes nor no", e.Key, e.Value)
		return otherwise
	}
	return false
}

// Int reads a whole number from low to high, both included.
func (s *SectionReader) Int(key string, otherwise, low, high int) int {
	e, ok := s.entry(key)
	if !ok {
		return otherwise
	}
	n, err := integer(e.Value)
	switch {
	case err != nil:
		s.reader.Report(Error, e, "give a whole number", "%s = %s is no number", e.Key, e.Value)
	case n < low || n > high:
		s.reader.Report(Error, e, between(low, high), "%s = %s is out of range", e.Key, e.Value)
	default:
		return n
	}
	return otherwise
}

// Level reads how much is said: a number, or yes for 1.
func (s *SectionReader) Level(key string) int {
	e, ok := s.entry(key)
	n, err := strconv.Atoi(strings.TrimSpace(e.Value))
	switch {
	case !ok || err == nil && n < 0 || False(e.Value):
		return 0
	case err == nil:
		return n
	case True(e.Value):
		return 1
	}
	s.reader.Report(Warning, e, "give a whole number", "%s = %s is no level", e.Key, e.Value)
	return 0
}

// Float reads a number from low to high, both included.
func (s *SectionReader) Float(key string, otherwise, low, high float64) float64 {
	e, ok := s.entry(key)
	if !ok {
		return otherwise
	}
	f, err := strconv.ParseFloat(trim(e.Value), 64)
	switch {
	case err != nil || math.IsNaN(f):
		s.reader.Report(Error, e, "give a number", "%s = %s is no number", e.Key, e.Value)
	case f < low || f > high:
		s.reader.Report(Error, e, fmt.Sprintf("give one from %g to %g", low, high), "%s = %s is out of range", e.Key, e.Value)
	default:
		return f
	}
	return otherwise
}

// Duration reads a time from low to high; a bare number counts units. See
// ParseDuration.
func (s *SectionReader) Duration(key string, unit, otherwise, low, high time.Duration) time.Duration {
	e, ok := s.entry(key)
	if !ok {
		return otherwise
	}
	d, err := ParseDuration(e.Value, unit)
	switch {
	case err != nil:
		s.reader.Report(Error, e, "give a number, or one with ms, s, m or h", "%s = %s is no time", e.Key, e.Value)
	case d < low || d > high:
		s.reader.Report(Error, e, fmt.Sprintf("give one from %s to %s", low, high), "%s = %s is out of range", e.Key, e.Value)
	default:
		return d
	}
	return otherwise
}

// Word reads one of some words, whose case does not matter, and returns it as it
// is spelt in words.
func (s *SectionReader) Word(key, otherwise string, words ...string) string {
	e, ok := s.entry(key)
	if !ok {
		return otherwise
	}
	for _, word := range words {
		if strings.EqualFold(word, e.Value) {
			return word
		}
	}
	s.reader.Report(Error, e, "known are "+strings.Join(words, ", "), "%s = %s is not known", e.Key, e.Value)
	return otherwise
}

// Later names options that Asterisk knows and that are not honoured yet, and what is left
// to do.
func (s *SectionReader) Later(lack string, keys ...string) {
	for _, key := range keys {
		s.later[strings.ToLower(key)] = lack
	}
}

// Never names options that Asterisk knows and that are to have no effect here, and why.
// docs/compatibility.md has both lists from here.
func (s *SectionReader) Never(why string, keys ...string) {
	for _, key := range keys {
		s.never[strings.ToLower(key)] = why
	}
}

// Meaningless names options that Asterisk knows and that have nothing to do
// here, because what they tune is made in another way. They are passed over.
func (s *SectionReader) Meaningless(keys ...string) {
	for _, key := range keys {
		s.asked[strings.ToLower(key)] = true
	}
}

// Idle names options that people write and that Asterisk itself makes nothing of, as this
// program does. Done says so in a note.
func (s *SectionReader) Idle(keys ...string) {
	for _, key := range keys {
		s.asked[strings.ToLower(key)] = true
		if e, ok := s.section.Entry(key); ok {
			s.reader.Report(Note, e, "leave it out", "option %s has no effect, in Asterisk 22 neither", e.Key)
		}
	}
}

// Done reports what nobody asked for: options that are not honoured yet or never, and
// those that are unknown, with the name that may have been meant.
func (s *SectionReader) Done() {
	for _, e := range s.section.Lines() {
		key := strings.ToLower(e.Key)
		switch {
		case s.asked[key]:
		case s.later[key] != "":
			s.reader.NotHonoured(e, s.later[key])
		case s.never[key] != "":
			s.reader.WithoutEffect(e, s.never[key])
		case !s.reader.told["? "+key]:
			s.reader.told["? "+key] = true
			s.reader.Report(Warning, e, Suggest(e.Key, s.names()), "unknown option %s", e.Key)
		}
	}
}

// names are the options that are known here.
func (s *SectionReader) names() iter.Seq[string] {
	return func(yield func(string) bool) {
		for name := range s.asked {
			if !yield(name) {
				return
			}
		}
		for _, known := range []map[string]string{s.later, s.never} {
			for name := range known {
				if !yield(name) {
					return
				}
			}
		}
	}
}

func between(low, high int) string {
	switch {
	case high == math.MaxInt:
		return fmt.Sprintf("give %d or more", low)
	case low == math.MinInt:
		return fmt.Sprintf("give %d or less", high)
	}
	return fmt.Sprintf("give one from %d to %d", low, high)
}
