package ael

import "strings"

type (
	// document is what a file says, in order.
	document struct {
		globals  [][2]string
		contexts []*block
	}
	// block is a context or a macro.
	block struct {
		name       string
		macro      bool
		args       []string
		body       []statement // of a macro
		includes   []string
		switches   []string
		evaluated  []string // eswitches
		ignored    []string
		extensions []extension
	}
	// extension is one of a context, or a catch of a macro.
	extension struct {
		name, hint string
		body       []statement
		at         int
	}
	// statement is one of these words: "call", "macro", "set", "local", "label", "goto",
	// "jump", "return", "break", "continue", "if", "iftime", "random", "while", "for",
	// "switch", "block", "catch".
	statement struct {
		word        string
		name, text  string // an application and its arguments, a variable and its value, a condition
		first, inc  string // of a for
		body, other []statement
		otherwise   bool // there is an else
		cases       []branch
		at          int
	}
	// branch is a case of a switch.
	branch struct {
		kind, label string // "case", "pattern", "default"
		body        []statement
	}
)

// document reads a whole file.
func (s *scanner) document() *document {
	f := &document{}
	for !s.done() {
		switch {
		case s.next(";"):
		case s.keyword("globals"):
			s.want("{")
			for !s.next("}") {
				if s.next(";") {
					continue
				}
				name := s.word()
				s.want("=")
				f.globals = append(f.globals, [2]string{name, s.until(";")})
			}
		case s.keyword("macro"):
			f.contexts = append(f.contexts, s.macro())
		default:
			for s.keyword("extend") || s.keyword("abstract") {
			}
			if !s.keyword("context") {
				s.fail(s.at, "a context, a macro or globals should stand before %s", s.ahead())
			}
			f.contexts = append(f.contexts, s.context())
		}
	}
	return f
}

func (s *scanner) macro() *block {
	b := &block{name: s.word(), macro: true}
	for _, arg := range strings.Split(s.enclosed(), ",") {
		if arg = strings.TrimSpace(arg); arg != "" {
			b.args = append(b.args, arg)
		}
	}
	s.want("{")
	for _, one := range s.statements() {
		if one.word == "catch" {
			b.extensions = append(b.extensions, extension{name: one.name, body: one.body, at: one.at})
		} else {
			b.body = append(b.body, one)
		}
	}
	return b
}

func (s *scanner) context() *block {
	b := &block{name: s.word()}
	if b.name == "" {
		s.fail(s.at, "a context has no name")
	}
	s.want("{")
	for !s.next("}") {
		if s.done() {
			s.fail(s.at, "context %s has no end", b.name)
		}
		at := s.at
		switch {
		case s.next(";"):
		case s.keyword("includes"), s.keyword("include"):
			b.includes = append(b.includes, s.list()...)
		case s.keyword("switches"):
			b.switches = append(b.switches, s.list()...)
		case s.keyword("eswitches"):
			b.evaluated = append(b.evaluated, s.list()...)
		case s.keyword("ignorepat"):
			s.want("=>")
			b.ignored = append(b.ignored, strings.TrimSpace(s.until(";")))
		default:
			b.extensions = append(b.extensions, s.extension(at))
		}
	}
	return b
}

// list is what stands in braces, each with a semicolon behind it.
func (s *scanner) list() (list []string) {
	s.want("{")
	for !s.next("}") {
		if s.next(";") {
			continue
		}
		list = append(list, strings.ReplaceAll(strings.TrimSpace(s.until(";")), "|", ","))
	}
	return list
}

func (s *scanner) extension(at int) extension {
	e := extension{at: at}
	if s.keyword("hint") {
		e.hint = s.enclosed()
	}
	s.keyword("regexten")
	s.skip()
	to := strings.Index(s.text[s.at:], "=>")
	if to < 0 || strings.ContainsAny(s.text[s.at:s.at+to], ";{}\n") {
		s.fail(s.at, "no extension: %s", s.ahead())
	}
	e.name = strings.TrimSpace(s.text[s.at : s.at+to])
	s.at += to + 2
	if !s.next(";") {
		e.body = s.one()
	}
	return e
}

// statements are those up to the brace that closes them.
func (s *scanner) statements() (list []statement) {
	for !s.next("}") {
		if s.done() {
			s.fail(s.at, "a block has no end")
		}
		list = append(list, s.one()...)
	}
	return list
}

