package realtime

import (
	"strconv"
	"strings"
)

// A Field is a column of a row and its value.
type Field struct{ Name, Value string }

// A Row is what a database has of an object. A name may occur more than once.
type Row []Field

// Get returns the last value of a name, whose case does not matter, or "".
func (r Row) Get(name string) string {
	for i := len(r) - 1; i >= 0; i-- {
		if strings.EqualFold(r[i].Name, name) {
			return r[i].Value
		}
	}
	return ""
}

// Has reports whether there is a name.
func (r Row) Has(name string) bool {
	for _, f := range r {
		if strings.EqualFold(f.Name, name) {
			return true
		}
	}
	return false
}

// A Condition is what rows must meet: a column, how it is compared ("" is =), and
// with what.
type Condition struct{ Column, Operator, Value string }

// Where reads conditions as families are asked with: a name that may have its
// operator behind a blank, and a value.
func Where(pairs ...string) []Condition {
	var list []Condition
	for i := 0; i+1 < len(pairs); i += 2 {
		name, operator, _ := strings.Cut(strings.TrimSpace(pairs[i]), " ")
		list = append(list, Condition{name, strings.ToUpper(strings.TrimSpace(operator)), pairs[i+1]})
	}
	return list
}

// operators are those that a condition may have.
var operators = map[string]bool{"": true, "=": true, "!=": true, "<>": true, "<": true, ">": true, "<=": true, ">=": true, "LIKE": true, "NOT LIKE": true}

// fields are those that a column of a database stands for: none if it is empty, one
// that is empty if it is a blank, and one for each part between semicolons. ^xx is the
// character of that number.
func fields(name, value string) []Field {
	if strings.TrimSpace(value) == "" {
		if value == "" {
			return nil
		}
		return []Field{{name, ""}}
	}
	var list []Field
	for _, part := range strings.Split(value, ";") {
		if part = strings.TrimSpace(decode(part)); part != "" {
			list = append(list, Field{name, part})
		}
	}
	return list
}

func decode(text string) string {
	if !strings.Contains(text, "^") {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '^' && i+2 < len(text) {
			if n, err := strconv.ParseUint(text[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// encode is the opposite of decode, for values with semicolons.
func encode(text string) string {
	return strings.NewReplacer("^", "^5E", ";", "^3B").Replace(text)
}
