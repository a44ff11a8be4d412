package command

import "strings"

// SplitArgs splits the arguments of an application or function at commas, at
// most into limit parts (no limit if 0). Commas inside parentheses, brackets and
// quotes don't split; quotes are removed, and so is a backslash, which takes the
// special meaning from what follows it.
func SplitArgs(text string, limit int) []string {
	if text == "" {
		return nil
	}
	var (
		list            []string
		part            strings.Builder
		depth, brackets int
		quoted          bool
	)
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '\\' && i+1 < len(text):
			i++
			part.WriteByte(text[i])
			continue
		case c == '"':
			quoted = !quoted
			continue
		case quoted:
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case c == '[':
			brackets++
		case c == ']' && brackets > 0:
			brackets--
		case c == ',' && depth == 0 && brackets == 0 && (limit == 0 || len(list) < limit-1):
			list = append(list, part.String())
			part.Reset()
			continue
		}
		part.WriteByte(c)
	}
	return append(list, part.String())
}

// Arg returns the part at an index, or "" where there is none.
func Arg(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}

// Flags are the option letters that a caller gave, each with its argument.
type Flags map[byte]string

// Has reports whether the letter was given.
func (f Flags) Has(letter byte) bool { _, ok := f[letter]; return ok }

// HasAny reports whether one of some letters is there.
func (f Flags) HasAny(letters string) bool {
	for letter := range f {
		if strings.IndexByte(letters, letter) >= 0 {
			return true
		}
	}
	return false
}

// ParseFlags reads option letters, each of which may have an argument in
// parentheses: "tTL(60000:10000)m(jazz)".
func ParseFlags(text string) Flags {
	f := Flags{}
	for i := 0; i < len(text); i++ {
		letter := text[i]
		if letter == ' ' || letter == '|' {
			continue
		}
		if i+1 < len(text) && text[i+1] == '(' {
			end := closing(text, i+1)
			f[letter] = text[i+2 : end]
			i = end
			continue
		}
		f[letter] = ""
	}
	return f
}

// closing returns the index of the parenthesis that closes the one at open, or
// the end of the text.
func closing(text string, open int) int {
	depth := 0
	for i := open; i < len(text); i++ {
		switch text[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(text)
}
