package exchange

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/media"
)

// codecCommands are the console commands about formats of sound.
func codecCommands() []command.Console {
	row := func(name, arguments, synopsis string, run func(*command.ConsoleRequest) error) command.Console {
		return command.Console{Row: command.Row{Name: name, Syntax: strings.TrimSpace(name + " " + arguments), Synopsis: synopsis},
			Run: func(_ context.Context, r *command.ConsoleRequest) error { return run(r) }}
	}
	paths := row("core show translation", "[paths <codec>]", "Show what it costs to translate formats", showTranslation)
	paths.Complete = func(args []string, _ string) []string {
		switch {
		case len(args) == 0:
			return []string{"paths"}
		case len(args) == 1 && args[0] == "paths":
			return formatNames()
		}
		return nil
	}
	return []command.Console{
		paths,
		row("core show codecs", "[audio|video|image|text]", "List the codecs", showCodecs),
		row("core show codec", "<number>", "Show a codec by its number", showCodec),
		row("core show file formats", "", "List the formats of sound files", showFileFormats),
	}
}

func formatNames(kinds ...media.MediaKind) []string {
	var list []string
	for _, f := range media.Formats() {
		if len(kinds) == 0 || slices.Contains(kinds, f.Kind) {
			list = append(list, f.Name)
		}
	}
	return list
}

// codecName is the codec of a format: slin for slin16.
func codecName(f *media.Format) string {
	if f.Linear() {
		return "slin"
	}
	return f.Name
}

func showCodecs(r *command.ConsoleRequest) error {
	kind := command.Arg(r.Args, 0) // of which there may be none
	fmt.Fprintf(r.Out, "Disclaimer: this command is for informational purposes only.\n\tIt does not indicate anything about your configuration.\n"+
		"%8s %-5s %-12s %-16s %7s %s\n%s\n", "ID", "TYPE", "NAME", "FORMAT", "QUALITY", "DESCRIPTION", strings.Repeat("-", 96))
	for i, f := range media.Formats() {
		if kind == "" || kind == f.Kind.String() {
			fmt.Fprintf(r.Out, "%8d %-5s %-12s %-16s %7d (%s %d Hz)\n", i+1, f.Kind, codecName(f), f.Name, 0, f.Encoding, f.Rate)
		}
	}
	return nil
}

func showCodec(r *command.ConsoleRequest) error {
	n, err := strconv.Atoi(command.Arg(r.Args, 0))
	if len(r.Args) != 1 || err != nil {
		return &command.UsageError{}
	}
	if list := media.Formats(); n > 0 && n <= len(list) {
		fmt.Fprintf(r.Out, "%11d %s (%s)\n", n, list[n-1].Encoding, list[n-1].Name)
		return nil
	}
	fmt.Fprintf(r.Out, "Codec %d not found\n", n)
	return nil
}

func showFileFormats(r *command.ConsoleRequest) error {
	if len(r.Args) > 0 {
		return &command.UsageError{}
	}
	const line = "%-10s %-10s %-20s\n"
	fmt.Fprintf(r.Out, line+line, "Format", "Name", "Extensions", "------", "----", "----------")
	type kind struct {
		format     *media.Format
		extensions []string
	}
	var kinds []*kind
	for _, e := range media.FileExtensions() {
		f, _ := media.FileFormat(e)
		wav := strings.HasPrefix(strings.ToLower(e), "wav")
		var same *kind
		for _, k := range kinds {
			if k.format == f && !wav && !strings.HasPrefix(strings.ToLower(k.extensions[0]), "wav") {
				same = k
			}
		}
		if same == nil {
			same = &kind{format: f}
			kinds = append(kinds, same)
		}
		same.extensions = append(same.extensions, e)
	}
	for _, k := range kinds {
		fmt.Fprintf(r.Out, line, k.format.Name, k.extensions[0], strings.Join(k.extensions, "|"))
	}
	fmt.Fprintf(r.Out, "%d file formats registered.\n", len(kinds))
	return nil
}

// showTranslation prints the costs of all pairs of formats, or of one's.
func showTranslation(r *command.ConsoleRequest) error {
	var list []*media.Format
	for _, f := range media.Formats() {
		if _, ok := media.Cost(f, media.SLin); ok && f.Kind == media.Audio {
			list = append(list, f)
		}
	}
	if len(r.Args) == 2 && r.Args[0] == "paths" {
		from, ok := media.FormatByName(r.Args[1])
		if !ok {
			return command.Refusal("Source codec \"" + r.Args[1] + "\" is not found.")
		}
		fmt.Fprintf(r.Out, "--- Translation paths SRC Codec \"%s\" sample rate %d ---\n", codecName(from), from.Rate)
		for _, to := range list {
			if to == from {
				continue
			}
			path := "No Translation Path"
			if cost, ok := media.Cost(from, to); ok {
				path = fmt.Sprintf("%d", cost)
			}
			fmt.Fprintf(r.Out, "\t%-16s To %-16s: %s\n", fmt.Sprintf("%s:%d", codecName(from), from.Rate), fmt.Sprintf("%s:%d", codecName(to), to.Rate), path)
		}
		return nil
	}
	if len(r.Args) > 0 {
		return &command.UsageError{}
	}
	fmt.Fprint(r.Out, "         Translation times between formats (in microseconds) for one second of data\n"+
		"          Source Format (Rows) Destination Format (Columns)\n\n")
	width := func(f *media.Format) int { return max(5, len(f.Name)) }
	fmt.Fprintf(r.Out, "%23s", "")
	for _, f := range list {
		fmt.Fprintf(r.Out, " %*s", width(f), f.Name)
	}
	fmt.Fprintln(r.Out)
	for _, from := range list {
		fmt.Fprintf(r.Out, "%23s", from.Name)
		for _, to := range list {
			cell := "-"
			if cost, ok := media.Cost(from, to); ok && from != to {
				cell = strconv.Itoa(cost)
			}
			fmt.Fprintf(r.Out, " %*s", width(to), cell)
		}
		fmt.Fprintln(r.Out)
	}
	return nil
}
