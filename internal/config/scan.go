package config

import "strings"

// span is a range of bytes of a line.
type span struct{ from, to int }

// scan finds what of a line is text and what is comment. level is how many block
// comments are open before the line; the result is how many are after it. It is
// -1 after a --; that closes nothing: what follows is then a comment up to the
// next ;--, as in Asterisk.
func scan(line string, level int, text []span) ([]span, int) {
	pos := 0
	if level < 0 {
		return text, scanStray(line, level)
	}
	for {
		i := strings.IndexByte(line[pos:], ';')
		if i < 0 {
			break
		}
		i += pos
		switch {
		case i > pos && line[i-1] == '\\':
			if level == 0 {
				text = append(text, span{pos, i + 1})
			}
			pos = i + 1
		case opens(line, i):
			if level == 0 {
				text = append(text, span{pos, i})
			}
			level++
			pos = i + 3
		case i >= pos+2 && line[i-1] == '-' && line[i-2] == '-':
			level--
			if level < 0 {
				return append(text, span{pos, len(line)}), level
			}
			pos = i + 1
		case level == 0:
			return append(text, span{pos, i}), level
		default:
			pos = i + 1
		}
	}
	if level == 0 {
		text = append(text, span{pos, len(line)})
	}
	return text, level
}

// scanStray counts through a line after a --; that closed nothing. None of it is
// text, not even behind the ;-- that ends this state.
func scanStray(line string, level int) int {
	for pos, i := 0, 0; i < len(line); i++ {
		switch {
		case line[i] != ';' || i > pos && line[i-1] == '\\':
		case opens(line, i):
			level++
			pos = i + 3
			i += 2
		case i >= pos+2 && line[i-1] == '-' && line[i-2] == '-':
			level--
			pos = i + 1
		case level == 0:
			return level
		}
	}
	return level
}

// opens reports whether the semicolon at i begins a block comment: ;-- that no
// further - follows.
func opens(line string, i int) bool {
	return strings.HasPrefix(line[i:], ";--") && !strings.HasPrefix(line[i+3:], "-")
}

// joinText puts the text of a line together and takes the escapes off.
func joinText(line string, text []span) string {
	if len(text) == 1 && !strings.Contains(line[text[0].from:text[0].to], `\;`) {
		return line[text[0].from:text[0].to]
	}
	var b strings.Builder
	for _, s := range text {
		b.WriteString(strings.ReplaceAll(line[s.from:s.to], `\;`, ";"))
	}
	return b.String()
}

// visible is the part of a raw line that is read: without the line's end, and up
// to a zero byte.
func visible(raw string) string {
	raw = strings.TrimSuffix(raw, "\n")
	if i := strings.IndexByte(raw, 0); i >= 0 {
		raw = raw[:i]
	}
	return raw
}

// blank reports whether Asterisk takes a byte for a blank: everything up to the
// space.
func blank(c byte) bool { return c <= ' ' }

// trim takes blanks off both ends.
func trim(s string) string { return trimLeft(trimRight(s)) }

func trimLeft(s string) string {
	for s != "" && blank(s[0]) {
		s = s[1:]
	}
	return s
}

func trimRight(s string) string {
	for s != "" && blank(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}
