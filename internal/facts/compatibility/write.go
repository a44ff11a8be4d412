package compatibility

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

const introduction = `<!-- Written by "make generate" from the tables of the code. Do not edit. -->
# Compatibility

What Asterisk 22 (and, marked so, only Asterisk 16) knows, and what of it is here. The lists are made from the exchange's own tables,
the same that answer ` + "`core show applications`" + `, AMI's ListCommands and so on, so they say what the code does:

- **there**: it does what the reference does, as far as we know;
- **partial**: it works, and the note says what is left to do;
- **missing**: it answers with a clear error, or a warning with file and line when it stands in a configuration file;
- **without effect**: it is to do nothing here, for the reason beside it, and says so when it is used.

`

// Write writes the document.
func Write(w io.Writer, ours Ours) error {
	out := bufio.NewWriter(w)
	out.WriteString(introduction)
	all := chapters(ours)
	out.WriteString("| interface | known | there | partial | missing | without effect |\n|---|---:|---:|---:|---:|---:|\n")
	for _, c := range all {
		fmt.Fprintf(out, "| [%s](#%s) | %d | %d | %d | %d | %d |\n", c.title, anchor(c.title), len(c.entries), c.count(There), c.count(Partial), c.count(Missing), c.count(Idle))
	}
	told, untold := pages(ours.Options)
	honoured, later, absent, idle := 0, 0, 0, 0
	for _, p := range told {
		honoured, later, absent, idle = honoured+len(p.honoured), later+len(p.later), absent+len(p.absent), idle+len(p.idle)
	}
	fmt.Fprintf(out, "| [Options of configuration files](#options-of-configuration-files) that are read | %d | %d | %d | %d | %d |\n\n",
		honoured+later+absent+idle, honoured, later, absent, idle)

	for _, c := range all {
		writeChapter(out, c)
	}
	writeOptions(out, told, untold, ours.Unread)
	return out.Flush()
}

func anchor(title string) string { return strings.ReplaceAll(strings.ToLower(title), " ", "-") }

func writeChapter(out *bufio.Writer, c chapter) {
	fmt.Fprintf(out, "## %s\n\n", c.title)
	var there, missing []string
	for _, e := range c.entries {
		name := "`" + e.name + "`"
		switch e.status {
		case There:
			there = append(there, name)
		case Missing:
			missing = append(missing, name)
		}
	}
	writeNames(out, "There", there)
	if c.count(Partial) > 0 {
		fmt.Fprintf(out, "**Partial** (%d):\n\n| name | left to do |\n|---|---|\n", c.count(Partial))
		for _, e := range c.entries {
			if e.status == Partial {
				fmt.Fprintf(out, "| `%s` | %s |\n", e.name, cell(e.note))
			}
		}
		out.WriteString("\n")
	}
	writeNames(out, "Missing", missing)
	writeReasons(out, withoutEffect, "why", c.idle())
	var beyond []string
	for _, name := range c.beyond {
		beyond = append(beyond, "`"+name+"`")
	}
	writeNames(out, "Our own", beyond)
}

// writeNames writes a list of names as a paragraph, a line of at most 120 columns after the other.
func writeNames(out *bufio.Writer, title string, names []string) {
	if len(names) == 0 {
		return
	}
	column, _ := fmt.Fprintf(out, "**%s** (%d):", title, len(names))
	for _, name := range names {
		if column+1+len(name) > 120 {
			out.WriteString("\n")
			column = 0
		} else {
			out.WriteString(" ")
			column++
		}
		out.WriteString(name)
		column += len(name)
	}
	out.WriteString("\n\n")
}

func writeOptions(out *bufio.Writer, told []page, untold []string, unread []Item) {
	out.WriteString("## Options of configuration files\n\nThere: it has its effect, or what it tunes is made in another way here, or Asterisk 22 itself makes nothing of it. Partial: it is read, and what stands beside it is left to do. " +
		"Missing: it is known to Asterisk only.\nWithout effect: it is to have none here, for the reason beside it. Each of the last three gives one warning with file and line.\n\n")
	file := ""
	for _, p := range told {
		if p.file != file {
			file = p.file
			fmt.Fprintf(out, "### %s\n\n", file)
		}
		fmt.Fprintf(out, "#### %s: %s\n\n", p.file, p.object)
		writeNames(out, "There", quoted(p.honoured))
		writeReasons(out, "Partial", "left to do", p.later)
		writeNames(out, "Missing", quoted(p.absent))
		writeReasons(out, withoutEffect, "why", p.idle)
	}
	if len(untold) > 0 {
		out.WriteString("### Files that are not read\n\n`octothorpe check` says so of a file that has anything in it.\n\n")
		writeUnread(out, untold, unread)
	}
}

// writeUnread tells of files without a reader, and why they have none.
func writeUnread(out *bufio.Writer, untold []string, unread []Item) {
	why := map[string]string{}
	for _, u := range unread {
		why[u.Name] = u.Partial
	}
	var unsaid []string
	rows := false
	for _, name := range untold {
		if why[name] == "" {
			unsaid = append(unsaid, name)
			continue
		}
		if !rows {
			out.WriteString("| file | why |\n|---|---|\n")
			rows = true
		}
		fmt.Fprintf(out, "| `%s` | %s |\n", name, cell(why[name]))
	}
	if rows {
		out.WriteString("\n")
	}
	writeNames(out, "Missing", quoted(unsaid))
}

const withoutEffect = "Without effect"

// writeReasons tells what is of one status, that of one reason together.
func writeReasons(out *bufio.Writer, title, column string, list []entry) {
	var reasons []string
	names := map[string][]string{}
	for _, e := range list {
		if names[e.note] == nil {
			reasons = append(reasons, e.note)
		}
		names[e.note] = append(names[e.note], e.name)
	}
	if len(reasons) == 0 {
		return
	}
	fmt.Fprintf(out, "**%s** (%d):\n\n| name | %s |\n|---|---|\n", title, len(list), column)
	for _, why := range reasons {
		fmt.Fprintf(out, "| %s | %s |\n", cell(strings.Join(quoted(names[why]), " ")), cell(why))
	}
	out.WriteString("\n")
}

// cell is a text as a table's cell.
func cell(text string) string { return strings.ReplaceAll(text, "|", "\\|") }

func quoted(names []string) []string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = "`" + name + "`"
	}
	return all
}
