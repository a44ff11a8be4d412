package exchange

import (
	"context"
	"fmt"
	"strings"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/manager"
)

// bridgeActions are the actions on bridges.
func (x *Exchange) bridgeActions() []command.Action {
	row := func(name, synopsis string) command.Row { return command.Row{Name: name, Synopsis: synopsis} }
	return []command.Action{
		{Row: row("BridgeTechnologyList", "List the ways in which legs are joined"), Run: x.actBridgeTechnologies},
		{Row: row("BridgeTechnologySuspend", "Join no more legs in a way"), Run: x.suspending(true)},
		{Row: row("BridgeTechnologyUnsuspend", "Join legs in a way again"), Run: x.suspending(false)},
		{Row: row("BridgeList", "List the bridges"), Run: x.actBridgeList},
		{Row: row("BridgeInfo", "List the legs of a bridge"), Run: x.actBridgeInfo},
		{Row: row("BridgeDestroy", "End a bridge"), Run: x.actBridgeDestroy},
		{Row: row("BridgeKick", "Put a leg out of its bridge"), Run: x.actBridgeKick},
		{Row: row("CoreShowChannelMap", "List the legs that are joined with one"), Privilege: command.System | command.Reporting, Run: x.actChannelMap},
	}
}

// technologies are the ways in which a bridge joins legs, the most wanted first,
// with the names and priorities of the reference.
var technologies = []struct{ name, kind, priority string }{
	{bridge.Native, "Native", "90"}, {bridge.Holding, "Holding", "50"}, {bridge.Simple, "1to1Mix", "50"}, {bridge.SoftMix, "MultiMix", "10"},
}

func (x *Exchange) actBridgeTechnologies(_ context.Context, r *command.ActionRequest) error {
	r.ListStart("Bridge technology listing will follow")
	for _, t := range technologies {
		suspended := map[bool]string{true: "Yes", false: "No"}[x.bridges.Suspended(t.name)]
		r.Event("BridgeTechnologyListItem", command.Field{Key: "BridgeTechnology", Value: t.name}, command.Field{Key: "BridgeType", Value: t.kind},
			command.Field{Key: "BridgePriority", Value: t.priority}, command.Field{Key: "BridgeSuspended", Value: suspended}, command.Field{Key: "ActionID"})
	}
	r.ListEnd("BridgeTechnologyListComplete", len(technologies))
	return nil
}

func (x *Exchange) suspending(suspended bool) func(context.Context, *command.ActionRequest) error {
	done := map[bool]string{true: "Suspended bridge technology", false: "Unsuspended bridge technology"}[suspended]
	return func(_ context.Context, r *command.ActionRequest) error {
		name := r.Get("BridgeTechnology")
		if name == "" {
			return command.Refusal("BridgeTechnology must be provided")
		}
		for _, t := range technologies {
			if strings.EqualFold(t.name, name) {
				x.bridges.Suspend(t.name, suspended)
				r.Reply("Success", done)
				return nil
			}
		}
		return command.Refusal("BridgeTechnology not found")
	}
}

func (x *Exchange) actBridgeList(_ context.Context, r *command.ActionRequest) error {
	kind := r.Get("BridgeType")
	n := 0
	r.ListStart("Bridge listing will follow")
	for _, b := range x.bridges.All() {
		if s := b.Snapshot(); kind == "" || strings.EqualFold(s.Type, kind) {
			r.Event("BridgeListItem", bridgeFields(s)...)
			n++
		}
	}
	r.ListEnd("BridgeListComplete", n)
	return nil
}

func bridgeFields(s *event.Bridge) []command.Field {
	return []command.Field{{Key: "BridgeUniqueid", Value: s.ID}, {Key: "BridgeType", Value: s.Type},
		{Key: "BridgeTechnology", Value: s.Technology}, {Key: "BridgeCreator", Value: orText(s.Creator, "<unknown>")},
		{Key: "BridgeName", Value: orText(s.Name, "<unknown>")},
		{Key: "BridgeNumChannels", Value: fmt.Sprint(len(s.Channels))}, {Key: "BridgeVideoSourceMode", Value: s.VideoMode}}
}

// bridgeOf returns the bridge that a client names.
func (x *Exchange) bridgeOf(r *command.ActionRequest) (*bridge.Bridge, error) {
	id := r.Get("BridgeUniqueid")
	if id == "" {
		return nil, command.Refusal("BridgeUniqueid must be provided")
	}
	if b := x.bridges.Find(id); b != nil {
		return b, nil
	}
	return nil, command.Refusal("Specified BridgeUniqueid not found")
}

func (x *Exchange) actBridgeInfo(_ context.Context, r *command.ActionRequest) error {
	b, err := x.bridgeOf(r)
	if err != nil {
		return err
	}
	list := b.Channels()
	r.ListStart("Bridge channel listing will follow")
	for _, c := range list {
		r.Event("BridgeInfoChannel", manager.SnapshotFields(c.Snapshot())...)
	}
	r.ListEnd("BridgeInfoComplete", len(list), bridgeFields(b.Snapshot())...)
	return nil
}

// actBridgeDestroy ends a bridge; its legs go on where they would after it.
func (x *Exchange) actBridgeDestroy(_ context.Context, r *command.ActionRequest) error {
	b, err := x.bridgeOf(r)
	if err != nil {
		return err
	}
	r.Reply("Success", "Bridge has been destroyed")
	b.Destroy()
	return nil
}

func (x *Exchange) actBridgeKick(_ context.Context, r *command.ActionRequest) error {
	name := r.Get("Channel")
	if name == "" {
		return command.Refusal("Channel must be provided")
	}
	c := x.channels.Find(name)
	if c == nil {
		return command.Refusal("Channel does not exist")
	}
	in, id := x.bridges.Find(c.Snapshot().BridgeID), r.Get("BridgeUniqueid")
	if id != "" {
		in = x.bridges.Find(id)
	}
	switch {
	case in == nil && id != "":
		return command.Refusal("Bridge not found")
	case in == nil:
		return command.Refusal("Channel is not in a bridge")
	}
	if !in.Kick(c) {
		return command.Refusal("Channel kick from bridge failed")
	}
	r.Reply("Success", "Channel has been kicked")
	return nil
}

// actChannelMap tells whom a leg is joined with: who is in its bridge, and through the
// other halves of Local channels who is in theirs.
func (x *Exchange) actChannelMap(_ context.Context, r *command.ActionRequest) error {
	name := r.Get("Channel")
	if name == "" {
		return command.Refusal("CoreShowChannelMap requires a channel.\n")
	}
	c := x.channels.Find(name)
	if c == nil {
		return command.Refusal("Could not get channel snapshot\n")
	}
	seen := map[*channel.Channel]bool{c: true}
	var list []*channel.Channel
	var visit func(c *channel.Channel)
	visit = func(c *channel.Channel) {
		in := x.bridges.Find(c.Snapshot().BridgeID)
		if in == nil {
			return
		}
		for _, other := range in.Channels() {
			if seen[other] {
				continue
			}
			seen[other] = true
			list = append(list, other)
			if half := x.local.Other(other); half != nil && !seen[half] {
				seen[half] = true
				list = append(list, half)
				visit(half)
			}
		}
	}
	visit(c)
	r.ListStart("Channel map will follow")
	for _, other := range list {
		r.Event("CoreShowChannelMap", command.Field{Key: "Channel", Value: c.Name()}, command.Field{Key: "ConnectedChannel", Value: other.Name()})
	}
	r.ListEnd("CoreShowChannelMapComplete", len(list))
	return nil
}
