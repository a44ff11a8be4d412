package dialplan

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/config"
)

// Load makes a plan of extensions.conf. env serves the variables and functions
// that stand in globals, extensions, includes and switches; it may be nil. What
// can't be used is left out and told. Whether what is included is there shows in the
// plan as a whole ([Plan.Strays]): other files make contexts, too.
func Load(file *config.File, env Env) (*Plan, []config.Diagnostic) {
	l := &loader{env: env, dir: filepath.Dir(file.Path) + string(filepath.Separator)}
	plan, err := Empty().Edit(func(d *Editor) error {
		l.editor = d
		l.general(file)
		l.globals(file)
		for _, s := range file.Sections() {
			if s.Template || strings.EqualFold(s.Name, "general") || strings.EqualFold(s.Name, "globals") {
				continue
			}
			l.context(s)
		}
		return nil
	})
	if err != nil { // Edit returns what the function returns
		return Empty(), l.diagnostics
	}
	return plan, l.diagnostics
}

type loader struct {
	editor      *Editor
	env         Env
	dir         string
	diagnostics []config.Diagnostic
	entry       config.Entry
	set         map[string]string // globals so far
}

func (l *loader) problem(s config.Severity, hint, format string, args ...any) {
	l.diagnostics = append(l.diagnostics, config.Diagnostic{Severity: s, File: l.entry.File, Line: l.entry.Line,
		Problem: fmt.Sprintf(format, args...), Hint: hint})
}

// fail tells of a line that is left out.
func (l *loader) fail(hint, format string, args ...any) {
	l.problem(config.Error, hint, format, args...)
}

func (l *loader) warn(hint, format string, args ...any) {
	l.problem(config.Warning, hint, format, args...)
}

// The loader is itself the Env of what it substitutes.
func (l *loader) Variable(name string) (string, bool) {
	if v, ok := l.set[name]; ok {
		return v, true
	}
	if l.env != nil {
		return l.env.Variable(name)
	}
	return "", false
}

func (l *loader) Function(name, args string) (string, error) {
	if l.env != nil {
		return l.env.Function(name, args)
	}
	return "", errors.New("functions can't be used here")
}

func (l *loader) Warn(message string, attrs ...any) {
	for i := 0; i+1 < len(attrs); i += 2 {
		message += fmt.Sprintf(", %v: %v", attrs[i], attrs[i+1])
	}
	l.warn("", "%s", message)
}

func (l *loader) expand(text string) string { return Compile(text).Expand(l) }

// generalOptions are the names that [general] knows.
var generalOptions = []string{"static", "writeprotect", "autofallthrough", "clearglobalvars", "extenpatternmatchnew", "userscontext",
	"priorityjumping", "overrideswitch"}

func (l *loader) general(file *config.File) {
	s := l.editor.Settings()
	for _, section := range file.Named("general") {
		for _, e := range section.Entries {
			l.entry = e
			yes := config.True(e.Value)
			switch strings.ToLower(e.Key) {
			case "static":
				s.Static = yes
			case "writeprotect":
				s.WriteProtect = yes
			case "autofallthrough":
				s.AutoFallThrough = yes
			case "clearglobalvars":
				s.ClearGlobals = yes
			case "extenpatternmatchnew":
				s.NewMatching = yes
			case "userscontext":
				s.UsersContext = e.Value
			case "priorityjumping":
				s.PriorityJumping = yes
			case "overrideswitch":
				l.warn("", "overrideswitch is not honoured: switches are not built")
			default:
				l.warn(config.Suggest(e.Key, slices.Values(generalOptions)), "[general] has no option %s", e.Key)
			}
		}
	}
}

func (l *loader) globals(file *config.File) {
	l.set = map[string]string{}
	for _, section := range file.Named("globals") {
		for _, e := range section.Entries {
			l.entry = e
			value := l.expand(e.Value)
			l.set[e.Key] = value
			l.editor.SetGlobal(e.Key, value, e.Value)
		}
	}
}

// noPriority is the last priority before there was one.
const noPriority = -2

// place is where the loader stands in a context.
type place struct {
	context  string
	exten    string // of the last exten, for same
	priority int
}

