package phone

import (
	"maps"
	"slices"
	"strings"
)

// unheeded are the options whose value is kept and shown, but changes nothing
// yet, by the kind of section. With each stand the values that ask for what
// happens anyway: of those nobody needs to be warned.
var unheeded = map[string]map[string][]string{
	"endpoint": {
		"rtp_ipv6":       {"no"},
		"t38_udptl_ipv6": {"no"},
	},
}

// heeds reports whether the value of an option of a kind of section changes
// something.
func heeds(object, name string) bool {
	_, idle := unheeded[object][name]
	return !idle
}

// wanted reports whether a value asks for something that does not happen.
func wanted(object, name, value string) bool {
	harmless, idle := unheeded[object][name]
	return idle && !slices.ContainsFunc(harmless, func(h string) bool {
		value := strings.TrimSpace(value)
		return strings.EqualFold(h, value) || isTrue(h) && isTrue(value) || isFalse(h) && isFalse(value)
	})
}

// unheededNames are the options of a kind of section that are not heeded.
func unheededNames(object string) []string { return slices.Sorted(maps.Keys(unheeded[object])) }
