package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/octothorpe/octothorpe/internal/command"
)

// A Dispatcher finds and runs console commands. It may be used concurrently.
type Dispatcher struct {
	logger *slog.Logger

	mu   sync.RWMutex
	rows []row
}

// row is a command with its words taken apart: each word is a list of alternatives.
type row struct {
	words [][]string
	*command.Console
	alias bool // of cli_aliases.conf
}

// ErrNoCommand is Execute's error for words that no command starts with.
var ErrNoCommand = errors.New("no such command")

// NewDispatcher returns a dispatcher for the rows of all tables.
func NewDispatcher(logger *slog.Logger, tables ...[]command.Console) *Dispatcher {
	d := &Dispatcher{logger: logger}
	for _, t := range tables {
		d.Add(t)
	}
	return d
}

// Add makes further commands known.
func (d *Dispatcher) Add(table []command.Console) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range table {
		d.rows = append(d.rows, row{words: alternatives(table[i].Name), Console: &table[i]})
	}
	sort.SliceStable(d.rows, func(i, j int) bool { return d.rows[i].Name < d.rows[j].Name })
}

// Commands returns all rows by name.
func (d *Dispatcher) Commands() []*command.Console {
	d.mu.RLock()
	defer d.mu.RUnlock()
	list := make([]*command.Console, len(d.rows))
	for i, r := range d.rows {
		list[i] = r.Console
	}
	return list
}

// alternatives takes a name like "core stop {now|gracefully}" apart.
func alternatives(name string) [][]string {
	var words [][]string
	for _, w := range strings.Fields(name) {
		w = strings.TrimSuffix(strings.TrimPrefix(w, "{"), "}")
		words = append(words, strings.Split(w, "|"))
	}
	return words
}

// Execute runs a line. Output goes to out; an unknown command, a wrong usage
// and a failure are told there, too, and returned. A command may hold locks while it
// prints: out does not make it wait for somebody who may not read.
func (d *Dispatcher) Execute(ctx context.Context, line string, out io.Writer, remote command.Remote) error {
	words := Words(line)
	if len(words) == 0 {
		return nil
	}
	r, n := d.find(words)
	if r == nil {
		fmt.Fprintf(out, "No such command '%s' (type 'core show help %s' for other possible commands)\n",
			strings.Join(words, " "), strings.Join(words[:d.sensible(words)], " "))
		return ErrNoCommand
	}
	err := d.run(ctx, r, &command.ConsoleRequest{Words: words, Args: words[n:], Out: out, Remote: remote})
	var usage *command.UsageError
	switch {
	case errors.As(err, &toldError{}):
	case errors.As(err, &usage):
		fmt.Fprintln(out, Usage(r.Console))
	case err != nil:
		if why := err.Error(); why != "" { // some say why in the log alone
			fmt.Fprintln(out, why)
		}
		fmt.Fprintf(out, "Command '%s' failed.\n", strings.Join(words, " "))
	}
	return err
}

// sensible is how many of the words to ask help for, where there is no such command. As
// on the reference these are those of which each, with those before it, lacks but one
// word of some command, and two more.
func (d *Dispatcher) sensible(words []string) int {
	d.mu.RLock()
	defer d.mu.RUnlock()
	known := 0
	for known < len(words) && slices.ContainsFunc(d.rows, func(r row) bool { return r.lacks(words[:known+1]) <= 1 }) {
		known++
	}
	return min(len(words), known+2)
}

// lacks is how many words of the command are missing behind the words that there are;
// many if it does not begin with them.
func (r *row) lacks(words []string) int {
	if len(words) > len(r.words) || match(r.words[:len(words)], words) < 0 {
		return len(r.words) + 2
	}
	return len(r.words) - len(words)
}

// run contains a panic of the command: the exchange goes on.
func (d *Dispatcher) run(ctx context.Context, r *row, q *command.ConsoleRequest) (err error) {
	defer func() {
		if p := recover(); p != nil {
			d.logger.Error("a console command panicked", "command", r.Name, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = fmt.Errorf("internal error in '%s'", r.Name)
		}
	}()
	return r.Run(ctx, q)
}

// Usage is what is printed for a wrong usage and by `core show help`.
func Usage(c *command.Console) string {
	syntax := c.Syntax
	if syntax == "" {
		syntax = c.Name
	}
	text := "Usage: " + strings.ReplaceAll(strings.TrimSpace(syntax), "\n", "\n       ")
	if strings.Contains(syntax, "\n") {
		text += "\n"
	}
	if c.Description != "" {
		text += "\n       " + strings.ReplaceAll(c.Description, "\n", "\n       ")
	} else if c.Synopsis != "" {
		text += "\n       " + c.Synopsis + "."
	}
	return text
}

// find returns the command whose words the typed ones start with, and how many
// those are. Exact words beat shortened ones, more words beat fewer. The row is a
// copy: those of the table change places when commands are added.
func (d *Dispatcher) find(words []string) (*row, int) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	var best *row
	bestScore, ambiguous := -1, false
	for i := range d.rows {
		r := &d.rows[i]
		score := match(r.words, words)
		switch {
		case score < 0 || score < bestScore:
		case score == bestScore:
			ambiguous = true
		default:
			best, bestScore, ambiguous = r, score, false
		}
	}
	if best == nil || ambiguous && !exact(best.words, words) {
		return nil, 0
	}
	found := *best
	return &found, len(found.words)
}

