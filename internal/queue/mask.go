package queue

import (
	"maps"
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/state"
)

// A Mask says which members are as good as none: joinempty and leavewhenempty.
type Mask uint16

// What a member can be.
const (
	emptyPenalty Mask = 1 << iota
	emptyPaused
	emptyInUse
	emptyRinging
	emptyUnavailable
	emptyInvalid
	emptyUnknown
	emptyWrapup
)

var maskNames = map[string]Mask{"penalty": emptyPenalty, "paused": emptyPaused, "inuse": emptyInUse, "ringing": emptyRinging,
	"unavailable": emptyUnavailable, "invalid": emptyInvalid, "unknown": emptyUnknown, "wrapup": emptyWrapup}

// ParseMask reads the words of joinempty or leavewhenempty: yes and no mean the
// opposite in the two. Words that mean nothing are returned, too.
func ParseMask(text string, joining bool) (m Mask, unknown []string) {
	for _, word := range strings.Split(strings.ToLower(text), ",") {
		word = strings.TrimSpace(word)
		switch {
		case word == "loose":
			m = emptyPenalty | emptyInvalid
		case word == "strict":
			m = emptyPenalty | emptyInvalid | emptyPaused | emptyUnavailable
		case config.True(word) && joining, config.False(word) && !joining:
			m = 0
		case config.True(word), config.False(word):
			m = emptyPenalty | emptyInvalid | emptyPaused
		case maskNames[word] == 0:
			unknown = append(unknown, word)
		default:
			m |= maskNames[word]
		}
	}
	return m, unknown
}

// readMask reads joinempty or leavewhenempty of a queue, and tells what in it means nothing.
func readMask(r *config.Reader, s *config.SectionReader, section *config.Section, key, otherwise string, joining bool) Mask {
	m, unknown := ParseMask(s.String(key, otherwise), joining)
	e, _ := section.Entry(key)
	for _, word := range unknown {
		known := slices.Concat([]string{"yes", "no", "strict", "loose"}, slices.Sorted(maps.Keys(maskNames)))
		r.Report(config.Warning, e, config.Suggest(word, slices.Values(known)), "%s = %s of queue %s: %q means nothing", key, e.Value, section.Name, word)
	}
	return m
}

// reachable tells whether a mask lets a member of a state count as one.
func (m Mask) reachable(device string) bool {
	switch device {
	case state.Invalid:
		return m&emptyInvalid == 0
	case state.Unavailable:
		return m&emptyUnavailable == 0
	case state.InUse:
		return m&emptyInUse == 0
	case state.Ringing:
		return m&emptyRinging == 0
	case state.Unknown:
		return m&emptyUnknown == 0
	}
	return true
}
