package stasis

import (
	"context"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/app"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

// offerPatience is how long a leg is offered where the dialplan does not say.
const offerPatience = 500 * time.Millisecond

// offers are the legs that are offered to applications, by their unique IDs. One stays
// there until the application that took it lets it go.
type offers struct {
	mu  sync.Mutex // a leaf
	all map[string]*offer
}

// An offer is a leg that applications may take.
type offer struct {
	winner  string        // under offers.mu
	claimed chan struct{} // closed when there is a winner
}

// Errors of Claim.
var (
	ErrNotOffered = errors.New("the leg is not offered")
	ErrClaimed    = errors.New("another application has taken the leg")
)

// Claim takes a leg that is offered for an application.
func (h *Hub) Claim(id, application string) error {
	h.offers.mu.Lock()
	defer h.offers.mu.Unlock()
	switch o := h.offers.all[id]; {
	case o == nil:
		return ErrNotOffered
	case o.winner != "":
		return ErrClaimed
	default:
		o.winner = application
		close(o.claimed)
		return nil
	}
}

// broadcasting is the row of StasisBroadcast.
func (h *Hub) broadcasting() app.Application {
	return app.Application{Row: command.Row{Name: "StasisBroadcast", Module: "app_stasis_broadcast",
		Synopsis: "Offer the leg to applications of the REST interface, of which the first that claims it has it",
		Syntax:   "StasisBroadcast([timeout[,app_filter[,args[,notify_claimed]]]])"}, Run: h.broadcast}
}

// broadcast is the dialplan application.
func (h *Hub) broadcast(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 4)
	patience := offerPatience
	if n, err := strconv.Atoi(command.Arg(args, 0)); err == nil && n > 0 {
		patience = time.Duration(n) * time.Millisecond
	}
	filter, err := regexp.Compile(command.Arg(args, 1))
	if err != nil {
		h.Logger.Warn("StasisBroadcast: the filter is no pattern", "channel", c.Name(), "error", err)
		c.SetVariable("STASISSTATUS", "FAILED")
		return nil
	}
	c.SetVariable("STASISSTATUS", "")
	o := &offer{claimed: make(chan struct{})}
	h.offers.mu.Lock()
	h.offers.all[c.UniqueID()] = o
	h.offers.mu.Unlock()
	defer func() {
		h.offers.mu.Lock()
		delete(h.offers.all, c.UniqueID())
		h.offers.mu.Unlock()
	}()
	var asked []string
	retract := func(winner string) {
		for _, name := range asked {
			if name != winner {
				h.retract(name, c)
			}
		}
	}
	defer retract("")
	for _, name := range h.Names() {
		if filter.MatchString(name) {
			asked = append(asked, name)
			h.offer(name, c)
			h.tellApp(name, "CallBroadcast", ofChannels+c.UniqueID(), func(b []byte) []byte {
				s := c.Snapshot()
				return member(member(channelIn(b, "channel", s), "caller", s.Caller.Number.Text), "called", s.Exten)
			})
		}
	}
	end := time.NewTimer(patience)
	defer end.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-end.C:
		if h.Claim(c.UniqueID(), c.UniqueID()) == nil { // nobody has, and nobody can now
			c.SetVariable("STASISSTATUS", "TIMEOUT")
			return nil
		}
	case <-o.claimed:
	}
	h.offers.mu.Lock()
	winner := o.winner
	h.offers.mu.Unlock()
	if notify := strings.ToLower(command.Arg(args, 3)); notify == "true" || notify == "yes" || notify == "1" {
		for _, name := range asked {
			h.tellApp(name, "CallClaimed", ofChannels+c.UniqueID(), func(b []byte) []byte { return member(channelIn(b, "channel", c.Snapshot()), "winner_app", winner) })
		}
	}
	var list []string
	if text := command.Arg(args, 2); text != "" {
		list = strings.Split(text, ":")
	}
	retract(winner)
	return h.keep(ctx, c, winner, list)
}

// offer has one client of an application that several share be who is offered a leg.
func (h *Hub) offer(name string, c *channel.Channel) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if a := h.apps[name]; a != nil {
		a.own(ofChannels+c.UniqueID(), nil)
	}
}

// retract ends that, if the leg is not in the application.
func (h *Hub) retract(name string, c *channel.Channel) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if a, source := h.apps[name], ofChannels+c.UniqueID(); a != nil && a.sources[source] == 0 {
		a.disown(source)
	}
}
