package exchange

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/dialplan"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// channelCommands are the console commands about calls.
func (x *Exchange) channelCommands() []command.Console {
	row := func(name, syntax, synopsis string) command.Row {
		return command.Row{Name: name, Syntax: syntax, Synopsis: synopsis}
	}
	complete := func(_ []string, _ string) []string {
		var names []string
		for _, c := range x.channels.All() {
			names = append(names, c.Name())
		}
		return names
	}
	return []command.Console{
		{Row: row("core show channels", "core show channels [concise|verbose|count]", "List the legs of all calls"), Run: x.showChannels},
		{Row: row("core show calls", "core show calls [uptime [seconds]]", "Count the calls"), Run: x.showCalls},
		{Row: row("core show channel", "core show channel <channel>", "Show what is known of a leg"), Run: x.showChannel, Complete: complete},
		{Row: row("channel originate", "channel originate <tech/data> {application <app> [data]|extension [exten]@[context]}", "Make a call"), Run: x.originate},
		{Row: row("channel request hangup", "channel request hangup <all>|<channel> [<channel> ...]", "Hang up legs"), Run: x.requestHangup, Complete: func(args []string, word string) []string { return append(complete(args, word), "all") }},
		{Row: row("channel redirect", "channel redirect <channel> <[[context,]exten,]priority>", "Send a leg to another place"), Run: x.redirect, Complete: complete},
		{Row: row("bridge show all", "bridge show all", "List the bridges"), Run: x.showBridges},
	}
}

func (x *Exchange) showChannels(_ context.Context, r *command.ConsoleRequest) error {
	mode := command.Arg(r.Args, 0)
	if mode != "" && mode != "concise" && mode != "verbose" && mode != "count" {
		return &command.UsageError{}
	}
	list := x.channels.All()
	switch mode {
	case "":
		fmt.Fprintf(r.Out, "%-64.64s %-32.32s %-7.7s %-30.30s\n", "Channel", "Location", "State", "Application(Data)")
	case "verbose":
		fmt.Fprintf(r.Out, "%-80.80s %-24.24s %-24.24s %-4.4s %-7.7s %-12.12s %-25.25s %-15.15s %-8.8s %-11.11s %-11.11s %-20.20s\n", "Channel", "Context",
			"Extension", "Prio", "State", "Application", "Data", "CallerID", "Duration", "Accountcode", "PeerAccount", "BridgeID")
	}
	for i := len(list) - 1; i >= 0; i-- {
		x.channelLine(r, mode, list[i].Snapshot())
	}
	if mode != "concise" {
		calls := x.activeCalls()
		fmt.Fprintf(r.Out, "%d active channel%s\n%d active call%s\n", len(list), plural(len(list)), calls, plural(calls))
		fmt.Fprintf(r.Out, "%d call%s processed\n", x.channels.CallsProcessed(), plural(int(x.channels.CallsProcessed())))
	}
	return nil
}

func (x *Exchange) channelLine(r *command.ConsoleRequest, mode string, s *event.Channel) {
	age := time.Since(s.Created)
	switch mode {
	case "":
		place := "(None)"
		if s.Context != "" && s.Exten != "" {
			place = fmt.Sprintf("%s@%s:%d", s.Exten, s.Context, s.Priority)
		}
		running := "(None)"
		if s.Application != "" {
			running = s.Application + "(" + s.Data + ")"
		}
		fmt.Fprintf(r.Out, "%-64.64s %-32.32s %-7.7s %-30.30s\n", s.Name, place, s.State, running)
	case "concise":
		fmt.Fprintf(r.Out, "%s!%s!%s!%d!%s!%s!%s!%s!%s!%s!%d!%d!%s!%s\n", s.Name, s.Context, s.Exten, s.Priority, s.State, s.Application,
			s.Data, s.Caller.Number.Text, s.AccountCode, s.PeerAccount, s.AMAFlags, age/time.Second, s.BridgeID, s.UniqueID)
	case "verbose":
		duration := fmt.Sprintf("%02d:%02d:%02d", int(age.Hours()), int(age.Minutes())%60, int(age.Seconds())%60)
		fmt.Fprintf(r.Out, "%-80.80s %-24.24s %-24.24s %4d %-7.7s %-12.12s %-25.25s %-15.15s %8.8s %-11.11s %-11.11s %-20.20s\n", s.Name, s.Context,
			s.Exten, s.Priority, s.State, s.Application, s.Data, s.Caller.Number.Text, duration, s.AccountCode, s.PeerAccount, s.BridgeID)
	}
}

// activeCalls counts the legs whose owner is a dialplan.
func (x *Exchange) activeCalls() int {
	n := 0
	for _, c := range x.channels.All() {
		if c.RunsDialplan() {
			n++
		}
	}
	return n
}

