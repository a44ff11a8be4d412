package manager

import (
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
)

// What a client needs the class system for, beside the class of the action
// itself, as on the reference: what would let it run programs or reach files of
// the machine. Names are looked for anywhere in the text, so that none hides in
// another: exec is ExecIf, too.
var (
	// riskyApplications are in lower case; their case does not matter.
	riskyApplications = []string{"agi", "dbdeltree", "exec", "externalivr", "mixmonitor", "originate", "reload", "system"}
	// riskyData are functions in the arguments of an application.
	riskyData = []string{"CURL", "DB", "EVAL", "FILE", "ODBC", "REALTIME", "SHELL"}
	// riskyVariables are functions that a client asks the value of.
	riskyVariables = []string{"EVAL", "SHELL"}
)

// mayStart reports whether a client of the classes that can tells may start an
// application on a leg that it has called.
func mayStart(application, data string, can func(command.Class) bool) bool {
	return can(command.System) || !containsAny(strings.ToLower(application), riskyApplications) && !containsAny(data, riskyData)
}

// mayRead reports whether such a client may ask for a variable or function.
func mayRead(name string, can func(command.Class) bool) bool {
	return can(command.System) || !containsAny(name, riskyVariables)
}

func containsAny(text string, parts []string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(text, part) })
}
