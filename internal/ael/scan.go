package ael

import (
	"fmt"
	"strings"
)

// scanner goes through the text of a file.
type scanner struct {
	name, text string
	at         int
}

// A fault is what is wrong with a file, and where.
type fault struct {
	file    string
	line    int
	problem string
}

func (f *fault) Error() string { return fmt.Sprintf("%s:%d: %s", f.file, f.line, f.problem) }

// fail ends the reading; Read recovers it.
func (s *scanner) fail(at int, format string, args ...any) {
	panic(&fault{s.name, 1 + strings.Count(s.text[:min(at, len(s.text))], "\n"), fmt.Sprintf(format, args...)})
}

// skip goes over spaces and comments.
func (s *scanner) skip() {
	for s.at < len(s.text) {
		rest := s.text[s.at:]
		switch {
		case strings.IndexByte(" \t\r\n", rest[0]) >= 0:
			s.at++
		case strings.HasPrefix(rest, "//"):
			if n := strings.IndexByte(rest, '\n'); n >= 0 {
				s.at += n
			} else {
				s.at = len(s.text)
			}
		case strings.HasPrefix(rest, "/*"):
			n := strings.Index(rest[2:], "*/")
			if n < 0 {
				s.fail(s.at, "the comment has no end")
			}
			s.at += n + 4
		default:
			return
		}
	}
}

func (s *scanner) done() bool { s.skip(); return s.at == len(s.text) }

// next tells whether a text comes next, and goes over it.
func (s *scanner) next(text string) bool {
	s.skip()
	if !strings.HasPrefix(s.text[s.at:], text) {
		return false
	}
	s.at += len(text)
	return true
}

// want is next of what has to come.
func (s *scanner) want(text string) {
	if !s.next(text) {
		s.fail(s.at, "%q is missing before %s", text, s.ahead())
	}
}

// ahead is what comes next, for whoever is to be told.
func (s *scanner) ahead() string {
	rest, _, _ := strings.Cut(s.text[s.at:], "\n")
	if rest == "" {
		return "the end of the line"
	}
	return fmt.Sprintf("%q", rest[:min(len(rest), 20)])
}

func inWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("_-.~@$[]/*#+!\\", c) >= 0 || c >= 0x80
}

// word is a name that comes next, or "".
func (s *scanner) word() string {
	s.skip()
	from := s.at
	for s.at < len(s.text) && inWord(s.text[s.at]) && !strings.HasPrefix(s.text[s.at:], "//") && !strings.HasPrefix(s.text[s.at:], "/*") {
		if strings.HasPrefix(s.text[s.at:], "${") {
			s.at = s.closing(s.at+1, '{', '}')
		}
		s.at++
	}
	return s.text[from:s.at]
}

// keyword tells whether a word comes next that is not the beginning of a longer one.
func (s *scanner) keyword(text string) bool {
	from := s.at
	if s.word() == text {
		return true
	}
	s.at = from
	return false
}

// closing returns the place of what closes the bracket at a place.
func (s *scanner) closing(at int, open, end byte) int {
	depth := 0
	for i := at; i < len(s.text); i++ {
		switch s.text[i] {
		case '\\':
			i++
		case open:
			depth++
		case end:
			if depth--; depth == 0 {
				return i
			}
		}
	}
	s.fail(at, "%q has no end", string(open))
	return 0
}

// enclosed is what stands in parentheses that come next.
func (s *scanner) enclosed() string {
	s.want("(")
	end := s.closing(s.at-1, '(', ')')
	text := s.text[s.at:end]
	s.at = end + 1
	return text
}

// until is everything up to one of some letters, which is gone over.
func (s *scanner) until(letters string) string {
	from, depth := s.at, 0
	for ; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; {
		case depth == 0 && strings.IndexByte(letters, c) >= 0:
			s.at++
			return s.text[from : s.at-1]
		case c == '\\':
			s.at++
		case c == '(' || c == '{' || c == '[':
			depth++
		case depth > 0 && (c == ')' || c == '}' || c == ']'):
			depth--
		}
	}
	s.fail(from, "one of %q is missing", letters)
	return ""
}
