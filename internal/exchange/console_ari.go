package exchange

import (
	"context"
	"fmt"

	"github.com/octothorpe/octothorpe/internal/command"
)

// restCommands are the console's commands about ARI.
func (x *Exchange) restCommands() []command.Console {
	return append(x.rest.Commands(),
		command.Console{Row: command.Row{Name: "ari shutdown websocket sessions", Syntax: "ari shutdown websocket sessions",
			Synopsis: "End the WebSockets that were opened to applications", Module: "res_ari"},
			Run: func(_ context.Context, r *command.ConsoleRequest) error {
				x.rest.Shutdown()
				_, err := fmt.Fprintln(r.Out, "Shutting down all websocket sessions")
				return err
			}})
}
