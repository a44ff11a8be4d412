package say

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// A rule says numbers from base up to the next rule's.
type rule struct {
	base    float64 // whole but for days away
	divisor int
	words   []word
	format  string // of a set of formats: the line as it stands
}

// A word is what a rule says, always or as there is a remainder.
type word struct {
	text string
	when byte // '[' with a remainder, '{' without one, 0 always
}

// A table is what a language has of its own.
type table struct {
	sets    map[string][]rule // in the order of their bases
	formats map[string]string
}

// formatSets are the sets whose lines are formats.
var formatSets = []string{"Q", "q"}

// parseTable reads a file of languages/.
func parseTable(text string) (*table, error) {
	t := &table{sets: map[string][]rule{}, formats: map[string]string{}}
	set := ""
	for i, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, ";")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if name, ok := strings.CutPrefix(line, "["); ok {
			set = strings.TrimSuffix(name, "]")
			continue
		}
		if err := t.add(set, line); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	for name, rules := range t.sets {
		if plain, _, gendered := strings.Cut(name, " "); gendered {
			t.sets[name] = merged(rules, t.sets[plain])
		}
	}
	for _, rules := range t.sets {
		slices.SortStableFunc(rules, func(a, b rule) int { return cmp.Compare(a.base, b.base) })
	}
	return t, nil
}

// merged are the rules of a gender, and those that it has in common with others.
func merged(own, common []rule) []rule {
	all := slices.Clone(own)
	for _, r := range common {
		if !slices.ContainsFunc(own, func(o rule) bool { return o.base == r.base }) {
			all = append(all, r)
		}
	}
	return all
}

// add takes a line of a set.
func (t *table) add(set, line string) error {
	left, right, ok := strings.Cut(line, "=")
	left, right = strings.TrimSpace(left), strings.TrimSpace(right)
	switch {
	case !ok || set == "":
		return fmt.Errorf("%q is no rule", line)
	case set == "format":
		t.formats[left] = right
		return nil
	}
	base, divisor, divided := strings.Cut(left, "/")
	number, err := strconv.ParseFloat(base, 64)
	if err != nil {
		return fmt.Errorf("%q begins with no number", line)
	}
	r := rule{base: number, divisor: powerOfTen(int(math.Max(1, math.Min(number, math.MaxInt32))))}
	if divided {
		if r.divisor, err = strconv.Atoi(divisor); err != nil || r.divisor < 1 {
			return fmt.Errorf("%q has no divisor", line)
		}
	}
	if slices.Contains(formatSets, set) {
		r.format = right
	} else {
		r.words = wordsOf(right)
	}
	t.sets[set] = append(t.sets[set], r)
	return nil
}

// wordsOf reads the words of a rule.
func wordsOf(text string) []word {
	var words []word
	when := byte(0)
	for _, w := range strings.Fields(text) {
		if w[0] == '[' || w[0] == '{' {
			w, when = w[1:], w[0]
		}
		bare := strings.TrimRight(w, "]}")
		if bare != "" {
			words = append(words, word{bare, when})
		}
		if bare != w {
			when = 0
		}
	}
	return words
}

// powerOfTen is the largest that is no more than n.
func powerOfTen(n int) int {
	power := 1
	for power*10 <= n {
		power *= 10
	}
	return power
}

// find returns the rule of a set that holds for n; nil if none does.
func find(rules []rule, n float64) *rule {
	for i := len(rules) - 1; i >= 0; i-- {
		if rules[i].base <= n {
			return &rules[i]
		}
	}
	return nil
}
