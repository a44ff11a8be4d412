package gateway

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/octothorpe/octothorpe/agi"
	"github.com/octothorpe/octothorpe/internal/command"
)

// A row is a command of AGI.
type row struct {
	name        string // in lower case, its words with a blank between
	syntax      string // of the arguments
	synopsis    string
	dead        bool // needs no leg that is up
	listens     bool // reads what the leg sends
	least, most int  // arguments
	partial     string
	run         func(s *session, ctx context.Context, args []string) outcome
}

// many is the most of a command that takes whatever comes.
const many = 1 << 10

// wrong is the answer to wrong arguments.
func (r *row) wrong() outcome {
	text := "Usage: " + strings.ToUpper(r.name)
	if r.syntax != "" {
		text += " " + r.syntax
	}
	return outcome{reply: agi.Reply{Code: agi.CodeUsage, Text: text + "\n" + r.synopsis + "."}}
}

// misused is the outcome of arguments that only the command itself sees to be wrong; the
// help is added.
var misused = outcome{reply: agi.Reply{Code: agi.CodeUsage}}

// A table is all commands.
type table struct {
	rows    []row // in the order in which they were written
	byName  map[string]*row
	longest int // how many words a name has at most
}

// commands makes the table when it is first asked for.
var commands = sync.OnceValue(func() *table {
	t := &table{rows: slices.Concat(callRows(), dataRows(), soundRows(), speechRows()), byName: map[string]*row{}}
	for i := range t.rows {
		r := &t.rows[i]
		t.byName[r.name] = r
		t.longest = max(t.longest, strings.Count(r.name, " ")+1)
	}
	return t
})

// find returns the row whose name the words begin with, the longest, and the rest.
func find(words []string) (*row, []string) {
	t := commands()
	var room [64]byte
	key, found, rest := room[:0], (*row)(nil), words
	for i, word := range words[:min(t.longest, len(words))] {
		if i > 0 {
			key = append(key, ' ')
		}
		for _, c := range []byte(word) {
			if c >= 'A' && c <= 'Z' {
				c += 'a' - 'A'
			}
			key = append(key, c)
		}
		if r := t.byName[string(key)]; r != nil {
			found, rest = r, words[i+1:]
		}
	}
	if found == nil {
		return nil, nil
	}
	return found, rest
}

// nameOf is the command that the words begin with, in capitals, or "" for an unknown one.
func nameOf(words []string) string {
	r, _ := find(words)
	if r == nil {
		return ""
	}
	return strings.ToUpper(r.name)
}

// Rows are the commands, for the list of what is there.
func Rows() []command.Row {
	var list []command.Row
	for _, r := range commands().rows {
		list = append(list, command.Row{Name: r.name, Synopsis: r.synopsis, Syntax: r.syntax, Partial: r.partial})
	}
	return list
}
