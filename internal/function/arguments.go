package function

import (
	"strings"
	"unicode"

	"github.com/octothorpe/octothorpe/internal/command"
)

// arguments splits the arguments of a function that has as many as limit: the
// last of them is the whole rest, as it was written; the others are without
// quotes and backslashes.
func arguments(text string, limit int) []string {
	var list []string
	for len(list) < limit-1 {
		part, rest, ok := cutRaw(text, ',')
		list = append(list, bare(part))
		if !ok {
			return list
		}
		text = rest
	}
	return append(list, text)
}

// cutRaw cuts at the first separator that no backslash, quotes, parentheses or
// brackets protect, and leaves both parts as they are.
func cutRaw(text string, separator byte) (before, after string, found bool) {
	depth, brackets, quoted := 0, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == separator && depth == 0 && brackets == 0:
			return text[:i], text[i+1:], true
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case c == '[':
			brackets++
		case c == ']' && brackets > 0:
			brackets--
		}
	}
	return text, "", false
}

// bare is an argument without its quotes and backslashes.
func bare(text string) string {
	if strings.IndexByte(text, '"') < 0 && strings.IndexByte(text, '\\') < 0 {
		return text
	}
	return command.Arg(command.SplitArgs(text, 1), 0)
}

// trimmed is a text without blanks and controls around it.
func trimmed(text string) string {
	return strings.TrimFunc(text, func(r rune) bool { return r <= ' ' || unicode.IsControl(r) })
}

// escaped is a character and whether a backslash made it literal.
type escaped struct {
	b       byte
	literal bool
}

// unescape reads \n, \r, \t, \x2d and \ before any other character.
func unescape(text string) []escaped {
	var list []escaped
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			list = append(list, escaped{b: text[i]})
			continue
		}
		i++
		switch text[i] {
		case 'n':
			list = append(list, escaped{'\n', true})
		case 'r':
			list = append(list, escaped{'\r', true})
		case 't':
			list = append(list, escaped{'\t', true})
		case 'x':
			n, digits := hexadecimal(text[i+1:])
			list = append(list, escaped{n, true})
			i += digits
		default:
			list = append(list, escaped{text[i], true})
		}
	}
	return list
}

// hexadecimal reads up to two digits.
func hexadecimal(text string) (n byte, digits int) {
	for digits < 2 && digits < len(text) {
		d := strings.IndexByte("0123456789abcdef", text[digits]|0x20)
		if d < 0 {
			break
		}
		n = n<<4 | byte(d)
		digits++
	}
	return n, digits
}

func plain(list []escaped) string {
	b := make([]byte, len(list))
	for i, e := range list {
		b[i] = e.b
	}
	return string(b)
}

// character is the first character of a text with escapes, or "" of none.
func character(text string) string {
	list := unescape(text)
	return plain(list[:min(1, len(list))])
}

// alphabet reads the characters that FILTER lets through: single ones, ranges
// a-z, escapes. A range that ends before it begins goes on through the last
// character to the first, and a dash at the very end makes a range to NUL.
func alphabet(text string) *[256]bool {
	list := unescape(text)
	var set [256]bool
	for i := 0; i < len(list); i++ {
		from := list[i].b
		set[from] = true
		if i+1 == len(list) || list[i+1].literal || list[i+1].b != '-' {
			continue
		}
		to := byte(0)
		if i+2 < len(list) {
			to = list[i+2].b
		}
		for b := from; b != to; b++ {
			set[b] = true
		}
		set[to] = true
		i += 2
	}
	return &set
}
