package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"time"
)

// Options say how files are read.
type Options struct {
	// Dir is where relative includes are looked for: astetcdir.
	Dir string
	// Exec allows #exec, as asterisk.conf's execincludes does.
	Exec bool
}

// The limits of what is read.
const (
	maxDepth = 10 // of includes, as in Asterisk
	maxFile  = 64 << 20
)

// Load reads the file at path; a relative one is looked for in o.Dir. The error
// wraps fs.ErrNotExist where there is none. Problems inside the file that leave
// the rest readable are Diagnostics of the result.
func Load(path string, o Options) (*File, error) {
	if !filepath.IsAbs(path) && o.Dir != "" {
		path = filepath.Join(o.Dir, path)
	}
	l := &loader{options: o, file: &File{Path: path}}
	if l.options.Dir == "" {
		l.options.Dir = filepath.Dir(path)
	}
	if err := l.read(path, 0); err != nil {
		return nil, err
	}
	return l.file, nil
}

// Parse reads a text as the file at path. Includes are relative to o.Dir.
func Parse(path string, text []byte, o Options) (*File, error) {
	l := &loader{options: o, file: &File{Path: path}}
	if err := l.lines(path, text, 0); err != nil {
		return nil, err
	}
	return l.file, nil
}

// loader reads one File.
type loader struct {
	options Options
	file    *File
	section *Section
	comment bool // inside ;-- --;
}

func (l *loader) problem(s Severity, file string, line int, hint, format string, args ...any) {
	l.file.Diagnostics = append(l.file.Diagnostics,
		Diagnostic{Severity: s, File: file, Line: line, Problem: fmt.Sprintf(format, args...), Hint: hint})
}

func (l *loader) read(path string, depth int) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("read configuration: %w", err)
	}
	if info.Size() > maxFile {
		return fmt.Errorf("read configuration: %s is larger than %d bytes", path, maxFile)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read configuration: %w", err)
	}
	return l.lines(path, text, depth)
}

func (l *loader) lines(path string, text []byte, depth int) error {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	start := 0
	for n, raw := range bytes.Split(text, []byte("\n")) {
		before := l.comment
		line := l.strip(string(raw))
		if l.comment && !before {
			start = n + 1
		}
		if line == "" {
			continue
		}
		if err := l.line(path, n+1, line, depth); err != nil {
			return err
		}
	}
	if l.comment {
		l.comment = false
		l.problem(Warning, path, start, "close it with --;", "block comment is never closed")
	}
	return nil
}

// strip takes comments and blanks off a line.
func (l *loader) strip(line string) string {
	var b strings.Builder
	for i := 0; i < len(line); i++ {
		rest := line[i:]
		switch {
		case l.comment:
			if strings.HasPrefix(rest, "--;") {
				l.comment = false
				i += 2
			}
			continue
		case strings.HasPrefix(rest, `\;`):
			b.WriteByte(';')
			i++
			continue
		case strings.HasPrefix(rest, ";--") && !strings.HasPrefix(rest, ";---"):
			l.comment = true
			i += 2
			continue
		case rest[0] == ';':
			return strings.TrimSpace(b.String())
		}
		b.WriteByte(line[i])
	}
	return strings.TrimSpace(b.String())
}

func (l *loader) line(path string, n int, line string, depth int) error {
	switch {
	case line[0] == '[':
		l.header(path, n, line)
	case line[0] == '#':
		return l.directive(path, n, line, depth)
	default:
		l.entry(path, n, line)
	}
	return nil
}

// header reads [name](templates).
func (l *loader) header(path string, n int, line string) {
	name, rest, ok := strings.Cut(line[1:], "]")
	if !ok {
		l.problem(Error, path, n, "close it with ]", "section %q has no closing bracket", line)
		l.section = nil
		return
	}
	s := &Section{Name: name, File: path, Line: n}
	rest = strings.TrimSpace(rest)
	appending := false
	if strings.HasPrefix(rest, "(") {
		inside, _, closed := strings.Cut(rest[1:], ")")
		if !closed {
			l.problem(Error, path, n, "close it with )", "section [%s] has no closing parenthesis", name)
		}
		for _, word := range strings.Split(inside, ",") {
			switch word = strings.TrimSpace(word); word {
			case "":
			case "!":
				s.Template = true
			case "+":
				appending = true
			default:
				l.inherit(s, word, path, n)
			}
		}
	}
	if appending {
		if old := l.last(name); old != nil {
			old.Entries = append(old.Entries, s.Entries...)
			l.section = old
			return
		}
		l.problem(Error, path, n, "define the section before you add to it", "there is no section [%s] to add to", name)
		l.section = nil
		return
	}
	l.file.sections = append(l.file.sections, s)
	l.section = s
}

