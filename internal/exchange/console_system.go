package exchange

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/internal/phone"
	"github.com/octothorpe/octothorpe/internal/rtp"
)

// systemCommands are the small console commands that tell what the program and
// the machine have.
func (x *Exchange) systemCommands() []command.Console {
	row := func(name, arguments, synopsis, module string, run func(*command.ConsoleRequest) error) command.Console {
		return command.Console{Row: command.Row{Name: name, Syntax: strings.TrimSpace(name + " " + arguments), Synopsis: synopsis, Module: module},
			Run: func(_ context.Context, r *command.ConsoleRequest) error { return run(r) }}
	}
	kind := row("core show channeltype", "<name>", "Describe a technology of channels", "", x.showChannelType)
	kind.Complete = x.technologyNames
	return []command.Console{
		row("core show sysinfo", "", "Show memory and load of the machine", "", showSysinfo),
		row("core show threads", "", "List the goroutines by what they do", "", showThreads),
		row("core show channeltypes", "", "List the technologies of channels", "", x.showChannelTypes),
		kind,
		row("core show license", "", "Show under which licence the program comes", "", showLicense),
		row("core show warranty", "", "Show that there is no warranty", "", showWarranty),
		row("core show switches", "", "List the switches that dialplans can use", "", showSwitches),
		row("rtp show settings", "", "Show the settings of RTP", "res_rtp_asterisk", x.showRTP),
		row("udptl show config", "", "Show UDPTL config options", "", x.showUDPTL),
		row("moh show classes", "", "List the classes of music on hold", "res_musiconhold", x.showMusic),
		row("local show channels", "", "List Local channels", "", x.showLocal),
	}
}

// showSysinfo prints what /proc tells, where there is one.
func showSysinfo(r *command.ConsoleRequest) error {
	memory := map[string]string{}
	text, _ := os.ReadFile("/proc/meminfo")
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 1 {
			memory[strings.TrimSuffix(f[0], ":")] = f[1]
		}
	}
	up, _ := os.ReadFile("/proc/uptime")
	load, _ := os.ReadFile("/proc/loadavg") // "0.5 0.4 0.3 running/all last"
	seconds, _ := strconv.ParseFloat(strings.SplitN(string(up)+" ", " ", 2)[0], 64)
	processes := "0"
	if f := strings.Fields(string(load)); len(f) > 3 {
		_, processes, _ = strings.Cut(f[3], "/")
	}
	orZero := func(name string) string {
		if memory[name] == "" {
			return "0"
		}
		return memory[name]
	}
	fmt.Fprintf(r.Out, "\nSystem Statistics\n-----------------\n  System Uptime:             %d hours\n", int(seconds)/3600)
	for _, m := range [][2]string{{"Total RAM", "MemTotal"}, {"Free RAM", "MemFree"}, {"Buffer RAM", "Buffers"}, {"Total Swap Space", "SwapTotal"}, {"Free Swap Space", "SwapFree"}} {
		fmt.Fprintf(r.Out, "  %-26s %s KiB\n", m[0]+":", orZero(m[1]))
	}
	fmt.Fprintf(r.Out, "\n  Number of Processes:       %s \n\n", processes)
	return nil
}

// showThreads prints goroutines, which are here what threads are elsewhere: how
// many there are of each and where they were started.
func showThreads(r *command.ConsoleRequest) error {
	var b strings.Builder
	if err := pprof.Lookup("goroutine").WriteTo(&b, 1); err != nil {
		return fmt.Errorf("list goroutines: %w", err)
	}
	for block := range strings.SplitSeq(b.String(), "\n\n") {
		count, at, ok := strings.Cut(block, " @ ")
		lines := strings.Split(strings.TrimSpace(at), "\n")
		if !ok || len(lines) < 2 {
			continue
		}
		count = count[strings.LastIndexByte(count, '\n')+1:]
		root := strings.Fields(lines[len(lines)-1]) // # 0x… function+0x… file:line
		if len(root) > 3 {
			name, _, _ := strings.Cut(root[2][strings.LastIndexByte(root[2], '/')+1:], "+0x")
			fmt.Fprintf(r.Out, "%6s %-50s %s\n", count, name, root[3][strings.LastIndexByte(root[3], '/')+1:])
		}
	}
	fmt.Fprintf(r.Out, "%d threads listed.\n", runtime.NumGoroutine())
	return nil
}

// describedTechnologies tell what the drivers are, and whether they can transfer.
var describedTechnologies = map[string]technologyFacts{
	"PJSIP": {"SIP, from pjsip.conf", true, true, true, true}, "SIP": {"SIP, from sip.conf", true, true, true, true},
	"Local": {"Calls into the dialplan", true, true, false, true}, "IAX2": {"IAX2, from iax.conf", true, true, true, true},
	"AudioSocket": {description: "Audio to a program, over TCP"}, "WebSocket": {description: "Audio to a program, over WebSocket"},
	"UnicastRTP": {description: "Audio to an address, over RTP"}, "MulticastRTP": {description: "Audio to a group, over RTP"},
}

// technologyFacts are what a driver is and does: whether it tells the state of devices,
// is told to ring and the like, can transfer, and sends text.
type technologyFacts struct {
	description                        string
	devices, indicates, transfer, text bool
}

