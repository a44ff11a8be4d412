package exchange

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/command"
)

// bridgeCommands are the console commands about one bridge and about the ways in which
// bridges join legs.
func (x *Exchange) bridgeCommands() []command.Console {
	row := func(name, arguments, synopsis string, run func(context.Context, *command.ConsoleRequest) error) command.Console {
		return command.Console{Row: command.Row{Name: name, Syntax: strings.TrimSpace(name + " " + arguments), Synopsis: synopsis}, Run: run}
	}
	return []command.Console{
		row("bridge show", "<bridge-id>", "Show a bridge", x.showBridge),
		row("bridge kick", "<bridge-id> <channel-name | all>", "Put a leg, or all, out of a bridge", x.kickFromBridge),
		row("bridge technology show", "", "List the ways in which legs are joined", x.showTechnologies),
		row("bridge technology {suspend|unsuspend}", "<technology-name>", "Join no more legs in a way, or do again", x.suspendTechnology),
	}
}

// bridgeNamed is the bridge of an identifier; where there is none it says so.
func (x *Exchange) bridgeNamed(r *command.ConsoleRequest, id string) *bridge.Bridge {
	b := x.bridges.Find(id)
	if b == nil {
		fmt.Fprintf(r.Out, "Bridge '%s' not found\n", id)
	}
	return b
}

func (x *Exchange) showBridge(_ context.Context, r *command.ConsoleRequest) error {
	if len(r.Args) != 1 {
		return &command.UsageError{}
	}
	b := x.bridgeNamed(r, r.Args[0])
	if b == nil {
		return nil
	}
	s := b.Snapshot()
	age := time.Since(s.Created)
	fmt.Fprintf(r.Out, "Id: %s\nType: %s\nTechnology: %s\nSubclass: %s\nCreator: %s\nName: %s\nVideo-Mode: %s\nVideo-Source-Id: %s\nNum-Channels: %d\nNum-Active: %d\nDuration: %02d:%02d:%02d\n",
		s.ID, s.Type, s.Technology, s.Type, s.Creator, s.Name, orText(s.VideoMode, "none"), s.VideoID, len(s.Channels), len(s.Channels),
		int(age.Hours()), int(age.Minutes())%60, int(age.Seconds())%60)
	for _, c := range b.Channels() {
		fmt.Fprintf(r.Out, "Channel: %s\n", c.Name())
	}
	return nil
}

func (x *Exchange) kickFromBridge(_ context.Context, r *command.ConsoleRequest) error {
	if len(r.Args) != 2 {
		return &command.UsageError{}
	}
	b := x.bridgeNamed(r, r.Args[0])
	if b == nil {
		return nil
	}
	if strings.EqualFold(r.Args[1], "all") {
		fmt.Fprintf(r.Out, "Kicking all channels from bridge '%s'\n", r.Args[0])
		for _, c := range b.Channels() {
			b.Kick(c)
		}
		return nil
	}
	c := x.channels.Find(r.Args[1])
	if c == nil {
		fmt.Fprintf(r.Out, "Channel '%s' not found\n", r.Args[1])
		return nil
	}
	fmt.Fprintf(r.Out, "Kicking channel '%s' from bridge '%s'\n", c.Name(), r.Args[0])
	b.Kick(c)
	return nil
}

func (x *Exchange) showTechnologies(_ context.Context, r *command.ConsoleRequest) error {
	const line = "%-20s %-20s %8s %s\n"
	fmt.Fprintf(r.Out, line, "Name", "Type", "Priority", "Suspended")
	for _, t := range technologies {
		fmt.Fprintf(r.Out, line, t.name, t.kind, t.priority, map[bool]string{true: "Yes", false: "No"}[x.bridges.Suspended(t.name)])
	}
	return nil
}

func (x *Exchange) suspendTechnology(_ context.Context, r *command.ConsoleRequest) error {
	if len(r.Args) != 1 {
		return &command.UsageError{}
	}
	suspend := strings.EqualFold(r.Words[2], "suspend")
	for _, t := range technologies {
		if strings.EqualFold(t.name, r.Args[0]) {
			x.bridges.Suspend(t.name, suspend)
			fmt.Fprintf(r.Out, "%s bridge technology '%s'\n", map[bool]string{true: "Suspended", false: "Unsuspended"}[suspend], t.name)
			return nil
		}
	}
	fmt.Fprintf(r.Out, "Bridge technology '%s' not found\n", r.Args[0])
	return nil
}
