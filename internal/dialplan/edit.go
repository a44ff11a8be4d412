package dialplan

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
)

// The errors of an edit that callers tell apart.
var (
	ErrExists    = errors.New("already exists")
	ErrNotFound  = errors.New("does not exist")
	ErrNoContext = errors.New("no such context")
)

// ConfigRegistrar is the registrar of what extensions.conf and the console make.
const ConfigRegistrar = "pbx_config"

// An Editor changes a copy of a plan. It belongs to the function that Edit calls.
type Editor struct {
	plan   *Plan
	drafts map[string]*draft
}

// draft is a context that is being changed.
type draft struct {
	*Context
	keys   map[string]*Extension
	copied map[*Extension]bool // not shared with the old plan
}

// Edit returns a plan with changes; what does not change is shared with p. If f
// returns an error there is no new plan.
func (p *Plan) Edit(f func(*Editor) error) (*Plan, error) {
	next := *p
	next.contexts = make(map[string]*Context, len(p.contexts)+1)
	for name, c := range p.contexts {
		next.contexts[name] = c
	}
	next.order = slices.Clone(p.order)
	d := &Editor{plan: &next, drafts: map[string]*draft{}}
	if err := f(d); err != nil {
		return nil, err
	}
	for _, c := range d.drafts {
		c.seal()
	}
	d.plan = nil
	return &next, nil
}

// Settings returns the settings, to be changed.
func (d *Editor) Settings() *Settings { return &d.plan.Settings }

// SetGlobal adds a variable of [globals], or changes it.
func (d *Editor) SetGlobal(name, value, source string) {
	d.plan.Globals = slices.Clone(d.plan.Globals)
	for i := range d.plan.Globals {
		if d.plan.Globals[i].Name == name {
			d.plan.Globals[i] = Global{name, value, source}
			return
		}
	}
	d.plan.Globals = append(d.plan.Globals, Global{name, value, source})
}

// AddContext makes a context if there is none of the name, and reports whether it did.
func (d *Editor) AddContext(name, registrar string) bool {
	if d.plan.contexts[name] != nil {
		return false
	}
	c := &Context{Name: name, Registrar: registrar, index: newIndex(nil)}
	d.plan.contexts[name] = c
	d.plan.order = append(d.plan.order, c)
	d.drafts[name] = &draft{Context: c, keys: map[string]*Extension{}, copied: map[*Extension]bool{}}
	return true
}

// draft returns a context for changing, or nil.
func (d *Editor) draft(name string) *draft {
	if w := d.drafts[name]; w != nil {
		return w
	}
	old := d.plan.contexts[name]
	if old == nil {
		return nil
	}
	c := *old
	c.extensions = slices.Clone(old.extensions)
	c.Includes = slices.Clone(old.Includes)
	c.Switches = slices.Clone(old.Switches)
	c.IgnorePatterns = slices.Clone(old.IgnorePatterns)
	w := &draft{Context: &c, keys: make(map[string]*Extension, len(c.extensions)), copied: map[*Extension]bool{}}
	for _, e := range c.extensions {
		w.keys[e.key()] = e
	}
	d.plan.contexts[name] = &c
	d.plan.order[slices.Index(d.plan.order, old)] = &c
	d.drafts[name] = w
	return w
}

// key is the same for extensions that are matched alike.
func (e *Extension) key() string {
	key := append(make([]byte, 0, 64), e.name.key()...)
	if e.MatchCaller {
		key = append(append(key, '/'), e.caller.key()...)
	}
	return string(key)
}

func (n *name) key() string {
	if !n.patterns {
		return "=" + n.literal
	}
	key := []byte{'_'}
	for i := range n.pattern {
		e := &n.pattern[i]
		key = append(key, byte('0'+e.kind))
		if c, ok := e.single(); ok {
			key = append(key, 'c', c)
			continue
		}
		for _, w := range e.set {
			for shift := 0; shift < 64; shift += 8 {
				key = append(key, byte(w>>shift))
			}
		}
	}
	return string(key)
}

// A Target names an extension of a context.
type Target struct {
	Context, Exten string
	CallerID       string
	MatchCaller    bool
}

func (t Target) String() string { return t.Exten + "@" + t.Context }

// RemoveRegistrar takes away the priorities that a registrar made, and the contexts
// that it made and that are empty then.
func (d *Editor) RemoveRegistrar(registrar string) {
	for _, old := range slices.Clone(d.plan.order) {
		ours := func(p *Priority) bool { return p.Registrar == registrar }
		for _, e := range slices.Clone(old.extensions) {
			if slices.ContainsFunc(e.Priorities, ours) {
				_ = d.RemovePriority(Target{old.Name, e.Name, e.CallerID, e.MatchCaller}, 0, registrar)
			}
		}
		if w := d.plan.contexts[old.Name]; slices.ContainsFunc(w.Switches, func(s Switch) bool { return s.Registrar == registrar }) {
			c := d.draft(old.Name)
			c.Switches = slices.DeleteFunc(c.Switches, func(s Switch) bool { return s.Registrar == registrar })
		}
		if slices.ContainsFunc(d.plan.contexts[old.Name].Includes, func(i Include) bool { return i.Registrar == registrar }) {
			c := d.draft(old.Name)
			c.Includes = slices.DeleteFunc(c.Includes, func(i Include) bool { return i.Registrar == registrar })
		}
		if now := d.plan.contexts[old.Name]; now.Registrar == registrar && len(now.extensions) == 0 && len(now.Includes) == 0 && len(now.Switches) == 0 {
			_ = d.RemoveContext(old.Name)
		}
	}
}

