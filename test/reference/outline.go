package main

import (
	"regexp"
	"strings"
)

// ellipsis stands where descriptive text of the reference was. Its form is a
// fact that we follow, its prose is its authors' and is not kept.
const ellipsis = "…"

var (
	listed   = regexp.MustCompile(`^(\s*[\w.]+: ).+$`)          // Name: what it does
	columned = regexp.MustCompile(`^(\S+ +\S+(?: \S+)*  +).+$`) // NAME  NAME(syntax)  what it does
)

// withoutUsage drops the explanation that follows the first line of a usage
// text, which any wrongly written command prints.
func withoutUsage(printed string) string {
	before, usage, found := strings.Cut(printed, "Usage:")
	if !found {
		return printed
	}
	first, _, _ := strings.Cut(usage, "\n")
	return before + "Usage:" + first + "\n" + ellipsis + "\n"
}

// outline keeps the form of a listing and of a help page: names, columns,
// headings and empty lines.
func outline(printed string) string {
	lines := strings.Split(printed, "\n")
	from, to := describedColumns(lines[0])
	var out []string
	for i, line := range lines {
		switch {
		case from > 0:
			if i > 0 && len(line) > from && !strings.HasPrefix(line, "-") && strings.TrimSpace(line[:from]) != "" {
				line = overwrite(line, from, to)
			}
		case strings.Contains(line, " -- "):
			line = line[:strings.Index(line, " -- ")+4] + ellipsis
		case strings.TrimSpace(line) == "", strings.HasPrefix(line, "["), strings.HasPrefix(strings.TrimSpace(line), "-="),
			strings.HasSuffix(line, ":"), strings.HasPrefix(line, "---"), strings.HasPrefix(line, "==="):
		case listed.MatchString(line):
			line = listed.ReplaceAllString(line, "${1}"+ellipsis)
		case columned.MatchString(line):
			line = columned.ReplaceAllString(line, "${1}"+ellipsis)
		default:
			line = ellipsis
		}
		if line == ellipsis && len(out) > 0 && out[len(out)-1] == ellipsis {
			continue
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

// describedColumns finds the column of descriptions below a table's header: where
// it starts, and where the next one does (0: it is the last).
func describedColumns(header string) (from, to int) {
	for _, title := range []string{"Description", "Synopsis"} {
		from = strings.Index(header, title)
		if from <= 0 {
			continue
		}
		rest := strings.TrimLeft(header[from+len(title):], " ")
		if rest != "" {
			to = len(header) - len(rest)
		}
		return from, to
	}
	return 0, 0
}

func overwrite(line string, from, to int) string {
	if to == 0 || to > len(line) {
		return line[:from] + ellipsis
	}
	return line[:from] + ellipsis + strings.Repeat(" ", to-from-1) + line[to:]
}
