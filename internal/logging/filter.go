package logging

import (
	"maps"
	"slices"
)

// A filter has those lines of Verbose and Debug logged only that are of calls in some groups.
type filter struct {
	groups map[string]bool
	of     func(call string) string // the group of a call, see Logger.SetGroupOf
}

// passes reports whether an entry is logged. What is wrong always is; on the reference it
// is not.
func (f *filter) passes(e *entry) bool {
	if len(f.groups) == 0 || e.bit&(verboseBit|debugBit) == 0 || f.of == nil {
		return true
	}
	return len(e.callID) > 2 && f.groups[f.of(e.callID[1:len(e.callID)-1])]
}

// SetGroupOf sets how the group of a call is found: "" is of none. It is called by
// whoever logs, must not wait and must not log.
func (l *Logger) SetGroupOf(find func(call string) string) {
	l.filtered(func(f *filter) { f.of = find })
}

// Filter has the calls of a group logged, or no more. While there is a group others are
// not. It reports whether that is a change.
func (l *Logger) Filter(group string, on bool) (changed bool) {
	l.filtered(func(f *filter) {
		changed = f.groups[group] != on
		f.groups = maps.Clone(f.groups)
		switch {
		case !on:
			delete(f.groups, group)
		case f.groups == nil:
			f.groups = map[string]bool{group: true}
		default:
			f.groups[group] = true
		}
	})
	return changed
}

// Unfilter has all calls logged and returns how many groups there were.
func (l *Logger) Unfilter() (groups int) {
	l.filtered(func(f *filter) { groups, f.groups = len(f.groups), nil })
	return groups
}

// Filters are the groups that are logged; none is all calls.
func (l *Logger) Filters() []string { return slices.Sorted(maps.Keys(l.filter.Load().groups)) }

// filtered changes a copy of the filter.
func (l *Logger) filtered(change func(*filter)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	next := *l.filter.Load()
	change(&next)
	l.filter.Store(&next)
}