// AddPriority adds a priority, and the extension if it is the first. Only a
// replaced priority may exist already. flaw says what is doubtful but done.
func (d *Editor) AddPriority(t Target, p Priority, replace bool) (flaw string, err error) {
	c := d.draft(t.Context)
	if c == nil {
		return "", fmt.Errorf("add to %s: %w", t.Context, ErrNoContext)
	}
	added := &Extension{Name: t.Exten, CallerID: t.CallerID, MatchCaller: t.MatchCaller}
	if added.name, flaw = newName(t.Exten); t.MatchCaller {
		added.caller, _ = newName(t.CallerID)
	}
	e := c.keys[added.key()]
	if e == nil {
		e = added
		c.keys[e.key()] = e
		c.copied[e] = true
		c.extensions = append(c.extensions, e)
	}
	e = c.writable(e)
	p.template, p.row = Compile(p.Data), new(cachedRow)
	at := sort.Search(len(e.Priorities), func(i int) bool { return e.Priorities[i].Number >= p.Number })
	if at < len(e.Priorities) && e.Priorities[at].Number == p.Number {
		if !replace {
			return "", fmt.Errorf("extension %s with priority %d: %w", t, p.Number, ErrExists)
		}
		e.Priorities[at] = &p
		return flaw, nil
	}
	if other := e.labelled(p.Label); p.Label != "" && other != nil {
		flaw = fmt.Sprintf("label %q is already in use at priority %d", p.Label, other.Number)
		p.Label = ""
	}
	e.Priorities = slices.Insert(e.Priorities, at, &p)
	return flaw, nil
}

// writable returns an extension that the old plan does not share.
func (w *draft) writable(e *Extension) *Extension {
	if w.copied[e] {
		return e
	}
	fresh := *e
	fresh.Priorities = slices.Clone(e.Priorities)
	w.extensions[slices.Index(w.extensions, e)] = &fresh
	w.keys[e.key()] = &fresh
	w.copied[&fresh] = true
	return &fresh
}

// RemovePriority removes a priority of an extension, or with number 0 the whole
// extension. Only what the registrar made goes, if one is given.
func (d *Editor) RemovePriority(t Target, number int, registrar string) error {
	missing := fmt.Errorf("extension %s: %w", t, ErrNotFound)
	c := d.draft(t.Context)
	if c == nil {
		return missing
	}
	wanted := &Extension{MatchCaller: t.MatchCaller}
	if wanted.name, _ = newName(t.Exten); t.MatchCaller {
		wanted.caller, _ = newName(t.CallerID)
	}
	e := c.keys[wanted.key()]
	if e == nil {
		return missing
	}
	e = c.writable(e)
	before := len(e.Priorities)
	e.Priorities = slices.DeleteFunc(e.Priorities, func(p *Priority) bool {
		return (number == 0 || p.Number == number) && (registrar == "" || p.Registrar == registrar)
	})
	if len(e.Priorities) == before {
		return missing
	}
	if len(e.Priorities) == 0 {
		delete(c.keys, e.key())
		c.extensions = slices.DeleteFunc(c.extensions, func(other *Extension) bool { return other == e })
	}
	return nil
}

// AddInclude includes a context by a text "name[,times,weekdays,days,months[,zone]]".
// flaw tells of times that can't be read.
func (d *Editor) AddInclude(context string, i Include) (flaw string, err error) {
	c := d.draft(context)
	if c == nil {
		return "", fmt.Errorf("include into %s: %w", context, ErrNoContext)
	}
	var times string
	if i.Name, times = cutInclude(i.Text); times != "" {
		t, err := ParseTimes(times)
		if err != nil {
			flaw = err.Error()
		}
		i.times = t
	}
	for _, other := range c.Includes {
		if other.Text == i.Text {
			return "", fmt.Errorf("include of %s into %s: %w", i.Text, context, ErrExists)
		}
	}
	c.Includes = append(c.Includes, i)
	return flaw, nil
}

func cutInclude(text string) (name, times string) {
	for i := 0; i < len(text); i++ {
		if text[i] == ',' || text[i] == '|' {
			return text[:i], text[i+1:]
		}
	}
	return text, ""
}

