package sdn

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"slices"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/internal/sdn/pipeline"
	"github.com/octothorpe/octothorpe/internal/sdn/view"
)

// Main runs the command; it returns the exit code.
func Main(args []string, out, errOut io.Writer) int {
	if len(args) > 0 {
		switch args[0] {
		case "check":
			return check(args[1:], out, errOut)
		case "tables":
			return tables(args[1:], out, errOut)
		case "plan":
			return plan(args[1:], out, errOut)
		case "show":
			return show(args[1:], out, errOut)
		case "trace":
			return trace(args[1:], out, errOut)
		case "help", "-h", "--help":
			fmt.Fprint(out, usage)
			return 0
		}
	}
	return serve(args, out, errOut)
}

// check says of each file whether it is right, and stops at the first that is not.
func check(files []string, out, errOut io.Writer) int {
	files, code, ok := parse(flag.NewFlagSet("check", flag.ContinueOnError), "check", files, out, errOut)
	if !ok {
		return code
	}
	if len(files) == 0 {
		return misuse(errOut, "check", "no file is named")
	}
	for _, file := range files {
		c, err := config.Load(file)
		if err != nil {
			fmt.Fprintln(errOut, err)
			return 1
		}
		for _, w := range c.Warnings {
			fmt.Fprintln(errOut, "warning:", w)
		}
		for _, dp := range c.DPs {
			text, err := json.MarshalIndent(config.Expand(dp), "", "    ")
			if err != nil {
				fmt.Fprintln(errOut, err)
				return 1
			}
			fmt.Fprintf(out, "%s\n", text)
		}
	}
	return 0
}

// allUp is the state of a switch of which all ports have a link.
func allUp(dp *config.DP) pipeline.State {
	s := pipeline.State{Up: map[uint32]bool{}}
	for _, p := range dp.Ports {
		s.Up[p.Number] = true
	}
	return s
}

func tables(args []string, out, errOut io.Writer) int {
	args, code, ok := parse(flag.NewFlagSet("tables", flag.ContinueOnError), "tables", args, out, errOut)
	switch {
	case !ok:
		return code
	case len(args) == 0:
		return misuse(errOut, "tables", "no file is named")
	case len(args) > 2:
		return misuse(errOut, "tables", "%s", surplus(args[2:]))
	}
	c, err := config.Load(args[0])
	if err != nil {
		fmt.Fprintln(errOut, err)
		return 1
	}
	i := 0
	if len(args) == 2 {
		if i = slices.IndexFunc(c.DPs, func(dp *config.DP) bool { return dp.Name == args[1] }); i < 0 {
			fmt.Fprintln(errOut, view.NoSwitch(c.DPs, args[1]))
			return 1
		}
	}
	t := pipeline.Build(c.DPs[i], allUp(c.DPs[i]))
	for n, name := range t.Names {
		fmt.Fprintf(out, "# table %d is %s\n", n, name)
	}
	slices.SortStableFunc(t.Flows, func(a, b *pipeline.Flow) int {
		if a.Table != b.Table {
			return int(a.Table) - int(b.Table)
		}
		return int(b.Priority) - int(a.Priority)
	})
	for _, f := range t.Flows {
		fmt.Fprintln(out, f)
	}
	for _, w := range t.Warnings {
		fmt.Fprintln(errOut, "warning:", w)
	}
	return 0
}

// plan prints the difference of two files; 0 if there is none, 1 on an error, 3 if
// there is one.
func plan(args []string, out, errOut io.Writer) int {
	args, code, ok := parse(flag.NewFlagSet("plan", flag.ContinueOnError), "plan", args, out, errOut)
	switch {
	case !ok:
		return code
	case len(args) < 2:
		return misuse(errOut, "plan", "it compares two files, and %s named", []string{"none is", "one is"}[len(args)])
	case len(args) > 2:
		return misuse(errOut, "plan", "%s", surplus(args[2:]))
	}
	var both [2]*config.Config
	for i := range both {
		var err error
		if both[i], err = config.Load(args[i]); err != nil {
			fmt.Fprintln(errOut, err)
			return 1
		}
	}
	named := func(c *config.Config, id uint64) *config.DP {
		for _, dp := range c.DPs {
			if dp.DatapathID() == id {
				return dp
			}
		}
		return nil
	}
	for _, dp := range both[0].DPs {
		if named(both[1], dp.DatapathID()) == nil {
			fmt.Fprintf(out, "%s: is not driven any more\n", dp.Name)
			code = 3
		}
	}
	for _, dp := range both[1].DPs {
		old := named(both[0], dp.DatapathID())
		if old == nil {
			fmt.Fprintf(out, "%s: is new\n", dp.Name)
			code = 3
			continue
		}
		if planOne(out, dp.Name, pipeline.Build(old, allUp(old)), pipeline.Build(dp, allUp(dp))) {
			code = 3
		}
	}
	return code
}

func planOne(out io.Writer, name string, old, new *pipeline.Tables) bool {
	if !slices.Equal(old.Names, new.Names) {
		fmt.Fprintf(out, "%s: cold start: the tables are %v, were %v\n", name, new.Names, old.Names)
		return true
	}
	had, has := map[string]bool{}, map[string]bool{}
	for _, f := range old.Flows {
		had[f.String()] = true
	}
	for _, f := range new.Flows {
		has[f.String()] = true
	}
	different := false
	for _, f := range old.Flows {
		if !has[f.String()] {
			fmt.Fprintf(out, "%s: - %s\n", name, f)
			different = true
		}
	}
	for _, f := range new.Flows {
		if !had[f.String()] {
			fmt.Fprintf(out, "%s: + %s\n", name, f)
			different = true
		}
	}
	return different
}
