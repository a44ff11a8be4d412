package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Options say how files are read.
type Options struct {
	// Dir is where relative includes are looked for: astetcdir. Empty is the
	// folder of the file.
	Dir string
	// Exec allows #exec, as asterisk.conf's execincludes does.
	Exec bool

	// read gives the text of a file; nil reads the disk.
	read func(path string) (string, error)
}

// The limits of what is read.
const (
	maxDepth = 11 // files within each other, the first one counted, as in Asterisk
	maxFiles = 10_000
	maxFile  = 64 << 20 // bytes
	maxLine  = 8190     // bytes of a line; Asterisk skips longer ones
)

// Load reads the file at path; a relative one is looked for in o.Dir.
//
// The error wraps fs.ErrNotExist where there is no file. It is an *InvalidError,
// beside a File of what could be read, where Asterisk would not take any of it:
// an option before the first section, a section that is not closed, a template or
// an included file that is missing. Problems that leave the rest in force are
// Diagnostics of the result.
func Load(path string, o Options) (*File, error) {
	if !filepath.IsAbs(path) && o.Dir != "" {
		path = filepath.Join(o.Dir, path)
	}
	if o.Dir == "" {
		o.Dir = filepath.Dir(path)
	}
	if o.read == nil {
		o.read = readFile
	}
	text, err := o.read(path)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	return parse(path, text, o)
}

// Parse reads a text as the file at path, which need not exist. Includes are
// relative to o.Dir. The errors are Load's.
func Parse(path string, text []byte, o Options) (*File, error) {
	if o.read == nil {
		o.read = readFile
	}
	return parse(path, string(text), o)
}

func parse(path, text string, o Options) (*File, error) {
	l := &loader{options: o, file: &File{Path: path, index: map[string][]*Section{}, grown: map[place]bool{}}, seen: map[string]bool{}}
	if first := l.lines(path, text, 1); first != nil {
		return l.file, &InvalidError{Path: path, First: *first}
	}
	return l.file, nil
}

// readFile reads a regular file of bearable size.
func readFile(path string) (string, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", err
	case !info.Mode().IsRegular():
		return "", &fs.PathError{Op: "read", Path: path, Err: errors.New("not a regular file")}
	case info.Size() > maxFile:
		return "", &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("larger than %d bytes", maxFile)}
	}
	text, err := os.ReadFile(path)
	return string(text), err
}

// loader reads one File.
type loader struct {
	options Options
	file    *File
	seen    map[string]bool // paths in file.paths
	reads   int
	// latest is the section that was begun last, in whatever file: an included
	// file goes on in it, while the including file returns to its own.
	latest *Section
}

// source is the file that is being read.
type source struct {
	path    string
	line    int
	depth   int
	section *Section
	fatal   *Diagnostic // the first problem that Asterisk would stop at
}

func (l *loader) warn(s *source, hint, format string, args ...any) {
	l.say(s, Warning, hint, format, args...)
}

func (l *loader) say(s *source, severity Severity, hint, format string, args ...any) Diagnostic {
	d := Diagnostic{Severity: severity, File: s.path, Line: s.line, Problem: fmt.Sprintf(format, args...), Hint: hint}
	l.file.Diagnostics = append(l.file.Diagnostics, d)
	return d
}

// fail notes a problem that makes the file invalid.
func (l *loader) fail(s *source, hint, format string, args ...any) {
	d := l.say(s, Error, hint, format, args...)
	if s.fatal == nil {
		s.fatal = &d
	}
}

// lines reads one file. A problem that makes it invalid is returned; in the first
// file reading goes on behind it, for those who want all problems, in an included
// one it ends there, as in Asterisk.
func (l *loader) lines(path, text string, depth int) *Diagnostic {
	if !l.seen[path] {
		l.seen[path] = true
		l.file.paths = append(l.file.paths, path)
	}
	s := &source{path: path, depth: depth, section: l.latest}
	level, opened, zero := 0, 0, false
	var room [8]span
	for raw := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		s.line++
		if !zero && strings.IndexByte(raw, 0) >= 0 { // a file that is no text has many
			zero = true
			l.warn(s, "write the line anew, as text", "the line has a zero byte: what stands behind it in a line is not read")
		}
		line, before := visible(raw), level
		if level != 0 || strings.IndexByte(line, ';') >= 0 {
			var spans []span
			spans, level = scan(line, level, room[:0])
			line = joinText(line, spans)
		}
		switch {
		case level < 0 && before >= 0:
			l.warn(s, `write --\; or open the comment with ;--`, "--; closes no comment: what follows is skipped up to the next ;--, as Asterisk does")
		case level > 0 && before <= 0:
			opened = s.line
		}
		if line = trim(line); line == "" {
			continue
		}
		if len(raw) > maxLine+1 {
			l.say(s, Note, "", "line is longer than %d bytes: Asterisk would skip it", maxLine)
		}
		l.line(s, line)
		if s.fatal != nil && depth > 1 {
			return s.fatal
		}
	}
	if level > 0 {
		s.line = opened
		l.warn(s, "close it with --;", "block comment is never closed")
	}
	return s.fatal
}

// line reads the text of a line, which is not empty.
func (l *loader) line(s *source, line string) {
	switch line[0] {
	case '[':
		l.header(s, line)
	case '#':
		l.directive(s, line)
	default:
		l.entry(s, line)
	}
}

// entry reads key=value, key=>value or key+=value.
func (l *loader) entry(s *source, line string) {
	if s.section == nil {
		l.fail(s, "put it under a [section]", "%q stands in no section", line)
		s.section = &Section{} // of nobody: say it once
		return
	}
	key, value, ok := strings.Cut(line, "=")
	switch {
	case !ok:
		l.warn(s, "write name = value", "%q has no =", line)
		return
	case trim(key) == "":
		l.warn(s, "write name = value", "%q has no name before the =", line)
		return
	case key[len(key)-1] == '+':
		l.lengthen(s, trim(key[:len(key)-1]), value)
		return
	}
	e := Entry{Key: trim(key), File: s.path, Line: s.line}
	if strings.HasPrefix(value, ">") {
		e.Arrow, value = true, value[1:]
	}
	e.Value = trim(value)
	s.section.Entries = append(s.section.Entries, e)
}

// lengthen carries out key += value: the last entry of exactly that name gets
// the value behind its own, blanks and all; without one it is an entry like others.
func (l *loader) lengthen(s *source, key, value string) {
	if key == "" {
		l.warn(s, "write name += value", "+= has no name before it")
		return
	}
	here := place{s.path, s.line}
	for i := len(s.section.Entries) - 1; i >= 0; i-- {
		e := &s.section.Entries[i]
		if e.Key != key {
			continue
		}
		e.Value = trim(e.Value + value)
		if e.Inherited {
			// from here on it is the section's own
			e.Inherited, e.File, e.Line = false, here.file, here.line
			l.file.grown[here] = true
			return
		}
		l.file.joins = append(l.file.joins, join{place{e.File, e.Line}, here})
		return
	}
	s.section.Entries = append(s.section.Entries, Entry{Key: key, Value: trim(value), File: s.path, Line: s.line})
}
