package agent

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// errHangup ends the leg once the application is done.
var errHangup = errors.New("the application ends the call")

// login is the application AgentLogin.
func (h *House) login(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 2)
	id, flags := command.Arg(args, 0), command.ParseFlags(command.Arg(args, 1))
	if id == "" {
		h.Logger.Warn("AgentLogin requires an AgentId", "channel", c.Name())
		return errHangup
	}
	if err := c.Answer(); err != nil {
		return err
	}
	a := h.find(id)
	if a == nil {
		h.Logger.Warn("Agent '"+id+"' does not exist", "channel", c.Name())
		c.SetVariable("AGENT_STATUS", "INVALID")
		return nil
	}
	if !a.takeLeg(c) {
		h.Logger.Warn("Agent '"+id+"' already logged in", "channel", c.Name())
		c.SetVariable("AGENT_STATUS", "ALREADY_LOGGED_IN")
		_, _ = h.Voice.Prompt(ctx, c, "agent-alreadyon", "")
		return context.Cause(ctx)
	}
	defer h.logOut(a, c)
	if !flags.Has('s') {
		_, _ = h.Voice.Prompt(ctx, c, "agent-loginok", "")
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	hold, err := h.holding()
	if err != nil {
		return err
	}
	h.tell("AgentLogin", c, event.Variable{Name: "Agent", Value: a.id})
	return h.serve(ctx, a, c, hold)
}

// takeLeg logs an agent in on a leg, if it is logged off.
func (a *Agent) takeLeg(c *channel.Channel) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.leg != nil {
		return false
	}
	a.leg, a.phase, a.since, a.soft, a.call = c, arriving, time.Now(), false, nil
	a.override = *a.settings
	if text, ok := c.Variable("AGENTACKCALL"); ok && text != "" {
		a.override.Acknowledge = config.True(text)
	}
	if text, ok := c.Variable("AGENTACCEPTDTMF"); ok && text != "" {
		a.override.AcceptKey = text[:1]
	}
	a.override.AutoLogoff = timeOf(c, "AGENTAUTOLOGOFF", time.Second, a.override.AutoLogoff)
	a.override.Wrapup = timeOf(c, "AGENTWRAPUPTIME", time.Millisecond, a.override.Wrapup)
	return true
}

// timeOf reads a variable of the leg that has a number of units; else it is as before.
func timeOf(c *channel.Channel, name string, unit, before time.Duration) time.Duration {
	text, _ := c.Variable(name)
	if n, err := strconv.Atoi(strings.TrimSpace(text)); err == nil && n >= 0 && n <= longest {
		return time.Duration(n) * unit
	}
	return before
}

// logOut ends an agent's login.
func (h *House) logOut(a *Agent, c *channel.Channel) {
	a.mu.Lock()
	since, r := a.since, a.call
	a.leg, a.phase, a.call = nil, loggedOff, nil
	a.mu.Unlock()
	if r != nil {
		r.bridge.Destroy()
	}
	h.drop(a)
	h.Look("Agent:" + a.id)
	h.tell("AgentLogoff", c, event.Variable{Name: "Agent", Value: a.id},
		event.Variable{Name: "Logintime", Value: strconv.Itoa(int(time.Since(since) / time.Second))})
}

// serve has an agent wait for calls and take them, until it is logged off.
func (h *House) serve(ctx context.Context, a *Agent, c *channel.Channel, hold *bridge.Bridge) error {
	own := a.own()
	from, pause := arriving, probation
	for {
		stay, err := hold.Enter(c, bridge.JoinOptions{Music: own.Music, Hear: a.hear})
		if err != nil {
			return err
		}
		stop := h.rest(a, from, pause)
		_ = stay(ctx)
		stop()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		r := a.goes()
		if r == nil { // put out, to be logged off
			return errHangup
		}
		join := bridge.JoinOptions{}
		if h.Features != nil {
			join.Features = h.Features.Of(c, "h")
		}
		if stay, err := r.bridge.Enter(c, join); err == nil {
			h.turn(a, talking)
			r.connected(c)
			if own.Record && h.Record != nil {
				r.bridge.Do(c, bridge.Feature{Name: "automixmon", Run: h.Record})
			}
			_ = stay(ctx)
		}
		a.mu.Lock()
		a.call = nil
		soft := a.soft
		a.mu.Unlock()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if soft {
			return errHangup
		}
		c.SetConnected(event.Party{})
		h.turn(a, resting)
		from, pause = resting, own.Wrapup
	}
}

// probation is how long an agent who has logged in has to stay before it gets calls: a leg
// that ends at once gets none. It is the reference's.
const probation = 5 * time.Second

// rest lets an agent be asked for after a pause.
func (h *House) rest(a *Agent, from phase, pause time.Duration) (stop func()) {
	if pause == 0 {
		h.turn(a, ready, from)
		return func() {}
	}
	timer := time.AfterFunc(pause, func() { h.turn(a, ready, from) })
	return func() { timer.Stop() }
}

// goes returns the request that the agent goes to, which may be none.
func (a *Agent) goes() *request {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.call == nil || !a.call.accepted {
		return nil
	}
	return a.call
}

// hear takes the keys of an agent who waits.
func (a *Agent) hear(f media.Frame) (taken bool) {
	if f.Kind != media.DTMFEnd {
		return false
	}
	a.mu.Lock()
	r, key := a.call, a.override.AcceptKey
	a.mu.Unlock()
	if r != nil && key != "" && f.Digit == key[0] {
		r.acknowledge()
	}
	return true
}
