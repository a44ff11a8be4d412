package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// directive carries out #include, #tryinclude and #exec.
func (l *loader) directive(s *source, line string) {
	end := strings.IndexFunc(line, func(r rune) bool { return r <= ' ' })
	if end < 0 {
		end = len(line)
	}
	word, argument := strings.ToLower(line[1:end]), trim(line[end:])
	if n := len(argument); n >= 2 {
		open, last := argument[0], argument[n-1]
		if open == '"' && last == '"' || open == '<' && last == '>' {
			argument = argument[1 : n-1]
		}
	}
	switch {
	case word != "include" && word != "tryinclude" && word != "exec":
		l.warn(s, "known are #include, #tryinclude and #exec", "unknown directive #%s", word)
	case end == len(line):
		l.warn(s, "name a file or a program behind it", "#%s needs an argument", word)
	case word == "exec":
		l.exec(s, argument)
	default:
		l.include(s, argument, word == "tryinclude")
	}
}

func (l *loader) include(s *source, name string, try bool) {
	names := l.expand(name)
	read := 0
	var unread error // why the first of those was not read that are there
	for _, path := range names {
		switch err := l.load(s, path); {
		case err == nil:
			read++
		case unread == nil && !errors.Is(err, fs.ErrNotExist):
			unread = err
		}
	}
	switch {
	case read > 0 && read == len(names), try && unread == nil:
	case try:
		l.warn(s, "", "#tryinclude %s: %v", name, unread)
	case read > 0 && unread != nil:
		l.warn(s, "", "#include %s: some of the files can't be read: %v", name, unread)
	case read > 0:
		l.warn(s, "", "#include %s: some of the files can't be read", name)
	case unread != nil:
		l.fail(s, "", "#include %s: %v", name, unread)
	default:
		l.fail(s, "write #tryinclude if it may be missing", "#include: there is no file %s", name)
	}
}

// Why a file is not included though it may be there.
var (
	errTooDeep = fmt.Errorf("files are included more than %d deep: does a file include itself?", maxDepth-1)
	errTooMany = fmt.Errorf("more than %d files are included: does a file include its own folder?", maxFiles)
)

// load reads an included file. What is wrong inside is that file's own matter.
func (l *loader) load(s *source, path string) error {
	if s.depth >= maxDepth {
		return errTooDeep
	}
	if l.reads++; l.reads > maxFiles {
		return errTooMany
	}
	text, err := l.options.read(path)
	if err == nil {
		l.lines(path, text, s.depth+1)
	}
	return err
}

// expand returns the paths that an include means: {a,b} and * are expanded, in
// the order of the braces and then by name.
func (l *loader) expand(name string) []string {
	var paths []string
	room := maxFiles
	for _, pattern := range braces(name, 0, &room) {
		if !filepath.IsAbs(pattern) {
			pattern = filepath.Join(l.options.Dir, pattern)
		}
		if !strings.ContainsAny(pattern, "*?[") {
			paths = append(paths, pattern)
			continue
		}
		found, err := filepath.Glob(pattern)
		if err != nil {
			found = []string{pattern}
		}
		slices.Sort(found)
		paths = append(paths, found...)
	}
	return paths
}

// maxBraces is how many alternatives are expanded within each other.
const maxBraces = 8

// braces expands the first {a,b} of a pattern, and the others after it, as long as
// there is room for names.
func braces(pattern string, depth int, room *int) []string {
	open := strings.IndexByte(pattern, '{')
	if *room <= 0 {
		return nil
	}
	if open < 0 || depth >= maxBraces {
		*room--
		return []string{pattern}
	}
	level, start := 0, open+1
	var words []string
	for i := open; i < len(pattern); i++ {
		switch pattern[i] {
		case '{':
			level++
		case ',':
			if level == 1 {
				words = append(words, pattern[start:i])
				start = i + 1
			}
		case '}':
			if level--; level > 0 {
				continue
			}
			var all []string
			for _, word := range append(words, pattern[start:i]) {
				all = append(all, braces(pattern[:open]+word+pattern[i+1:], depth+1, room)...)
			}
			return all
		}
	}
	*room--
	return []string{pattern}
}

// execTime is how long a program of #exec may take.
const execTime = 10 * time.Second

// exec runs a program and reads what it prints as if it were included.
func (l *loader) exec(s *source, command string) {
	if !l.options.Exec {
		l.say(s, Error, "set execincludes=yes in asterisk.conf, or start with -X", "#exec is not allowed")
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), execTime)
	defer cancel()
	run := exec.CommandContext(ctx, "/bin/sh", "-c", command) //nolint:gosec // that is what #exec does
	run.WaitDelay = time.Second
	var out limited
	var problems bytes.Buffer
	run.Stdout, run.Stderr = &out, &problems
	err := run.Run()
	if problems.Len() > 0 {
		first, _, _ := strings.Cut(strings.TrimSpace(problems.String()), "\n")
		l.warn(s, "", "#exec %s: %s", command, first)
	}
	if err != nil {
		l.say(s, Error, "", "#exec %s: %v", command, err)
	}
	if out.text.Len() == 0 {
		l.warn(s, "", "#exec %s printed nothing", command)
		return
	}
	if s.depth >= maxDepth {
		l.warn(s, "", "#exec %s: %v", command, errTooDeep)
		return
	}
	l.lines(fmt.Sprintf("%s#exec:%d", s.path, s.line), out.text.String(), s.depth+1)
}

// limited holds what a program prints, up to the size of a file.
type limited struct{ text bytes.Buffer }

var errTooLong = errors.New("output is too long")

// Write implements io.Writer.
func (w *limited) Write(p []byte) (int, error) {
	if w.text.Len()+len(p) > maxFile {
		return 0, errTooLong
	}
	return w.text.Write(p)
}
