package phone

import (
	"fmt"
	"io"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
)

// consoleSubscriptions are the tables of subscriptions, of which there are none
// yet: SUBSCRIBE is refused.
func consoleSubscriptions() []command.Console {
	const module, synopsis = "res_pjsip_pubsub", "List who has subscribed to what"
	return []command.Console{
		row("pjsip list subscriptions {inbound|outbound}", synopsis, "pjsip list subscriptions {inbound|outbound} [like TEXT]", module,
			subscriptions("Endpoint/CLI                   Resource/Event                 Expiry Call-id\n")),
		row("pjsip show subscriptions {inbound|outbound}", synopsis, "pjsip show subscriptions {inbound|outbound} [like TEXT]", module,
			subscriptions("Endpoint: <Endpoint/Caller-ID.............................................>\n"+
				"Resource: <Resource/Event.................................................>\n"+
				"  Expiry: <Expiry>  <Call-id..............................................>\n"+strings.Repeat("=", 75)+"\n")),
	}
}

func subscriptions(head string) func(io.Writer, []string) error {
	return func(w io.Writer, args []string) error {
		like, err := likeArgument(args)
		if err != nil {
			return err
		}
		fmt.Fprint(w, head, "\n0 active subscriptions")
		if like != "" {
			fmt.Fprintf(w, " matched %q", like)
		}
		fmt.Fprintln(w)
		return nil
	}
}