func (x *Exchange) showCalls(ctx context.Context, r *command.ConsoleRequest) error {
	if len(r.Args) > 0 && r.Args[0] != "uptime" {
		return &command.UsageError{}
	}
	n := x.activeCalls()
	fmt.Fprintf(r.Out, "%d active call%s\n%d call%s processed\n", n, plural(n), x.channels.CallsProcessed(), plural(int(x.channels.CallsProcessed())))
	if len(r.Args) > 0 {
		_, up, _ := x.uptime()
		fmt.Fprintf(r.Out, "System uptime: %s\n", spoken(up))
	}
	return nil
}

func (x *Exchange) showChannel(_ context.Context, r *command.ConsoleRequest) error {
	if len(r.Args) != 1 {
		return &command.UsageError{}
	}
	c := x.channels.Find(r.Args[0])
	if c == nil {
		fmt.Fprintf(r.Out, "%s is not a known channel\n", r.Args[0])
		return nil
	}
	s := c.Snapshot()
	format, native := legFormats(c)
	orNone := func(valid bool, text string) string {
		if !valid || text == "" {
			return "(N/A)"
		}
		return text
	}
	age := time.Since(s.Created)
	fmt.Fprintf(r.Out, " -- General --\n")
	for _, l := range [][2]string{
		{"           Name", s.Name}, {"           Type", s.Technology}, {"       UniqueID", s.UniqueID}, {"       LinkedID", s.LinkedID},
		{"      Caller ID", orNone(s.Caller.Number.Valid, s.Caller.Number.Text)}, {" Caller ID Name", orNone(s.Caller.Name.Valid, s.Caller.Name.Text)},
		{"Connected Line ID", orNone(s.Connected.Number.Valid, s.Connected.Number.Text)},
		{"Connected Line ID Name", orNone(s.Connected.Name.Valid, s.Connected.Name.Text)},
		{"Eff. Connected Line ID", orNone(s.Connected.Number.Valid, s.Connected.Number.Text)},
		{"Eff. Connected Line ID Name", orNone(s.Connected.Name.Valid, s.Connected.Name.Text)},
		{"    DNID Digits", orNone(true, s.DialedNum)}, {"       Language", s.Language},
		{"          State", fmt.Sprintf("%s (%d)", s.State, s.State)}, {"  NativeFormats", "(" + native + ")"},
		{"    WriteFormat", format}, {"     ReadFormat", format}, {" WriteTranscode", "No "}, {"  ReadTranscode", "No "},
		{" Time to Hangup", "0"}, {"   Elapsed Time", fmt.Sprintf("%dh%dm%ds", int(age.Hours()), int(age.Minutes())%60, int(age.Seconds())%60)},
		{"      Bridge ID", orText(s.BridgeID, "(Not bridged)")},
	} {
		fmt.Fprintf(r.Out, "%s: %s\n", l[0], l[1])
	}
	fmt.Fprintf(r.Out, " --   PBX   --\n")
	for _, l := range [][2]string{{"        Context", s.Context}, {"      Extension", s.Exten}, {"       Priority", fmt.Sprint(s.Priority)},
		{"     Call Group", fmt.Sprint(s.CallGroup)}, {"   Pickup Group", fmt.Sprint(s.PickupGroup)}, {"    Application", orText(s.Application, "(N/A)")},
		{"           Data", orText(s.Data, "(Empty)")}, {" Call Identifier", fmt.Sprintf("[C-%08x]", s.CallNumber)}} {
		fmt.Fprintf(r.Out, "%s: %s\n", l[0], l[1])
	}
	fmt.Fprintf(r.Out, "      Variables:\n")
	for _, v := range c.Variables() {
		fmt.Fprintf(r.Out, "%s=%s\n", v.Name, v.Value)
	}
	if x.records.Ledger.Settings().Enabled {
		fmt.Fprintf(r.Out, "  CDR Variables:\n")
		for _, v := range x.records.Ledger.Fields(c) {
			fmt.Fprintf(r.Out, "level 1: %s=%s\n", v.Name, v.Value)
		}
	}
	fmt.Fprintf(r.Out, "\n -- Streams --\nName: audio-0\n    Type: audio\n    State: sendrecv\n    Group: -1\n    Formats: (%s)\n    Metadata:\n", native)
	return nil
}

// legFormats are the format of a leg's sound and the native ones, as a list. A leg that
// takes what comes, as Local channels do, has signed linear, as on the reference.
func legFormats(c *channel.Channel) (format, native string) {
	format = media.SLin.Name
	if f := c.Leg().WriteFormat(); f != nil {
		format = f.Name
	}
	native = format
	if p, ok := c.Leg().(channel.Polyglot); ok {
		var names []string
		for _, f := range p.NativeFormats() {
			names = append(names, f.Name)
		}
		if len(names) > 0 {
			native = strings.Join(names, "|")
		}
	}
	return format, native
}

