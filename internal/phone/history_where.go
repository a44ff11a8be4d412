package phone

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A condition is what an expression of "pjsip show history where" asks of a message.
type condition func(*historyEntry) bool

// A whereReader reads an expression: comparisons of a field with a value, joined
// by and, or, not and parentheses; not binds strongest, or weakest.
type whereReader struct{ words []string }

// errUnusable is what an expression without a comparison leaves.
//
//lint:ignore ST1005 the reference's line of the log
var errUnusable = errors.New("Expression did not create a usable result")

// parseWhere reads an expression that was split into words; parentheses may be
// part of a word.
func parseWhere(words []string) (condition, error) {
	r := &whereReader{}
	for _, word := range words {
		for rest, ok := strings.CutPrefix(word, "("); ok; rest, ok = strings.CutPrefix(word, "(") {
			r.words, word = append(r.words, "("), rest
		}
		closing := len(word) - len(strings.TrimRight(word, ")"))
		if word = strings.TrimRight(word, ")"); word != "" {
			r.words = append(r.words, word)
		}
		for range closing {
			r.words = append(r.words, ")")
		}
	}
	c, err := r.either()
	if err == nil && len(r.words) > 0 {
		err = errUnusable
	}
	return c, err
}

// take removes the next word if it is the one.
func (r *whereReader) take(word string) bool {
	if len(r.words) == 0 || !strings.EqualFold(r.words[0], word) {
		return false
	}
	r.words = r.words[1:]
	return true
}

func (r *whereReader) either() (condition, error) {
	left, err := r.both()
	for err == nil && r.take("or") {
		var right condition
		first := left
		if right, err = r.both(); err == nil {
			left = func(e *historyEntry) bool { return first(e) || right(e) }
		}
	}
	return left, err
}

func (r *whereReader) both() (condition, error) {
	left, err := r.single()
	for err == nil && r.take("and") {
		var right condition
		first := left
		if right, err = r.single(); err == nil {
			left = func(e *historyEntry) bool { return first(e) && right(e) }
		}
	}
	return left, err
}

func (r *whereReader) single() (condition, error) {
	switch {
	case r.take("not"):
		c, err := r.single()
		return func(e *historyEntry) bool { return !c(e) }, err
	case r.take("("):
		c, err := r.either()
		if err == nil && !r.take(")") {
			err = errUnusable
		}
		return c, err
	}
	return r.comparison()
}

func (r *whereReader) comparison() (condition, error) {
	if len(r.words) < 2 {
		return nil, errUnusable
	}
	field, operator := r.words[0], strings.ToLower(r.words[1])
	if !historyFields[field] {
		//lint:ignore ST1005 as above
		return nil, fmt.Errorf("Unknown or unrecognized field: %s", field)
	}
	if len(r.words) < 3 {
		//lint:ignore ST1005 as above
		return nil, fmt.Errorf("Unable to evaluate expression operator '%s': not enough operands", operator)
	}
	value := r.words[2]
	r.words = r.words[3:]
	if operator == "like" {
		pattern, err := regexp.Compile(value)
		if err != nil {
			return nil, fmt.Errorf("expression %q: %w", value, err)
		}
		return func(e *historyEntry) bool { return pattern.MatchString(e.field(field)) }, nil
	}
	holds := map[string]func(int) bool{"=": func(n int) bool { return n == 0 }, "==": func(n int) bool { return n == 0 }, "!=": func(n int) bool { return n != 0 },
		"<": func(n int) bool { return n < 0 }, "<=": func(n int) bool { return n <= 0 }, ">": func(n int) bool { return n > 0 }, ">=": func(n int) bool { return n >= 0 }}[operator]
	if holds == nil {
		return nil, errUnusable
	}
	return func(e *historyEntry) bool { return holds(compareValues(e.field(field), value)) }, nil
}

// compareValues compares numbers as such, and texts by their bytes.
func compareValues(a, b string) int {
	x, errX := strconv.ParseInt(a, 10, 64)
	y, errY := strconv.ParseInt(b, 10, 64)
	if errX == nil && errY == nil {
		return cmp.Compare(x, y)
	}
	return strings.Compare(a, b)
}

// historyFields are what an expression may ask for.
var historyFields = map[string]bool{"number": true, "timestamp": true, "addr": true, "sip.msg.request.method": true, "sip.msg.call-id": true}

// field is the value of one of them.
func (e *historyEntry) field(name string) string {
	switch name {
	case "number":
		return strconv.Itoa(e.number)
	case "timestamp":
		return strconv.FormatInt(e.at.Unix(), 10)
	case "addr":
		return e.remote.String()
	case "sip.msg.call-id":
		return headerOf(e.message, "Call-ID")
	}
	if strings.HasPrefix(e.line(), "SIP/2.0") {
		return ""
	}
	return methodOf(e.message)
}
