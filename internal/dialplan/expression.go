package dialplan

import "strings"

// An Expression is the compiled form of what stands between $[ and ].
//
// Variables in it are put into the text before it is read: ${A} may hold an
// operator, or half a quoted string. The tree is compiled for the common case,
// that each stands within one word; where a value breaks that, the text is put
// together and read anew.
type Expression struct {
	text  string      // with slot for each of parts
	parts []*Template // in the order of their slots
	root  node        // nil: always read anew
	fixed *string     // the result, where nothing in it can vary
}

// CompileExpression compiles the text between $[ and ]. What is wrong with it
// shows when it is evaluated, as a warning.
func CompileExpression(text string) *Expression { return compileExpression(Compile(text)) }

func compileExpression(t *Template) *Expression {
	e := &Expression{}
	var text strings.Builder
	for i := range t.parts {
		if p := &t.parts[i]; p.kind == partText {
			text.WriteString(p.text)
		} else {
			text.WriteByte(slot)
			e.parts = append(e.parts, &Template{parts: t.parts[i : i+1]})
		}
	}
	e.text = text.String()
	if strings.Count(e.text, string(rune(slot))) != len(e.parts) { // a NUL of the user's own
		e.text, e.parts = "", []*Template{t}
		return e
	}
	root, why := parseExpression(e.text)
	if why == "" && !strings.Contains(e.text, "$"+string(rune(slot))) {
		e.root = root
	}
	if len(e.parts) == 0 && e.root != nil && !callsFunction(e.root) {
		r := evaluation{env: muted{}}
		if v := e.root.eval(&r); !r.warned {
			result := v.String()
			e.fixed = &result
		}
	}
	return e
}

// muted is an Env for expressions in which nothing varies.
type muted struct{}

func (muted) Variable(string) (string, bool)          { return "", false }
func (muted) Function(string, string) (string, error) { return "", nil }
func (muted) Warn(string, ...any)                     {}

// Evaluate returns the result of the expression. Errors are warnings of env, and
// the result is then what the reference makes of it.
func (e *Expression) Evaluate(env Env) string {
	if e.fixed != nil {
		return *e.fixed
	}
	r := evaluation{env: env}
	r.values = r.few[:0]
	for _, part := range e.parts {
		r.values = append(r.values, part.Expand(env))
	}
	if e.root != nil {
		if v := e.root.eval(&r); !r.astray {
			return v.String()
		}
	}
	return evaluateText(env, e.join(r.values))
}

func (e *Expression) join(values []string) string {
	var text strings.Builder
	next := 0
	for i := 0; i < len(e.text); i++ {
		if e.text[i] == slot {
			text.WriteString(values[next])
			next++
		} else {
			text.WriteByte(e.text[i])
		}
	}
	if e.text == "" && len(values) == 1 {
		return values[0]
	}
	return text.String()
}

// evaluateText reads and evaluates an expression in which nothing is left to put in.
func evaluateText(env Env, text string) string {
	text = strings.ReplaceAll(text, string(rune(slot)), "")
	root, why := parseExpression(text)
	result := ""
	if root != nil {
		result = root.eval(&evaluation{env: env}).String()
	}
	if why != "" {
		env.Warn("syntax error in an expression", "error", why, "expression", text[:min(len(text), maxExpression)])
	}
	return result
}

// evaluation is one run of a tree.
type evaluation struct {
	env    Env
	values []string // of the slots
	few    [4]string
	astray bool // a value was no part of a word: read the text anew
	warned bool
}

func (r *evaluation) warn(message string) {
	r.warned = true
	if !r.astray {
		r.env.Warn(message)
	}
}

type node interface{ eval(*evaluation) value }

// word is a literal without slots.
type word struct{ value }

func (n *word) eval(*evaluation) value { return n.value }

// pieces is a word in which values are put. signed: the word is one slot and
// stands where a minus before it means a negative number and nothing else.
type pieces struct {
	text   string
	first  int // index of its first slot
	quoted bool
	signed bool
}

func (n *pieces) eval(r *evaluation) value {
	if n.text == "\x00" {
		return n.whole(r, r.values[n.first])
	}
	var text strings.Builder
	at := n.first
	for i := 0; i < len(n.text); i++ {
		if n.text[i] != slot {
			text.WriteByte(n.text[i])
			continue
		}
		v := r.values[at]
		at++
		if n.quoted && strings.IndexByte(v, '"') >= 0 || !n.quoted && !plain(v) {
			r.astray = true
			return value{}
		}
		text.WriteString(v)
	}
	if s := text.String(); n.quoted {
		return value{kind: textual, s: s}
	} else if s != "" {
		return wordValue(s)
	}
	r.astray = true
	return value{}
}

func (n *pieces) whole(r *evaluation, v string) value {
	if i, ok := parseSmall(v); ok && len(v) > 0 {
		return value{kind: digits, s: v, n: number{i: i}}
	}
	if n.signed && len(v) > 1 && v[0] == '-' && numeral(v[1:]) {
		return value{kind: numeric, n: parseNumber(v[1:]).neg()}
	}
	if v == "" || !plain(v) {
		r.astray = true
		return value{}
	}
	return wordValue(v)
}

// plain reports whether a value can only be part of a word.
func plain(s string) bool {
	for i := 0; i < len(s); i++ {
		if !wordByte(s[i]) {
			return false
		}
	}
	return true
}

func wordValue(s string) value {
	if numeral(s) {
		return value{kind: digits, s: s, n: parseNumber(s)}
	}
	return value{kind: textual, s: s}
}