// Find returns the command that words begin with, or nil.
func (d *Dispatcher) Find(words []string) *command.Console {
	if r, _ := d.find(words); r != nil {
		return r.Console
	}
	return nil
}

// spelled is a line with the words of its command written out, so that shortening
// them helps nobody past a rule.
func (d *Dispatcher) spelled(words []string) string {
	r, n := d.find(words)
	if r == nil {
		return strings.Join(words, " ")
	}
	whole := slices.Clone(words)
	for i := range n {
		for _, choice := range r.words[i] {
			if len(words[i]) <= len(choice) && strings.EqualFold(choice[:len(words[i])], words[i]) {
				whole[i] = choice
				if len(words[i]) == len(choice) {
					break
				}
			}
		}
	}
	return strings.Join(whole, " ")
}

// match scores how well typed words select a command; -1 is not at all.
func match(pattern [][]string, words []string) int {
	if len(words) < len(pattern) {
		return -1
	}
	score := 0
	for i, choices := range pattern {
		best := -1
		for _, choice := range choices {
			switch {
			case strings.EqualFold(choice, words[i]):
				best = 3
			case len(words[i]) < len(choice) && strings.EqualFold(choice[:len(words[i])], words[i]):
				best = max(best, 2)
			}
		}
		if best < 0 {
			return -1
		}
		score += best
	}
	return score
}

func exact(pattern [][]string, words []string) bool { return match(pattern, words) == 3*len(pattern) }

// Words splits a line as the console does: at spaces, except within quotes and
// after a backslash.
func Words(line string) []string {
	var list []string
	var word strings.Builder
	quoted, open := false, false
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case c == '\\' && i+1 < len(line):
			i++
			word.WriteByte(line[i])
			open = true
		case c == '"':
			quoted = !quoted
			open = true
		case !quoted && (c == ' ' || c == '\t' || c == '\n' || c == '\r'):
			if open {
				list = append(list, word.String())
				word.Reset()
				open = false
			}
		default:
			word.WriteByte(c)
			open = true
		}
	}
	if open {
		list = append(list, word.String())
	}
	return list
}

// Complete returns what may follow: the words that continue the line. What a
// command offers is asked for without a lock: it may be what another part of the
// exchange knows, or come from here.
func (d *Dispatcher) Complete(line string) []string {
	words := Words(line)
	last := ""
	if len(line) > 0 && line[len(line)-1] != ' ' && len(words) > 0 {
		last, words = words[len(words)-1], words[:len(words)-1]
	}
	d.mu.RLock()
	rows := slices.Clone(d.rows)
	d.mu.RUnlock()
	found := map[string]bool{}
	for i := range rows {
		r := &rows[i]
		n := min(len(words), len(r.words))
		if match(r.words[:n], words[:n]) < 0 {
			continue
		}
		var offers []string
		switch {
		case len(words) < len(r.words):
			offers = r.words[len(words)]
		default:
			if at := len(r.words) - 1; exact(r.words[at:], words[at:n]) { // "endpoints" has no say where "endpoint" stands
				offers = keywords(r.Name, r.Syntax, words[n:])
			}
			if r.Console.Complete != nil {
				offers = append(offers, d.offers(r, words[len(r.words):], last)...)
			}
		}
		for _, o := range offers {
			if len(o) >= len(last) && strings.EqualFold(o[:len(last)], last) {
				found[o] = true
			}
		}
	}
	list := make([]string, 0, len(found))
	for o := range found {
		list = append(list, o)
	}
	sort.Strings(list)
	return list
}

// offers asks a command what may follow. A panic offers nothing.
func (d *Dispatcher) offers(r *row, args []string, word string) (list []string) {
	defer func() {
		if p := recover(); p != nil {
			d.logger.Error("the completion of a console command panicked", "command", r.Name, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			list = nil
		}
	}()
	return r.Console.Complete(args, word)
}
