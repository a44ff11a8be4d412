package state

import (
	"slices"
	"sort"
	"strings"
)

// Device states, in AMI's words.
const (
	Unknown     = "UNKNOWN"
	NotInUse    = "NOT_INUSE"
	InUse       = "INUSE"
	Busy        = "BUSY"
	Invalid     = "INVALID"
	Unavailable = "UNAVAILABLE"
	Ringing     = "RINGING"
	RingInUse   = "RINGINUSE"
	OnHold      = "ONHOLD"
)

// All returns the device states.
func All() []string {
	return []string{Unknown, NotInUse, InUse, Busy, Invalid, Unavailable, Ringing, RingInUse, OnHold}
}

// Valid reports whether the text names a device state, and returns it as AMI
// writes it. Case does not matter.
func Valid(text string) (string, bool) {
	if text = strings.ToUpper(text); slices.Contains(All(), text) {
		return text, true
	}
	return Unknown, false
}

// Aggregate sums the states of the devices of one hint up: what most says
// whether a call would get through.
func Aggregate(states []string) string {
	if len(states) == 0 {
		return Unavailable
	}
	if len(states) == 1 {
		return states[0]
	}
	count := map[string]int{}
	for _, s := range states {
		count[s]++
	}
	inUse := count[InUse]+count[Busy]+count[OnHold]+count[RingInUse] > 0
	ringing := count[Ringing]+count[RingInUse] > 0
	switch {
	case ringing && inUse:
		return RingInUse
	case ringing:
		return Ringing
	case count[Busy] > 0:
		return Busy
	case count[InUse] > 0:
		return InUse
	case count[OnHold] > 0:
		return OnHold
	case count[NotInUse] > 0:
		return NotInUse
	case count[Unavailable] > 0:
		return Unavailable
	case count[Invalid] == len(states):
		return Invalid
	}
	return Unknown
}

// ExtensionState is what a hint tells: AMI's number and text.
type ExtensionState struct {
	Number int
	Text   string
}

// Extension returns the extension state for a device state.
func Extension(device string) ExtensionState {
	switch device {
	case NotInUse, Unknown:
		return ExtensionState{0, "Idle"}
	case InUse:
		return ExtensionState{1, "InUse"}
	case Busy:
		return ExtensionState{2, "Busy"}
	case Unavailable, Invalid:
		return ExtensionState{4, "Unavailable"}
	case Ringing:
		return ExtensionState{8, "Ringing"}
	case RingInUse:
		return ExtensionState{9, "InUse&Ringing"}
	case OnHold:
		return ExtensionState{16, "Hold"}
	}
	return ExtensionState{-1, "Unknown"}
}

// Device returns the device state that says the same.
func (s ExtensionState) Device() string {
	switch s.Number {
	case 0:
		return NotInUse
	case 1:
		return InUse
	case 2:
		return Busy
	case 4:
		return Unavailable
	case 8:
		return Ringing
	case 9:
		return RingInUse
	case 16:
		return OnHold
	}
	return Unknown
}

// DeviceOf returns the device that a channel belongs to: its name without the
// part behind the last dash.
func DeviceOf(channel string) string {
	if i := strings.LastIndexByte(channel, '-'); i > 0 {
		return channel[:i]
	}
	return channel
}

// devices splits a hint, "PJSIP/100&Custom:lamp,CustomPresence:x", into its
// devices, as their names are kept.
func devices(hint string) []string {
	hint, _, _ = strings.Cut(hint, ",")
	var list []string
	for _, d := range strings.Split(hint, "&") {
		if d = strings.TrimSpace(d); d != "" {
			list = append(list, canonical(d))
		}
	}
	sort.Strings(list)
	return list
}
