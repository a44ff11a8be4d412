package sdn

import (
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

func tables(args []string, out, errOut io.Writer) int {
	args, code, ok := parse(flag.NewFlagSet("tables", flag.ContinueOnError), args, arity{lacks: map[int]string{0: "no file is named"}, most: 2}, out, errOut)
	if !ok {
		return code
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
	t := pipeline.Build(c.DPs[i], pipeline.AllUp(c.DPs[i]))
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
