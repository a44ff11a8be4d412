package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// names writes what differs from run to run the same.
type names struct {
	known map[string]string
	count map[string]int
}

func newNames() *names { return &names{known: map[string]string{}, count: map[string]int{}} }

// name is that of the n-th of a kind.
func (n *names) name(kind, text string) string {
	key := kind + "\x00" + text
	if n.known[key] == "" {
		n.count[kind]++
		n.known[key] = kind + strconv.Itoa(n.count[kind])
	}
	return n.known[key]
}

// patterns are what is normalised wherever it stands.
var patterns = []struct {
	kind string
	as   *regexp.Regexp
}{
	{"TIME", regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d{4}`)},
	{"uuid", regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)},
	{"id", regexp.MustCompile(`\b\d{10}\.\d+\b`)},
	{"mac", regexp.MustCompile(`\b[0-9a-f]{2}(:[0-9a-f]{2}){5}\b`)},
	{"hex", regexp.MustCompile(`\b0x[0-9a-f]{8,}\b`)},
	{"n", regexp.MustCompile(`-[0-9a-f]{8}\b`)},
}

// ours are keys whose value is the exchange's own.
var ours = []string{"asterisk_id", "entity_id", "version", "kernel", "machine", "os", "user", "options", "date",
	"UNICASTRTP_LOCAL_PORT"}

// numbers are keys whose value is how long something took, or how much it was.
var numbers = []string{"duration", "duration_ms", "txcount", "rxcount", "txoctetcount", "rxoctetcount", "local_ssrc", "remote_ssrc",
	"txjitter", "rxjitter", "local_maxjitter", "local_minjitter", "local_normdevjitter", "local_stdevjitter", "talking_duration", "silence_duration"}

func (n *names) text(key, s string) string {
	if slices.Contains(ours, key) {
		return strings.ToUpper(key)
	}
	for _, p := range patterns {
		s = p.as.ReplaceAllStringFunc(s, func(found string) string {
			switch p.kind {
			case "TIME":
				return "TIME"
			case "mac":
				return "MAC"
			case "hex":
				return "0xHEX"
			case "n":
				return "-" + n.name("n", found)
			}
			return n.name(p.kind, found)
		})
	}
	return s
}

// plain is a value with what differs taken out of it.
func (n *names) plain(key string, value any) any {
	switch v := value.(type) {
	case map[string]any:
		out := map[string]any{}
		for _, k := range slices.Sorted(maps.Keys(v)) {
			out[n.text("", k)] = n.plain(k, v[k])
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = n.plain(key, v[i])
		}
		if key == "args" {
			return out
		}
		slices.SortFunc(out, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) }) // lists have no order
		return out
	case string:
		return n.text(key, v)
	case float64:
		if slices.Contains(numbers, key) {
			return "NUMBER"
		}
	}
	return value
}