// one is the statement that comes next; a block is as its statements are.
func (s *scanner) one() []statement {
	s.skip()
	at := s.at
	switch {
	case s.next(";"):
		return nil
	case s.next("{"):
		return []statement{{word: "block", body: s.statements(), at: at}}
	case s.next("&"):
		st := statement{word: "macro", name: s.word(), at: at}
		st.text = s.enclosed()
		s.want(";")
		return []statement{st}
	}
	for _, word := range []string{"if", "ifTime", "iftime", "random", "while"} {
		if s.keyword(word) {
			return []statement{s.condition(strings.ToLower(word), at)}
		}
	}
	for _, word := range []string{"return", "break", "continue"} {
		if s.keyword(word) {
			s.want(";")
			return []statement{{word: word, at: at}}
		}
	}
	switch {
	case s.keyword("for"):
		return []statement{s.loop(at)}
	case s.keyword("switch"):
		return []statement{s.choice(at)}
	case s.keyword("catch"):
		st := statement{word: "catch", name: s.word(), at: at}
		s.want("{")
		st.body = s.statements()
		return []statement{st}
	case s.keyword("goto"):
		return []statement{{word: "goto", text: strings.ReplaceAll(strings.TrimSpace(s.until(";")), "|", ","), at: at}}
	case s.keyword("jump"):
		return []statement{{word: "jump", text: strings.TrimSpace(s.until(";")), at: at}}
	case s.keyword("local"):
		st := statement{word: "local", name: s.word(), at: at}
		s.want("=")
		st.text = s.until(";")
		return []statement{st}
	}
	return []statement{s.simple(at)}
}

// simple is an application, a variable that is set, or a label.
func (s *scanner) simple(at int) statement {
	name := s.word()
	s.skip()
	switch {
	case name == "":
		s.fail(at, "no statement: %s", s.ahead())
	case s.next(":"):
		return statement{word: "label", name: name, at: at}
	case s.next("="):
		return statement{word: "set", name: name, text: s.until(";"), at: at}
	case s.next(";"):
		return statement{word: "call", name: name, at: at}
	}
	text := s.enclosed()
	if s.next("=") { // a function that is set
		return statement{word: "set", name: name + "(" + text + ")", text: s.until(";"), at: at}
	}
	s.want(";")
	return statement{word: "call", name: name, text: text, at: at}
}

// condition is an if, ifTime, random or while.
func (s *scanner) condition(word string, at int) statement {
	st := statement{word: word, text: s.enclosed(), at: at}
	st.body = s.one()
	if word == "while" {
		return st
	}
	if s.keyword("else") {
		st.otherwise, st.other = true, s.one()
	}
	return st
}

func (s *scanner) loop(at int) statement {
	inner := &scanner{name: s.name, text: s.enclosed() + ";"}
	st := statement{word: "for", at: at}
	for i, part := range []*string{&st.first, &st.text, &st.inc} {
		if inner.at == len(inner.text) {
			s.fail(at, "a for has %d parts of three", i)
		}
		*part = inner.until(";")
	}
	st.body = s.one()
	return st
}

func (s *scanner) choice(at int) statement {
	st := statement{word: "switch", text: s.enclosed(), at: at}
	s.want("{")
	for !s.next("}") {
		var b branch
		switch {
		case s.keyword("case"):
			b.kind, b.label = "case", strings.TrimSpace(s.until(":"))
		case s.keyword("pattern"):
			b.kind, b.label = "pattern", strings.TrimSpace(s.until(":"))
		case s.keyword("default"):
			b.kind = "default"
			s.want(":")
		default:
			s.fail(s.at, "a case should stand before %s", s.ahead())
		}
		b.body = s.caseBody()
		st.cases = append(st.cases, b)
	}
	return st
}

// caseBody are the statements up to the next case.
func (s *scanner) caseBody() (list []statement) {
	for {
		s.skip()
		from := s.at
		for _, word := range []string{"case", "pattern", "default"} {
			if s.keyword(word) {
				s.at = from
				return list
			}
		}
		if s.done() || s.text[s.at] == '}' {
			return list
		}
		list = append(list, s.one()...)
	}
}
