package config

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

var (
	yamlLine    = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)
	yamlUnknown = regexp.MustCompile(`^unknown anchor '(.*)' referenced$`)
)

// syntax is what is wrong with a text that the decoder refused, at the place where one
// has to mend it. The decoder says where what it was reading began, if anything.
func syntax(path, text string, refused error) *Error {
	said := yamlLine.ReplaceAllString(refused.Error(), "")
	line := 1 // which it does not say
	if m := yamlLine.FindStringSubmatch(refused.Error()); m != nil && m[1] != "" {
		line, _ = strconv.Atoi(m[1])
	}
	s := &mistake{path: path, lines: strings.Split(text, "\n"), list: tokens(text)}
	if e := s.bytes(text); e != nil {
		return e
	}
	if m := yamlUnknown.FindStringSubmatch(said); m != nil {
		return s.alias(m[1])
	}
	var e *Error
	switch {
	case strings.Contains(said, "tab character") || strings.Contains(said, "cannot start any token"):
		e = s.character(line)
	case strings.Contains(said, "',' or") || strings.Contains(said, "node content"):
		e = s.brackets()
	case strings.Contains(said, "expected key") || strings.Contains(said, "'-' indicator") || strings.Contains(said, "document start"):
		if e = s.brackets(); e == nil {
			e = s.indentation()
		}
	case strings.Contains(said, "mapping values"):
		e = s.colon(line)
	case strings.Contains(said, "end of stream"):
		e = s.quote()
	case strings.Contains(said, "escape character"):
		e = s.escape(line)
	case strings.Contains(said, "expected ':'"):
		if e = s.brackets(); e == nil {
			e = s.at(line, s.start(line)).wrong("no YAML: there is no colon behind this key")
		}
	}
	if e == nil {
		e = s.at(line, s.start(line)).wrong("no YAML: %s", said)
	}
	return e
}

// A mistake is a text that is no YAML.
type mistake struct {
	path  string
	lines []string
	list  []token
}

func (s *mistake) at(line, column int) Pos { return Pos{s.path, line, column} }

func (s *mistake) of(t token) Pos { return s.at(t.line, t.column) }

func (s *mistake) text(line int) string {
	if line < 1 || line > len(s.lines) {
		return ""
	}
	return s.lines[line-1]
}

// start is the column at which a line begins.
func (s *mistake) start(line int) int {
	text := s.text(line)
	return len(text) - len(strings.TrimLeft(text, " ")) + 1
}

// bytes finds what is no text at all.
func (s *mistake) bytes(text string) *Error {
	for i, line := range strings.Split(text, "\n") {
		column := 0
		for at, r := range line {
			column++
			if _, size := utf8.DecodeRuneInString(line[at:]); r == utf8.RuneError && size == 1 {
				return s.at(i+1, column).wrong("no YAML: the byte %#x is no UTF-8", line[at])
			} else if r < ' ' && r != '\t' && r != '\r' || r == 0x7f {
				return s.at(i+1, column).wrong("no YAML: the character %#x can not be shown", r)
			}
		}
	}
	return nil
}

// alias finds the first of a name that no anchor before it has.
func (s *mistake) alias(name string) *Error {
	for _, t := range s.list {
		if t.kind == '&' && t.text == name {
			break
		}
		if t.kind == '*' && t.text == name {
			return s.of(t).wrong("no YAML: there is no anchor &%s for this alias", name)
		}
	}
	return (Pos{File: s.path}).wrong("no YAML: there is no anchor &%s for the alias *%s", name, name)
}

// character finds a tab that indents, or what begins no value.
func (s *mistake) character(line int) *Error {
	for n := line; n <= line+1; n++ {
		text := s.text(n)
		if i := strings.IndexByte(text, '\t'); i >= 0 && strings.TrimSpace(text[:i]) == "" && strings.TrimSpace(text) != "" {
			return s.at(n, i+1).wrong("no YAML: a tab does not indent").hint("spaces do")
		}
	}
	for _, t := range s.list {
		if t.line == line && t.kind == 's' && t.text != "" && strings.ContainsRune("@`%", rune(t.text[0])) {
			return s.of(t).wrong("no YAML: a value does not begin with %c", t.text[0]).hint("in quotes it may")
		}
	}
	return nil
}

