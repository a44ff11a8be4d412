package exchange

import (
	"context"
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/media"
)

// toneCommands are the console commands about the tones of countries.
func (x *Exchange) toneCommands() []command.Console {
	row := func(name, arguments, synopsis, description string, run func(*command.ConsoleRequest) error) command.Console {
		return command.Console{Row: command.Row{Name: name, Syntax: name + " " + arguments, Synopsis: synopsis, Description: description, Module: "res_indications"},
			Run: func(_ context.Context, r *command.ConsoleRequest) error { return run(r) }, Complete: x.countryNames}
	}
	remove := row("indication remove", "<country> [<indication>]", "Take a tone from a country, or the country",
		"It is there again when indications.conf is read again.", x.removeIndication)
	remove.Complete = x.toneNames
	return []command.Console{
		row("indication show", "[<country> ...]", "List the tones of countries", "", x.showIndications),
		row("indication add", "<country> <indication> \"<tonelist>\"", "Give a country a tone", "It is there until indications.conf is read again.", x.addIndication),
		remove,
	}
}

func (x *Exchange) countryNames([]string, string) []string {
	var list []string
	for _, z := range x.sounds.Sounds().Zones() {
		list = append(list, z.Country)
	}
	return list
}

// toneNames are the countries, and behind one its tones.
func (x *Exchange) toneNames(args []string, word string) []string {
	switch len(args) {
	case 0:
		return x.countryNames(args, word)
	case 1:
		if z := x.sounds.Sounds().Zone(args[0]); z != nil {
			return sortedTones(z)
		}
	}
	return nil
}

func sortedTones(z *media.Zone) []string {
	var list []string
	for name := range z.Tones {
		list = append(list, name)
	}
	sort.Strings(list)
	return list
}

func (x *Exchange) showIndications(r *command.ConsoleRequest) error {
	zones := x.sounds.Sounds().Zones()
	if len(r.Args) == 0 {
		fmt.Fprint(r.Out, "Country   Description\n===========================\n")
		for _, z := range zones {
			fmt.Fprintf(r.Out, "%-7.7s  %s\n", z.Country, z.Description)
		}
		fmt.Fprintf(r.Out, "===========================\nDefault tone zone: %s\n", x.sounds.Sounds().Zone("").Country)
		return nil
	}
	found := false
	for _, z := range zones {
		for _, name := range r.Args {
			if !strings.EqualFold(name, z.Country) {
				continue
			}
			if !found {
				fmt.Fprint(r.Out, "Country Indication      PlayList\n=====================================\n")
			}
			found = true
			var rings []string
			for _, ms := range z.Cadence {
				rings = append(rings, strconv.Itoa(ms))
			}
			fmt.Fprintf(r.Out, "%-7.7s %-15.15s %s\n", z.Country, "<ringcadence>", strings.Join(rings, ","))
			for _, tone := range sortedTones(z) {
				fmt.Fprintf(r.Out, "%-7.7s %-15.15s %s\n", z.Country, tone, z.Tones[tone])
			}
		}
	}
	if !found {
		fmt.Fprintln(r.Out, "No countries matched your criteria.")
	}
	return nil
}

func (x *Exchange) addIndication(r *command.ConsoleRequest) error {
	if len(r.Args) != 3 {
		return &command.UsageError{}
	}
	created, err := x.sounds.Sounds().AddTone(r.Args[0], r.Args[1], r.Args[2])
	if err != nil {
		return fmt.Errorf("the tone %s of %s can't be added: %w", r.Args[1], r.Args[0], err)
	}
	if created {
		x.log.Warn("a country of tones is new", "country", r.Args[0])
	}
	return nil
}

// removeIndication says what is wrong in the log alone, as the reference does.
func (x *Exchange) removeIndication(r *command.ConsoleRequest) error {
	library := x.sounds.Sounds()
	var err error
	switch len(r.Args) {
	case 1:
		err = library.RemoveZone(r.Args[0])
	case 2:
		err = library.RemoveTone(r.Args[0], r.Args[1])
	default:
		return &command.UsageError{}
	}
	if err != nil {
		x.log.Warn("a tone can't be removed", "what", strings.Join(r.Args, "/"), "error", err)
		return command.Refusal("")
	}
	return nil
}
