package main

import (
	"regexp"
	"strings"
)

// unsteadyEnv are the lines of an AGI environment, as events have it, that differ in every run.
var unsteadyEnv = regexp.MustCompile(`(agi_(?:uniqueid|version|threadid)%3A%20).*?(%0A)`)

// steadyAGI replaces what differs in every run in the events of AGI: the environment's ids, and the number
// that the exchange gives a command. The CommandId that a client has given stays.
func steadyAGI(m *Message, line Line) string {
	switch {
	case line.Key == "Env":
		return unsteadyEnv.ReplaceAllString(line.Value, "${1}"+anyValue+"${2}")
	case line.Key == "CommandId" && strings.HasPrefix(m.get("Event"), "AGIExec"):
		return anyValue
	}
	return line.Value
}
