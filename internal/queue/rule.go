package queue

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
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
			c, wrong := parseChange(e.Value)
			if wrong != "" {
				r.Report(config.Warning, e, "write penaltychange => SECONDS,MOST[,LEAST[,RAISE]]", "penaltychange = %s: %s", e.Value, wrong)
			}
			if c != nil {
				list = append(list, *c)
			}
		}
		slices.SortStableFunc(list, func(a, b change) int { return int(a.after - b.after) })
		rules.lists[key] = list
	}
	return rules, r.Diagnostics()
}

// parseChange reads seconds,most[,least[,raise]]. What is no number is 0, as on the reference,
// and is told; nil is a line that is left out.
func parseChange(text string) (c *change, wrong string) {
	part := strings.Split(text, ",")
	if len(part) < 2 {
		return nil, "it has no penalty, and is left out"
	}
	number := func(word string) int {
		n, err := strconv.Atoi(word)
		if err != nil {
			wrong = strconv.Quote(word) + " is no number: 0 is taken"
		}
		return n
	}
	seconds := number(strings.TrimSpace(part[0]))
	if seconds < 0 {
		return nil, "the time is less than 0, and the line is left out"
	}
	c = &change{after: time.Duration(seconds) * time.Second}
	for i, to := range []*shift{&c.most, &c.least, &c.raise} {
		if word := strings.TrimSpace(command.Arg(part, i+1)); word != "" {
			*to = shift{by: number(word), given: true, relative: word[0] == '+' || word[0] == '-'}
		}
	}
	return c, wrong
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
