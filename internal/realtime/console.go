package realtime

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
)

// Commands are the console's.
func (h *House) Commands() []command.Console {
	row := func(name, syntax, synopsis string, run func(context.Context, *command.ConsoleRequest) error) command.Console {
		return command.Console{Row: command.Row{Name: name, Syntax: syntax, Synopsis: synopsis}, Run: run}
	}
	return []command.Console{
		row("realtime load", "realtime load <family> <colmatch> <value>", "Show an object of a family", h.runLoad),
		row("realtime update", "realtime update <family> <colmatch> <valuematch> <colupdate> <newvalue>", "Change objects of a family", h.runUpdate),
		row("realtime update2", "realtime update2 <family> <colmatch> <valuematch> [<colmatch> <valuematch> …] NULL <colupdate> <newvalue> [<colupdate> <newvalue> …]",
			"Change objects of a family that meet several conditions", h.runUpdateMany),
		row("realtime store", "realtime store <family> <colname> <value> [<colname> <value> …]", "Add an object to a family", h.runStore),
		row("realtime destroy", "realtime destroy <family> <colmatch> <valuematch> [<colmatch> <valuematch> …]", "Remove objects from a family", h.runDestroy),
		row("core show config mappings", "core show config mappings", "List what extconfig.conf keeps in databases, by driver", h.runMappings),
		row("realtime show families", "realtime show families", "List the families and where they are", h.runFamilies),
	}
}

func (h *House) runFamilies(_ context.Context, r *command.ConsoleRequest) error {
	for _, m := range h.mappings() {
		fmt.Fprintf(r.Out, "%-30s %s (priority %d)\n", m.family, m, m.priority)
	}
	return nil
}

// mappings are the lines of extconfig.conf by family and priority. Who shows them holds
// no lock: a console may not be read.
func (h *House) mappings() []mapping {
	h.mu.RLock()
	defer h.mu.RUnlock()
	var all []mapping
	for _, family := range slices.Sorted(maps.Keys(h.families)) {
		all = append(all, h.families[family]...)
	}
	return all
}

// runMappings lists the families by their drivers.
func (h *House) runMappings(_ context.Context, r *command.ConsoleRequest) error {
	all := h.mappings()
	slices.SortStableFunc(all, func(a, b mapping) int { return strings.Compare(a.driver, b.driver) })
	driver := ""
	for _, m := range all {
		if m.driver != driver {
			fmt.Fprintf(r.Out, "Config Engine: %s\n", m.driver)
			driver = m.driver
		}
		fmt.Fprintf(r.Out, "===> %s (db=%s, table=%s)\n", m.family, m.database, m.table)
	}
	return nil
}

// show tells of an error instead of a result. That there is no such family the reference
// does not say.
func show(what string, err error) error {
	if errors.Is(err, ErrNoFamily) {
		return command.Refusal(what)
	}
	return fmt.Errorf("%s\n%w", what, err)
}

func (h *House) runLoad(ctx context.Context, r *command.ConsoleRequest) error {
	if len(r.Args) != 3 {
		return &command.UsageError{}
	}
	list, err := h.All(ctx, r.Args[0], Where(r.Args[1], r.Args[2])...)
	if err != nil && !errors.Is(err, ErrNoFamily) {
		return err
	}
	if len(list) == 0 {
		fmt.Fprintf(r.Out, "No rows found matching search criteria.\n")
		return nil
	}
	for _, row := range list {
		fmt.Fprintf(r.Out, "%30s  %-30s\n", "Column Name", "Column Value")
		fmt.Fprintf(r.Out, "%30s  %-30s\n", "--------------------", "--------------------")
		for _, f := range row {
			fmt.Fprintf(r.Out, "%30s  %-30s\n", f.Name, f.Value)
		}
		fmt.Fprintln(r.Out)
	}
	return nil
}

func (h *House) runUpdate(ctx context.Context, r *command.ConsoleRequest) error {
	if len(r.Args) != 5 {
		return &command.UsageError{}
	}
	return h.updated(ctx, r, Where(r.Args[1], r.Args[2]), Field{r.Args[3], r.Args[4]})
}

func (h *House) updated(ctx context.Context, r *command.ConsoleRequest, where []Condition, to ...Field) error {
	n, err := h.Update(ctx, r.Args[0], where, to...)
	if err != nil {
		return show("Failed to update. Check the debug log for possible SQL related entries.", err)
	}
	fmt.Fprintf(r.Out, "Updated %d RealTime record%s.\n", n, plural(n))
	return nil
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

func (h *House) runUpdateMany(ctx context.Context, r *command.ConsoleRequest) error {
	var where []Condition
	for i := 1; i < len(r.Args); i += 2 {
		if r.Args[i] == "NULL" {
			to := pairs(r.Args[i+1:])
			if len(where) == 0 || len(to) == 0 {
				break
			}
			return h.updated(ctx, r, where, to...)
		}
		if i+1 < len(r.Args) {
			where = append(where, Where(r.Args[i], r.Args[i+1])...)
		}
	}
	return &command.UsageError{}
}

// pairs reads names and values; nil if one has no other.
func pairs(words []string) []Field {
	if len(words)%2 != 0 {
		return nil
	}
	var list []Field
	for i := 0; i < len(words); i += 2 {
		list = append(list, Field{words[i], words[i+1]})
	}
	return list
}

func (h *House) runStore(ctx context.Context, r *command.ConsoleRequest) error {
	if len(r.Args) < 3 || pairs(r.Args[1:]) == nil {
		return &command.UsageError{}
	}
	if _, err := h.Store(ctx, r.Args[0], pairs(r.Args[1:])...); err != nil {
		return show("Failed to store record. Check the debug log for possible SQL related entries.", err)
	}
	fmt.Fprintf(r.Out, "Stored RealTime record.\n")
	return nil
}

func (h *House) runDestroy(ctx context.Context, r *command.ConsoleRequest) error {
	if len(r.Args) < 3 || pairs(r.Args[1:]) == nil {
		return &command.UsageError{}
	}
	n, err := h.Destroy(ctx, r.Args[0], Where(r.Args[1:]...)...)
	if err != nil {
		return show("Failed to remove record. Check the debug log for possible SQL related entries.", err)
	}
	fmt.Fprintf(r.Out, "Removed %d RealTime record%s.\n", n, plural(n))
	return nil
}
