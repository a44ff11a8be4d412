package dialplan

import "strings"

type valueKind uint8

const (
	textual valueKind = iota // a text, with its quotes if it has any
	digits                   // a text that is a number as well, and prints as it was written
	numeric                  // a number
)

type value struct {
	kind valueKind
	s    string
	n    number
}

func (v value) String() string {
	if v.kind == numeric {
		return v.n.String()
	}
	return v.s
}

// bare is the text without quotes around it.
func (v value) bare() string {
	s := v.String()
	if v.kind == textual && len(s) > 1 && s[0] == '"' && s[len(s)-1] == '"' {
		return s[1 : len(s)-1]
	}
	return s
}

func (v value) number() (number, bool) { return v.n, v.kind != textual }

// converted is the value after somebody looked at it as a number: 007 becomes 7.
func (v value) converted() value {
	if v.kind == digits {
		return value{kind: numeric, n: v.n}
	}
	return v
}

// empty is the falsehood of | and &: zero, or no text at all. Quotes are text.
func (v value) empty() bool {
	if v.kind == textual {
		return v.s == ""
	}
	return v.n.zero()
}

// truth is that of ?::, to which an empty pair of quotes is false.
func (v value) truth() bool {
	if v.kind == textual {
		return v.bare() != ""
	}
	return !v.n.zero()
}

// made is a text that an operator produced. Digits and points count as a number.
func made(s string) value {
	if s == "" {
		return value{kind: textual}
	}
	for i := 0; i < len(s); i++ {
		if s[i] != '.' && (s[i] < '0' || s[i] > '9') {
			return value{kind: textual, s: s}
		}
	}
	return value{kind: digits, s: s, n: parseNumber(s)}
}

// compare orders two values: as numbers if both are, else as texts, byte by byte.
func compare(a, b value) (order int, comparable bool) {
	if a.kind != textual && b.kind != textual {
		return a.n.cmp(b.n)
	}
	return strings.Compare(a.String(), b.String()), true
}
