package feature

import (
	"context"
	"fmt"
	"strings"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/media"
)

// mapped is a line of [applicationmap]: an application that keys start.
type mapped struct {
	name, code        string
	peer              bool // it runs on the other leg
	application, data string
	music             string // what the one hears meanwhile on whom it does not run
}

// group is a section that names features of [applicationmap], with codes of its own.
type group struct {
	name    string
	members []groupMember
}

type groupMember struct{ name, code string }

// parseMapped reads CODE,self|peer[/…],Application[(data)][,data][,music].
func parseMapped(name, text string) (mapped, error) {
	parts := command.SplitArgs(text, 5)
	if len(parts) < 3 {
		return mapped{}, fmt.Errorf("the feature %q needs keys, self or peer, and an application", name)
	}
	m := mapped{name: name, code: strings.TrimSpace(parts[0])}
	on, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(parts[1])), "/")
	switch on {
	case "self":
	case "peer":
		m.peer = true
	default:
		return mapped{}, fmt.Errorf("the feature %q is activated on %q, which is neither self nor peer", name, on)
	}
	application, data, brackets := strings.Cut(parts[2], "(")
	if brackets {
		end := strings.LastIndexByte(data, ')')
		if end < 0 {
			return mapped{}, fmt.Errorf("the feature %q: a parenthesis is open", name)
		}
		m.application, m.data, m.music = application, data[:end], command.Arg(parts, 3)
	} else {
		m.application, m.data, m.music = application, command.Arg(parts, 3), command.Arg(parts, 4)
	}
	m.application, m.music = strings.TrimSpace(m.application), strings.TrimSpace(m.music)
	if m.application == "" || m.code == "" {
		return mapped{}, fmt.Errorf("the feature %q has no application or no keys", name)
	}
	return m, nil
}

func (g *Settings) find(name string) (mapped, bool) {
	for _, m := range g.mapped {
		if strings.EqualFold(m.name, name) {
			return m, true
		}
	}
	return mapped{}, false
}

// dynamic returns the features of a DYNAMIC_FEATURES: names of features and
// groups with # between them.
func (g *Settings) dynamic(names string) []mapped {
	var list []mapped
	for _, name := range strings.Split(names, "#") {
		if name == "" {
			continue
		}
		if m, ok := g.find(name); ok {
			list = append(list, m)
			continue
		}
		for _, in := range g.groups {
			if !strings.EqualFold(in.name, name) {
				continue
			}
			for _, member := range in.members {
				if m, ok := g.find(member.name); ok {
					if member.code != "" {
						m.code = member.code
					}
					list = append(list, m)
				}
			}
		}
	}
	return list
}

// start runs the application, on the leg that asked or on the other.
func (h *House) start(m mapped) func(context.Context, *bridge.Bridge, *channel.Channel) {
	return func(ctx context.Context, b *bridge.Bridge, c *channel.Channel) {
		if !m.peer {
			h.execute(ctx, b, c, c, m)
			return
		}
		peer := b.Peer(c)
		if peer == nil || !b.Do(peer, bridge.Feature{Name: bridge.Unasked, Run: func(ctx context.Context, b *bridge.Bridge, peer *channel.Channel) {
			h.execute(ctx, b, peer, c, m)
		}}) {
			h.Logger.Warn("there is no peer, or it is busy with another feature", "feature", m.name, "channel", c.Name())
		}
	}
}

// execute runs the application on one leg while the others wait.
func (h *House) execute(ctx context.Context, b *bridge.Bridge, on, by *channel.Channel, m mapped) {
	on.SetVariable("DYNAMIC_FEATURENAME", m.name)
	on.SetVariable("DYNAMIC_WHO_ACTIVATED", by.Name())
	if m.music != "" {
		b.Tell(on, media.Frame{Kind: media.Control, Signal: media.Hold, Value: m.music})
		defer unhold(b, on)
	}
	if err := h.run(ctx, on, m.application, h.Dialplan.Expand(ctx, on, m.data)); err != nil && ctx.Err() == nil {
		h.Logger.Warn("the application of a feature can't run", "feature", m.name, "channel", on.Name(), "error", err)
	}
}

// run runs an application, and what Gosub leads to until it has returned: nobody takes
// the leg on in the dialplan while it is in a bridge.
func (h *House) run(ctx context.Context, c *channel.Channel, application, data string) error {
	if strings.EqualFold(application, "Gosub") {
		return h.Dialplan.Subroutine(ctx, c, data)
	}
	return h.Dialplan.Execute(ctx, c, application, data)
}