func (l *loader) last(name string) *Section {
	for i := len(l.file.sections) - 1; i >= 0; i-- {
		if strings.EqualFold(l.file.sections[i].Name, name) {
			return l.file.sections[i]
		}
	}
	return nil
}

func (l *loader) inherit(s *Section, from, path string, n int) {
	t := l.last(from)
	if t == nil {
		l.problem(Error, path, n, "define the template before it is used", "section [%s] inherits from [%s], which is not defined", s.Name, from)
		return
	}
	for _, e := range t.Entries {
		e.Inherited = true
		s.Entries = append(s.Entries, e)
	}
}

// entry reads key=value or key=>value.
func (l *loader) entry(path string, n int, line string) {
	if l.section == nil {
		l.problem(Warning, path, n, "put it under a [section]", "%q stands in no section", line)
		return
	}
	key, value, ok := strings.Cut(line, "=")
	if !ok {
		l.problem(Warning, path, n, "write name = value", "%q has no =", line)
		return
	}
	e := Entry{Key: strings.TrimSpace(key), File: path, Line: n}
	if strings.HasPrefix(value, ">") {
		e.Arrow, value = true, value[1:]
	}
	e.Value = strings.TrimSpace(value)
	l.section.Entries = append(l.section.Entries, e)
}

// directive carries out #include, #tryinclude and #exec.
func (l *loader) directive(path string, n int, line string, depth int) error {
	word, rest, _ := strings.Cut(strings.ReplaceAll(line[1:], "\t", " "), " ")
	rest = strings.TrimSpace(rest)
	if len(rest) >= 2 && (rest[0] == '"' && rest[len(rest)-1] == '"' || rest[0] == '<' && rest[len(rest)-1] == '>') {
		rest = rest[1 : len(rest)-1]
	}
	switch word = strings.ToLower(word); word {
	case "include", "tryinclude":
		return l.include(path, n, rest, word == "tryinclude", depth)
	case "exec":
		return l.exec(path, n, rest, depth)
	}
	l.problem(Warning, path, n, "known are #include, #tryinclude and #exec", "unknown directive #%s", word)
	return nil
}

func (l *loader) include(path string, n int, pattern string, try bool, depth int) error {
	if pattern == "" {
		l.problem(Warning, path, n, "name a file", "#include needs an argument")
		return nil
	}
	if depth+1 >= maxDepth {
		return fmt.Errorf("%s:%d: includes are nested more than %d deep", path, n, maxDepth)
	}
	if !filepath.IsAbs(pattern) {
		pattern = filepath.Join(l.options.Dir, pattern)
	}
	names, err := filepath.Glob(pattern)
	if err != nil {
		return fmt.Errorf("%s:%d: #include %s: %w", path, n, pattern, err)
	}
	if len(names) == 0 && !strings.ContainsAny(pattern, "*?[") {
		if try {
			return nil
		}
		return fmt.Errorf("%s:%d: #include: %s does not exist (write #tryinclude if it may be missing)", path, n, pattern)
	}
	sort.Strings(names)
	for _, name := range names {
		if err := l.read(name, depth+1); err != nil {
			if try && errors.Is(err, os.ErrNotExist) {
				continue
			}
			return fmt.Errorf("%s:%d: #include: %w", path, n, err)
		}
	}
	return nil
}

// execTime is how long a program of #exec may take.
const execTime = 10 * time.Second

func (l *loader) exec(path string, n int, commandLine string, depth int) error {
	if !l.options.Exec {
		l.problem(Error, path, n, "set execincludes=yes in asterisk.conf, or start with -X", "#exec is not allowed")
		return nil
	}
	if depth+1 >= maxDepth {
		return fmt.Errorf("%s:%d: includes are nested more than %d deep", path, n, maxDepth)
	}
	ctx, cancel := context.WithTimeout(context.Background(), execTime)
	defer cancel()
	out, err := exec.CommandContext(ctx, "/bin/sh", "-c", commandLine).Output() //nolint:gosec // that is what #exec does
	if err != nil {
		return fmt.Errorf("%s:%d: #exec %s: %w", path, n, commandLine, err)
	}
	return l.lines(path+" #exec", out, depth+1)
}
