package agi

import "strings"

// Split takes a command line apart as Asterisk does: at blanks, except between
// double quotes; a backslash takes the meaning from the character behind it. "a"b is
// ab, and "" is an empty word.
func Split(line string) []string {
	var (
		words  []string
		word   strings.Builder
		inside bool // a word
		quoted bool
	)
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\' && i+1 < len(line):
			i++
			word.WriteByte(line[i])
			inside = true
		case c == '"':
			quoted = !quoted
			inside = true
		case (c == ' ' || c == '\t') && !quoted:
			if inside {
				words = append(words, word.String())
				word.Reset()
				inside = false
			}
		default:
			word.WriteByte(c)
			inside = true
		}
	}
	if inside {
		words = append(words, word.String())
	}
	return words
}

// Quote writes a word of a command line so that Split gives it back. Words that
// need no quotes get none. Line ends, which would end the command, become blanks.
func Quote(word string) string {
	if word != "" && !strings.ContainsAny(word, " \t\r\n\"\\") {
		return word
	}
	var b strings.Builder
	b.Grow(len(word) + 2)
	b.WriteByte('"')
	for i := 0; i < len(word); i++ {
		switch c := word[i]; c {
		case '"', '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case '\r', '\n':
			b.WriteByte(' ')
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// Line joins the name of a command, as it stands, and its arguments, quoted.
func Line(name string, arguments ...string) string {
	var b strings.Builder
	b.WriteString(name)
	for _, a := range arguments {
		b.WriteByte(' ')
		b.WriteString(Quote(a))
	}
	return b.String()
}