// brackets finds one that is not closed, one that closes nothing, and a comma that is missing.
func (s *mistake) brackets() *Error {
	type level struct {
		token
		colon, value bool // of the entry
	}
	var open []level
	for _, t := range s.list {
		n := len(open) - 1
		switch t.kind {
		case '[', '{':
			if n >= 0 && open[n].value && (open[n].kind == '[' || open[n].colon) {
				return s.of(t).wrong("no YAML: there is no comma before this %c", t.kind)
			}
			open = append(open, level{token: t})
			continue
		case ']', '}':
			if n < 0 {
				return s.of(t).wrong("no YAML: this %c closes nothing", t.kind)
			}
			if (open[n].kind == '[') != (t.kind == ']') {
				return s.of(open[n].token).wrong("no YAML: this %c is not closed", open[n].kind).hint("line %d, column %d has a %c", t.line, t.column, t.kind)
			}
			if open = open[:n]; n > 0 {
				open[n-1].value = true
			}
			continue
		}
		if n < 0 {
			continue
		}
		switch l := &open[n]; {
		case t.kind == ',':
			l.colon, l.value = false, false
		case t.kind == ':' && l.colon && t.line != l.line:
			return s.of(l.token).wrong("no YAML: this %c is not closed", l.kind).hint("line %d, column %d has what can not be in it", t.line, t.column)
		case t.kind == ':' && l.colon:
			return s.of(t).wrong("no YAML: there is no comma before this key")
		case t.kind == ':':
			l.colon, l.value = true, false
		case l.value && t.kind != 's' && (l.kind == '[' || l.colon):
			return s.of(t).wrong("no YAML: there is no comma before this value")
		case l.value && t.kind == 's' && l.colon && t.line == l.line:
			return s.of(t).wrong("no YAML: there is no comma before this key")
		default:
			l.value = true
		}
	}
	if n := len(open) - 1; n >= 0 {
		return s.of(open[n].token).wrong("no YAML: this %c is not closed", open[n].kind)
	}
	return nil
}

// indentation finds a line that begins where none above does that it could go on.
func (s *mistake) indentation() *Error {
	var columns []int
	valued := map[int]bool{} // by column: the last key there has a value in its line
	depth, key := 0, 0
	for i, t := range s.list {
		switch t.kind {
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		}
		if t.kind == ':' && depth == 0 {
			valued[key] = i+1 < len(s.list) && s.list[i+1].line == t.line
		}
		isKey := i+1 < len(s.list) && s.list[i+1].kind == ':' && s.list[i+1].line == t.line
		if !t.first || depth > 0 || t.kind != '-' && !isKey {
			continue
		}
		if t.kind == '-' && valued[t.column] && len(columns) > 0 && columns[len(columns)-1] == t.column {
			return s.of(t).wrong("no YAML: a list can not begin between the keys of a mapping")
		}
		popped := false
		for len(columns) > 0 && columns[len(columns)-1] > t.column {
			columns, popped = columns[:len(columns)-1], true
		}
		if popped && (len(columns) == 0 || columns[len(columns)-1] < t.column) {
			return s.of(t).wrong("no YAML: nothing above begins at this column").hint("a line has the indentation of those that it belongs to")
		}
		if len(columns) == 0 || columns[len(columns)-1] < t.column {
			columns = append(columns, t.column)
		}
		if key = t.column; t.kind == '-' {
			delete(valued, t.column)
		}
	}
	return nil
}

// colon finds the second colon of a value, or a mapping below a value.
func (s *mistake) colon(line int) *Error {
	var seen *token
	for i, t := range s.list {
		if t.line != line || t.kind != ':' {
			continue
		}
		if seen != nil {
			return s.of(t).wrong("no YAML: a value has no colon with a space behind it").hint("in quotes it may")
		}
		seen = &s.list[i]
	}
	if seen == nil {
		return nil
	}
	return s.at(line, s.start(line)).wrong("no YAML: this key is deeper than the ones above, of which the last has a value").hint("is it indented too far?")
}

func (s *mistake) quote() *Error {
	for _, t := range s.list {
		if t.open {
			return s.of(t).wrong("no YAML: this quote is not closed")
		}
	}
	return nil
}

// escape finds a backslash with what it can not escape.
func (s *mistake) escape(line int) *Error {
	text := []rune(s.text(line))
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' {
			if i+1 < len(text) && !strings.ContainsRune("0abt\tnvfre \"/\\N_LPxuU", text[i+1]) {
				return s.at(line, i+1).wrong(`no YAML: \%c is nothing in double quotes`, text[i+1]).hint(`\\ is a backslash; single quotes take all as it is`)
			}
			i++
		}
	}
	return nil
}
