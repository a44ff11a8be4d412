package cli

import (
	"strings"
	"unicode"
)

// A grammar is what may stand behind a command, as its usage writes it: words, as
// they are or ANY for those that the user chooses, [what may be left out] and
// {one|of several}.
type grammar struct {
	kind grammarKind
	word string
	of   []grammar
}

type grammarKind uint8

const (
	sequence grammarKind = iota
	keyword
	anything
	optional
	choice
)

// grammars reads the lines of a syntax that begin with the command.
func grammars(name, syntax string) []grammar {
	var list []grammar
	for line := range strings.Lines(syntax) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), name); ok {
			p := &grammarReader{text: rest}
			list = append(list, p.sequence())
		}
	}
	return list
}

type grammarReader struct{ text string }

// sequence reads up to the end of the text, of the group or of the alternative.
func (p *grammarReader) sequence() grammar {
	g := grammar{kind: sequence}
	for {
		p.text = strings.TrimLeft(p.text, " ")
		if p.text == "" || strings.IndexByte("]}|", p.text[0]) >= 0 {
			return g
		}
		g.of = append(g.of, p.item())
	}
}

func (p *grammarReader) item() grammar {
	switch c := p.text[0]; c {
	case '[', '{':
		p.text = p.text[1:]
		g := grammar{kind: choice}
		for {
			g.of = append(g.of, p.sequence())
			if p.text == "" {
				break
			}
			end := p.text[0] != '|'
			p.text = p.text[1:]
			if end {
				break
			}
		}
		if c == '[' {
			return grammar{kind: optional, of: []grammar{g}}
		}
		return g
	case '<':
		_, p.text, _ = strings.Cut(p.text, ">")
		return p.rest(true)
	}
	return p.rest(false)
}

// rest reads the rest of a word. Only one of small letters is typed as it stands.
func (p *grammarReader) rest(chosen bool) grammar {
	end := strings.IndexAny(p.text, " ]}|")
	if end < 0 {
		end = len(p.text)
	}
	word := p.text[:end]
	p.text = p.text[end:]
	stranger := func(r rune) bool { return !unicode.IsLower(r) && r != '-' && r != '_' }
	if chosen || word == "" || strings.ContainsFunc(word, stranger) {
		p.text = strings.TrimPrefix(p.text, "|") // <one>|<other>
		return grammar{kind: anything}
	}
	return grammar{kind: keyword, word: word}
}

// follow offers the keywords that may follow the arguments. then goes on with what
// stands behind.
func (g grammar) follow(args []string, offer func(string), then func(args []string)) {
	switch g.kind {
	case keyword:
		if len(args) == 0 {
			offer(g.word)
		} else if strings.EqualFold(args[0], g.word) {
			then(args[1:])
		}
	case anything:
		if len(args) > 0 {
			then(args[1:])
		}
	case optional:
		g.of[0].follow(args, offer, then)
		then(args)
	case choice:
		for _, alternative := range g.of {
			alternative.follow(args, offer, then)
		}
	case sequence:
		if len(g.of) == 0 {
			then(args)
			return
		}
		behind := grammar{kind: sequence, of: g.of[1:]}
		g.of[0].follow(args, offer, func(args []string) { behind.follow(args, offer, then) })
	}
}

// keywords are those that a command's syntax has behind the arguments.
func keywords(name, syntax string, args []string) []string {
	var list []string
	for _, g := range grammars(name, syntax) {
		g.follow(args, func(word string) { list = append(list, word) }, func([]string) {})
	}
	return list
}
