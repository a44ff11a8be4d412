package exchange

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/logging"
)

// debugging is what the commands below have turned on.
type debugging struct {
	mu         sync.Mutex
	categories map[string]int // with their depths
	traced     map[string]int // modules, with their depths
	charges    atomic.Bool    // aoc set debug
}

// debugCommands are the console commands that have more written to the log.
func (x *Exchange) debugCommands() []command.Console {
	row := func(name, syntax, synopsis, description string, run func(*command.ConsoleRequest) error) command.Console {
		return command.Console{Row: command.Row{Name: name, Syntax: syntax, Synopsis: synopsis, Description: description},
			Run: func(_ context.Context, r *command.ConsoleRequest) error { return run(r) }}
	}
	legs := row("core set debug channel", "core set debug channel <all|channel> [off]", "Write what arrives on legs to the log",
		"Keys, ringing and the like, but no sound. With all, new legs follow.", x.setChannelDebug)
	legs.Complete = func(args []string, _ string) []string {
		switch len(args) {
		case 0:
			return append(x.channelNames(), "all")
		case 1:
			return []string{"off"}
		}
		return nil
	}
	trace := row("core set trace", "core set trace [atleast] <level> [module]\ncore set trace off", "Set how deep the log follows the program", "0 and off follow nothing.", x.setTrace)
	trace.Partial = "nothing in the program is written at this level yet"
	return []command.Console{
		legs, trace,
		row("aoc set debug", "aoc set debug {on|off}", "Write what calls cost to the log, as their far ends are told", "", x.setChargeDebug),
		row("core set debug category", "core set debug category <category>[:<sublevel>] [<category>[:<sublevel>] ...]\ncore set debug category off [<category> ...]",
			"Write what belongs to some subjects to the log", "rtp_packet, rtcp_packet and stun_packet are packets; rtp, rtcp, stun, ice\nand dtls what becomes of them. "+
				"Others are taken, and change nothing.", x.setDebugCategory),
	}
}

func (x *Exchange) setChargeDebug(r *command.ConsoleRequest) error {
	if len(r.Args) != 1 {
		return &command.UsageError{}
	}
	switch strings.ToLower(r.Args[0]) {
	case "on":
		x.debugging.charges.Store(true)
		fmt.Fprintln(r.Out, "aoc debug enabled")
	case "off":
		x.debugging.charges.Store(false)
		fmt.Fprintln(r.Out, "aoc debug disabled")
	default:
		return &command.UsageError{}
	}
	return nil
}

func (x *Exchange) tellCharge(c *channel.Channel, charge *channel.Charge) {
	if x.debugging.charges.Load() {
		logging.CallVerbosef(x.log, c.CallNumber(), 0, "%s is told %s", c.Name(), charge)
	}
}

func (x *Exchange) channelNames() []string {
	var list []string
	for _, c := range x.channels.All() {
		list = append(list, c.Name())
	}
	return list
}

// setChannelDebug is for one leg, or all and those that come; what it says of new ones is
// the same for both, as on the reference.
func (x *Exchange) setChannelDebug(r *command.ConsoleRequest) error {
	off := len(r.Args) == 2 && strings.EqualFold(r.Args[1], "off")
	if len(r.Args) == 0 || len(r.Args) > 2 || len(r.Args) == 2 && !off {
		return &command.UsageError{}
	}
	legs := x.channels.All()
	if strings.EqualFold(r.Args[0], "all") {
		x.channels.WatchNew(!off)
	} else {
		legs = legs[:0]
		if c := x.channels.Find(r.Args[0]); c != nil {
			legs = append(legs, c)
		} else {
			fmt.Fprintf(r.Out, "No such channel %s\n", r.Args[0])
		}
	}
	for _, c := range legs {
		if c.Watch(!off) && !off {
			fmt.Fprintf(r.Out, "Debugging enabled on channel %s\n", c.Name())
		}
	}
	fmt.Fprintf(r.Out, "Debugging on new channels is %s\n", map[bool]string{true: "disabled", false: "enabled"}[off])
	return nil
}

// subjects are the categories of what becomes of packets: they are lines of package rtp.
var subjects = []string{"rtp", "rtcp", "stun", "ice", "dtls"}

func (x *Exchange) setDebugCategory(r *command.ConsoleRequest) error {
	if len(r.Args) == 0 {
		return &command.UsageError{}
	}
	d := &x.debugging
	d.mu.Lock()
	defer d.mu.Unlock()
	before := maps.Clone(d.categories)
	switch off := strings.EqualFold(r.Args[0], "off"); {
	case off && len(r.Args) == 1:
		d.categories = nil
	case off:
		for _, name := range r.Args[1:] {
			delete(d.categories, strings.ToLower(name))
		}
	default:
		if d.categories == nil {
			d.categories = map[string]int{}
		}
		for _, word := range r.Args {
			name, level, _ := strings.Cut(strings.ToLower(word), ":")
			n, err := strconv.Atoi(level)
			if err != nil || n < 1 {
				n = 1
			}
			d.categories[name] = n
		}
	}
	x.applyCategories(before, d.categories)
	return nil
}

// applyCategories turns on and off what the categories that changed stand for.
func (x *Exchange) applyCategories(before, now map[string]int) {
	for name, trace := range map[string]packets{"rtp_packet": &x.rtpTrace.Wanted, "rtcp_packet": &x.rtpTrace.Control} {
		switch had, has := before[name] > 0, now[name] > 0; {
		case has && !had:
			trace.All()
		case had && !has:
			trace.Off()
		}
	}
	if had, has := before["stun_packet"] > 0, now["stun_packet"] > 0; had != has {
		x.rtpTrace.TellSTUN(has)
	}
	deepest := func(of map[string]int) (n int) {
		for _, name := range subjects {
			n = max(n, of[name])
		}
		return n
	}
	if n := deepest(now); n != deepest(before) {
		x.logs.SetModuleDebug("rtp", n)
	}
}

func (x *Exchange) setTrace(r *command.ConsoleRequest) error {
	d := &x.debugging
	d.mu.Lock()
	defer d.mu.Unlock()
	return depth{"trace", x.logs.TraceLevel, x.logs.SetTrace, func(name string) int { return d.traced[name] }, d.setTraced}.change(r)
}

// setTraced is called with d.mu held.
func (d *debugging) setTraced(module string, n int) {
	if n == 0 {
		delete(d.traced, module)
		return
	}
	if d.traced == nil {
		d.traced = map[string]int{}
	}
	d.traced[module] = n
}
