package feature

import (
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/config"
)

// longest is how many keys a feature of [applicationmap] has at most in Asterisk: others are cut off.
const longest = 10

// check tells of keys that start nothing, or something else.
func (g *Settings) check(r *config.Reader, f *config.File) {
	var started []config.Entry // whose values are keys
	for _, e := range f.Section("featuremap").Lines() {
		started = g.keys(r, started, e, 0)
	}
	for _, e := range f.Section("applicationmap").Lines() {
		e.Value = strings.TrimSpace(command.Arg(command.SplitArgs(e.Value, 0), 0))
		started = g.keys(r, started, e, longest)
	}
	for _, s := range f.Sections() {
		if s.Template || slices.Contains([]string{"general", "featuremap", "applicationmap"}, strings.ToLower(s.Name)) {
			continue
		}
		g.checkGroup(r, s)
	}
}

// checkGroup tells of the first feature of a group that there is not.
func (g *Settings) checkGroup(r *config.Reader, s *config.Section) {
	for _, e := range s.Lines() {
		if _, ok := g.find(e.Key); ok {
			g.keys(r, nil, e, longest)
			continue
		}
		hint := config.Suggest(e.Key, func(yield func(string) bool) {
			for _, m := range g.mapped {
				if !yield(m.name) {
					return
				}
			}
		})
		if strings.HasPrefix(s.Name, "parkinglot_") {
			hint = "write parking lots in res_parking.conf"
		}
		r.Report(config.Error, e, hint, "group %s: [applicationmap] has no %s: Asterisk takes nothing of the file then", s.Name, e.Key)
		return
	}
}

// keys looks at the keys of one feature, and at those that came before it.
func (g *Settings) keys(r *config.Reader, before []config.Entry, e config.Entry, most int) []config.Entry {
	if e.Value == "" {
		return before
	}
	if err := config.CheckKeys(e.Value, most); err != nil {
		r.Report(config.Warning, e, "", "%s: %v", e.Key, err)
	}
	for _, other := range before {
		if other.Value == e.Value && !strings.EqualFold(other.Key, e.Key) {
			r.Report(config.Warning, e, "give each keys of its own", "%s has the keys %s of %s: one of them is never started", e.Key, e.Value, other.Key)
		}
	}
	return append(before, e)
}
