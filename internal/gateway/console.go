package gateway

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
)

// Commands are the rows of the console.
func (g *Gateway) Commands() []command.Console {
	row := func(name, synopsis, syntax string) command.Row {
		return command.Row{Name: name, Module: "res_agi", Synopsis: synopsis, Syntax: syntax}
	}
	return []command.Console{
		{Row: row("agi show commands", "List the commands of AGI, or tell of one", "agi show commands [topic COMMAND]"), Run: g.showCommands, Complete: complete},
		{Row: row("agi set debug", "Write what programs ask and are answered to the log", "agi set debug {on|off}"), Run: g.setDebug,
			Complete: func(args []string, _ string) []string {
				if len(args) == 0 {
					return []string{"on", "off"}
				}
				return nil
			}},
		{Row: row("agi dump html", "Write the commands of AGI to a file, for a browser", "agi dump html FILE"), Run: g.dump},
		{Row: row("agi exec", "Give a channel that runs AsyncAGI a command", "agi exec CHANNEL COMMAND [ID]"), Run: g.exec},
	}
}

func complete(args []string, _ string) []string {
	if len(args) == 0 {
		return []string{"topic"}
	}
	typed := strings.ToLower(strings.Join(args[1:], " "))
	var list []string
	for _, r := range commands().rows {
		words := strings.Split(r.name, " ")
		if n := len(args) - 1; n < len(words) && strings.Join(words[:n], " ") == typed && !slices.Contains(list, words[n]) {
			list = append(list, words[n])
		}
	}
	return list
}

func (g *Gateway) showCommands(_ context.Context, r *command.ConsoleRequest) error {
	if len(r.Args) > 0 {
		if !strings.EqualFold(r.Args[0], "topic") || len(r.Args) < 2 {
			return &command.UsageError{}
		}
		return showTopic(r, strings.Join(r.Args[1:], " "))
	}
	list := slices.Clone(commands().rows)
	slices.SortFunc(list, func(a, b row) int { return strings.Compare(a.name, b.name) })
	fmt.Fprintf(r.Out, "%5.5s %30.30s   %s\n", "Dead", "Command", "Description")
	for i := range list {
		dead := "No"
		if list[i].dead {
			dead = "Yes"
		}
		fmt.Fprintf(r.Out, "%5.5s %30.30s   %s\n", dead, list[i].name, list[i].synopsis)
	}
	return nil
}

// showTopic tells of a command, or lists those that begin with the words.
func showTopic(r *command.ConsoleRequest, topic string) error {
	if row := commands().byName[strings.ToLower(topic)]; row != nil {
		fmt.Fprintf(r.Out, "\n  -= Info about AGI '%s' =- \n\n[Synopsis]\n%s\n\n[Syntax]\n%s\n\n[Runs Dead]\n%s\n\n", row.name, row.synopsis,
			strings.TrimSpace(row.name+" "+row.syntax), map[bool]string{true: "Yes", false: "No"}[row.dead])
		r.EndColours()
		return nil
	}
	found := false
	for _, c := range commands().rows {
		if strings.HasPrefix(c.name, strings.ToLower(topic)) {
			fmt.Fprintf(r.Out, "%30.30s   %s\n", c.name, c.synopsis)
			found = true
		}
	}
	if !found {
		fmt.Fprintf(r.Out, "No such command '%s'.\n", topic)
	}
	return nil
}

func (g *Gateway) setDebug(_ context.Context, r *command.ConsoleRequest) error {
	if len(r.Args) != 1 || r.Args[0] != "on" && r.Args[0] != "off" {
		return &command.UsageError{}
	}
	g.debug.Store(r.Args[0] == "on")
	fmt.Fprintf(r.Out, "AGI Debugging %s\n", map[bool]string{true: "Enabled", false: "Disabled"}[g.debug.Load()])
	return nil
}

func (g *Gateway) exec(_ context.Context, r *command.ConsoleRequest) error {
	if len(r.Args) < 2 || len(r.Args) > 3 {
		return &command.UsageError{}
	}
	return g.order(r.Args[0], request{line: r.Args[1], id: command.Arg(r.Args, 2)})
}
