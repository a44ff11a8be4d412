package sdn

import (
	"flag"
	"fmt"
	"io"
	"net/url"
	"slices"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/internal/sdn/view"
)

// plan prints what a change would do to the switches: of two files, or, when none is
// named, of the files of a controller that runs, as they are on its disk now. The code is
// 0 if nothing, 3 if something, 1 on an error.
func plan(args []string, out, errOut io.Writer) int {
	f := flag.NewFlagSet("plan", flag.ContinueOnError)
	at := f.String("at", viewAddress(), "")
	one := "it compares two files, and one is named (none: those of the controller that runs)"
	args, code, ok := parse(f, args, arity{lacks: map[int]string{1: one}, most: 2}, out, errOut)
	if !ok {
		return code
	}
	var steps []view.Planned
	var err error
	if len(args) == 2 {
		steps, err = planFiles(args[0], args[1], errOut)
	} else {
		err = running{*at}.get("plan", url.Values{}, &steps)
	}
	if err != nil {
		fmt.Fprintln(errOut, err)
		return 1
	}
	for _, s := range steps {
		fmt.Fprintln(out, s)
	}
	if len(steps) > 0 {
		return 3
	}
	return 0
}

func planFiles(before, after string, errOut io.Writer) ([]view.Planned, error) {
	old, err := config.Load(before)
	if err != nil {
		return nil, err
	}
	now, err := config.Load(after)
	if err != nil {
		return nil, err
	}
	for _, s := range now.Sums {
		if slices.Contains(old.Sums, s) && before != after && len(old.Sums) > 1 {
			fmt.Fprintf(errOut, "note: both have %s in them, as it is on disk; octothorpe sdn plan without files asks the controller that runs\n", s.Path)
		}
	}
	return view.Plan(old, now), nil
}
