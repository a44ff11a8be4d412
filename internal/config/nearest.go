package config

import (
	"cmp"
	"iter"
	"strings"
)

// Suggest is the hint for a name that nobody knows: the known one that may have
// been meant, if one is near.
func Suggest(name string, known iter.Seq[string]) string {
	if near := Nearest(name, known); near != "" {
		return "do you mean " + near + "?"
	}
	return "check the spelling"
}

// Nearest finds the known name that is at most two letters away, or "". Case
// does not count.
func Nearest(name string, known iter.Seq[string]) string {
	key := strings.ToLower(name)
	best, least := "", min(3, len(key)/2+1)
	for one := range known {
		d := distance(key, strings.ToLower(one))
		if d < least || d == least && best != "" && one < best {
			best, least = one, d
		}
	}
	return best
}

// distance is how many letters must be changed, added, left out or swapped to
// make b of a.
func distance(a, b string) int {
	if d := len(a) - len(b); d > 3 || d < -3 {
		return 4
	}
	older, old, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range old {
		old[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			cost := cmp.Compare(a[i], b[j])
			row[j+1] = min(old[j+1]+1, row[j]+1, old[j]+cost*cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], older[j-1]+1)
			}
		}
		older, old, row = old, row, older
	}
	return old[len(b)]
}