// directives are what a context has.
var directives = []string{"exten", "same", "include", "ignorepat", "switch", "lswitch", "eswitch", "autohints"}

func (l *loader) context(s *config.Section) {
	l.editor.AddContext(s.Name, ConfigRegistrar)
	at := place{context: s.Name, priority: noPriority}
	for _, e := range s.Entries {
		l.entry = e
		switch strings.ToLower(e.Key) {
		case "exten":
			exten, rest := cutExten(e.Value)
			at.exten = strings.ReplaceAll(l.expand(exten), " ", "")
			l.priority(&at, rest)
		case "same":
			if at.exten == "" {
				l.fail("write an exten => line before it", "same without an extension before it in context %s", s.Name)
				continue
			}
			l.priority(&at, e.Value)
		case "include":
			l.include(s.Name, l.expand(e.Value))
		case "ignorepat":
			if err := l.editor.AddIgnorePattern(s.Name, l.expand(e.Value), ConfigRegistrar); err != nil {
				l.warn("", "%v", err)
			}
		case "switch", "lswitch", "eswitch":
			l.alternative(s.Name, strings.ToLower(e.Key), e.Value)
		case "autohints":
			l.editor.draft(s.Name).Autohints = config.True(e.Value)
		default:
			l.fail(config.Suggest(e.Key, slices.Values(directives)), "unknown directive %q in context %s", e.Key, s.Name)
		}
	}
}

func (l *loader) include(context, text string) {
	flaw, err := l.editor.AddInclude(context, Include{Text: text, Registrar: ConfigRegistrar, File: l.entry.File, Line: l.entry.Line})
	if err != nil {
		l.warn("", "context %s is already included in %s", text, context)
	}
	if flaw != "" {
		l.warn(timesHint, "include of %s: %s", text, flaw)
	}
}

func (l *loader) alternative(context, key, value string) {
	if key == "switch" {
		value = l.expand(value)
	}
	s := Switch{Evaluate: key == "eswitch", Registrar: ConfigRegistrar}
	s.Name, s.Data, _ = strings.Cut(value, "/")
	if err := l.editor.AddSwitch(context, s); err != nil {
		l.warn("", "%v", err)
		return
	}
	switch {
	case s.Name == loopback, s.Name == realtimeSwitch, s.Name == luaSwitch:
	case switchesToCome[s.Name]:
		l.warn("use include, or a Loopback switch", "the switch %s is not asked: %s is not built yet", value, s.Name)
	default:
		l.warn("the switches are Loopback, Realtime, IAX2, DUNDi and Lua", "no such switch '%s'", s.Name)
	}
}

// cutExten parts an extension from the rest of its line, at the first comma that
// is not in brackets.
func cutExten(text string) (exten, rest string) {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '[':
			depth++
		case ']':
			depth--
		case ',':
			if depth <= 0 {
				return text[:i], text[i+1:]
			}
		}
	}
	return text, ""
}

// priority adds "priority[(label)],application(data)" at a place.
func (l *loader) priority(at *place, text string) {
	field, rest, _ := strings.Cut(text, ",")
	t := Target{Context: at.context, Exten: at.exten}
	if exten, caller, ok := cutCaller(at.exten); ok {
		t.Exten, t.CallerID, t.MatchCaller = exten, shrink(caller), true
	}
	p := Priority{Registrar: ConfigRegistrar, File: strings.TrimPrefix(l.entry.File, l.dir), Line: l.entry.Line}
	field = strings.TrimSpace(field)
	plus := 0
	if before, label, ok := strings.Cut(field, "("); ok {
		after := ""
		if label, after, ok = strings.Cut(label, ")"); !ok {
			l.fail("close the parenthesis", "the label %q lacks its )", label)
			return
		}
		p.Label = strings.TrimSpace(label)
		field = before + after
	}
	if before, after, ok := strings.Cut(field, "+"); ok {
		n, err := strconv.Atoi(strings.TrimSpace(after))
		if err != nil {
			l.fail("", "%q is no number to add to a priority", after)
		}
		field, plus = strings.TrimSpace(before), n
	}
	number, ok := l.number(at, t, field)
	if !ok {
		return
	}
	if number != HintPriority {
		number += plus
	}
	p.Number, at.priority = number, number
	if number == 0 {
		return // n behind a hint: told by number
	}
	if number == HintPriority {
		p.Application, p.Data = cutHint(rest)
	} else {
		p.Application, p.Data = l.application(rest)
	}
	l.discourage(t.Exten)
	flaw, err := l.editor.AddPriority(t, p, false)
	if err != nil {
		l.fail("give it another priority", "%v", err)
	} else if flaw != "" {
		l.warn("", "extension %s priority %d: %s", t, number, flaw)
	}
}

