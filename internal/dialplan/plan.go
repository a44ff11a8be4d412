package dialplan

import (
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// A Plan is a whole dialplan. It is immutable; Edit makes another.
type Plan struct {
	Settings Settings
	// Globals are the variables of [globals], in order.
	Globals  []Global
	contexts map[string]*Context
	order    []*Context       // in the order of their making
	behind   map[string]*Plan // what switches hold, by their names
	realtime Realtime         // nil: nobody is asked
}

// A Global is a variable of [globals]: its value, and the text it was made of.
type Global struct{ Name, Value, Source string }

// Settings are the options of [general].
type Settings struct {
	Static          bool // with WriteProtect false, dialplan save may write
	WriteProtect    bool
	AutoFallThrough bool // a call that ran out of priorities ends
	ClearGlobals    bool // a reload forgets global variables
	NewMatching     bool // extenpatternmatchnew; matching is the same in both
	UsersContext    string
	PriorityJumping bool // known, and without effect in Asterisk 22 as well
}

// DefaultSettings are those of an empty [general].
func DefaultSettings() Settings {
	return Settings{AutoFallThrough: true, UsersContext: "default"}
}

// Empty returns a plan without contexts.
func Empty() *Plan {
	return &Plan{Settings: DefaultSettings(), contexts: map[string]*Context{}}
}

// Contexts returns the contexts in the order of their making.
func (p *Plan) Contexts() []*Context { return p.order }

// Context returns a context by name, whose case matters, or nil.
func (p *Plan) Context(name string) *Context { return p.contexts[name] }

// query is one lookup.
type query struct {
	plan     *Plan
	exten    string // without dashes
	caller   string
	leg      *channel.Channel // whose number is the caller, fetched when it matters
	priority int
	passed   bool      // an extension matched better, but had no such priority
	label    string    // wanted instead of priority
	now      time.Time // zero until an include needs it
	visited  [maxIncludes]*Context
	depth    int

	engine *Engine          // with of: what the data of an eswitch is expanded by
	of     *channel.Channel //
	loops  int
	looped bool             // a switch led to the extension,
	to     channel.Location // which stands there
}

// maxIncludes bounds the contexts that one lookup goes through at a time.
const maxIncludes = 64

func (q *query) accepts(e *Extension) bool {
	if e.MatchCaller {
		if q.leg != nil {
			q.caller, q.leg = undashed(q.leg.Snapshot().Caller.Number.Text), nil
		}
		if !e.meant(q.caller) {
			return false
		}
	}
	if q.label != "" {
		return e.labelled(q.label) != nil
	}
	if e.position(q.priority) < 0 {
		q.passed = true
		return false
	}
	return true
}

func (q *query) enter(c *Context) bool {
	if q.depth == maxIncludes {
		return false
	}
	for _, seen := range q.visited[:q.depth] {
		if seen == c {
			return false
		}
	}
	q.visited[q.depth] = c
	q.depth++
	return true
}

// open reports whether an include is valid now, and of which context.
func (q *query) open(i *Include) *Context {
	if i.times != nil {
		if q.now.IsZero() {
			q.now = time.Now()
		}
		if !i.times.Contains(q.now) {
			return nil
		}
	}
	return q.plan.contexts[i.Name]
}

// find looks in a context, then in those that it includes. foreign says that
// the extension came out of an included one.
func (q *query) find(c *Context) (e *Extension, foreign bool) {
	if !q.enter(c) {
		return nil, false
	}
	if e = c.index.find(q); e != nil {
		return e, false
	}
	if len(c.Switches) > 0 {
		if e = q.through(c); e != nil {
			return e, true
		}
	}
	for i := range c.Includes {
		if included := q.open(&c.Includes[i]); included != nil {
			if e, _ = q.find(included); e != nil {
				return e, true
			}
		}
	}
	return nil, false
}

// Find returns the extension and priority for a dialled number, nil if there is
// none. An extension without the priority gives way to the next that matches.
func (p *Plan) Find(context, exten string, priority int, caller string) (*Extension, *Priority) {
	c := p.contexts[context]
	if c == nil {
		return nil, nil
	}
	q := query{plan: p, exten: undashed(exten), caller: undashed(caller), priority: priority}
	e, _ := q.find(c)
	if e == nil {
		return nil, nil
	}
	return e, e.at(priority)
}

// FindLabel returns the number of the priority with a label.
func (p *Plan) FindLabel(context, exten, label, caller string) (int, bool) {
	c := p.contexts[context]
	if c == nil || label == "" {
		return 0, false
	}
	q := query{plan: p, exten: undashed(exten), caller: undashed(caller), label: label}
	e, _ := q.find(c)
	if e == nil {
		return 0, false
	}
	return e.labelled(label).Number, true
}

// Exists reports whether there is something at a priority of a dialled number.
func (p *Plan) Exists(context, exten string, priority int, caller string) bool {
	_, found := p.Find(context, exten, priority, caller)
	return found != nil
}

// CanMatch reports whether a number exists, or may with further digits.
func (p *Plan) CanMatch(context, exten string, priority int, caller string) bool {
	return p.Exists(context, exten, priority, caller) || p.outlook(context, exten, priority, caller) != nothing
}

// MatchMore reports whether further digits may lead to another extension, so
// that it is worth to wait for them. An extension that ends in ! is final.
func (p *Plan) MatchMore(context, exten string, priority int, caller string) bool {
	return p.outlook(context, exten, priority, caller) == possible
}

func (p *Plan) outlook(context, exten string, priority int, caller string) outlook {
	c := p.contexts[context]
	if c == nil {
		return nothing
	}
	q := query{plan: p, exten: undashed(exten), caller: undashed(caller), priority: priority}
	return q.more(c)
}

func (q *query) more(c *Context) outlook {
	if !q.enter(c) {
		return nothing
	}
	if o := c.index.more(q); o != nothing {
		return o
	}
	for i := range c.Switches {
		if o := q.outlookOutside(&c.Switches[i], c); o != nothing {
			return o
		}
		if sub, in := q.beyond(&c.Switches[i], c); in != nil {
			if o := sub.more(in); o != nothing {
				return o
			}
		}
	}
	for i := range c.Includes {
		if included := q.open(&c.Includes[i]); included != nil {
			if o := q.more(included); o != nothing {
				return o
			}
		}
	}
	return nothing
}

// Hint returns the hint that is valid for an extension, nil if there is none.
func (p *Plan) Hint(context, exten string) *Priority {
	_, hint := p.Find(context, exten, HintPriority, "")
	return hint
}

// A PlacedHint is a hint and where it stands.
type PlacedHint struct {
	Context, Exten string
	// Devices are the devices and presence providers as written, Name what
	// follows them in parentheses or nothing.
	Devices, Name string
}

// Hints returns all hints of extensions that are no patterns, in order.
func (p *Plan) Hints() []PlacedHint {
	var list []PlacedHint
	for _, c := range p.order {
		for _, e := range c.extensions {
			if h := e.Hint(); h != nil && !strings.HasPrefix(e.Name, "_") {
				list = append(list, PlacedHint{Context: c.Name, Exten: e.Name, Devices: h.Application, Name: h.Data})
			}
		}
	}
	return list
}

// Ignores reports whether dial tone goes on after the digits.
func (p *Plan) Ignores(context, digits string) bool {
	if c := p.contexts[context]; c != nil {
		for i := range c.IgnorePatterns {
			if c.IgnorePatterns[i].name.matches(digits) {
				return true
			}
		}
	}
	return false
}
