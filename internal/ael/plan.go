package ael

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Registrar is who makes what the file says, and File its name.
const (
	Registrar = "pbx_ael"
	File      = "extensions.ael"
)

// macroExten is where a macro begins; bubble what macros include, so that who hangs up
// in one comes to the extension h of the caller's context.
const (
	macroExten = "~~s~~"
	bubble     = "ael-builtin-h-bubble"
)

// A Plan is what a file makes.
type Plan struct {
	Globals  [][2]string
	Contexts []*Context
	file     string
}

// A Context has what belongs into one of the plan's.
type Context struct {
	Name       string
	Includes   []string
	Switches   []string
	Evaluated  []string // eswitches
	Ignored    []string
	Extensions []*Extension
}

// An Extension is one with its steps, the first of which has the number First.
type Extension struct {
	Name, Hint string
	First      int
	Steps      []Step
	switches   bool // something in it is a switch: EXTEN is not what it was, later
	group      int  // of the extension of the file that it is, or is a case of
}

// A Step is a priority.
type Step struct{ Label, Application, Data string }

// mark is a place to which steps lead that may stand before it.
type mark struct {
	exten *Extension
	at    int // its number
}

// jump is a step whose data depends on where marks are in the end.
type jump struct {
	exten *Extension
	step  int // its index
	form  string
	to    []*mark
}

// labelled is a step that leads to a label, which may be in a case or outside of one.
type labelled struct {
	context *Context
	exten   *Extension
	step    int
	label   string
}

// maker makes a plan of a tree.
type maker struct {
	s         *scanner
	tree      *document
	count     int // of what has an end, for their names
	group     int
	gotos     []labelled
	context   *Context
	jumps     []jump
	label     string // of the next step
	breaks    []*mark
	continues []*mark
}

// build makes the plan.
func (s *scanner) build(tree *document) *Plan {
	p := &Plan{Globals: tree.globals, file: s.name}
	m := &maker{s: s, tree: tree}
	byName := map[string]*Context{}
	macros := false
	for _, b := range tree.contexts {
		c := byName[b.name]
		if c == nil {
			c = &Context{Name: b.name}
			byName[b.name] = c
			p.Contexts = append(p.Contexts, c)
		}
		m.context = c
		c.Includes, c.Switches = append(c.Includes, b.includes...), append(c.Switches, b.switches...)
		c.Evaluated, c.Ignored = append(c.Evaluated, b.evaluated...), append(c.Ignored, b.ignored...)
		if b.macro {
			macros = true
			m.macro(b)
			c.Includes = append(c.Includes, bubble)
		}
		for _, e := range b.extensions {
			if b.macro { // a catch
				m.count++
			}
			m.extension(e)
		}
	}
	m.settle()
	if macros {
		p.Contexts = append(p.Contexts, bubbling())
	}
	return p
}

// bubbling is the context that all macros include.
func bubbling() *Context {
	return &Context{Name: bubble, Extensions: []*Extension{
		{Name: "h", First: 1, Steps: []Step{{Application: "Goto", Data: "9991"}}},
		{Name: "h", First: 9991, Steps: []Step{
			{Application: "Set", Data: "~~parentcxt~~=${STACK_PEEK(1,c,1)}"},
			{Application: "GotoIf", Data: `$["${~~parentcxt~~}"=""]?9996`},
			{Application: "GotoIf", Data: "${DIALPLAN_EXISTS(${~~parentcxt~~},h,1)}?9994:9996"},
			{Application: "StackPop"},
			{Application: "Goto", Data: "${~~parentcxt~~},h,1"},
			{Application: "NoOp"},
		}},
	}}
}

func (m *maker) macro(b *block) {
	e := m.begin(macroExten)
	for i, arg := range b.args {
		m.step(e, "MSet", fmt.Sprintf("LOCAL(%s)=${ARG%d}", arg, i+1))
	}
	if choosing(b.body) {
		m.step(e, "MSet", "LOCAL(~~EXTEN~~)=${EXTEN}")
		m.step(e, "MSet", "LOCAL(~~EXTEN~~)=${~~EXTEN~~}")
		e.switches = true
	}
	m.body(e, m.context.Name, b.body)
	if !ends(b.body, "return") {
		m.step(e, "Return", "")
	}
}

func (m *maker) extension(x extension) {
	e := m.begin(x.name)
	e.Hint = x.hint
	if choosing(x.body) {
		m.step(e, "MSet", "~~EXTEN~~=${EXTEN}")
		e.switches = true
	}
	m.body(e, m.context.Name, x.body)
	if m.label != "" { // it stands at the end
		m.step(e, "NoOp", "")
	}
}

// begin makes an extension that the file has.
func (m *maker) begin(name string) *Extension {
	m.group++
	e := &Extension{Name: name, First: 1, group: m.group}
	m.context.Extensions = append(m.context.Extensions, e)
	return e
}

// choosing reports whether there is a switch in statements.
func choosing(list []statement) bool {
	for _, s := range list {
		if s.word == "switch" || choosing(s.body) || choosing(s.other) {
			return true
		}
	}
	return false
}

// ends reports whether statements end with one of some words.
func ends(list []statement, words ...string) bool {
	if len(list) == 0 {
		return false
	}
	for _, word := range words {
		if list[len(list)-1].word == word {
			return true
		}
	}
	return false
}

// step adds a step.
func (m *maker) step(e *Extension, application, data string) {
	if e.switches {
		data = strings.ReplaceAll(data, "${EXTEN", "${~~EXTEN~~")
	}
	e.Steps = append(e.Steps, Step{Label: m.label, Application: application, Data: data})
	m.label = ""
}

// here is the place of the next step.
func (m *maker) here(e *Extension) *mark { return &mark{e, e.First + len(e.Steps)} }

// lead adds a step whose data has the numbers of marks in the places of %s.
func (m *maker) lead(e *Extension, application, form string, to ...*mark) {
	m.jumps = append(m.jumps, jump{e, len(e.Steps), form, to})
	m.step(e, application, "")
}

// settle puts the numbers in.
func (m *maker) settle() {
	for _, j := range m.jumps {
		places := make([]any, len(j.to))
		for i, to := range j.to {
			if places[i] = strconv.Itoa(to.at); to.exten != j.exten {
				places[i] = to.exten.Name + "," + strconv.Itoa(to.at)
			}
		}
		j.exten.Steps[j.step].Data = fmt.Sprintf(j.form, places...)
	}
	for _, g := range m.gotos {
		if !g.exten.has(g.label) {
			for _, e := range g.context.Extensions {
				if e.group == g.exten.group && e.has(g.label) {
					g.exten.Steps[g.step].Data = e.Name + "," + g.label
				}
			}
		}
	}
}

// has tells whether a step of the extension has a label.
func (e *Extension) has(label string) bool {
	return slices.ContainsFunc(e.Steps, func(s Step) bool { return s.Label == label })
}

// finish marks the end of something: a place, and a step there.
func (m *maker) finish(e *Extension, end *mark, name string) {
	end.exten, end.at = e, e.First+len(e.Steps)
	m.step(e, "NoOp", "Finish "+name)
}

// number counts what has an end, and names it.
func (m *maker) number(word, parent string) string {
	m.count++
	return fmt.Sprintf("%s_%s_%d", word, parent, m.count)
}
