package dialplan

import "strconv"

// reference is what stands between ${ and }, read.
type reference struct {
	name, args string
	function   bool
	cut        cut
	flaw       string
}

// parseVariable reads NAME:offset:length or NAME(args):offset:length. A colon
// inside parentheses belongs to the arguments.
func parseVariable(text string) reference {
	r := reference{name: text, cut: uncut}
	depth := 0
scan:
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '(':
			r.function = true
			depth++
		case ')':
			depth--
		case ':':
			if depth == 0 {
				r.name, r.cut = text[:i], parseCut(text[i+1:])
				break scan
			}
		}
	}
	if r.function {
		r.split()
	}
	return r
}

// split parts NAME(args). The arguments go to the last parenthesis.
func (r *reference) split() {
	whole := r.name
	open, shut := 0, -1
	for whole[open] != '(' {
		open++
	}
	for i := len(whole) - 1; i > open; i-- {
		if whole[i] == ')' {
			shut = i
			break
		}
	}
	if shut < 0 {
		r.flaw = "no closing parenthesis for " + whole
		shut = len(whole)
	}
	r.name, r.args = whole[:open], whole[open+1:shut]
}

// SplitFunction parts "NAME(args)" as it stands in Set and AMI's Getvar. ok is
// false where text is no function.
func SplitFunction(text string) (name, args string, ok bool) {
	for i := 0; i < len(text); i++ {
		if text[i] == '(' {
			r := reference{name: text}
			r.split()
			return r.name, r.args, true
		}
	}
	return "", "", false
}

// parseCut reads offset:length as C's sscanf reads %d:%d: what it can't read
// leaves what is there.
func parseCut(text string) cut {
	c := uncut
	offset, rest, ok := scanInteger(text)
	if !ok {
		return c
	}
	c.offset = offset
	if rest == "" || rest[0] != ':' {
		return c
	}
	if length, _, ok := scanInteger(rest[1:]); ok {
		c.length = length
	}
	return c
}

// scanInteger reads an integer after white space.
func scanInteger(s string) (n int, rest string, ok bool) {
	i := 0
	for i < len(s) && (s[i] == ' ' || s[i] >= '\t' && s[i] <= '\r') {
		i++
	}
	negative := false
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		negative = s[i] == '-'
		i++
	}
	first := i
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		if n < toEnd/10 {
			n = n*10 + int(s[i]-'0')
		}
		i++
	}
	if negative {
		n = -n
	}
	return n, s[i:], i > first
}

func (c cut) String() string {
	return ":" + strconv.Itoa(c.offset) + ":" + strconv.Itoa(c.length)
}

// of cuts a value: a negative offset counts from the end, a negative length
// leaves so much off at the end.
func (c cut) of(s string) string {
	if c.offset == 0 && c.length >= len(s) {
		return s
	}
	from, to := c.offset, len(s)
	if from < 0 {
		from = max(0, len(s)+from)
	}
	if from >= len(s) {
		return ""
	}
	switch {
	case c.length < 0:
		to = len(s) + c.length
	case c.length < len(s)-from:
		to = from + c.length
	}
	if to <= from {
		return ""
	}
	return s[from:to]
}
