package exchange

import (
	"context"
	"fmt"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

// topicCommands are the console commands about what is told within the exchange: a topic
// is a kind of event, and who is subscribed to it is an interface or a part of the
// exchange that encodes it.
func (x *Exchange) topicCommands() []command.Console {
	one := command.Console{Row: command.Row{Name: "stasis show topic", Syntax: "stasis show topic <name>", Synopsis: "Show who listens to a kind of event"},
		Run: func(_ context.Context, r *command.ConsoleRequest) error { return x.showTopic(r) }}
	one.Complete = func([]string, string) []string {
		var list []string
		for _, t := range x.bus.Topics() {
			list = append(list, t.Kind.String())
		}
		return list
	}
	return []command.Console{one, {Row: command.Row{Name: "stasis show topics", Syntax: "stasis show topics", Synopsis: "List the kinds of events that somebody listens to"},
		Run: func(_ context.Context, r *command.ConsoleRequest) error { return x.showTopics(r) }}}
}

func (x *Exchange) showTopics(r *command.ConsoleRequest) error {
	if len(r.Args) > 0 {
		return &command.UsageError{}
	}
	const line = "%-64s %-64s\n"
	topics := x.bus.Topics()
	fmt.Fprintf(r.Out, "\n"+line, "Name", "Detail")
	for _, t := range topics {
		fmt.Fprintf(r.Out, line, t.Kind, detailOf(t))
	}
	fmt.Fprintf(r.Out, "\n%d Total topics\n\n", len(topics))
	return nil
}

func detailOf(t event.Topic) string {
	return fmt.Sprintf("%d listener%s", t.Listeners, plural(t.Listeners))
}

func (x *Exchange) showTopic(r *command.ConsoleRequest) error {
	if len(r.Args) != 1 {
		return &command.UsageError{}
	}
	for _, t := range x.bus.Topics() {
		if strings.EqualFold(t.Kind.String(), r.Args[0]) {
			fmt.Fprintf(r.Out, "Name: %s\nDetail: %s\nSubscribers count: %d\n", t.Kind, detailOf(t), t.Listeners)
			return nil
		}
	}
	return command.Refusal("Specified topic '" + r.Args[0] + "' does not exist")
}
