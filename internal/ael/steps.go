package ael

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// body adds the steps of statements. parent is the name of what they are in.
func (m *maker) body(e *Extension, parent string, list []statement) {
	for _, st := range list {
		m.statement(e, parent, st)
	}
}

func (m *maker) statement(e *Extension, parent string, st statement) {
	switch st.word {
	case "block":
		m.body(e, parent, st.body)
	case "label":
		m.label = st.name
	case "call":
		m.step(e, st.name, st.text)
	case "set":
		m.step(e, "MSet", st.name+"=$["+st.text+"]")
	case "local":
		m.step(e, "MSet", "LOCAL("+st.name+")=$["+st.text+"]")
	case "macro":
		m.call(e, st)
	case "return":
		m.step(e, "Return", "")
	case "goto":
		if label := m.check(st); label != "" {
			m.gotos = append(m.gotos, labelled{m.context, e, len(e.Steps), label})
		}
		m.step(e, "Goto", st.text)
	case "jump":
		exten, in, elsewhere := strings.Cut(st.text, "@")
		if elsewhere {
			exten = in + "," + exten
		}
		m.step(e, "Goto", exten+",1")
	case "break", "continue":
		m.leave(e, st)
	case "if", "random", "iftime":
		m.condition(e, parent, st)
	case "while", "for":
		m.loop(e, parent, st)
	case "switch":
		m.choice(e, parent, st)
	case "catch":
		m.s.fail(st.at, "a catch may stand in a macro only")
	}
}

// call is &MACRO(args).
func (m *maker) call(e *Extension, st statement) {
	data := st.name + "," + macroExten + ",1"
	if strings.TrimSpace(st.text) != "" {
		data += "(" + st.text + ")"
	}
	m.step(e, "Gosub", data)
}

// leave is break or continue.
func (m *maker) leave(e *Extension, st statement) {
	list := m.breaks
	if st.word == "continue" {
		list = m.continues
	}
	if len(list) == 0 {
		m.s.fail(st.at, "'%s' not in switch, for, or while statement!", st.word)
	}
	m.lead(e, "Goto", "%s", list[len(list)-1])
}

// condition is an if of some kind.
func (m *maker) condition(e *Extension, parent string, st statement) {
	word := st.word
	condition := "$[" + st.text + "]"
	switch word {
	case "random":
		word, condition = "if", "$[${RAND(0,99)} < ("+st.text+")]"
	case "iftime":
		condition = strings.ReplaceAll(st.text, "|", ",")
	}
	condition = strings.ReplaceAll(condition, "%", "%%")
	if e.switches {
		condition = strings.ReplaceAll(condition, "${EXTEN", "${~~EXTEN~~")
	}
	name := m.number(word, parent)
	then, otherwise, end := &mark{}, &mark{}, &mark{}
	if !st.otherwise {
		otherwise = end
	}
	if word == "iftime" {
		m.lead(e, "GotoIfTime", condition+"?%s", then)
		m.lead(e, "Goto", "%s", otherwise)
	} else {
		m.lead(e, "GotoIf", condition+"?%s:%s", then, otherwise)
	}
	*then = *m.here(e)
	m.body(e, name, st.body)
	if st.otherwise {
		m.lead(e, "Goto", "%s", end)
		*otherwise = *m.here(e)
		m.body(e, name, st.other)
	}
	m.finish(e, end, name)
}

// loop is a while or a for.
func (m *maker) loop(e *Extension, parent string, st statement) {
	name := m.number(st.word, parent)
	if st.word == "for" {
		m.part(e, st.first)
	}
	top, body, again, end := m.here(e), &mark{}, &mark{}, &mark{}
	condition := strings.ReplaceAll("$["+st.text+"]", "%", "%%")
	if e.switches {
		condition = strings.ReplaceAll(condition, "${EXTEN", "${~~EXTEN~~")
	}
	m.lead(e, "GotoIf", condition+"?%s:%s", body, end)
	*body = *m.here(e)
	if st.word == "while" {
		again = top
	}
	m.breaks, m.continues = append(m.breaks, end), append(m.continues, again)
	m.body(e, name, st.body)
	m.breaks, m.continues = m.breaks[:len(m.breaks)-1], m.continues[:len(m.continues)-1]
	if st.word == "for" {
		*again = *m.here(e)
		m.part(e, st.inc)
	}
	m.lead(e, "Goto", "%s", top)
	m.finish(e, end, name)
}

