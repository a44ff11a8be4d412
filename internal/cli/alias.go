package cli

import (
	"context"
	"errors"
	"slices"
	"sort"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
)

// An Alias is another name for a command: cli_aliases.conf.
type Alias struct{ Name, Command string }

// errAliases says that an alias leads to itself.
var errAliases = errors.New("the alias leads to itself")

// deepest is how many aliases may stand for each other.
const deepest = 16

type depthKey struct{}

// SetAliases replaces all aliases. Names that are commands already are left out; it
// returns those that hold.
func (d *Dispatcher) SetAliases(list []Alias) []Alias {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.rows = slices.DeleteFunc(d.rows, func(r row) bool { return r.alias })
	var held []Alias
	for _, a := range list {
		words := alternatives(a.Name)
		taken := slices.ContainsFunc(d.rows, func(r row) bool { return strings.EqualFold(r.Name, a.Name) })
		if len(words) == 0 || taken {
			continue
		}
		c := &command.Console{Row: command.Row{Name: a.Name, Synopsis: "<no description available>", Syntax: a.Command}}
		c.Complete = func(args []string, word string) []string { return d.completeAlias(a, args, word) }
		c.Run = func(ctx context.Context, r *command.ConsoleRequest) error { return d.runAlias(ctx, a, r) }
		d.rows = append(d.rows, row{words: words, Console: c, alias: true})
		held = append(held, a)
	}
	sort.SliceStable(d.rows, func(i, j int) bool { return d.rows[i].Name < d.rows[j].Name })
	return held
}

// runAlias runs the command that an alias stands for, with what was typed behind.
// The command has told what went wrong, so that nothing is left to say.
func (d *Dispatcher) runAlias(ctx context.Context, a Alias, r *command.ConsoleRequest) error {
	depth, _ := ctx.Value(depthKey{}).(int)
	if depth >= deepest {
		return errAliases
	}
	if err := d.Execute(context.WithValue(ctx, depthKey{}, depth+1), a.line(r.Args), r.Out, r.Remote); err != nil {
		return toldError{err}
	}
	return nil
}

// line is what the alias stands for with words behind it.
func (a Alias) line(args []string) string {
	line := a.Command
	for _, word := range args {
		line += ` "` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(word) + `"`
	}
	return line
}

// completeAlias offers what the command offers that an alias stands for. What that
// is again an alias for offers nothing: it may lead to itself.
func (d *Dispatcher) completeAlias(a Alias, args []string, word string) []string {
	if r, _ := d.find(Words(a.Command)); r == nil || r.alias {
		return nil
	}
	return d.Complete(a.line(args) + " " + word)
}

// A toldError has been told where it happened.
type toldError struct{ error }
