package queue

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
)

// A change of queuerules.conf alters the penalties of the members that a caller may
// have, once the caller has waited for a time.
type change struct {
	after       time.Duration
	most, least shift
	raise       shift
}

// A shift sets a penalty, or with a sign moves it.
type shift struct {
	by       int
	relative bool
	given    bool
}

// to returns a penalty after the shift.
func (s shift) to(now int) int {
	switch {
	case !s.given:
		return now
	case s.relative:
		return now + s.by
	}
	return s.by
}

// A Rules is queuerules.conf.
type Rules struct {
	names []string
	lists map[string][]change
	// Mapped says that there are more in a database: realtime_rules.
	Mapped bool
}

// ReadRules reads queuerules.conf, which may be nil. more are rules that lie elsewhere, as sections
// of the same language: to a rule that the file has they add changes.
func ReadRules(f *config.File, more ...*config.File) (*Rules, []config.Diagnostic) {
	rules := &Rules{lists: map[string][]change{}}
	r := config.NewReader(nil)
	sections := f.Sections()
	own := len(sections)
	for _, one := range more {
		sections = append(sections[:len(sections):len(sections)], one.Sections()...)
	}
	for i, section := range sections {
		if section.Template {
			continue
		}
		if strings.EqualFold(section.Name, "general") {
			g := r.Section(section)
			rules.Mapped = g.Bool("realtime_rules", rules.Mapped)
			g.Done()
			continue
		}
		key := strings.ToLower(section.Name)
		if _, known := rules.lists[key]; !known {
			rules.names = append(rules.names, section.Name)
		}
		var list []change
		if i >= own {
			list = rules.lists[key]
		}
		for _, e := range section.Lines() {
			if !strings.EqualFold(e.Key, "penaltychange") {
				r.Report(config.Warning, e, "rules are made of penaltychange", "unknown option %s", e.Key)
				continue
			}
			c, err := parseChange(e.Value)
			if err != nil {
				r.Report(config.Warning, e, "", "%s", err.Error())
				continue
			}
			list = append(list, c)
		}
		slices.SortStableFunc(list, func(a, b change) int { return int(a.after - b.after) })
		rules.lists[key] = list
	}
	return rules, r.Diagnostics()
}

// parseChange reads seconds[,most[,least[,raise]]].
func parseChange(text string) (change, error) {
	part := strings.Split(text, ",")
	n, err := strconv.Atoi(strings.TrimSpace(part[0]))
	if err != nil || n < 0 {
		return change{}, fmt.Errorf("penaltychange %q has no time", text)
	}
	c := change{after: time.Duration(n) * time.Second}
	for i, to := range []*shift{&c.most, &c.least, &c.raise} {
		if i+1 >= len(part) {
			break
		}
		word := strings.TrimSpace(part[i+1])
		if word == "" {
			continue
		}
		if to.by, err = strconv.Atoi(word); err != nil {
			return c, fmt.Errorf("penaltychange %q: %q is no penalty", text, word)
		}
		to.given, to.relative = true, word[0] == '+' || word[0] == '-'
	}
	return c, nil
}

// find returns the changes of a rule.
func (r *Rules) find(name string) []change {
	if r == nil {
		return nil
	}
	return r.lists[strings.ToLower(name)]
}

// line is a change as QueueRule tells it.
func (c change) line() string {
	write := func(s shift) string {
		switch {
		case s.relative || !s.given:
			return fmt.Sprintf("%+d", s.by)
		}
		return strconv.Itoa(s.by)
	}
	return fmt.Sprintf("%d,%s,%s", int(c.after/time.Second), write(c.most), write(c.least))
}

// words is a change as the console tells it.
func (c change) words() string {
	way := func(s shift) string {
		if s.relative || !s.given {
			return "by"
		}
		return "to"
	}
	return fmt.Sprintf("After %d seconds, adjust QUEUE_MAX_PENALTY %s %d, adjust QUEUE_MIN_PENALTY %s %d and adjust QUEUE_RAISE_PENALTY %s %d",
		int(c.after/time.Second), way(c.most), c.most.by, way(c.least), c.least.by, way(c.raise), c.raise.by)
}
