package config

import (
	"fmt"
	"strings"
)

// writable reports an error where an option can't be written so that it reads as
// it is.
func writable(key, value string) error {
	switch {
	case key == "":
		return fmt.Errorf("option without a name: %w", ErrNotWritable)
	case strings.ContainsAny(key, "=\n\x00") || strings.ContainsAny(key[:1], "[#") || strings.HasSuffix(key, "+"):
		return fmt.Errorf("option %q: %w", key, ErrNotWritable)
	case strings.ContainsAny(value, "\n\x00"):
		return fmt.Errorf("option %s: a value must be one line: %w", key, ErrNotWritable)
	}
	return nil
}

// escape writes semicolons so that they begin no comment.
func escape(s string) string { return strings.ReplaceAll(s, ";", `\;`) }

// guard keeps a value that begins with > from making an arrow.
func guard(before, value string) string {
	if strings.HasSuffix(before, "=") && strings.HasPrefix(value, ">") {
		return " " + value
	}
	return value
}

// setValue puts another value into the line of an option. What stands before
// it, and every comment of the line, stays.
func (t *text) setValue(i int, value string) {
	line := visible(t.lines[i])
	mark := 0
	if i == 0 && strings.HasPrefix(line, "\ufeff") {
		mark = len("\ufeff")
	}
	spans := t.scan()[i].spans
	isText := make([]bool, len(line))
	for _, s := range spans {
		for at := s.from; at < s.to; at++ {
			isText[mark+at] = true
		}
	}
	next := func(at int) int { // the next byte of text, from at on
		for at < len(line) && !isText[at] {
			at++
		}
		return at
	}
	sign := next(0)
	plus := -1
	for ; sign < len(line) && line[sign] != '='; sign = next(sign + 1) {
		plus = -1
		if line[sign] == '+' {
			plus = sign
		}
	}
	start := sign + 1
	if n := next(start); n < len(line) && line[n] == '>' {
		start = n + 1
	}
	for start < len(line) && isText[start] && (line[start] == ' ' || line[start] == '\t') {
		start++
	}
	end := start
	for at := start; at < len(line); at++ {
		if isText[at] && !blank(line[at]) {
			end = at + 1
		}
	}
	var between strings.Builder
	for at := start; at < end; at++ {
		if !isText[at] {
			between.WriteByte(line[at])
		}
	}
	head, tail := line[:start], between.String()+line[end:]
	if plus >= 0 {
		head = line[:plus] + line[plus+1:start] // the value is whole now
	}
	value = escape(guard(head, value))
	if strings.HasSuffix(value, `\`) && strings.HasPrefix(tail, ";") {
		value += " "
	}
	// what follows a zero byte is not read and stays
	t.replace(i, head+value+tail+strings.TrimSuffix(t.lines[i][len(line):], "\n"))
}
