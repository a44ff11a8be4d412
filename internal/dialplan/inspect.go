package dialplan

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/facts"
)

// A Vocabulary is what an inspection knows of applications and functions. In
// both maps the value says whether there is one here; false is one that
// Asterisk knows and we have not built yet.
type Vocabulary struct {
	Applications map[string]bool // keys are lower case
	Functions    map[string]bool
	Technologies map[string]bool    // what Dial calls; keys are lower case
	Spelling     []string           // of the applications, for suggestions
	Letters      map[string]Letters // option letters by application, in lower case
	// Fields tell by function whether one of its arguments is known; none takes all.
	Fields map[string]func(args string) bool
}

// Letters are the options of an application that are letters.
type Letters struct {
	Argument int // that has them, from 0
	Known    string
}

// Inspect tells what in a plan can't work, as far as that shows without a call:
// what would otherwise be found by the caller who dials it. Load tells what is
// wrong with the lines themselves.
func Inspect(p *Plan, v Vocabulary) []config.Diagnostic {
	i := &inspection{plan: p, words: v, includers: map[string][]*Context{}}
	for _, c := range p.order {
		for _, included := range c.Includes {
			i.includers[included.Name] = append(i.includers[included.Name], c)
		}
	}
	for _, c := range p.order {
		for _, e := range c.extensions {
			i.extension(c, e)
		}
	}
	return i.problems
}

// Strays are the includes of files that name nothing: neither a context of the plan nor
// one of those that others will make.
func (p *Plan) Strays(others ...string) (list []config.Diagnostic) {
	for _, c := range p.order {
		for _, i := range c.Includes {
			if i.File != "" && p.contexts[i.Name] == nil && !slices.Contains(others, i.Name) {
				list = append(list, config.Diagnostic{Severity: config.Warning, File: i.File, Line: i.Line, Hint: config.Suggest(i.Name, maps.Keys(p.contexts)),
					Problem: fmt.Sprintf("context %s tries to include the nonexistent context %s", c.Name, i.Name)})
			}
		}
	}
	return list
}

// InspectText tells what is wrong with a text that is expanded outside of a plan. The
// problems have no place.
func InspectText(text string, v Vocabulary) []config.Diagnostic {
	i := &inspection{words: v, step: &Priority{}}
	i.template(Compile(text))
	return i.problems
}

// inspection is one walk through a plan.
type inspection struct {
	plan      *Plan
	words     Vocabulary
	includers map[string][]*Context // of a context, those that include it
	problems  []config.Diagnostic
	step      *Priority // the one that is looked at
}

func (i *inspection) say(s config.Severity, hint, format string, args ...any) {
	i.problems = append(i.problems, config.Diagnostic{Severity: s, File: i.step.File, Line: i.step.Line,
		Problem: fmt.Sprintf(format, args...), Hint: hint})
}

func (i *inspection) extension(c *Context, e *Extension) {
	first := true
	for _, step := range e.Priorities {
		if step.Number == HintPriority || step.Registrar != ConfigRegistrar {
			continue
		}
		i.step = step
		if first && step.Number != 1 && step.Label == "" && !i.begins(c, e) {
			i.say(config.Warning, "count from 1", "extension %s of context %s has no priority 1: nobody gets to it", e.Name, c.Name)
		}
		first = false
		if i.application(step.Application) {
			i.template(step.Template())
			i.arguments(place{context: c.Name}, e, step)
		}
	}
}

// begins reports whether another extension gives one its priority 1: the pattern
// or the name that goes before it, or one of an included or including context.
func (i *inspection) begins(c *Context, e *Extension) bool {
	for _, other := range i.around(c) {
		for _, o := range other.extensions {
			if o != e && o.at(1) != nil && (o.name.matches(e.Name) || e.name.matches(o.Name)) {
				return true
			}
		}
	}
	return false
}

func (i *inspection) application(name string) bool {
	built, known := i.words.Applications[strings.ToLower(name)]
	switch {
	case name == "":
		i.say(config.Error, "write NAME(arguments)", "there is no application in this line")
		return false
	case !known:
		i.say(config.Error, config.Suggest(name, slices.Values(i.words.Spelling)), "there is no application %s", name)
		return false
	case !built:
		i.say(config.Warning, facts.Instead(name), "application %s is known, and not built yet", name)
	}
	return true
}

// template looks at everything in a text that is to be put in.
func (i *inspection) template(t *Template) {
	if t == nil {
		return
	}
	for n := range t.parts {
		i.part(&t.parts[n])
	}
}

func (i *inspection) part(p *part) {
	switch {
	case p.flaw == "missing '}'":
		i.say(config.Error, "close it", "${ is never closed with }")
		return
	case p.flaw == "missing ']'":
		i.say(config.Error, "close it", "$[ is never closed with ]")
		return
	case p.flaw != "":
		i.say(config.Error, "", "%s", p.flaw)
		return
	}
	switch p.kind {
	case partFunction:
		i.function(p.text)
		i.template(p.args)
		if parts := p.args.parts; len(parts) == 1 && parts[0].kind == partText {
			i.given(p.text, parts[0].text)
		}
	case partDynamic:
		i.template(p.args)
	case partExpression:
		i.expression(p.expression)
	case partText, partVariable:
	}
}

func (i *inspection) function(name string) {
	built, known := i.words.Functions[name]
	switch {
	case !known:
		i.say(config.Error, config.Suggest(name, maps.Keys(i.words.Functions)), "there is no function %s", name)
	case !built:
		i.say(config.Warning, facts.Instead(name), "function %s is known, and not built yet", name)
	}
}

// given looks at what a function is given, where that is plain to see.
func (i *inspection) given(name, args string) {
	if strings.ContainsAny(args, "${") {
		return
	}
	if name == "IFTIME" {
		i.times(args)
	}
	if knows := i.words.Fields[name]; knows != nil && !knows(args) {
		i.say(config.Warning, "check the spelling", "%s has no field %s", name, args)
	}
}

// expression looks at what stands between $[ and ]. A variable may hold a
// number, an operator or nothing: only what is wrong with each is told.
func (i *inspection) expression(e *Expression) {
	for _, part := range e.parts {
		i.template(part)
	}
	if strings.Contains(e.text, "$"+string(rune(slot))) {
		return // an expression that is made when it is read
	}
	why := ""
	for value := range fillings(e) {
		if _, why = parseExpression(strings.ReplaceAll(e.text, string(rune(slot)), value)); why == "" {
			return
		}
	}
	if why != "" {
		shown := strings.ReplaceAll(e.text, string(rune(slot)), "…")
		i.say(config.Error, "an operator needs something on both sides, with blanks between", "$[%s] is no expression: %s", shown, why)
	}
}

// fillings are the kinds of things that variables of an expression hold.
func fillings(e *Expression) iter.Seq[string] {
	if len(e.parts) == 0 {
		return slices.Values([]string{""})
	}
	return slices.Values([]string{"+", "", "1"})
}
