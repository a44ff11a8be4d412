package config

import "strings"

// A token is where something begins in the text of a YAML file: a bracket, a comma,
// a colon behind a key, a dash of a list, the quote of a text, * of an alias, & of an
// anchor, s for other text. line and column count from 1, the column in characters.
type token struct {
	kind         byte
	text         string // of an alias, an anchor, other text
	line, column int
	first        bool // nothing but dashes is before it in its line
	open         bool // a quote that is not closed
}

// A tokenizer finds them as well as it can: it is for files that are no YAML, to say
// where they are not.
type tokenizer struct {
	text         []rune
	at           int
	line, column int
	indent       int // of the line, in characters
	fresh        bool
	depth        int // of brackets
	list         []token
}

func tokens(text string) []token {
	t := &tokenizer{text: []rune(text), line: 1, column: 1, fresh: true}
	for t.at < len(t.text) {
		t.next()
	}
	return t.list
}

func (t *tokenizer) peek(n int) rune {
	if t.at+n < len(t.text) {
		return t.text[t.at+n]
	}
	return '\n'
}

func (t *tokenizer) step() {
	if t.text[t.at] == '\n' {
		t.line, t.column, t.indent, t.fresh = t.line+1, 0, 0, true
	}
	t.at++
	t.column++
}

func (t *tokenizer) add(kind byte, text string) {
	t.list = append(t.list, token{kind: kind, text: text, line: t.line, column: t.column, first: t.fresh})
	if kind != '-' {
		t.fresh = false
	}
}

func blank(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '\r' }

func (t *tokenizer) next() {
	switch r := t.text[t.at]; {
	case blank(r):
		t.step()
		if t.fresh && len(t.list) > 0 && t.list[len(t.list)-1].line != t.line {
			t.indent = t.column - 1
		}
	case r == '#':
		t.rest()
	case r == '[' || r == '{':
		t.add(byte(r), "")
		t.depth++
		t.step()
	case (r == ']' || r == '}'):
		t.add(byte(r), "")
		t.depth = max(t.depth-1, 0)
		t.step()
	case r == ',' && t.depth > 0:
		t.add(',', "")
		t.step()
	case r == ':' && (blank(t.peek(1)) || t.depth > 0 && strings.ContainsRune(",[]{}", t.peek(1))):
		t.add(':', "")
		t.step()
	case r == '-' && blank(t.peek(1)) && t.depth == 0:
		t.add('-', "")
		t.step()
	case r == '"' || r == '\'':
		t.quoted(r)
	case r == '&' || r == '*':
		t.add(byte(r), "")
		t.step()
		t.list[len(t.list)-1].text = t.word(func(r rune) bool { return blank(r) || strings.ContainsRune(",[]{}", r) })
	case (r == '|' || r == '>') && t.depth == 0 && !t.fresh:
		t.block()
	default:
		t.plain()
	}
}

func (t *tokenizer) rest() {
	for t.at < len(t.text) && t.text[t.at] != '\n' {
		t.step()
	}
}

func (t *tokenizer) word(end func(rune) bool) string {
	from := t.at
	for t.at < len(t.text) && !end(t.text[t.at]) {
		t.step()
	}
	return string(t.text[from:t.at])
}

// quoted is a text in quotes.
func (t *tokenizer) quoted(quote rune) {
	t.add('"', "")
	n := len(t.list) - 1
	t.step()
	for t.at < len(t.text) {
		switch r := t.text[t.at]; {
		case r == '\\' && quote == '"' && t.at+1 < len(t.text):
			t.step()
		case r == quote && quote == '\'' && t.peek(1) == quote:
			t.step()
		case r == quote:
			t.step()
			t.fresh = false
			return
		}
		t.step()
	}
	t.list[n].open = true
}

// block is a text that the lines below have, as far as they are deeper.
func (t *tokenizer) block() {
	t.add('s', "")
	indent := t.indent
	for t.rest(); t.at < len(t.text); t.rest() {
		n := 1
		for t.peek(n) == ' ' {
			n++
		}
		if n-1 <= indent && t.at+n < len(t.text) && t.peek(n) != '\n' {
			return
		}
		t.step()
	}
}

// plain is other text: in brackets up to the next of them or a comma.
func (t *tokenizer) plain() {
	t.add('s', "")
	n := len(t.list) - 1
	t.list[n].text = strings.TrimRight(t.word(func(r rune) bool {
		switch {
		case r == '\n', r == ' ' && t.peek(1) == '#':
			return true
		case r == ':' && (blank(t.peek(1)) || t.depth > 0 && strings.ContainsRune(",[]{}", t.peek(1))):
			return true
		}
		return t.depth > 0 && strings.ContainsRune(",[]{}", r)
	}), " \t\r")
	if t.at < len(t.text) && t.list[n].text == "" {
		t.step() // what begins nothing
	}
}
