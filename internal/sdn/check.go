package sdn

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strconv"

	asterisk "github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/internal/sdn/control"
	"github.com/octothorpe/octothorpe/internal/sdn/gauge"
)

// check says of each file whether it is right, and stops at the first that is not.
func check(files []string, out, errOut io.Writer) int {
	files, code, ok := parse(flag.NewFlagSet("check", flag.ContinueOnError), files, arity{lacks: map[int]string{0: "no file is named"}}, out, errOut)
	if !ok {
		return code
	}
	for _, file := range files {
		one := checkFaucet
		if config.IsGauge(file) {
			one = checkGauge
		}
		expanded, warnings, err := one(file)
		if err != nil {
			fmt.Fprintln(errOut, err)
			return 1
		}
		for _, w := range warnings {
			fmt.Fprintln(errOut, "warning:", w)
		}
		for _, m := range expanded {
			text, err := json.MarshalIndent(m, "", "    ")
			if err != nil {
				fmt.Fprintln(errOut, err)
				return 1
			}
			fmt.Fprintf(out, "%s\n", text)
		}
	}
	return 0
}

// checkFaucet gives the switches of a faucet.yaml.
func checkFaucet(file string) (expanded []map[string]any, warnings []string, err error) {
	c, err := config.Load(file)
	if err != nil {
		return nil, nil, err
	}
	for _, dp := range c.DPs {
		expanded = append(expanded, config.Expand(dp))
	}
	return expanded, c.Warnings, nil
}

// checkGauge gives the watchers of a gauge.yaml. The faucet.yaml files that it names
// have to be right, as for Faucet's Gauge.
func checkGauge(file string) (expanded []map[string]any, warnings []string, err error) {
	g, err := config.LoadGauge(file)
	if err != nil {
		return nil, nil, err
	}
	warnings = g.Warnings
	var dps []*config.DP
	for _, path := range g.Faucet {
		c, err := config.Load(path)
		if err != nil {
			return nil, nil, err
		}
		dps = append(dps, c.DPs...)
	}
	if len(dps) > 0 {
		warnings = append(warnings, g.Strangers(dps)...)
	} else if !g.Embedded {
		warnings = append(warnings, file+": it names no faucet.yaml in faucet_configs: it counts on the switches of the controller that reads it, and Faucet's own Gauge refuses it")
	}
	if _, err := gauge.New(g, func() []control.Session { return nil }, slog.New(slog.DiscardHandler)); err != nil {
		return nil, nil, err
	}
	for _, w := range g.Watchers {
		expanded = append(expanded, config.ExpandWatcher(w))
	}
	return expanded, warnings, nil
}

// place is how errors and warnings of YAML files begin.
var place = regexp.MustCompile(`^(.+?):(\d+):\d+: (.*)$`)

// Check is what is wrong with the files that Options name. Nothing is started.
func Check(o Options) (list []asterisk.Diagnostic) {
	say := func(severity asterisk.Severity, file, text string) {
		d := asterisk.Diagnostic{Severity: severity, File: file, Problem: text}
		if m := place.FindStringSubmatch(text); m != nil {
			d.File, d.Problem = m[1], m[3]
			d.Line, _ = strconv.Atoi(m[2])
		}
		list = append(list, d)
	}
	for _, one := range []struct {
		file string
		read func(string) ([]map[string]any, []string, error)
	}{{o.Config, checkFaucet}, {o.Gauge, checkGauge}} {
		if one.file == "" {
			continue
		}
		_, warnings, err := one.read(one.file)
		for _, w := range warnings {
			say(asterisk.Warning, one.file, w)
		}
		switch e := (*config.Error)(nil); {
		case errors.As(err, &e) && e.File != "":
			list = append(list, asterisk.Diagnostic{Severity: asterisk.Error, File: e.File, Line: e.Line, Problem: e.Message, Hint: e.Hint})
		case err != nil:
			say(asterisk.Error, one.file, err.Error())
		}
	}
	return list
}
