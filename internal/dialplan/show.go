package dialplan

import (
	"fmt"
	"io"
	"strings"
)

// A showing prints a plan as the console's "dialplan show" does.
type showing struct {
	out                          io.Writer
	plan                         *Plan
	exten                        string
	any                          bool // all extensions
	contexts, extens, priorities int
	contextFound, extenFound     bool
	seen                         map[*Context]bool
}

// Show prints the plan, or what of it "[exten@]context" names, as Asterisk 22's
// "dialplan show" does. found is false where there is no such thing.
func (p *Plan) Show(out io.Writer, what string) (found bool) {
	s := &showing{out: out, plan: p, any: true}
	exten, context, ok := strings.Cut(what, "@")
	if !ok {
		context = what
	} else if exten != "" {
		s.exten, s.any = undashed(exten), false
	}
	for i := len(p.order) - 1; i >= 0; i-- {
		c := p.order[i]
		if context == "" || c.Name == context {
			s.contextFound = true
			s.seen = map[*Context]bool{}
			s.context(c, false)
		}
	}
	switch {
	case context != "" && !s.contextFound:
		fmt.Fprintf(out, "There is no existence of '%s' context\n", context)
		return false
	case !s.any && !s.extenFound:
		if context == "" {
			fmt.Fprintf(out, "There is no existence of '%s' extension in all contexts\n", exten)
		} else {
			fmt.Fprintf(out, "There is no existence of %s@%s extension\n", exten, context)
		}
		return false
	}
	fmt.Fprintf(out, "-= %d %s (%d %s) in %d %s. =-\n", s.extens, plural(s.extens, "extension", "extensions"),
		s.priorities, plural(s.priorities, "priority", "priorities"), s.contexts, plural(s.contexts, "context", "contexts"))
	return true
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

func (s *showing) context(c *Context, included bool) {
	if s.seen[c] {
		return
	}
	s.seen[c] = true
	printed := false
	header := func() {
		if printed {
			return
		}
		printed = true
		s.contexts++
		if included {
			fmt.Fprintf(s.out, "[ Included context '%s' created by '%s' ]\n", c.Name, c.Registrar)
		} else {
			fmt.Fprintf(s.out, "[ Context '%s' created by '%s' ]\n", c.Name, c.Registrar)
		}
		if c.Autohints && !included {
			fmt.Fprintln(s.out, "Autohints support enabled")
		}
	}
	if s.any {
		header()
	}
	for _, e := range c.extensions {
		if s.any || e.name.matches(s.exten) {
			header()
			s.extenFound = true
			s.extension(e)
		}
	}
	s.includes(c)
	for _, i := range c.IgnorePatterns {
		begins, _ := newName("_" + i.Pattern + ".")
		if s.any || begins.matches(s.exten) {
			s.line("Ignore pattern =>", "'"+i.Pattern+"'", i.Registrar)
		}
	}
	if !included {
		for _, alternative := range c.Switches {
			s.line("Alt. Switch =>", "'"+alternative.Name+"/"+alternative.Data+"'", alternative.Registrar)
		}
	}
	if printed {
		fmt.Fprintln(s.out)
	}
}

func (s *showing) includes(c *Context) {
	for _, i := range c.Includes {
		if s.any {
			s.line("Include =>", "'"+i.Text+"'", i.Registrar)
		} else if to := s.plan.contexts[i.Name]; to != nil {
			s.context(to, true)
		}
	}
}

func (s *showing) line(head, text, registrar string) {
	fmt.Fprintf(s.out, "  %-17s %-45s [%s]\n", head, text, registrar)
}

func (s *showing) extension(e *Extension) {
	s.extens++
	head := "'" + e.Name + "' =>"
	if e.MatchCaller {
		head = "'" + e.Name + "' (CID match '" + e.CallerID + "') => "
	}
	for i, p := range e.Priorities {
		s.priorities++
		if i > 0 {
			head = ""
			if p.Label != "" {
				head = "   [" + p.Label + "]"
			}
		}
		s.line(head, p.text(), p.where())
	}
}

// text is a priority as it is shown.
func (p *Priority) text() string {
	if p.Number == HintPriority {
		return "hint: " + p.Application
	}
	return fmt.Sprintf("%d. %s(%s)", p.Number, p.Application, p.Data)
}

func (p *Priority) where() string {
	if p.File != "" {
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return p.Registrar
}