// part is the beginning or the step of a for: a variable that is set, an application or a macro.
func (m *maker) part(e *Extension, text string) {
	inner := &scanner{name: m.s.name, text: strings.TrimSpace(text) + ";"}
	if inner.text == ";" {
		m.step(e, "NoOp", "")
		return
	}
	m.body(e, "", inner.one())
}

// choice is a switch: its cases are extensions of their own.
func (m *maker) choice(e *Extension, parent string, st statement) {
	m.count++
	n := m.count
	name := fmt.Sprintf("switch_%s_%d", parent, n)
	prefix := fmt.Sprintf("sw_%d_", n)
	text := st.text
	m.step(e, "Goto", prefix+text+",10")
	end := &mark{}
	m.finish(e, end, name)
	extens := make([]*Extension, len(st.cases))
	otherwise := false
	for i, c := range st.cases {
		x := &Extension{First: 10, switches: true, group: e.group}
		switch c.kind {
		case "case":
			x.Name = prefix + c.label
		case "pattern":
			x.Name = "_" + prefix + c.label
		default:
			x.Name, otherwise = "_"+prefix+".", true
		}
		extens[i] = x
	}
	rest := prefix + "."
	nothing := &Extension{Name: prefix, First: 10}
	m.step(nothing, "Goto", rest+",10")
	m.context.Extensions = append(m.context.Extensions, nothing)
	m.breaks = append(m.breaks, end)
	for i, c := range st.cases {
		m.context.Extensions = append(m.context.Extensions, extens[i])
		m.body(extens[i], fmt.Sprintf("sw_%s_%s_%d", m.context.Name, cmp.Or(c.label, "."), n), c.body)
		switch {
		case ends(c.body, "break", "return", "goto", "jump", "continue"):
		case i+1 < len(st.cases):
			m.step(extens[i], "Goto", example(extens[i+1].Name)+",10")
		case c.kind == "default":
			m.lead(extens[i], "Goto", "%s", end)
		default:
			m.step(extens[i], "Goto", rest+",10")
		}
	}
	m.breaks = m.breaks[:len(m.breaks)-1]
	if !otherwise {
		x := &Extension{Name: "_" + rest, First: 10}
		m.context.Extensions = append(m.context.Extensions, x)
		m.lead(x, "Goto", "%s", end)
	}
}

// example is a name that an extension matches.
func example(name string) string {
	pattern, ok := strings.CutPrefix(name, "_")
	if !ok {
		return name
	}
	prefix := pattern[:strings.LastIndexByte(pattern, '_')+1] // "sw_1_"
	out := []byte(prefix)
	for i := len(prefix); i < len(pattern); i++ {
		switch c := pattern[i]; c {
		case 'X', 'x', 'N', 'n', 'Z', 'z':
			out = append(out, '9')
		case '[':
			if end := strings.IndexByte(pattern[i:], ']'); end > 1 {
				out = append(out, pattern[i+1])
				i += end
			}
		default:
			out = append(out, c)
		}
	}
	return string(out)
}

// check returns the label alone to which a goto leads, "" where it names more or less. One
// that there is nowhere in the context is an error.
func (m *maker) check(st statement) string {
	label := st.text
	if label == "" || strings.ContainsAny(label, "${},") || label[0] >= '0' && label[0] <= '9' {
		return ""
	}
	for _, b := range m.tree.contexts {
		if b.name == m.context.Name && (hasLabel(b.body, label) || slices.ContainsFunc(b.extensions, func(e extension) bool { return hasLabel(e.body, label) })) {
			return label
		}
	}
	m.s.fail(st.at, "goto: no label %s exists in the context %s", label, m.context.Name)
	return ""
}

// hasLabel tells whether a label stands among statements.
func hasLabel(list []statement, label string) bool {
	for _, st := range list {
		if st.word == "label" && st.name == label || hasLabel(st.body, label) || hasLabel(st.other, label) {
			return true
		}
		for _, c := range st.cases {
			if hasLabel(c.body, label) {
				return true
			}
		}
	}
	return false
}
