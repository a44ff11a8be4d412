package dialplan

import (
	"fmt"
	"io"
	"strings"
)

// Save writes as extensions.conf what of the plan extensions.conf and the
// console made, the way Asterisk 22's "dialplan save" does.
func (p *Plan) Save(out io.Writer) error {
	var b strings.Builder
	s := p.Settings
	fmt.Fprintf(&b, "[general]\nstatic=%s\nwriteprotect=%s\nautofallthrough=%s\nclearglobalvars=%s\nextenpatternmatchnew=%s\n\n",
		yesNo(s.Static), yesNo(s.WriteProtect), yesNo(s.AutoFallThrough), yesNo(s.ClearGlobals), yesNo(s.NewMatching))
	if len(p.Globals) > 0 {
		b.WriteString("[globals]\n")
		for _, g := range p.Globals {
			fmt.Fprintf(&b, "%s => %s\n", g.Name, escapeSemicolons(g.Source))
		}
		b.WriteString("\n")
	}
	for i := len(p.order) - 1; i >= 0; i-- {
		p.order[i].save(&b)
	}
	_, err := io.WriteString(out, b.String())
	if err != nil {
		return fmt.Errorf("save the dialplan: %w", err)
	}
	return nil
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

func escapeSemicolons(s string) string { return strings.ReplaceAll(s, ";", "\\;") }

func (c *Context) save(b *strings.Builder) {
	var body strings.Builder
	for i, e := range c.extensions {
		before := body.Len()
		for _, p := range e.Priorities {
			if p.Registrar == ConfigRegistrar {
				e.savePriority(&body, p)
			}
		}
		last := i+1 == len(c.extensions) || c.extensions[i+1].Name != e.Name
		if body.Len() > before && last {
			body.WriteString("\n")
		}
	}
	block := func(write func()) {
		before := body.Len()
		if write(); body.Len() > before {
			body.WriteString("\n")
		}
	}
	block(func() {
		for _, i := range c.Includes {
			if i.Registrar == ConfigRegistrar {
				fmt.Fprintf(&body, "include => %s\n", i.Text)
			}
		}
	})
	block(func() {
		for _, s := range c.Switches {
			if s.Registrar == ConfigRegistrar {
				key := "switch"
				switch { // the reference writes switch, which a load would read otherwise
				case s.Evaluate:
					key = "eswitch"
				case strings.Contains(s.Data, "${"):
					key = "lswitch"
				}
				fmt.Fprintf(&body, "%s => %s/%s\n", key, s.Name, s.Data)
			}
		}
	})
	for _, i := range c.IgnorePatterns {
		if i.Registrar == ConfigRegistrar {
			fmt.Fprintf(&body, "ignorepat => %s\n", i.Pattern)
		}
	}
	if body.Len() > 0 || c.Registrar == ConfigRegistrar {
		fmt.Fprintf(b, "[%s]\n%s", c.Name, body.String())
	}
}

func (e *Extension) savePriority(b *strings.Builder, p *Priority) {
	name := e.Name
	if e.MatchCaller {
		name += "/" + e.CallerID
	}
	if p.Number == HintPriority {
		fmt.Fprintf(b, "exten => %s,hint,%s\n", name, p.Application)
		return
	}
	label := ""
	if p.Label != "" {
		label = "(" + p.Label + ")"
	}
	fmt.Fprintf(b, "exten => %s,%d%s,%s(%s)\n", name, p.Number, label, p.Application, escapeSemicolons(p.Data))
}
