package sharedline

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
)

// Commands returns the console commands.
func (h *House) Commands() []command.Console {
	one := func(name, synopsis string, run func(*command.ConsoleRequest)) command.Console {
		return command.Console{Row: command.Row{Name: name, Module: "app_sla", Syntax: name, Synopsis: synopsis},
			Run: func(_ context.Context, r *command.ConsoleRequest) error { run(r); return nil }}
	}
	return []command.Console{
		one("sla show stations", "Show the stations of shared lines", h.showStations),
		one("sla show trunks", "Show the shared lines", h.showTrunks),
	}
}

var (
	heavy = strings.Repeat("=", 61)
	light = "=== " + strings.Repeat("-", 57)
)

func orNone(text string) string {
	if text == "" {
		return "(none)"
	}
	return text
}

// span is a time in seconds.
func span(d time.Duration, unit string) string {
	if d == 0 {
		return "(none)"
	}
	return strconv.Itoa(int(d/time.Second)) + unit
}

func access(private bool) string {
	if private {
		return "Private"
	}
	return "Open"
}

func (h *House) showTrunks(r *command.ConsoleRequest) {
	h.mu.Lock()
	defer h.mu.Unlock() // Out does not wait: it is a relay of the console's
	p := func(format string, args ...any) { fmt.Fprintf(r.Out, format+"\n", args...) }
	p("\n%s\n=== Configured SLA Trunks ===================================\n%s\n===", heavy, heavy)
	for _, t := range h.trunks {
		p("%s\n=== Trunk Name:       %s\n=== ==> Device:       %s\n=== ==> AutoContext:  %s\n=== ==> RingTimeout:  %s", light, t.name, t.device, orNone(t.context), span(t.ring, " Seconds"))
		p("=== ==> BargeAllowed: %s\n=== ==> HoldAccess:   %s\n=== ==> Stations ...", map[bool]string{true: "Yes", false: "No"}[t.barge], access(t.private))
		for _, k := range h.keysOf(t) {
			p("===    ==> Station name: %s", k.station.name)
		}
		p("%s\n===", light)
	}
	p("%s\n", heavy)
}

func (h *House) showStations(r *command.ConsoleRequest) {
	h.mu.Lock()
	defer h.mu.Unlock() // Out does not wait: it is a relay of the console's
	p := func(format string, args ...any) { fmt.Fprintf(r.Out, format+"\n", args...) }
	p("\n%s\n=== Configured SLA Stations =================================\n%s\n===", heavy, heavy)
	for _, s := range h.stations {
		p("%s\n=== Station Name:    %s\n=== ==> Device:      %s\n=== ==> AutoContext: %s\n=== ==> RingTimeout: %s\n=== ==> RingDelay:   %s", light, s.name, s.device,
			orNone(s.context), span(s.stationSettings.ring, ""), span(s.stationSettings.delay, ""))
		p("=== ==> HoldAccess:  %s\n=== ==> Trunks ...", access(s.private))
		for _, k := range s.keys {
			p("===    ==> Trunk Name: %s\n===       ==> State:       %s\n===       ==> RingTimeout: %s\n===       ==> RingDelay:   %s", k.trunk.name,
				keyStates[k.state].word, span(k.ring, ""), span(k.keySettings.delay, ""))
		}
		p("%s\n===", light)
	}
	p("%s\n", heavy[1:])
}
