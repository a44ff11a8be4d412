package config

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Severity says how bad a problem is.
type Severity uint8

// The severities.
const (
	Note    Severity = iota // nothing is lost
	Warning                 // the line does not do what it says
	Error                   // the exchange would not do what the file says
)

// String returns the severity's word.
func (s Severity) String() string {
	switch s {
	case Note:
		return "note"
	case Warning:
		return "warning"
	case Error:
		return "error"
	}
	return fmt.Sprintf("severity %d", uint8(s))
}

// A Diagnostic says what is wrong in a file and how to mend it.
type Diagnostic struct {
	Severity      Severity
	File          string
	Line          int // from 1; 0 is the file as a whole
	Problem, Hint string
}

// String returns "file:line: severity: problem (hint)".
func (d Diagnostic) String() string {
	text := fmt.Sprintf("%s: %s: %s", d.Where(), d.Severity, d.Problem)
	if d.Hint != "" {
		text += " (" + d.Hint + ")"
	}
	return text
}

// Where tells the place as file:line, or as the file alone.
func (d Diagnostic) Where() string {
	if d.Line == 0 {
		return d.File
	}
	return fmt.Sprintf("%s:%d", d.File, d.Line)
}

// Report returns problems as they are to be read: by file and line, each once.
func Report(list []Diagnostic) []Diagnostic {
	list = slices.Clone(list)
	for i := range list {
		if list[i].File != "" {
			list[i].File = filepath.Clean(list[i].File)
		}
	}
	slices.SortStableFunc(list, func(a, b Diagnostic) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), strings.Compare(a.Problem, b.Problem))
	})
	return slices.Compact(list)
}

// An InvalidError is a file that Asterisk would not take any of.
type InvalidError struct {
	Path string
	// First is the problem that Asterisk would stop at.
	First Diagnostic
}

// Error implements error.
func (e *InvalidError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "read configuration: %s:%d: %s", e.First.File, e.First.Line, e.First.Problem)
	if e.First.Hint != "" {
		fmt.Fprintf(&b, " (%s)", e.First.Hint)
	}
	return b.String()
}
