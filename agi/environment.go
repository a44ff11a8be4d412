package agi

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// An Environment is what the exchange says of the call before the first command:
// lines like "agi_channel: PJSIP/alonso-00000001", in their order. The zero value is empty.
type Environment struct{ variables []Variable }

// A Variable is a line of an [Environment].
type Variable struct{ Name, Value string }

// The bounds of an environment that is read: more is an error.
const (
	maxVariables = 512
	maxLine      = 64 << 10 // bytes of a line
)

// Get returns the value of a variable, with or without "agi_" before its name, and ""
// if there is none.
func (e *Environment) Get(name string) string {
	for _, v := range e.variables {
		if v.Name == name || strings.TrimPrefix(v.Name, "agi_") == name {
			return v.Value
		}
	}
	return ""
}

// All returns the variables in their order.
func (e *Environment) All() []Variable { return append([]Variable(nil), e.variables...) }

// Add appends a variable.
func (e *Environment) Add(name, value string) {
	e.variables = append(e.variables, Variable{name, value})
}

// Arguments are the arguments that the dialplan gave: agi_arg_1 and on.
func (e *Environment) Arguments() []string {
	var list []string
	for {
		found := false
		for _, v := range e.variables {
			if v.Name == fmt.Sprintf("agi_arg_%d", len(list)+1) {
				list, found = append(list, v.Value), true
				break
			}
		}
		if !found {
			return list
		}
	}
}

// Append adds the environment to b as it is sent, with the empty line at its end. Line
// ends in values, which would begin a variable, become blanks.
func (e *Environment) Append(b []byte) []byte {
	for _, v := range e.variables {
		b = append(append(b, v.Name...), ": "...)
		at := len(b)
		b = append(b, v.Value...)
		for i := at; i < len(b); i++ {
			if b[i] == '\n' || b[i] == '\r' {
				b[i] = ' '
			}
		}
		b = append(b, '\n')
	}
	return append(b, '\n')
}

// ReadEnvironment reads an environment up to its empty line.
func ReadEnvironment(r *bufio.Reader) (Environment, error) {
	var e Environment
	for {
		line, err := readLine(r)
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return e, fmt.Errorf("agi: read the environment: %w", err)
		}
		if line == "" {
			return e, nil
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return e, fmt.Errorf("agi: %.80q is no line of an environment", line)
		}
		if len(e.variables) == maxVariables {
			return e, fmt.Errorf("agi: the environment has more than %d lines", maxVariables)
		}
		e.Add(name, strings.TrimPrefix(value, " "))
	}
}

// errLong is the error of a line that does not end.
var errLong = fmt.Errorf("agi: a line of more than %d bytes", maxLine)

// readLine reads a line without its end. What is longer than maxLine is an error.
func readLine(r *bufio.Reader) (string, error) {
	line, err := continueLine(r, nil)
	if err != nil {
		return "", err
	}
	return trimEnd(line), nil
}

// continueLine reads to the end of a line of which some may have come already. The
// line is good until the next read; what there is of it comes with an error, too.
func continueLine(r *bufio.Reader, line []byte) ([]byte, error) {
	for {
		part, err := r.ReadSlice('\n')
		if len(line)+len(part) > maxLine {
			return nil, errLong
		}
		switch {
		case err == nil && line == nil:
			return part, nil
		case err == nil:
			return append(line, part...), nil
		}
		line = append(line, part...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(line) > 0:
			return line, io.ErrUnexpectedEOF
		default:
			return line, err
		}
	}
}

func trimEnd(b []byte) string {
	b = b[:len(b)-1]
	if n := len(b); n > 0 && b[n-1] == '\r' {
		b = b[:n-1]
	}
	return string(b)
}