func (x *Exchange) technologyNames([]string, string) []string {
	var list []string
	for _, d := range x.channels.Drivers() {
		list = append(list, d.Technology())
	}
	return list
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

func (x *Exchange) showChannelTypes(r *command.ConsoleRequest) error {
	const format = "%-15.15s  %-40.40s %-13.13s %-13.13s %-13.13s %-13.13s\n"
	fmt.Fprintf(r.Out, format, "Type", "Description", "Devicestate", "Presencestate", "Indications", "Transfer")
	fmt.Fprintf(r.Out, format, "-------------", "-------------", "-------------", "-------------", "-------------", "-------------")
	drivers := x.channels.Drivers()
	for _, d := range drivers {
		about := describedTechnologies[d.Technology()]
		fmt.Fprintf(r.Out, format, d.Technology(), about.description, yesNo(about.devices), "no", yesNo(about.indicates), yesNo(about.transfer))
	}
	fmt.Fprintf(r.Out, "----------\n%d channel drivers registered.\n", len(drivers))
	return nil
}

func (x *Exchange) showChannelType(r *command.ConsoleRequest) error {
	if len(r.Args) != 1 {
		return &command.UsageError{}
	}
	d, ok := x.channels.Driver(r.Args[0])
	if !ok {
		return command.Refusal("\n" + r.Args[0] + " is not a registered channel driver.")
	}
	about, formats := describedTechnologies[d.Technology()], formatNames()
	if d.Technology() == phone.PJSIP || d.Technology() == phone.SIP { // which name those of sound
		formats = formatNames(media.Audio)
	}
	digits := yesNo(about.indicates)
	end := digits
	if d.Technology() == "AudioSocket" || d.Technology() == "WebSocket" { // they are told of keys that are let go
		end = "yes"
	}
	fmt.Fprintf(r.Out, "-- Info about channel driver: %s --\n  Device State: %s\nPresence State: no\n    Indication: %s\n     Transfer : %s\n"+
		"  Capabilities: (%s)\n   Digit Begin: %s\n     Digit End: %s\n    Send HTML : no\n Image Support: no\n  Text Support: %s\n",
		d.Technology(), yesNo(about.devices), yesNo(about.indicates), yesNo(about.transfer), strings.Join(formats, "|"), digits, end, yesNo(about.text))
	return nil
}

func showLicense(r *command.ConsoleRequest) error {
	fmt.Fprint(r.Out, "\nOctothorpe is free software under the Apache License, Version 2.0: you may use,\n"+
		"change and pass it on under its terms, which stand in the file LICENSE and at\nhttps://www.apache.org/licenses/LICENSE-2.0.\n\n")
	return nil
}

func showWarranty(r *command.ConsoleRequest) error {
	fmt.Fprint(r.Out, "\n\t\t\t    NO WARRANTY\n\nThe program is given as it is, without warranty of any kind, express or implied,\n"+
		"and nobody is liable for what comes of its use, as far as the law allows this:\nsections 7 and 8 of the Apache License, Version 2.0.\n\n")
	return nil
}

func showSwitches(r *command.ConsoleRequest) error {
	fmt.Fprint(r.Out, "\n    -= Registered Asterisk Alternative Switches =-\nLoopback: Loopback Dialplan Switch\nLua: Lua PBX Switch\n")
	return nil
}

func (x *Exchange) showRTP(r *command.ConsoleRequest) error {
	m := x.phones.media.Load()
	if m == nil {
		return command.Refusal("RTP is not used: there are no phones")
	}
	low, high := m.ports.Range()
	strict := "No\n"
	if m.strict != rtp.StrictOff {
		strict = fmt.Sprintf("Yes\n  Probation:       %d frames\n", m.probation)
	}
	word := func(yes bool) string { return map[bool]string{true: "Yes", false: "No"}[yes] }
	stun := "disabled\n   Address:        0.0.0.0:0"
	if m.ice.STUN != "" {
		stun = "enbabled\n   Address:        " + m.ice.STUN // the reference spells it so
	}
	fmt.Fprintf(r.Out, "\n\nGeneral Settings:\n----------------\n  Port start:      %d\n  Port end:        %d\n  Checksums:       %s\n"+
		"  DTMF Timeout:    %d\n  Strict RTP:      %s  Replay Protect:  %s\n  ICE support:     %s\n  STUN:            %s\n",
		low, high, word(!m.tuning.NoChecksums), m.keyLost, strict, word(!m.tuning.Replays), word(!m.ice.Disabled), stun)
	return nil
}

func (x *Exchange) showMusic(r *command.ConsoleRequest) error {
	if len(r.Args) > 0 {
		return &command.UsageError{}
	}
	for _, c := range x.sounds.Sounds().Classes() {
		fmt.Fprintf(r.Out, "Class: %s\n\tMode: %s\n\tDirectory: %s\n", c.Name, c.Mode, orText(c.Directory, "nodir"))
		if c.Mode == "custom" {
			fmt.Fprintf(r.Out, "\tApplication: %s\n\tKill Escalation Delay: %d ms\n\tKill Method: %s\n", c.Application, c.KillDelay.Milliseconds(), c.KillMethod)
		}
		if c.Mode != "files" {
			fmt.Fprintf(r.Out, "\tFormat: %s\n", c.Format)
		}
	}
	return nil
}

func (x *Exchange) showLocal(r *command.ConsoleRequest) error {
	n := 0
	for _, c := range x.channels.All() {
		name, half := c.Name(), ""
		if c.Snapshot().Technology != "Local" {
			continue
		}
		if name, half, _ = strings.Cut(strings.TrimPrefix(name, "Local/"), ";"); half == "2" {
			continue
		}
		if i := strings.LastIndexByte(name, '-'); i > 0 {
			name = name[:i] // without the number
		}
		fmt.Fprintf(r.Out, "%s -- %s\n", c.Name(), name)
		n++
	}
	if n == 0 {
		fmt.Fprintln(r.Out, "No local channels in use")
	}
	return nil
}