// cutCaller parts 100/5551234. The slash of a set does not count.
func cutCaller(exten string) (name, caller string, ok bool) {
	depth := 0
	for i := 0; i < len(exten); i++ {
		switch exten[i] {
		case '[':
			depth++
		case ']':
			depth--
		case '/':
			if depth <= 0 {
				return exten[:i], exten[i+1:], true
			}
		}
	}
	return exten, "", false
}

// shrink takes the decoration off a telephone number, if it is one.
func shrink(number string) string {
	if strings.HasPrefix(number, "_") {
		return number
	}
	return strings.NewReplacer("(", "", ")", "", " ", "").Replace(number)
}

// number reads a priority: hint, n(ext), s(ame), a number or a label.
func (l *loader) number(at *place, t Target, field string) (int, bool) {
	switch field {
	case "hint":
		return HintPriority, true
	case "n", "next":
		if at.priority == noPriority {
			l.fail("begin with priority 1", "n can't be the first priority in a context")
			return 0, false
		}
		if at.priority == HintPriority {
			l.fail("begin with priority 1", "n behind a hint is no priority")
		}
		return at.priority + 1, true
	case "s", "same":
		if at.priority == noPriority {
			l.fail("begin with priority 1", "s can't be the first priority in a context")
			return 0, false
		}
		return at.priority, true
	}
	if n, err := strconv.Atoi(field); err == nil {
		if n < 1 {
			l.fail("priorities count from 1", "invalid priority %q", field)
			return 0, false
		}
		return n, true
	}
	if c := l.editor.draft(t.Context); c != nil && field != "" {
		wanted := &Extension{MatchCaller: t.MatchCaller}
		if wanted.name, _ = newName(t.Exten); t.MatchCaller {
			wanted.caller, _ = newName(t.CallerID)
		}
		if e := c.keys[wanted.key()]; e != nil {
			if p := e.labelled(field); p != nil {
				return p.Number, true
			}
		}
	}
	l.fail("", "invalid priority or label %q of extension %s", field, t)
	return 0, false
}

// application parts "Name(data)"; the data goes to the last parenthesis.
func (l *loader) application(text string) (name, data string) {
	text = strings.TrimSpace(text)
	open := strings.IndexByte(text, '(')
	if open < 0 {
		return text, ""
	}
	shut := strings.LastIndexByte(text, ')')
	if shut < open {
		l.fail("close the parenthesis", "no closing parenthesis found in %q", text)
		return strings.TrimSpace(text[:open]), text[open+1:]
	}
	return strings.TrimSpace(text[:open]), text[open+1 : shut]
}

// cutHint parts "devices(name)".
func cutHint(text string) (devices, name string) {
	text = strings.TrimSpace(text)
	open := strings.IndexByte(text, '(')
	if open < 0 {
		return text, ""
	}
	return text[:open], strings.TrimSuffix(text[open+1:], ")")
}

const tooMuch = "also matches the special extensions h, i and t"

func (l *loader) discourage(exten string) {
	if exten == "_." || exten == "_!" {
		l.warn("use _X"+exten[1:], "%s %s", exten, tooMuch)
	}
}

// Discourages reports whether a diagnostic is only advice about a pattern that matches
// too much, as dontwarn of asterisk.conf keeps quiet.
func Discourages(d config.Diagnostic) bool { return strings.HasSuffix(d.Problem, tooMuch) }
