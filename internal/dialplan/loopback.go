package dialplan

import (
	"context"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// The switches of the reference: the one that is of this package, and one that another holds.
// What others hold is told by Editor.SetBehind.
const (
	loopback  = "Loopback"
	luaSwitch = "Lua"
)

// switchesToCome are of Asterisk, and nobody here holds them.
var switchesToCome = map[string]bool{"IAX2": true, "DUNDi": true, "Proxy": true}

// maxLoops bounds how often one lookup goes through switches, which may lead back
// to where they stand.
const maxLoops = 16

// target reads the data of a Loopback switch, "[exten][@context][/pattern]". The
// dialled number has to match the pattern; what is left out is as it was.
func (q *query) target(data string, c *Context) (to channel.Location, ok bool) {
	place, pattern, condition := strings.Cut(data, "/")
	if condition {
		if n, _ := newName(pattern); !n.matches(q.exten) {
			return to, false
		}
	}
	to.Exten, to.Context, _ = strings.Cut(place, "@")
	if to.Exten == "" {
		to.Exten = q.exten
	}
	if to.Context == "" {
		to.Context = c.Name
	}
	return to, to.Context != c.Name || to.Exten != q.exten
}

// dataOf is what stands behind the name of a switch; ok is false where variables of
// nobody's are to be put in.
func (q *query) dataOf(s *Switch, c *Context) (data string, ok bool) {
	if !s.Evaluate || strings.IndexByte(s.Data, '$') < 0 {
		return s.Data, true
	}
	if q.engine == nil || q.of == nil {
		return "", false
	}
	return q.engine.expandFor(q.of, s.Data, q.exten, c.Name), true
}

// beyond is the lookup of what a switch of a context says instead, if it says anything.
func (q *query) beyond(s *Switch, c *Context) (sub query, in *Context) {
	if q.loops == maxLoops || q.priority == HintPriority { // a switch has no hints
		return sub, nil
	}
	if behind := q.plan.behind[s.Name]; behind != nil {
		sub = query{plan: behind, exten: q.exten, caller: q.caller, leg: q.leg, priority: q.priority, label: q.label, engine: q.engine, of: q.of, loops: q.loops + 1}
		return sub, behind.contexts[c.Name]
	}
	if s.Name != loopback {
		return sub, nil
	}
	data, ok := q.dataOf(s, c)
	if !ok {
		return sub, nil
	}
	to, ok := q.target(data, c)
	if !ok {
		return sub, nil
	}
	sub = query{plan: q.plan, exten: undashed(to.Exten), caller: q.caller, leg: q.leg, priority: q.priority, label: q.label,
		engine: q.engine, of: q.of, loops: q.loops + 1, to: to}
	return sub, q.plan.contexts[to.Context]
}

// through looks for an extension behind the switches of a context.
func (q *query) through(c *Context) *Extension {
	for i := range c.Switches {
		if e := q.outside(&c.Switches[i], c); e != nil {
			return e
		}
		sub, in := q.beyond(&c.Switches[i], c)
		if in == nil {
			continue
		}
		if e, _ := sub.find(in); e != nil {
			q.looped, q.to = sub.to != channel.Location{}, sub.to
			return e
		}
	}
	return nil
}

// elsewhere is the environment of a channel that is looked up at another place
// than where it is.
type elsewhere struct {
	environment
	exten, context string
}

func (v *elsewhere) Variable(name string) (string, bool) {
	switch name {
	case "EXTEN":
		return v.exten, true
	case "CONTEXT":
		return v.context, true
	}
	return v.environment.Variable(name)
}

func (e *Engine) expandFor(c *channel.Channel, text, exten, within string) string {
	ctx, ok := deeper(c.CallContext(), expansions{}, maxNesting)
	if !ok {
		return ""
	}
	v := &elsewhere{environment: environment{engine: e, leg: c, ctx: context.WithoutCancel(ctx)}, exten: exten, context: within}
	return e.texts.compile(text).Expand(v)
}
