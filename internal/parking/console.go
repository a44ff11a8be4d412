package parking

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
)

// Commands returns the console command.
func (h *House) Commands() []command.Console {
	return []command.Console{{Row: command.Row{Name: "parking show", Module: "res_parking", Syntax: "parking show [<lot>]", Synopsis: "Show parking lots and who is parked"},
		Complete: func([]string, string) (names []string) {
			for _, l := range h.All() {
				names = append(names, l.get().name)
			}
			return names
		},
		Run: func(_ context.Context, r *command.ConsoleRequest) error {
			if len(r.Args) == 0 {
				h.showAll(r.Out)
				return nil
			}
			l := h.Find(r.Args[0])
			if l == nil {
				fmt.Fprintf(r.Out, "\nCould not find parking lot '%s'\n\n", r.Args[0])
				return nil
			}
			l.show(r.Out)
			return nil
		}}}
}

func (h *House) showAll(out io.Writer) {
	fmt.Fprintf(out, "\nParking General Options\n-----------------------\nDynamic Parking     :  %s\n\n", yesNo(h.makes()))
	for _, l := range h.All() {
		l.get().show(out)
		fmt.Fprintln(out)
	}
	fmt.Fprintln(out)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func (s *Settings) show(out io.Writer) {
	comeback := s.comeback
	if s.toOrigin {
		comeback += " (comebacktoorigin=yes, not used)"
	}
	fmt.Fprintf(out, "Parking Lot: %s\n%s\n", s.name, strings.Repeat("-", 74))
	for _, line := range []struct{ name, value string }{
		{"Parking Extension", s.exten}, {"Parking Context", s.context}, {"Parking Spaces", fmt.Sprintf("%d-%d", s.first, s.last)},
		{"Parking Time", fmt.Sprintf("%d sec", int(s.time/time.Second))}, {"Comeback to Origin", yesNo(s.toOrigin)}, {"Comeback Context", comeback},
		{"Comeback Dial Time", fmt.Sprintf("%d sec", int(s.dialTime/time.Second))}, {"MusicOnHold Class", s.music}, {"Enabled", yesNo(!s.closing)}, {"Dynamic", yesNo(s.dynamic)},
	} {
		fmt.Fprintf(out, "%-20s:  %s\n", line.name, line.value)
	}
}

func (l *Lot) show(out io.Writer) {
	fmt.Fprintln(out)
	l.get().show(out)
	fmt.Fprint(out, "\nParked Calls\n------------\n")
	list := l.parked()
	if len(list) == 0 {
		fmt.Fprintln(out, "  (none)")
	}
	for _, s := range list {
		fmt.Fprintf(out, "  Space               :  %d\n  Channel             :  %s\n  Parker Dial String  :  %s\n", s.space, s.leg().Name(), s.parker)
	}
	fmt.Fprint(out, "\n\n")
}
