package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

// A known difference from the reference: differences.tsv has the scenario, or * for all,
// what the line of the report matches, and the reason.
type known struct {
	scenario string
	line     *regexp.Regexp
	reason   string
}

func readKnown(path string) ([]known, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var all []known
	for line := range strings.Lines(string(data)) {
		fields := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(fields) != 3 || fields[2] == "" {
			return nil, fmt.Errorf("%s: %q says no reason", path, line)
		}
		expression, err := regexp.Compile(fields[1])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		all = append(all, known{fields[0], expression, fields[2]})
	}
	return all, nil
}

// unknown leaves out of the differences of a scenario those that are known.
func unknown(scenario *Scenario, differences []string, all []known) (rest []string) {
next:
	for _, difference := range differences {
		for _, k := range all {
			if (k.scenario == "*" || k.scenario == scenario.name()) && k.line.MatchString(difference) {
				continue next
			}
		}
		rest = append(rest, difference)
	}
	return rest
}
