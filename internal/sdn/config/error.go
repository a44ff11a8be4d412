package config

import (
	"fmt"
	"strings"
)

// A Pos is a place in a file; line and column count from 1.
type Pos struct {
	File         string
	Line, Column int
}

// String is file:line:column.
func (p Pos) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column) }

// An Error is what is wrong with a file and where.
type Error struct {
	Pos
	Message string
	Hint    string // what would help, or ""
}

// Error is file:line:column: message (hint).
func (e *Error) Error() string {
	s := e.Message
	if e.Line > 0 {
		s = e.Pos.String() + ": " + s
	} else if e.File != "" {
		s = e.File + ": " + s
	}
	if e.Hint != "" {
		s += " (" + e.Hint + ")"
	}
	return s
}

func (p Pos) wrong(format string, args ...any) *Error {
	return &Error{Pos: p, Message: fmt.Sprintf(format, args...)}
}

func (e *Error) hint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// nearest is the word most like name, "" if none is like it.
func nearest(name string, words []string) string {
	best, least := "", 3
	for _, w := range words {
		if d := distance(strings.ToLower(name), w, least); d < least {
			best, least = w, d
		}
	}
	return best
}

// distance is how many letters must change; limit when it is that many or more.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit || len(a) > 64 {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := last
			if a[i] != b[j] {
				cost = 1 + min(last, row[j], row[j+1])
			}
			last, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
