package exchange

import (
	"context"
	"errors"
	"fmt"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/store"
)

// databaseCommands are the console commands about AstDB.
func (x *Exchange) databaseCommands() []command.Console {
	row := func(name, syntax, synopsis string) command.Row {
		return command.Row{Name: name, Syntax: syntax, Synopsis: synopsis}
	}
	args := func(n int, f func(r *command.ConsoleRequest) error) func(context.Context, *command.ConsoleRequest) error {
		return func(_ context.Context, r *command.ConsoleRequest) error {
			if len(r.Args) != n && n >= 0 {
				return &command.UsageError{}
			}
			return f(r)
		}
	}
	return []command.Console{
		{Row: row("database get", "database get <family> <key>", "Show an entry"), Run: args(2, func(r *command.ConsoleRequest) error {
			v, ok := x.database.Get(r.Args[0], r.Args[1])
			if !ok {
				fmt.Fprintln(r.Out, "Database entry not found.")
				return nil
			}
			fmt.Fprintf(r.Out, "Value: %s\n", v)
			return nil
		})},
		{Row: row("database put", "database put <family> <key> <value>", "Set an entry"), Run: args(3, func(r *command.ConsoleRequest) error {
			if err := x.database.Put(r.Args[0], r.Args[1], r.Args[2]); err != nil {
				return command.Refusal("Failed to update entry: " + err.Error())
			}
			fmt.Fprintln(r.Out, "Updated database successfully")
			return nil
		})},
		{Row: command.Row{Name: "database query", Syntax: `database query "<SQL Statement>"`, Synopsis: "Ask the database in SQL",
			Description: "The table is astdb, its columns are key and value.", Partial: "statements that change entries are refused"}, Run: x.queryDatabase},
		{Row: row("database del", "database del <family> <key>", "Remove an entry"), Run: args(2, func(r *command.ConsoleRequest) error {
			if ok, err := x.database.Del(r.Args[0], r.Args[1]); !ok || err != nil {
				fmt.Fprintln(r.Out, "Database entry could not be removed.")
				return nil
			}
			fmt.Fprintln(r.Out, "Database entry removed.")
			return nil
		})},
		{Row: row("database deltree", "database deltree <family> [keytree]", "Remove entries"), Run: args(-1, func(r *command.ConsoleRequest) error {
			if len(r.Args) < 1 || len(r.Args) > 2 {
				return &command.UsageError{}
			}
			n := x.database.DelTree(r.Args[0], command.Arg(r.Args, 1))
			if n == 0 {
				fmt.Fprintln(r.Out, "Database entries do not exist.")
				return nil
			}
			fmt.Fprintf(r.Out, "%d database entries removed.\n", n)
			return nil
		})},
		{Row: row("database show", "database show [family [keytree]]", "List entries"), Run: args(-1, func(r *command.ConsoleRequest) error {
			if len(r.Args) > 2 {
				return &command.UsageError{}
			}
			return showEntries(r, x.database.List(command.Arg(r.Args, 0), command.Arg(r.Args, 1)))
		})},
		{Row: row("database showkey", "database showkey <key>", "List entries of a key"), Run: args(1, func(r *command.ConsoleRequest) error {
			return showEntries(r, x.database.ListKey(r.Args[0]))
		})},
	}
}

func showEntries(r *command.ConsoleRequest, list []store.Entry) error {
	for _, e := range list {
		fmt.Fprintf(r.Out, "%-50s: %-25s\n", e.Key, e.Value)
	}
	fmt.Fprintf(r.Out, "%d results found.\n", len(list))
	return nil
}

// queryDatabase prints rows a column a line, as the reference does.
func (x *Exchange) queryDatabase(ctx context.Context, r *command.ConsoleRequest) error {
	if len(r.Args) != 1 {
		return &command.UsageError{}
	}
	err := x.database.Query(ctx, r.Args[0], func(columns, values []string) {
		for i, name := range columns {
			fmt.Fprintf(r.Out, "%-5s: %-50s\n", name, values[i])
		}
		fmt.Fprintln(r.Out)
	})
	if errors.Is(err, store.ErrStatement) { // which the reference says in its log alone
		x.log.Warn("a statement for the database is not right", "statement", r.Args[0], "error", err)
		return nil
	}
	return err
}
