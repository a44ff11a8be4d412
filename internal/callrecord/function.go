package callrecord

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/event"
)

// Function and Application are the rows of the dialplan.
type (
	Function    = command.Function[*channel.Channel]
	Application = command.Application[*channel.Channel]
)

var errNoChannel = errors.New("there is no channel")

// recordKey has a context carry the complete record of which a template tells.
type recordKey struct{}

// Functions returns CDR and CDR_PROP.
func (l *Ledger) Functions() []Function {
	return []Function{
		{Row: command.Row{Name: "CDR", Module: "func_cdr", Synopsis: "A field of the leg's call record", Syntax: "CDR(name[,options])"}, Read: l.read, Write: l.write},
		{Row: command.Row{Name: "CDR_PROP", Module: "func_cdr", Synopsis: "Set a property of the leg's call records", Syntax: "CDR_PROP(name)"}, Write: l.writeProperty},
	}
}

func (l *Ledger) read(ctx context.Context, c *channel.Channel, args string) (string, error) {
	name, options, _ := strings.Cut(args, ",")
	if name = strings.TrimSpace(name); name == "" {
		return "", errors.New("CDR needs the name of a field")
	}
	if v, ok := ctx.Value(recordKey{}).(*Record); ok {
		return v.field(name, options), nil
	}
	if c == nil {
		return "", errNoChannel
	}
	v := l.of(c)
	if v == nil {
		return "", nil
	}
	return v.field(name, options), nil
}

// of returns the channel's newest record as it is now, or nil.
func (l *Ledger) of(c *channel.Channel) *Record {
	s := c.Snapshot()
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.pages[s.UniqueID]
	if p == nil {
		return nil
	}
	r := p.last()
	if r.open() { // attributes that no event tells
		account, peer, flags := s.AccountCode, s.PeerAccount, s.AMAFlags
		now := *r.a
		now.AccountCode, now.PeerAccount, now.AMAFlags = account, peer, flags
		r.a = &now
	}
	return r.view(l.settings, time.Now())
}

// shown are the fields of a record in the order in which "core show channel" lists them.
var shown = []string{"clid", "src", "dst", "dcontext", "channel", "dstchannel", "lastapp", "lastdata", "start", "answer", "end", "duration", "billsec",
	"disposition", "amaflags", "accountcode", "uniqueid", "linkedid", "userfield", "sequence"}

// Fields returns what the newest record of a channel has now, variables first: times and
// the like are numbers, and what is empty is left out.
func (l *Ledger) Fields(c *channel.Channel) []event.Variable {
	v := l.of(c)
	if v == nil {
		return nil
	}
	if s := c.Snapshot(); v.LastApplication == "AppDial2" { // what it was called for, which no event tells
		v.LastApplication, v.LastData = s.Application, s.Data
	}
	list := slices.Clone(v.Variables)
	slices.Reverse(list)
	for _, name := range shown {
		if value := v.field(name, "u"); value != "" {
			list = append(list, event.Variable{Name: name, Value: value})
		}
	}
	return list
}

func (l *Ledger) write(_ context.Context, c *channel.Channel, args, value string) error {
	name, _, _ := strings.Cut(args, ",")
	name = strings.TrimSpace(name)
	key := strings.ToLower(name)
	switch {
	case name == "":
		return errors.New("CDR needs the name of a field")
	case c == nil:
		return errNoChannel
	case readOnly[key]:
		return fmt.Errorf("CDR(%s) can't be set", name)
	}
	switch key {
	case "accountcode":
		l.log.Warn("Using the CDR function to set 'accountcode' is deprecated. Please use the CHANNEL function instead.", "channel", c.Name())
		c.SetAccountCode(value)
		return nil
	case "peeraccount":
		return errors.New("CDR(peeraccount) can't be set: set CHANNEL(accountcode) on the other leg")
	case "amaflags":
		l.log.Warn("Using the CDR function to set 'amaflags' is deprecated. Please use the CHANNEL function instead.", "channel", c.Name())
		n, ok := amaFlag(value)
		if !ok {
			return fmt.Errorf("%q is no AMA flag", value)
		}
		c.Change(func(s *event.Channel) { s.AMAFlags = n })
		return nil
	}
	l.change(c, func(p *page) {
		if key == "userfield" {
			p.userField = value
		} else {
			p.vars = set(p.vars, name, value)
		}
		for i, r := range p.records {
			switch {
			case !r.open() && i < len(p.records)-1:
			case key == "userfield":
				r.aField = value
			default:
				r.vars = set(r.vars, name, value)
			}
		}
	})
	return nil
}

func amaFlag(value string) (int, bool) {
	for n, name := range amaNames {
		if strings.EqualFold(name, value) {
			return n, true
		}
	}
	n, err := strconv.Atoi(value)
	return n, err == nil && amaNames[n] != ""
}

// change runs f on what is known of a channel, if anything is.
func (l *Ledger) change(c *channel.Channel, f func(p *page)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p := l.pages[c.UniqueID()]; p != nil {
		f(p)
	}
}

func (l *Ledger) writeProperty(_ context.Context, c *channel.Channel, args, value string) error {
	if c == nil {
		return errNoChannel
	}
	yes := config.True(value)
	switch name := strings.ToLower(strings.TrimSpace(args)); name {
	case "party_a":
		l.change(c, func(p *page) { p.partyA = yes })
	case "disable":
		l.change(c, func(p *page) {
			p.disabled = yes
			for _, r := range p.records {
				r.disabled = yes || r.disabled && !r.open()
			}
		})
	default:
		return fmt.Errorf("unknown option %s of CDR_PROP", args)
	}
	return nil
}
