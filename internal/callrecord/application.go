package callrecord

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

// Applications returns ForkCDR, ResetCDR and CELGenUserEvent, and NoCDR as Asterisk 16 has it.
func (b *Books) Applications() []Application {
	l := b.Ledger
	row := func(name, module, synopsis, syntax string) command.Row {
		return command.Row{Name: name, Module: module, Synopsis: synopsis, Syntax: syntax}
	}
	return []Application{
		{Row: row("ForkCDR", "app_forkcdr", "Begin one more call record beside the present one", "ForkCDR([options])"), Run: l.fork},
		{Row: row("ResetCDR", "app_cdr", "Begin the call record anew", "ResetCDR([options])"), Run: l.reset},
		{Row: row("CELGenUserEvent", "app_celgenuserevent", "Note a channel event of the administrator's own", "CELGenUserEvent(event-name[,extra])"), Run: b.generate},
		{Row: row("NoCDR", "app_cdr", "Keep no call record of this leg", "NoCDR()"),
			Run: func(ctx context.Context, c *channel.Channel, _ string) error {
				return l.writeProperty(ctx, c, "disable", "1")
			}},
	}
}

// generate notes a channel event with a name and, behind it, whatever else.
func (b *Books) generate(_ context.Context, c *channel.Channel, data string) error {
	name, extra, _ := strings.Cut(data, ",")
	if name == "" {
		b.config.Logger.Warn("CELGenUserEvent requires arguments (event-name[,extra])", "channel", c.Name())
		return nil
	}
	b.Diary.Generate(c.Snapshot(), name, extra)
	return nil
}

// fork adds a copy of the newest record. Options: a counts the answer from now, e
// ends the others, r counts all from now, v keeps the variables.
func (l *Ledger) fork(_ context.Context, c *channel.Channel, data string) error {
	o := command.ParseFlags(data)
	now := time.Now()
	l.change(c, func(p *page) {
		from := p.last()
		if !from.open() {
			l.log.Warn("a call record that is complete can't be forked", "channel", c.Name())
			return
		}
		r := *from
		r.sequence, r.held, r.vars, r.bVars = l.next, false, nil, slices.Clone(from.bVars)
		l.next++
		if o.Has('r') {
			r.start = now
		}
		if !r.answer.IsZero() && (o.Has('a') || o.Has('r')) {
			r.answer = now
		}
		if o.Has('v') {
			r.vars = slices.Clone(from.vars)
		}
		if o.Has('e') {
			l.closeAll(p, now)
		}
		p.records = append(p.records, &r)
	})
	return nil
}

// Reset counts the open records of a leg from now and forgets their variables: Dial's option C.
func (l *Ledger) Reset(c *channel.Channel) { _ = l.reset(c.CallContext(), c, "") }

// reset counts the open records from now and forgets their variables, unless the
// option v keeps them.
func (l *Ledger) reset(_ context.Context, c *channel.Channel, data string) error {
	keep := command.ParseFlags(data).Has('v')
	now := time.Now()
	l.change(c, func(p *page) {
		if !keep {
			p.vars = []event.Variable(nil)
		}
		for _, r := range p.records {
			if !r.open() {
				continue
			}
			r.start = now
			if !r.answer.IsZero() {
				r.answer = now
			}
			if !keep {
				r.vars = nil
			}
		}
	})
	return nil
}
