package dialplan

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"
	"unicode/utf8"
)

// matching is a : or =~ operation. It keeps the last expression it compiled.
type matching struct {
	text, pattern node
	anchored      bool
	last          atomic.Pointer[regular]
}

// regular is a compiled regular expression, or why it is none.
type regular struct {
	source string
	re     *regexp.Regexp
	err    error
}

func newMatch(text, pattern node, anchored bool) node {
	return &matching{text: text, pattern: pattern, anchored: anchored}
}

// eval gives the text of the first group where the expression has one that took
// part, else the length of the match in bytes; with no match nothing, or 0 where
// there are no groups.
func (n *matching) eval(r *evaluation) value {
	text, pattern := n.text.eval(r).bare(), n.pattern.eval(r).bare()
	if r.astray {
		return value{}
	}
	c := n.last.Load()
	if c == nil || c.source != pattern {
		c = &regular{source: pattern}
		c.re, c.err = CompileRegular(pattern, false)
		n.last.Store(c)
	}
	if c.err != nil {
		r.warn(c.err.Error())
		return value{}
	}
	at := c.re.FindStringSubmatchIndex(text)
	if at == nil || n.anchored && at[0] != 0 {
		if c.re.NumSubexp() > 0 {
			return value{}
		}
		return value{kind: numeric}
	}
	if len(at) > 2 && at[2] >= 0 {
		return made(text[at[2]:at[3]])
	}
	return value{kind: numeric, n: integer(int64(at[1] - at[0]))}
}

// CompileRegular compiles a POSIX extended regular expression as the GNU C
// library reads it: leftmost and longest. Back-references are refused.
func CompileRegular(pattern string, ignoreCase bool) (*regexp.Regexp, error) {
	translated, err := translateRegular(pattern)
	if err != nil {
		return nil, fmt.Errorf("regular expression %q: %w", pattern, err)
	}
	flags := "(?s)"
	if ignoreCase {
		flags = "(?si)"
	}
	re, err := regexp.Compile(flags + translated)
	if err != nil {
		return nil, fmt.Errorf("regular expression %q: %w", pattern, err)
	}
	re.Longest()
	return re, nil
}

var (
	errNothingToRepeat = errors.New("invalid preceding regular expression")
	errBackReference   = errors.New("back-references are not supported")
	errTrailing        = errors.New("trailing backslash")
	errBracket         = errors.New("unmatched [")
	errBrace           = errors.New("unmatched \\{")
	errBraceContent    = errors.New("invalid content of \\{\\}")
)

// translateRegular turns POSIX syntax into Go's.
func translateRegular(p string) (string, error) {
	t := translation{source: p}
	for t.at < len(p) {
		if err := t.next(); err != nil {
			return "", err
		}
	}
	if len(t.groups) > 0 {
		return "", errors.New("unmatched ( or \\(")
	}
	return strings.Join(t.atoms, ""), nil
}

// translation is a regular expression half translated, as a list of atoms.
type translation struct {
	source     string
	at         int
	atoms      []string
	groups     []int // where the open groups begin in atoms
	repeatable bool  // the last atom can be repeated
	repeated   bool  // and has been: Go would take another repetition for another operator
}

func (t *translation) atom(s string) {
	t.atoms = append(t.atoms, s)
	t.repeatable, t.repeated = true, false
}

func (t *translation) next() error {
	c := t.source[t.at]
	t.at++
	switch c {
	case '\\':
		if t.at == len(t.source) {
			return errTrailing
		}
		next := t.source[t.at]
		t.at++
		if next >= '1' && next <= '9' {
			return errBackReference
		}
		t.atom(escaped(next))
	case '[':
		class, length, err := bracket(t.source[t.at-1:])
		if err != nil {
			return err
		}
		t.at += length - 1
		t.atom(class)
	case '*', '+', '?':
		return t.repeat(string(c))
	case '{':
		end := strings.IndexByte(t.source[t.at:], '}')
		if end < 0 {
			return errBrace
		}
		operator, err := interval(t.source[t.at : t.at+end])
		if err != nil {
			return err
		}
		t.at += end + 1
		return t.repeat(operator)
	case '(':
		t.groups = append(t.groups, len(t.atoms))
		t.atom("(")
		t.repeatable = false
	case ')':
		return t.closeGroup()
	case '|', '^':
		t.atom(string(c))
		t.repeatable = false
	case '$', '.':
		t.atom(string(c))
	default:
		length := 1
		if c >= utf8.RuneSelf {
			_, length = utf8.DecodeRuneInString(t.source[t.at-1:])
		}
		t.atom(regexp.QuoteMeta(t.source[t.at-1 : t.at-1+length]))
		t.at += length - 1
	}
	return nil
}

func (t *translation) repeat(operator string) error {
	if !t.repeatable {
		return errNothingToRepeat
	}
	last := &t.atoms[len(t.atoms)-1]
	if t.repeated {
		*last = "(?:" + *last + ")"
	}
	*last += operator
	t.repeated = true
	return nil
}

func (t *translation) closeGroup() error {
	if len(t.groups) == 0 {
		return errors.New("unmatched ) or \\)")
	}
	start := t.groups[len(t.groups)-1]
	t.groups = t.groups[:len(t.groups)-1]
	group := strings.Join(t.atoms[start:], "") + ")"
	t.atoms = t.atoms[:start]
	t.atom(group)
	return nil
}

func escaped(c byte) string {
	switch c {
	case 'w', 'W', 's', 'S', 'b', 'B':
		return "\\" + string(c)
	case '<', '>':
		return "\\b"
	case '`':
		return "\\A"
	case '\'':
		return "\\z"
	}
	return regexp.QuoteMeta(string(rune(c)))
}

// interval checks and writes {n}, {n,}, {,m} and {n,m}.
func interval(s string) (string, error) {
	low, high, ranged := strings.Cut(s, ",")
	if low == "" && ranged {
		low = "0"
	}
	for _, part := range []string{low, high} {
		if len(part) > 4 || strings.Trim(part, "0123456789") != "" {
			return "", errBraceContent
		}
	}
	if low == "" {
		return "", errBraceContent
	}
	if ranged {
		return "{" + low + "," + high + "}", nil
	}
	return "{" + low + "}", nil
}

// bracket translates a bracket expression and returns its length in p. Every
// character that Go could take for more than itself gets an escape.
func bracket(p string) (class string, length int, err error) {
	i := 1
	class = "["
	if i < len(p) && p[i] == '^' {
		class += "^"
		i++
	}
	for first := true; i < len(p); first = false {
		switch c := p[i]; {
		case c == ']' && !first:
			return class + "]", i + 1, nil
		case c == '[' && i+1 < len(p) && strings.IndexByte(":.=", p[i+1]) >= 0:
			end := strings.Index(p[i+2:], string(p[i+1])+"]")
			if end < 0 {
				return "", 0, errBracket
			}
			name := p[i+2 : i+2+end]
			if p[i+1] == ':' {
				class += "[:" + name + ":]"
			} else {
				class += regexp.QuoteMeta(name)
			}
			i += end + 4
		case c == '-' && !first && i+1 < len(p) && p[i+1] != ']':
			class += "-"
			i++
		default:
			length := 1
			if c >= utf8.RuneSelf {
				_, length = utf8.DecodeRuneInString(p[i:])
			}
			class += bracketLiteral(p[i : i+length])
			i += length
		}
	}
	return "", 0, errBracket
}

func bracketLiteral(s string) string {
	if len(s) == 1 && strings.IndexByte(`\[]^-&~:`, s[0]) >= 0 {
		return `\` + s
	}
	return s
}
