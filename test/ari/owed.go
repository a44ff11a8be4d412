package main

import (
	"encoding/json"
	"regexp"
	"strings"
)

// A record says more than what it waits for: what two channels tell comes in any order, and of a busy machine some of it
// later. Where a scenario is compared with its record all that stands in there is owed, and waited for.

// owe adds what was recorded of a socket behind a step, up to the next one.
func (s *listening) owe(record []string) {
	for _, line := range record {
		said, ok := strings.CutPrefix(line, "< ")
		if !ok {
			break
		}
		kind, text, _ := strings.Cut(said, " ")
		var e map[string]any
		if json.Unmarshal([]byte(text), &e) == nil && !inRace(aboutOf(e)) {
			s.owed[debtOf(kind, aboutOf(e))]++
		}
	}
}

// paid reports whether all that is owed has come.
func (s *listening) paid() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for debt, n := range s.owed {
		if s.came[debt] < n {
			return false
		}
	}
	return true
}

// anonymous is what differs from run to run, as it comes and as it was recorded.
var anonymous = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b\d{10}\.\d+\b|-[0-9a-f]{8}\b|\buuid\d+\b|\bid\d+\b|-n\d+\b`)

// debtOf is under what an event is counted: its type and what it is about, as far as that has a name.
func debtOf(kind, about string) string { return kind + " " + anonymous.ReplaceAllString(about, "") }

// inRace tells of the other half of a Local channel: it is in a race with ours.
func inRace(about string) bool { return strings.Contains(about, ";2") }

// aboutOf is the channel or else the bridge of an event.
func aboutOf(e map[string]any) string {
	for _, key := range []string{"channel", "peer", "playback", "recording", "bridge"} {
		if one, ok := e[key].(map[string]any); ok {
			for _, id := range []string{"target_uri", "id"} {
				name, ok := one[id].(string)
				switch {
				case ok && key == "peer": // that it is called, and that it answers, are told by two
					return "the dialling of " + name
				case ok:
					return strings.TrimPrefix(name, "channel:")
				}
			}
		}
	}
	return "none"
}
