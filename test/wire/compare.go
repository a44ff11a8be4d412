package wire

import (
	"fmt"
	"slices"
	"strings"
)

// Compare says what differs between two plays of an exchange of messages, in lines;
// none if they are equal.
func Compare(got, want []*Step) []string {
	var differences []string
	for i, w := range want {
		if i >= len(got) {
			break
		}
		for _, phone := range append(slices.Clone(everybody), "console", "web") {
			g, w := messages(got[i].Got, phone), messages(w.Got, phone)
			for n := range max(len(g), len(w)) {
				differences = append(differences, differ(fmt.Sprintf("%s: %s", got[i].Line, phone), at(g, n), at(w, n))...)
			}
		}
	}
	return differences
}

func messages(got []Got, phone string) []string {
	var all []string
	for _, g := range got {
		if g.Phone == phone {
			all = append(all, g.Text)
		}
	}
	return all
}

func at(list []string, n int) string {
	if n < len(list) {
		return list[n]
	}
	return ""
}

func differ(where, got, want string) []string {
	switch {
	case got == want:
		return nil
	case got == "":
		return []string{fmt.Sprintf("%s did not get\n%s", where, want)}
	case want == "":
		return []string{fmt.Sprintf("%s got besides\n%s", where, got)}
	}
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", where, w[0])
	less, more := without(w, g), without(g, w)
	for _, line := range less {
		b.WriteString("\n  - " + line)
	}
	for _, line := range more {
		b.WriteString("\n  + " + line)
	}
	if order := inOrder(without(g, more)); order != inOrder(without(w, less)) {
		b.WriteString("\n  order " + order + "\n  not   " + inOrder(without(w, less)))
	}
	return []string{b.String()}
}

// inOrder are the names of the headers and the lines of the body, in their order.
func inOrder(lines []string) string {
	var all []string
	for _, line := range lines {
		name, _, _ := strings.Cut(line, ":")
		all = append(all, name)
	}
	return strings.Join(all, " ")
}

// without returns the lines of a that are not in b, as often as they are more.
func without(a, b []string) []string {
	count := map[string]int{}
	for _, line := range b {
		count[line]++
	}
	var left []string
	for _, line := range a {
		if count[line]--; count[line] < 0 {
			left = append(left, line)
		}
	}
	return left
}