// RemoveInclude removes an include by its whole text: name and times.
func (d *Editor) RemoveInclude(context, text string) error {
	c := d.draft(context)
	if c == nil {
		return fmt.Errorf("include in %s: %w", context, ErrNoContext)
	}
	for i := range c.Includes {
		if c.Includes[i].Text == text {
			c.Includes = slices.Delete(c.Includes, i, i+1)
			return nil
		}
	}
	return fmt.Errorf("include of %s in %s: %w", text, context, ErrNotFound)
}

// AddSwitch adds a switch.
func (d *Editor) AddSwitch(context string, s Switch) error {
	c := d.draft(context)
	if c == nil {
		return fmt.Errorf("switch in %s: %w", context, ErrNoContext)
	}
	for _, other := range c.Switches {
		if other.Name == s.Name && other.Data == s.Data {
			return fmt.Errorf("switch %s/%s in %s: %w", s.Name, s.Data, context, ErrExists)
		}
	}
	c.Switches = append(c.Switches, s)
	return nil
}

// SetBehind says what the switches of a name hold: contexts of the same names as those in
// which they stand. nil is nothing.
func (d *Editor) SetBehind(name string, p *Plan) {
	d.plan.behind = maps.Clone(d.plan.behind)
	if d.plan.behind == nil {
		d.plan.behind = map[string]*Plan{}
	}
	if d.plan.behind[name] = p; p == nil {
		delete(d.plan.behind, name)
	}
}

// AddIgnorePattern adds an ignore pattern.
func (d *Editor) AddIgnorePattern(context, pattern, registrar string) error {
	c := d.draft(context)
	if c == nil {
		return fmt.Errorf("ignore pattern in %s: %w", context, ErrNoContext)
	}
	for i := range c.IgnorePatterns {
		if c.IgnorePatterns[i].Pattern == pattern {
			return fmt.Errorf("ignore pattern %s in %s: %w", pattern, context, ErrExists)
		}
	}
	i := IgnorePattern{Pattern: pattern, Registrar: registrar}
	i.name, _ = newName(pattern)
	c.IgnorePatterns = append(c.IgnorePatterns, i)
	return nil
}

// RemoveIgnorePattern removes an ignore pattern.
func (d *Editor) RemoveIgnorePattern(context, pattern string) error {
	c := d.draft(context)
	if c == nil {
		return fmt.Errorf("ignore pattern in %s: %w", context, ErrNoContext)
	}
	for i := range c.IgnorePatterns {
		if c.IgnorePatterns[i].Pattern == pattern {
			c.IgnorePatterns = slices.Delete(c.IgnorePatterns, i, i+1)
			return nil
		}
	}
	return fmt.Errorf("ignore pattern %s in %s: %w", pattern, context, ErrNotFound)
}

// RemoveContext removes a context with all that is in it.
func (d *Editor) RemoveContext(name string) error {
	c := d.plan.contexts[name]
	if c == nil {
		return fmt.Errorf("context %s: %w", name, ErrNoContext)
	}
	delete(d.plan.contexts, name)
	delete(d.drafts, name)
	d.plan.order = slices.Delete(d.plan.order, slices.Index(d.plan.order, c), slices.Index(d.plan.order, c)+1)
	return nil
}

// Carry takes over from an older plan what other registrars than the one that
// reloads have made: priorities of features, of AMI clients, of other modules.
func (d *Editor) Carry(old *Plan, reloading string) {
	d.plan.behind = old.behind
	for _, c := range old.order {
		foreign := c.Registrar != reloading || slices.ContainsFunc(c.Switches, func(s Switch) bool { return s.Registrar != reloading })
		for _, e := range c.extensions {
			for _, p := range e.Priorities {
				if p.Registrar == reloading {
					continue
				}
				d.AddContext(c.Name, c.Registrar)
				_, _ = d.AddPriority(Target{c.Name, e.Name, e.CallerID, e.MatchCaller}, *p, false) // what was loaded anew wins
				foreign = true
			}
		}
		if !foreign {
			continue
		}
		d.AddContext(c.Name, c.Registrar)
		for _, i := range c.Includes {
			if i.Registrar != reloading {
				_, _ = d.AddInclude(c.Name, i)
			}
		}
		for _, s := range c.Switches {
			if s.Registrar != reloading {
				_ = d.AddSwitch(c.Name, s) // what was loaded anew wins
			}
		}
	}
}

// Extend makes a context, whose extensions have the steps application(arguments); what it has of them already is replaced.
func (e *Engine) Extend(context, registrar string, extensions map[string][]string) error {
	return e.Edit(func(d *Editor) error {
		d.AddContext(context, registrar)
		for _, exten := range slices.Sorted(maps.Keys(extensions)) {
			for i, text := range extensions[exten] {
				application, data, _ := strings.Cut(strings.TrimSuffix(text, ")"), "(")
				step := Priority{Number: i + 1, Application: application, Data: data, Registrar: registrar}
				if _, err := d.AddPriority(Target{Context: context, Exten: exten}, step, true); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
