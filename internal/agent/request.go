package agent

import (
	"context"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// A request is a caller who asks for an agent.
type request struct {
	caller   *channel.Channel
	bridge   *bridge.Bridge
	began    time.Time
	accepted bool // the agent comes; under the agent's lock
	ack      chan struct{}
	once     sync.Once
}

func (r *request) acknowledge() { r.once.Do(func() { close(r.ack) }) }

// connected tells the caller who its agent is, and answers it, if nothing has yet.
func (r *request) connected(agent *channel.Channel) {
	r.bridge.Tell(agent, media.Frame{Kind: media.Control, Signal: media.ConnectedLine, Value: channel.PartyOf{Party: agent.Caller()}})
	_ = r.caller.Answer() // one that has ended by now says so itself
	r.caller.SetVariable("AGENT_STATUS", "")
}

// request is the application AgentRequest.
func (h *House) request(ctx context.Context, c *channel.Channel, id string) error {
	if id == "" {
		h.Logger.Warn("AgentRequest requires an AgentId", "channel", c.Name())
		return errHangup
	}
	a := h.find(id)
	if a == nil {
		h.Logger.Warn("Agent '"+id+"' does not exist", "channel", c.Name())
		c.SetVariable("AGENT_STATUS", "INVALID")
		return nil
	}
	b, err := h.Calls.Bridges.Create(bridge.Options{Dissolve: true})
	if err != nil {
		c.SetVariable("AGENT_STATUS", "ERROR")
		return nil
	}
	r := &request{caller: c, bridge: b, began: time.Now(), ack: make(chan struct{})}
	if status := h.ask(a, r); status != "" {
		h.Logger.Warn("Agent '"+id+"' is not there", "channel", c.Name(), "status", status)
		b.Destroy()
		c.SetVariable("AGENT_STATUS", status)
		return nil
	}
	stay, err := b.Enter(c, bridge.JoinOptions{})
	if err != nil {
		h.dismiss(a, r)
		return err
	}
	c.SetVariable("AGENT_STATUS", "NOT_CONNECTED")
	if c.State() != event.Up {
		_ = c.Signal(media.Ringing)
	}
	h.Look("Agent:" + a.id)
	h.Calls.Channels.Go(c.Name(), func() { h.summon(a, r) })
	_ = stay(ctx)
	h.dismiss(a, r)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	a.mu.Lock()
	met := r.accepted
	a.mu.Unlock()
	if met {
		return errHangup
	}
	return nil
}

// ask reserves an agent for a request, or says why that can't be.
func (h *House) ask(a *Agent, r *request) (status string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.leg == nil:
		return "NOT_LOGGED_IN"
	case a.phase != ready || a.soft:
		return "BUSY"
	}
	a.phase, a.call = asked, r
	return ""
}

// dismiss lets go of an agent whose caller has left before it came: it can be asked for
// again, or is logged off if that waited for this call.
func (h *House) dismiss(a *Agent, r *request) {
	r.bridge.Destroy()
	a.mu.Lock()
	waiting := a.call == r && !r.accepted
	if waiting {
		a.call, a.phase = nil, ready
	}
	leg, soft := a.leg, a.soft
	a.mu.Unlock()
	if !waiting {
		return
	}
	if leg != nil {
		leg.SetConnected(event.Party{})
	}
	h.Look("Agent:" + a.id)
	if soft && leg != nil {
		putOut(leg)
	}
}

// summon tells the agent that it is asked for, waits for its key if there is to be one,
// and has it go to the caller.
func (h *House) summon(a *Agent, r *request) {
	own := a.own()
	a.mu.Lock()
	leg := a.leg
	a.mu.Unlock()
	h.mu.RLock()
	hold := h.hold
	h.mu.RUnlock()
	if leg == nil {
		return
	}
	call.Connect(leg, r.caller) // whose number it may see before it takes the call
	h.Voice.Aside(hold, leg, own.Beep)
	if own.Acknowledge && !h.acknowledged(r, own.AutoLogoff, leg) {
		return
	}
	a.mu.Lock()
	comes := a.call == r && a.leg == leg
	r.accepted = comes
	a.mu.Unlock()
	if comes {
		hold.Kick(leg)
	}
}

// acknowledged waits for the agent's key. An agent who does not press it in time is
// logged off.
func (h *House) acknowledged(r *request, limit time.Duration, leg *channel.Channel) bool {
	var up <-chan time.Time
	if limit > 0 {
		timer := time.NewTimer(limit)
		defer timer.Stop()
		up = timer.C
	}
	select {
	case <-r.ack:
		return true
	case <-r.bridge.Over():
	case <-leg.LegContext().Done():
	case <-up:
		h.Logger.Info("Agent did not acknowledge the call: logged off", "channel", leg.Name())
		leg.Hangup(channel.CauseNormalClearing)
	}
	return false
}
