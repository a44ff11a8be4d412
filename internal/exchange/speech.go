package exchange

import (
	"context"
	"fmt"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/speech"
)

// speechFile tells of the servers that are speech engines.
const speechFile = "aeap.conf"

// configureSpeech reads aeap.conf, for engines that are wanted from now on.
func (x *Exchange) configureSpeech() error {
	clients, problems := speech.ReadClients(x.optional(speechFile), x.log)
	x.report(problems)
	x.house.Engines.Configure(clients)
	return nil
}

// speechCommands are the console commands about the servers of aeap.conf.
func (x *Exchange) speechCommands() []command.Console {
	row := func(name, synopsis, syntax string) command.Row {
		return command.Row{Name: name, Module: "res_aeap", Synopsis: synopsis, Syntax: syntax}
	}
	return []command.Console{
		{Row: row("aeap show clients", "List the servers of aeap.conf", "aeap show clients"), Run: x.showSpeech(false)},
		{Row: row("aeap show client", "Tell of a server of aeap.conf", "aeap show client NAME"), Run: x.showSpeech(true),
			Complete: func(args []string, _ string) []string {
				var names []string
				for _, c := range x.house.Engines.Clients() {
					if len(args) == 0 {
						names = append(names, c.Name())
					}
				}
				return names
			}},
	}
}

// showSpeech lists all servers, or tells of the one that is named.
func (x *Exchange) showSpeech(one bool) func(context.Context, *command.ConsoleRequest) error {
	return func(_ context.Context, r *command.ConsoleRequest) error {
		if len(r.Args) != map[bool]int{true: 1}[one] {
			return &command.UsageError{}
		}
		shown := false
		for _, c := range x.house.Engines.Clients() {
			if !one || c.Name() == r.Args[0] {
				fmt.Fprint(r.Out, c.Show(), "\n")
				shown = true
			}
		}
		if !shown {
			if one {
				fmt.Fprintln(r.Out, "No AEAP configuration found")
			} else {
				fmt.Fprintln(r.Out, "No AEAP clients found")
			}
		}
		return nil
	}
}
