package channel

import (
	"strings"

	"github.com/octothorpe/octothorpe/internal/event"
)

// variables is the list of a channel's variables, the newest last. A call has
// few, so a scan from the end beats a map; Gosub pushes shadowing ones.
type variables struct{ list []variable }

type variable struct {
	name, value string
	inherit     uint8 // 0 stays here, 1 goes to the next leg, 2 goes on for ever
	late        func() string
}

// text is the variable's value.
func (v *variable) text() string {
	if v.late != nil {
		return v.late()
	}
	return v.value
}

func split(name string) (string, uint8) {
	switch {
	case strings.HasPrefix(name, "__"):
		return name[2:], 2
	case strings.HasPrefix(name, "_"):
		return name[1:], 1
	}
	return name, 0
}

func (v *variables) find(name string) int {
	for i := len(v.list) - 1; i >= 0; i-- {
		if v.list[i].name == name {
			return i
		}
	}
	return -1
}

func (v *variables) pick(names []string) []event.Variable {
	list := make([]event.Variable, len(names))
	for i, name := range names {
		list[i].Name = name
		if at := v.find(name); at >= 0 {
			list[i].Value = v.list[at].text()
		}
	}
	return list
}

// Variable returns a variable's value and whether it is set.
func (c *Channel) Variable(name string) (string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := c.vars.find(name); i >= 0 {
		return c.vars.list[i].text(), true
	}
	return "", false
}

// SetVariable sets a variable and tells it. A name with the prefix _ is
// inherited by legs that this one dials, with __ by theirs, too.
func (c *Channel) SetVariable(name, value string) {
	bare, inherit := split(name)
	c.mu.Lock()
	if i := c.vars.find(bare); i >= 0 { // a new value makes it the newest
		c.vars.list = append(c.vars.list[:i], c.vars.list[i+1:]...)
	}
	c.vars.list = append(c.vars.list, variable{name: bare, value: value, inherit: inherit})
	c.shownChanged(bare)
	c.mu.Unlock()
	c.TellVariable(name, value)
}

// SetVariableLate is SetVariable for a value that takes effort to make and that few
// ask for: make is called when somebody does, at once if the change is to be told. It
// may be called more than once, concurrently, and must not use the channel.
func (c *Channel) SetVariableLate(name string, make func() string) {
	if c.registry.Bus.Wants(event.KindVarSet) {
		c.SetVariable(name, make())
		return
	}
	bare, inherit := split(name)
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := c.vars.find(bare); i >= 0 {
		c.vars.list = append(c.vars.list[:i], c.vars.list[i+1:]...)
	}
	c.vars.list = append(c.vars.list, variable{name: bare, inherit: inherit, late: make})
	c.shownChanged(bare)
}

// DropVariable removes a variable, as setting it to nothing from the dialplan of some functions does.
func (c *Channel) DropVariable(name string) {
	bare, _ := split(name)
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := c.vars.find(bare); i >= 0 {
		c.vars.list = append(c.vars.list[:i], c.vars.list[i+1:]...)
		c.shownChanged(bare)
	}
}

// PushVariable adds a variable that hides an older one of the name until
// PopVariable: LOCAL() of a Gosub.
func (c *Channel) PushVariable(name, value string) {
	bare, inherit := split(name)
	c.mu.Lock()
	c.vars.list = append(c.vars.list, variable{name: bare, value: value, inherit: inherit})
	c.shownChanged(bare)
	c.mu.Unlock()
	c.TellVariable("LOCAL("+bare+")", value)
}

// PopVariable removes the newest variable of the name; the one that it hid shows
// again. It is told as emptied if it was not empty.
func (c *Channel) PopVariable(name string) {
	old, _ := c.Variable(name)
	c.DropVariable(name)
	if old != "" {
		c.TellVariable(name, "")
	}
}

// shownChanged drops the snapshot if it carries the variable; c.mu is held.
func (c *Channel) shownChanged(name string) {
	if c.isReported(name) {
		c.snap.Store(nil)
		return
	}
	names := c.registry.shown.Load()
	if names == nil {
		return
	}
	for _, n := range *names {
		if n == name {
			c.snap.Store(nil)
			return
		}
	}
}

// TellVariable tells a variable that is kept elsewhere than on the channel.
func (c *Channel) TellVariable(name, value string) {
	c.publish(event.KindVarSet, func(s *event.Channel) event.Event {
		return &event.VarSet{Channel: s, Name: name, Value: value}
	})
}

// Variables returns all variables, the newest first.
func (c *Channel) Variables() []event.Variable {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := make([]event.Variable, 0, len(c.vars.list))
	for i := len(c.vars.list) - 1; i >= 0; i-- {
		list = append(list, event.Variable{Name: c.vars.list[i].name, Value: c.vars.list[i].text()})
	}
	return list
}

// InheritVariables copies the variables that are to be inherited from a parent
// leg, with one underscore less.
func (c *Channel) InheritVariables(parent *Channel) {
	c.takeOver(parent, func(v variable) (variable, bool) {
		if v.inherit == 1 {
			v.inherit = 0
			return v, true
		}
		return v, v.inherit == 2
	})
}

// CopyVariables copies all variables of another leg as they are.
func (c *Channel) CopyVariables(from *Channel) {
	c.takeOver(from, func(v variable) (variable, bool) { return v, true })
}

// Inherited is a value kept on a leg that the legs it makes get, too.
type Inherited interface{ Inherited() }

// takeValues copies the values that are inherited. They are never changed, only replaced.
func (c *Channel) takeValues(from *Channel) {
	handed := map[any]any{}
	from.mu.Lock()
	for key, v := range from.kept {
		if _, ok := v.(Inherited); ok {
			handed[key] = v
		}
	}
	from.mu.Unlock()
	for key, v := range handed {
		c.SetValue(key, v)
	}
}

// AdoptVariables copies the variables of another leg that this one does not have,
// and tells nobody: it goes on in that one's place.
func (c *Channel) AdoptVariables(from *Channel) {
	from.mu.Lock()
	handed := append([]variable(nil), from.vars.list...)
	from.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []variable
	for _, v := range handed {
		if c.vars.find(v.name) < 0 {
			list = append(list, v)
		}
	}
	c.vars.list = append(list, c.vars.list...)
	c.snap.Store(nil)
}

// takeOver copies variables of another leg, the newest first, each behind the
// older ones: a variable that c has of its own keeps hiding one that it inherits.
func (c *Channel) takeOver(from *Channel, choose func(variable) (variable, bool)) {
	var handed []variable
	from.mu.Lock()
	for i := len(from.vars.list) - 1; i >= 0; i-- {
		if v, ok := choose(from.vars.list[i]); ok {
			handed = append(handed, v)
		}
	}
	from.mu.Unlock()
	c.takeValues(from)
	for _, v := range handed {
		c.mu.Lock()
		c.vars.list = append([]variable{v}, c.vars.list...)
		c.shownChanged(v.name)
		c.mu.Unlock()
		if c.registry.Bus.Wants(event.KindVarSet) {
			c.TellVariable([...]string{"", "_", "__"}[v.inherit]+v.name, v.text())
		}
	}
}

// Value returns what a package keeps on the channel under its own key; nil if nothing.
func (c *Channel) Value(key any) any {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.kept[key]
}

// SetValue keeps a value on the channel under a key of the package's own type; nil forgets it.
func (c *Channel) SetValue(key, value any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if value == nil {
		delete(c.kept, key)
		return
	}
	if c.kept == nil {
		c.kept = map[any]any{}
	}
	c.kept[key] = value
}
