package queue

import (
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
// opposite in the two.
func ParseMask(text string, joining bool) Mask {
	var m Mask
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
		default:
			m |= maskNames[word]
		}
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
