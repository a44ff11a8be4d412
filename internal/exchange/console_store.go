package exchange

import (
	"context"
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/manager"
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
	return x.database.Query(ctx, r.Args[0], func(columns, values []string) {
		for i, name := range columns {
			fmt.Fprintf(r.Out, "%-5s: %-50s\n", name, values[i])
		}
		fmt.Fprintln(r.Out)
	})
}

// managerCommands are the console commands about AMI.
func (x *Exchange) managerCommands() []command.Console {
	row := func(name, syntax, synopsis string) command.Row {
		return command.Row{Name: name, Syntax: syntax, Synopsis: synopsis}
	}
	return []command.Console{
		{Row: row("manager show connected", "manager show connected", "List the clients"), Run: x.managerConnected},
		{Row: row("manager show commands", "manager show commands", "List the actions"), Run: x.managerActions},
		{Row: row("manager show command", "manager show command <actionname> [<actionname> ...]", "Describe actions"), Run: x.managerAction, Complete: x.actionNames},
		{Row: row("manager show users", "manager show users", "List the accounts"), Run: x.managerUsers},
		{Row: row("manager reload", "manager reload", "Read manager.conf again"), Run: func(context.Context, *command.ConsoleRequest) error { return x.reread("manager") }},
	}
}

func (x *Exchange) managerConnected(_ context.Context, r *command.ConsoleRequest) error {
	const format = "  %-15.15s  %-55.55s  %-10.10s  %-10.10s  %-8.8s  %-8.8s  %-10.10s  %-10.10s\n"
	fmt.Fprintf(r.Out, format, "Username", "IP Address", "Start", "Elapsed", "FileDes", "HttpCnt", "ReadPerms", "WritePerms")
	list := x.manager.Sessions()
	for _, s := range list {
		fmt.Fprintf(r.Out, format, s.User, s.Address, fmt.Sprint(s.Began.Unix()), fmt.Sprint(int(sinceSeconds(s.Began))), "0", "0",
			permissions(s.Read), permissions(s.Write))
	}
	fmt.Fprintf(r.Out, "%d users connected.\n", len(list))
	return nil
}

// permissions is the number that the reference has for classes: its own for all.
func permissions(c command.Class) string {
	const all = 1<<31 - 1
	if c == 1<<len(command.ClassNames)-1 {
		return strconv.Itoa(all)
	}
	return fmt.Sprintf("%010d", c)
}

func (x *Exchange) managerActions(_ context.Context, r *command.ConsoleRequest) error {
	const format = "  %-35.35s  %-65.65s\n"
	fmt.Fprintf(r.Out, format, "Action", "Synopsis")
	fmt.Fprintf(r.Out, format, "------", "--------")
	for _, a := range x.manager.Actions() {
		fmt.Fprintf(r.Out, format, a.Name, a.Synopsis)
	}
	return nil
}

func (x *Exchange) managerAction(_ context.Context, r *command.ConsoleRequest) error {
	if len(r.Args) == 0 {
		return &command.UsageError{}
	}
	for _, name := range r.Args {
		for _, a := range x.manager.Actions() {
			if strings.EqualFold(a.Name, name) {
				about := a.Row
				if about.Syntax == "" {
					about.Syntax = "Action: " + about.Name + "\n[ActionID:] <value>"
				}
				describe(r.Out, "Manager Command", about)
				fmt.Fprintf(r.Out, "[Privilege]\n%s\n\n", manager.ClassList(a.Privilege))
			}
		}
	}
	return nil
}

func (x *Exchange) managerUsers(_ context.Context, r *command.ConsoleRequest) error {
	accounts := x.manager.Settings().Accounts
	names := make([]string, 0, len(accounts))
	for name := range accounts {
		names = append(names, name)
	}
	sort.Strings(names)
	fmt.Fprintf(r.Out, "\nusername\n--------\n")
	for _, name := range names {
		fmt.Fprintln(r.Out, name)
	}
	fmt.Fprintf(r.Out, "-------------------\n%d manager users configured.\n", len(names))
	return nil
}
