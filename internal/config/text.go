package config

import (
	"slices"
	"strings"
)

// scanned is a line as the language sees it.
type scanned struct {
	level int    // of block comments before it
	spans []span // what is text
	text  string // without blanks around it
}

// scan reads all lines of a file.
func (t *text) scan() []scanned {
	list := make([]scanned, len(t.lines)+1)
	level := 0
	for i, raw := range t.lines {
		line := visible(raw)
		if i == 0 {
			line = strings.TrimPrefix(line, "\ufeff")
		}
		list[i].level = level
		list[i].spans, level = scan(line, level, nil)
		list[i].text = trim(joinText(line, list[i].spans))
	}
	list[len(t.lines)].level = level
	return list
}

// comments returns a line without its text.
func (s scanned) comments(raw string) string {
	line := visible(raw)
	var b strings.Builder
	at := 0
	for _, span := range s.spans {
		b.WriteString(line[at:span.from])
		at = span.to
	}
	b.WriteString(line[at:])
	return b.String()
}

// replace sets a line, without its end, which stays.
func (t *text) replace(i int, line string) {
	end := ""
	if strings.HasSuffix(t.lines[i], "\n") {
		end = "\n"
	}
	t.lines = slices.Clone(t.lines)
	t.lines[i] = line + end
	t.changed = true
}

// insert puts a line before the one at i.
func (t *text) insert(i int, line string) {
	end := t.lineEnd()
	t.lines = slices.Insert(slices.Clone(t.lines), i, line+end)
	if i > 0 && !strings.HasSuffix(t.lines[i-1], "\n") {
		t.lines[i-1] += end
	}
	t.changed = true
}

// remove takes lines away. What of them is a comment that goes on before or
// after the line stays.
func (t *text) remove(lines map[int]bool) {
	all := t.scan()
	var kept []string
	for i, raw := range t.lines {
		switch {
		case !lines[i]:
			kept = append(kept, raw)
		case all[i].level != 0 || all[i+1].level != 0:
			kept = append(kept, strings.TrimSpace(all[i].comments(raw))+t.lineEnd())
		case i == 0 && strings.HasPrefix(raw, "\ufeff"):
			kept = append(kept, "\ufeff") // the mark belongs to the file, not to the line
		}
	}
	t.lines, t.changed = kept, true
}

// lineEnd is how the file ends its lines.
func (t *text) lineEnd() string {
	if len(t.lines) > 0 && strings.HasSuffix(t.lines[0], "\r\n") {
		return "\r\n"
	}
	return "\n"
}

// block is the range of lines of a part of a section: from its header to before
// the next one.
func block(all []scanned, header int) (from, to int) {
	for to = header + 1; to < len(all)-1; to++ {
		if strings.HasPrefix(all[to].text, "[") {
			break
		}
	}
	return header, to
}

// lastText is the last line of a range that holds text.
func lastText(all []scanned, from, to int) int {
	for i := to - 1; i > from; i-- {
		if all[i].text != "" {
			return i
		}
	}
	return from
}

// outside moves an insertion point up, out of a block comment, and reports
// whether there is room without passing text.
func outside(all []scanned, at int) (int, bool) {
	for at > 0 && all[at].level != 0 {
		at--
		if all[at].text != "" {
			return at, false
		}
	}
	return at, true
}

// behind moves an insertion point down, out of a block comment.
func behind(all []scanned, at int) int {
	for at < len(all)-1 && all[at].level != 0 {
		at++
	}
	return at
}
