package dialplan

import (
	"context"
	"sort"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// A Context is a set of extensions, with other contexts that it includes.
type Context struct {
	Name      string
	Registrar string // who made it: "pbx_config"
	Autohints bool
	Includes  []Include
	Switches  []Switch
	// IgnorePatterns are the numbers after which dial tone goes on.
	IgnorePatterns []IgnorePattern

	extensions []*Extension // in order of precedence
	index      *index
}

// An Include makes the extensions of another context part of one.
type Include struct {
	Text      string // as it was written: "day,09:00-17:00,mon-fri,*,*"
	Name      string
	Registrar string
	File      string // where it was written; "" if it was made by a command
	Line      int
	times     *Times // nil: always
}

// A Switch looks extensions up somewhere else.
type Switch struct {
	Name, Data string
	Evaluate   bool // eswitch: variables in Data are put in
	Registrar  string
}

// An IgnorePattern is a number after which dial tone goes on.
type IgnorePattern struct {
	Pattern   string
	Registrar string
	name      name
}

// An Extension is a name, or a pattern of names, and what is done there.
type Extension struct {
	Name string
	// CallerID is the caller's number, or a pattern of it, for which the
	// extension is meant, where MatchCaller is true. An empty one means callers
	// without a number.
	CallerID    string
	MatchCaller bool
	// Priorities are in order. A hint has the number HintPriority.
	Priorities []*Priority

	name   name
	caller name
}

// HintPriority is the number of a hint.
const HintPriority = -1

// A Priority is one step of an extension, or its hint.
type Priority struct {
	Number int
	Label  string
	// Application of a hint is its devices: "PJSIP/100&Custom:lamp,CustomPresence:x".
	Application, Data string
	Registrar         string
	File              string
	Line              int

	// Run, if not nil, is what is done instead of an application: an extension that another
	// language holds behind a switch. The leg is at the extension.
	Run func(ctx context.Context, c *channel.Channel) error

	template *Template
	row      *cachedRow // of the application
}

// Template returns the compiled Data.
func (p *Priority) Template() *Template { return p.template }

// at returns the priority of a number, or nil.
func (e *Extension) at(number int) *Priority {
	if i := e.position(number); i >= 0 {
		return e.Priorities[i]
	}
	return nil
}

// position returns the place of a number in Priorities, or -1.
func (e *Extension) position(number int) int {
	list := e.Priorities
	// Nearly all extensions count from 1 without gaps.
	if i := number - 1; i >= 0 && i < len(list) && list[i].Number == number {
		return i
	}
	i := sort.Search(len(list), func(i int) bool { return list[i].Number >= number })
	if i < len(list) && list[i].Number == number {
		return i
	}
	return -1
}

// labelled returns the priority of a label, or nil.
func (e *Extension) labelled(label string) *Priority {
	for _, p := range e.Priorities {
		if p.Label == label && p.Number != HintPriority {
			return p
		}
	}
	return nil
}

// Hint returns the extension's hint, or nil.
func (e *Extension) Hint() *Priority { return e.at(HintPriority) }

// meant reports whether the extension is for a caller.
func (e *Extension) meant(caller string) bool {
	if !e.MatchCaller {
		return true
	}
	if e.CallerID == "" || caller == "" {
		return e.CallerID == caller
	}
	return e.caller.matches(caller)
}

// compare orders extensions by precedence: of one name those for certain callers first.
func (e *Extension) compare(other *Extension) int {
	if c := e.name.compare(&other.name); c != 0 {
		return c
	}
	switch {
	case e.MatchCaller && other.MatchCaller:
		return e.caller.compare(&other.caller)
	case e.MatchCaller:
		return -1
	case other.MatchCaller:
		return 1
	}
	return 0
}

// Extensions returns the extensions in order of precedence.
func (c *Context) Extensions() []*Extension { return c.extensions }

// seal orders and indexes the extensions after a change.
func (c *Context) seal() {
	sort.SliceStable(c.extensions, func(i, j int) bool { return c.extensions[i].compare(c.extensions[j]) < 0 })
	c.index = newIndex(c.extensions)
}