func orText(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func (x *Exchange) originate(_ context.Context, r *command.ConsoleRequest) error {
	if len(r.Args) < 2 {
		return &command.UsageError{}
	}
	o := call.Origination{Device: r.Args[0], Timeout: 30 * time.Second}
	if _, _, ok := call.SplitDevice(o.Device); !ok {
		fmt.Fprintln(r.Out, "*** No data provided after channel type! ***")
		return &command.UsageError{}
	}
	kind, more := strings.ToLower(r.Args[1]), r.Args[2:]
	switch {
	case kind == "application" && len(more) > 0:
		o.Application, o.Data = more[0], strings.Join(more[1:], " ")
	case kind == "extension":
		exten, in, _ := strings.Cut(command.Arg(more, 0), "@")
		o.To = channel.Location{Context: orText(in, "default"), Exten: orText(exten, "s"), Priority: 1}
	default:
		return &command.UsageError{}
	}
	x.channels.Go("originate "+o.Device, func() {
		// that nobody answers is no failure of the exchange: the reference is silent
		if _, err := x.calls.Originate(x.background, o, nil); err != nil && !errors.Is(err, call.ErrNotAnswered) {
			x.log.Warn("originated call failed", "device", o.Device, "error", err)
		}
	})
	return nil
}

func (x *Exchange) requestHangup(_ context.Context, r *command.ConsoleRequest) error {
	if len(r.Args) == 0 {
		return &command.UsageError{}
	}
	list, all := r.Args, strings.EqualFold(r.Args[0], "all")
	if all {
		list = []string{"/./"}
	}
	for _, name := range list {
		chosen, err := x.chosen(name)
		if err != nil {
			fmt.Fprintf(r.Out, "%s is not a valid POSIX Extended Regular Expression: %v\n", name, err)
			continue
		}
		for _, c := range chosen {
			fmt.Fprintf(r.Out, "Requested Hangup on channel '%s'\n", c.Name())
			c.Hangup(0)
		}
		switch {
		case len(chosen) > 0 || all:
		case isPattern(name):
			fmt.Fprintf(r.Out, "%s did not match a known channel\n", name)
		default:
			fmt.Fprintf(r.Out, "%s is not a known channel\n", name)
		}
	}
	return nil
}

// isPattern reports whether a name means several legs: a regular expression in
// slashes, or a pattern like those of paths.
func isPattern(name string) bool { return isRegular(name) || strings.ContainsAny(name, "*?[") }

func isRegular(name string) bool {
	return len(name) > 2 && strings.HasPrefix(name, "/") && strings.HasSuffix(name, "/")
}

// chosen returns the legs that a name or pattern means, whose case does not matter.
// The error is of a regular expression.
func (x *Exchange) chosen(name string) ([]*channel.Channel, error) {
	folded := strings.ToLower(name)
	fits := func(leg string) bool { ok, err := path.Match(folded, strings.ToLower(leg)); return ok && err == nil }
	switch {
	case isRegular(name):
		re, err := dialplan.CompileRegular(name[1:len(name)-1], true)
		if err != nil {
			return nil, err
		}
		fits = re.MatchString
	case !isPattern(name):
		if c := x.channels.Find(name); c != nil {
			return []*channel.Channel{c}, nil
		}
		return nil, nil
	}
	return slices.DeleteFunc(slices.Clone(x.channels.All()), func(c *channel.Channel) bool { return !fits(c.Name()) }), nil
}

func (x *Exchange) redirect(_ context.Context, r *command.ConsoleRequest) error {
	if len(r.Args) != 2 {
		return &command.UsageError{}
	}
	c := x.channels.Find(r.Args[0])
	if c == nil {
		return command.Refusal("Channel '" + r.Args[0] + "' not found")
	}
	to, err := x.plan().Resolve(c, r.Args[1])
	if err == nil {
		err = x.calls.Redirect(c, to)
	}
	if err != nil {
		return command.Refusal("Failed to redirect channel '" + c.Name() + "': " + err.Error())
	}
	fmt.Fprintf(r.Out, "Channel '%s' successfully redirected to %s\n", c.Name(), r.Args[1])
	return nil
}

func (x *Exchange) showBridges(_ context.Context, r *command.ConsoleRequest) error {
	fmt.Fprintf(r.Out, "%-36s %-36s %5s %-15s %-15s %s\n", "Bridge-ID", "Name", "Chans", "Type", "Technology", "Duration")
	for _, b := range x.bridges.All() {
		s := b.Snapshot()
		age := time.Since(s.Created)
		fmt.Fprintf(r.Out, "%-36s %-36s %5d %-15s %-15s %02d:%02d:%02d\n", s.ID, orText(s.Name, "<unknown>"), len(s.Channels), s.Type,
			s.Technology, int(age.Hours()), int(age.Minutes())%60, int(age.Seconds())%60)
	}
	return nil
}
