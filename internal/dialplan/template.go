package dialplan

import "strings"

// Env is what a text is expanded against: a channel, or only the exchange.
type Env interface {
	// Variable returns the value of a variable, built-in ones included.
	Variable(name string) (string, bool)
	// Function reads a dialplan function.
	Function(name, args string) (string, error)
	// Warn tells what is wrong with the text, with the attributes of a log line.
	Warn(message string, attrs ...any)
}

// A Template is the compiled form of a text with ${variables}, ${FUNCTIONS()}
// and $[expressions]. Its zero value is the empty text.
type Template struct {
	source string
	parts  []part
}

type partKind uint8

const (
	partText partKind = iota
	partVariable
	partFunction
	partExpression
	partDynamic // what is between the braces is known only when it is expanded
)

type part struct {
	kind       partKind
	text       string // of partText; the name of a variable or function
	cut        cut
	args       *Template // of a function; what is between the braces of partDynamic
	expression *Expression
	// flaw is told at each expansion: a brace or parenthesis that is missing.
	flaw string
}

// cut is the :offset:length of a variable.
type cut struct{ offset, length int }

const toEnd = 1<<31 - 1

var uncut = cut{0, toEnd}

// Compile compiles a text. Every text has a meaning, so there is no error: what
// is doubtful becomes a warning at expansion.
func Compile(text string) *Template { return compile(text, 0) }

// maxNesting bounds ${${${…}}}: what is deeper inside each other is empty, as in
// the reference.
const maxNesting = 15

const tooDeep = "Exceeded maximum variable substitution recursion depth (15) - possible infinite recursion in dialplan?"

func compile(text string, depth int) *Template {
	t := &Template{source: text}
	if depth >= maxNesting && (strings.Contains(text, "${") || strings.Contains(text, "$[")) {
		t.parts = []part{{flaw: tooDeep}}
		return t
	}
	literal := 0
	for i := 0; i < len(text); {
		if text[i] != '$' || i+1 == len(text) || text[i+1] != '{' && text[i+1] != '[' {
			i++
			continue
		}
		if literal < i {
			t.parts = append(t.parts, part{text: text[literal:i]})
		}
		open := text[i+1]
		inner, length, closed := enclosed(text[i+2:], open)
		var p part
		if open == '[' {
			p = part{kind: partExpression, expression: compileExpression(compile(inner, depth+1))}
			if !closed {
				p.flaw = "missing ']'"
			}
		} else {
			p = compileVariable(inner, depth)
			if !closed {
				p.flaw = "missing '}'"
			}
		}
		t.parts = append(t.parts, p)
		i += 2 + length
		literal = i
	}
	if literal < len(text) {
		t.parts = append(t.parts, part{text: text[literal:]})
	}
	return t
}

// enclosed returns what stands before the bracket that closes, and the length
// with it. Without one it is the whole rest.
func enclosed(text string, open byte) (inner string, length int, closed bool) {
	shut := byte('}')
	if open == '[' {
		shut = ']'
	}
	depth := 1
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case open:
			depth++
		case shut:
			if depth--; depth == 0 {
				return text[:i], i + 1, true
			}
		}
	}
	return text, len(text), false
}

func compileVariable(inner string, depth int) part {
	if !strings.Contains(inner, "${") && !strings.Contains(inner, "$[") {
		v := parseVariable(inner)
		if !v.function {
			return part{kind: partVariable, text: v.name, cut: v.cut}
		}
		return part{kind: partFunction, text: v.name, args: &Template{source: v.args, parts: textParts(v.args)}, cut: v.cut, flaw: v.flaw}
	}
	t := compile(inner, depth+1)
	if p, ok := functionOf(t.parts); ok {
		return p
	}
	return part{kind: partDynamic, args: t}
}

func textParts(text string) []part {
	if text == "" {
		return nil
	}
	return []part{{text: text}}
}

// functionOf makes a function of the parts of NAME(args):offset:length, where
// nothing is to be put in but in args. Where what is put in has parentheses that
// do not match, the text must be read anew: see value.
func functionOf(parts []part) (part, bool) {
	first, last := parts[0], parts[len(parts)-1]
	if len(parts) < 2 || first.kind != partText || last.kind != partText {
		return part{}, false
	}
	open, shut := strings.IndexByte(first.text, '('), strings.LastIndexByte(last.text, ')')
	if open < 0 || shut < 0 || strings.IndexByte(first.text[:open], ':') >= 0 {
		return part{}, false
	}
	c := uncut
	if rest := last.text[shut+1:]; rest != "" {
		if rest[0] != ':' {
			return part{}, false
		}
		c = parseCut(rest[1:])
	}
	args := textParts(first.text[open+1:])
	args = append(args, parts[1:len(parts)-1]...)
	args = append(args, textParts(last.text[:shut])...)
	for _, p := range args {
		if p.flaw != "" {
			return part{}, false
		}
	}
	return part{kind: partFunction, text: first.text[:open], args: &Template{parts: args}, cut: c}, true
}

// balanced reports whether every closing parenthesis has its opening one before it.
func balanced(s string) bool {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth < 0 {
				return false
			}
		}
	}
	return depth == 0
}

// Source returns the text that was compiled.
func (t *Template) Source() string { return t.source }

// Static reports whether expansion changes nothing.
func (t *Template) Static() bool {
	return len(t.parts) == 0 || len(t.parts) == 1 && t.parts[0].kind == partText
}

// Expand returns the text with all that is to be put in.
func (t *Template) Expand(env Env) string {
	switch len(t.parts) {
	case 0:
		return ""
	case 1:
		return t.parts[0].value(env)
	}
	var few [8]string
	values, length := few[:0], 0
	for i := range t.parts {
		v := t.parts[i].value(env)
		values = append(values, v)
		length += len(v)
	}
	var text strings.Builder
	text.Grow(length)
	for _, v := range values {
		text.WriteString(v)
	}
	return text.String()
}

func (p *part) value(env Env) string {
	if p.flaw != "" {
		env.Warn("error in the extension's logic", "error", p.flaw)
	}
	switch p.kind {
	case partVariable:
		v, _ := env.Variable(p.text)
		return p.cut.of(v)
	case partFunction:
		args := p.args.Expand(env)
		if len(p.args.parts) > 1 && !balanced(args) || len(p.args.parts) == 1 && p.args.parts[0].kind != partText && !balanced(args) {
			return expandVariable(env, p.rewritten(args))
		}
		return p.cut.of(callFunction(env, p.text, args))
	case partExpression:
		return p.expression.Evaluate(env)
	case partDynamic:
		return expandVariable(env, p.args.Expand(env))
	}
	return p.text
}

// rewritten is the text between the braces, with the arguments put in.
func (p *part) rewritten(args string) string {
	text := p.text + "(" + args + ")"
	if p.cut != uncut {
		text += p.cut.String()
	}
	return text
}

func callFunction(env Env, name, args string) string {
	v, err := env.Function(name, args)
	if err != nil {
		env.Warn("dialplan function failed", "function", name, "error", err)
	}
	return v
}

// expandVariable reads what stood between ${ and } once all was put in.
func expandVariable(env Env, inner string) string {
	v := parseVariable(inner)
	if v.flaw != "" {
		env.Warn("error in the extension's logic", "error", v.flaw)
	}
	if v.function {
		return v.cut.of(callFunction(env, v.name, v.args))
	}
	value, _ := env.Variable(v.name)
	return v.cut.of(value)
}
