package dialplan

import (
	"cmp"
	"math/bits"
	"strings"
)

// element is one place of a pattern: a set of bytes, or one of the wildcards.
type element struct {
	kind  elementKind
	count int // of the bytes in the set
	set   [4]uint64
}

type elementKind uint8

// The kinds in their order of precedence. Within a set it is the smaller one
// that comes first, and of two of one size that with the lower first byte that
// the other has not. What ends comes after what goes on.
const (
	elementSet   elementKind = iota
	elementDot               // . one byte or more, and the rest of the pattern is ignored
	elementBang              // ! none or more, at once
	elementNever             // an empty set
	elementEnd
)

func (e *element) add(c byte) {
	word, bit := c>>6, uint64(1)<<(c&63)
	if e.set[word]&bit == 0 {
		e.set[word] |= bit
		e.count++
	}
}

func (e *element) has(c byte) bool { return e.set[c>>6]&(1<<(c&63)) != 0 }

func (e *element) addRange(from, to byte) {
	for c := int(from); c <= int(to); c++ {
		e.add(byte(c))
	}
}

// single returns the only byte of a set.
func (e *element) single() (byte, bool) {
	if e.kind != elementSet || e.count != 1 {
		return 0, false
	}
	for word, w := range e.set {
		if w != 0 {
			return byte(word<<6 + bits.TrailingZeros64(w)), true
		}
	}
	return 0, false
}

func (e *element) compare(other *element) int {
	if c := cmp.Compare(e.kind, other.kind); c != 0 || e.kind != elementSet {
		return c
	}
	if c := cmp.Compare(e.count, other.count); c != 0 {
		return c
	}
	for i := range e.set {
		if differ := e.set[i] ^ other.set[i]; differ != 0 {
			if e.set[i]&(differ&-differ) != 0 {
				return -1
			}
			return 1
		}
	}
	return 0
}

// parsePattern reads what follows the underscore: X is a digit, Z one from 1, N
// one from 2, in either case of letter; [1-5a] a set; . and ! wildcards; a dash
// outside of a set nothing; anything else itself. flaw says what is doubtful.
func parsePattern(text string) (list []element, flaw string) {
	for i := 0; i < len(text); i++ {
		var e element
		switch c := text[i]; c {
		case '-':
			continue
		case 'X', 'x':
			e.addRange('0', '9')
		case 'Z', 'z':
			e.addRange('1', '9')
		case 'N', 'n':
			e.addRange('2', '9')
		case '.':
			e.kind = elementDot
		case '!':
			e.kind = elementBang
		case '[':
			end := strings.IndexByte(text[i:], ']')
			if end < 0 {
				return append(list, element{kind: elementNever}), "a [ without its ]"
			}
			e.addSet(text[i+1 : i+end])
			i += end
			if e.count == 0 {
				flaw = "an empty set, which counts for nothing"
				continue
			}
		default:
			e.add(c)
		}
		list = append(list, e)
	}
	return list, flaw
}

func (e *element) addSet(text string) {
	for i := 0; i < len(text); i++ {
		if i+2 < len(text) && text[i+1] == '-' {
			e.addRange(text[i], text[i+2])
			i += 2
			continue
		}
		e.add(text[i])
	}
}

// comparePatterns orders two patterns by precedence.
func comparePatterns(a, b []element) int {
	end := element{kind: elementEnd}
	for i := 0; ; i++ {
		x, y := &end, &end
		if i < len(a) {
			x = &a[i]
		}
		if i < len(b) {
			y = &b[i]
		}
		if c := x.compare(y); c != 0 || x.kind == elementEnd {
			return c
		}
	}
}

// matchPattern reports whether data, without dashes, matches the whole pattern.
func matchPattern(pattern []element, data string) bool {
	for i := range pattern {
		switch e := &pattern[i]; e.kind {
		case elementDot:
			return data != ""
		case elementBang:
			return true
		default:
			if data == "" || !e.has(data[0]) {
				return false
			}
			data = data[1:]
		}
	}
	return data == ""
}

// undashed is what of an extension counts for matching.
func undashed(s string) string {
	if strings.IndexByte(s, '-') < 0 {
		return s
	}
	return strings.ReplaceAll(s, "-", "")
}

// name is an extension or a caller's number as it is compared: literally, or as a pattern.
type name struct {
	text     string
	literal  string // without dashes
	pattern  []element
	patterns bool
}

func newName(text string) (n name, flaw string) {
	n.text = text
	if !strings.HasPrefix(text, "_") {
		n.literal = undashed(text)
		return n, ""
	}
	n.patterns = true
	n.pattern, flaw = parsePattern(text[1:])
	return n, flaw
}

// compare orders literals before patterns.
func (n *name) compare(other *name) int {
	switch {
	case n.patterns && other.patterns:
		return comparePatterns(n.pattern, other.pattern)
	case n.patterns:
		return 1
	case other.patterns:
		return -1
	}
	return strings.Compare(n.literal, other.literal)
}

func (n *name) matches(data string) bool {
	if n.patterns {
		return matchPattern(n.pattern, undashed(data))
	}
	return n.literal == undashed(data)
}

// A Pattern is the name of an extension by itself, for files other than extensions.conf that
// match as it does.
type Pattern struct{ name name }

// ParsePattern reads a name, which is a pattern if it begins with an underscore. flaw says what is doubtful.
func ParsePattern(text string) (p Pattern, flaw string) {
	p.name, flaw = newName(text)
	return p, flaw
}

// Matches reports whether the pattern is that of a text, in which dashes do not count.
func (p Pattern) Matches(text string) bool { return p.name.matches(text) }
