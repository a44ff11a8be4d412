package app

import (
	"context"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/dialplan"
)

// branches are the applications that run a block of priorities or not. Which
// belong together is a matter of the extension alone, by counting; the only thing
// kept of a leg is whether the next ElseIf or Else was jumped to.
func (h *House) branches() []Application {
	return []Application{
		{Row: row("If", "app_if", "Begin a block that runs if a condition holds", "If(condition)"), Run: h.ifBegin},
		{Row: row("ElseIf", "app_if", "Begin a block for another condition", "ElseIf(condition)"), Run: h.elseIf},
		{Row: row("Else", "app_if", "Begin the block for when no condition held", "Else()"), Run: h.elseBegin},
		{Row: row("EndIf", "app_if", "End the blocks of an If", "EndIf()"), Run: noOp},
		{Row: row("ExitIf", "app_if", "Leave the blocks of an If", "ExitIf()"), Run: h.exitIf},
	}
}

// sought is the key under which a leg keeps that no block of its If has run yet.
type sought struct{}

func (h *House) ifBegin(_ context.Context, c *channel.Channel, data string) error {
	c.SetValue(sought{}, nil)
	if Truth(data) {
		return nil
	}
	return h.nextBranch(c, "If")
}

func (h *House) elseIf(_ context.Context, c *channel.Channel, data string) error {
	if c.Value(sought{}) == nil { // the block above has run
		return h.leaveIf(c, "ElseIf")
	}
	c.SetValue(sought{}, nil)
	if Truth(data) {
		return nil
	}
	return h.nextBranch(c, "ElseIf")
}

func (h *House) elseBegin(_ context.Context, c *channel.Channel, _ string) error {
	if c.Value(sought{}) == nil {
		return h.leaveIf(c, "Else")
	}
	c.SetValue(sought{}, nil)
	return nil
}

func (h *House) exitIf(_ context.Context, c *channel.Channel, _ string) error {
	return h.leaveIf(c, "ExitIf")
}

// nextBranch goes to the ElseIf or Else of the present If, or behind its EndIf.
func (h *House) nextBranch(c *channel.Channel, from string) error {
	p, last := h.branchAfter(c, true)
	if p == nil {
		h.Logger.Warn("there is no EndIf", "channel", c.Name(), "application", from)
		return ErrHangup
	}
	if last {
		return h.Dialplan.Goto(c, strconv.Itoa(p.Number+1))
	}
	c.SetValue(sought{}, true)
	return h.Dialplan.Goto(c, strconv.Itoa(p.Number))
}

// leaveIf goes behind the EndIf.
func (h *House) leaveIf(c *channel.Channel, from string) error {
	p, _ := h.branchAfter(c, false)
	if p == nil { // it stands in no If: the reference passes over it
		h.Logger.Warn("there is no EndIf", "channel", c.Name(), "application", from)
		return nil
	}
	return h.Dialplan.Goto(c, strconv.Itoa(p.Number+1))
}

// branchAfter finds the EndIf of the If in which the leg is or, where others are
// wanted, an ElseIf or Else before it.
func (h *House) branchAfter(c *channel.Channel, others bool) (p *dialplan.Priority, last bool) {
	at := c.Location()
	extension, _ := h.Dialplan.Plan().Find(at.Context, at.Exten, at.Priority, c.Snapshot().Caller.Number.Text)
	if extension == nil {
		return nil, false
	}
	depth := 0
	for _, p := range extension.Priorities {
		if p.Number <= at.Priority {
			continue
		}
		switch strings.ToLower(p.Application) {
		case "if":
			depth++
		case "endif":
			if depth == 0 {
				return p, true
			}
			depth--
		case "elseif", "else":
			if depth == 0 && others {
				return p, false
			}
		}
	}
	return nil, false
}
