package phone

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
)

// consoleSubscriptions are the tables of subscriptions. We make none ourselves, so
// that those outbound are empty.
func (d *Driver) consoleSubscriptions() []command.Console {
	const module, synopsis = "res_pjsip_pubsub", "List who has subscribed to what"
	row := func(name, synopsis, syntax, module string, run func(io.Writer, *command.ConsoleRequest) error) command.Console {
		return command.Console{Row: command.Row{Name: name, Synopsis: synopsis, Syntax: syntax, Module: module},
			Run: func(_ context.Context, r *command.ConsoleRequest) error { return run(r.Out, r) }}
	}
	return []command.Console{
		row("pjsip show subscription {inbound|outbound}", "Show a subscription", "pjsip show subscription {inbound|outbound} <call-id>", module, d.showSubscription),
		row("pjsip list subscriptions {inbound|outbound}", synopsis, "pjsip list subscriptions {inbound|outbound} [like TEXT]", module,
			d.listSubscriptions("Endpoint/CLI                   Resource/Event                 Expiry Call-id\n", "%-30s %-30s %6[3]d %[4]s\n")),
		row("pjsip show subscriptions {inbound|outbound}", synopsis, "pjsip show subscriptions {inbound|outbound} [like TEXT]", module,
			d.listSubscriptions("Endpoint: <Endpoint/Caller-ID.............................................>\n"+
				"Resource: <Resource/Event.................................................>\n"+
				"  Expiry: <Expiry>  <Call-id..............................................>\n"+strings.Repeat("=", 75)+"\n\n",
				"Endpoint: %s\nResource: %s\n  Expiry: %8d  %s\n\n")),
	}
}

// listSubscriptions prints a table whose rows have the format line: endpoint and
// caller ID, resource and event, seconds, Call-ID.
func (d *Driver) listSubscriptions(head, line string) func(io.Writer, *command.ConsoleRequest) error {
	return func(w io.Writer, r *command.ConsoleRequest) error {
		outbound := len(r.Words) > 3 && strings.EqualFold(r.Words[3], "outbound")
		like, err := likeArgument(r.Args)
		if err != nil {
			return err
		}
		fmt.Fprint(w, head)
		n := 0
		if !outbound {
			for _, sub := range d.subs.rows(time.Now()) {
				text := fmt.Sprintf(line, sub.endpoint, sub.resource, sub.left, sub.callID)
				if strings.Contains(text, like) {
					fmt.Fprint(w, text)
					n++
				}
			}
		}
		if n == 0 && strings.HasSuffix(head, "\n\n") || n > 0 && strings.HasSuffix(line, "\n\n") {
			fmt.Fprintf(w, "%d active subscriptions", n)
		} else {
			fmt.Fprintf(w, "\n%d active subscriptions", n)
		}
		if like != "" {
			fmt.Fprintf(w, " matched %q", like)
		}
		fmt.Fprintln(w)
		return nil
	}
}

// showSubscription shows the one of a Call-ID.
func (d *Driver) showSubscription(w io.Writer, r *command.ConsoleRequest) error {
	if len(r.Args) != 1 {
		return &command.UsageError{}
	}
	if strings.EqualFold(r.Words[3], "outbound") {
		return nil
	}
	d.subs.mu.Lock()
	defer d.subs.mu.Unlock()
	for _, sub := range d.subs.list {
		if sub.dialog.CallID == r.Args[0] {
			sub.show(w, time.Now())
			return nil
		}
	}
	return nil
}

// show writes what there is to know of a subscription. The list's mu is held.
func (sub *subscription) show(w io.Writer, now time.Time) {
	caller := formatCallerID(sub.endpoint.CallerID)
	fields := []field{
		{"Resource", sub.root.name}, {"Event", sub.event}, {"Expiry", itoa(int(sub.expires.Unix() - now.Unix()))}, {"Role", "Notifier"},
		{"Endpoint", sub.endpoint.Name}, {"Callid", sub.dialog.CallID}, {"State", choose(sub.over, "TERMINATED", "ACTIVE")},
		{"Callerid", choose(caller == "<unknown>", "Unknown", caller)},
	}
	if sub.root.exten != "" {
		fields = append(fields, field{"SubscriptionType", "extension_state"}, field{"Extension", sub.root.exten}, field{"ExtensionStates", orText(sub.root.state.Text, "Unknown")})
	} else {
		fields = append(fields, field{"SubscriptionType", "mwi"}, field{"Mailboxes", strings.Join(sub.root.boxes, ",")})
	}
	fmt.Fprintf(w, "%-19s : %s\n%s\n", "ParameterName", "ParameterValue", strings.Repeat("=", 75))
	for _, f := range fields {
		fmt.Fprintf(w, "%-19s : %s\n", f.name, f.value)
	}
	fmt.Fprintln(w)
}

// A subscriptionRow is what a table shows of one.
type subscriptionRow struct {
	endpoint, resource, callID string
	left                       int
}

func (s *subscriptions) rows(now time.Time) []subscriptionRow {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []subscriptionRow
	for _, sub := range s.list {
		caller := formatCallerID(sub.endpoint.CallerID)
		list = append(list, subscriptionRow{sub.endpoint.Name + "/" + choose(caller == "<unknown>", "<none>", caller), sub.root.name + "/" + sub.event,
			sub.dialog.CallID, int(sub.expires.Unix() - now.Unix())})
	}
	return list
}

// sipSubscriptions is "sip show subscriptions", the youngest first.
func (d *Driver) sipSubscriptions(w io.Writer, _ []string) error {
	const line = "%-15.15s  %-15.15s  %-15.15s  %-15.15s  %-13.13s  %-15.15s %-10.10s %-6.6s\n"
	fmt.Fprintf(w, line, "Peer", "User", "Call ID", "Extension", "Last state", "Type", "Mailbox", "Expiry")
	d.subs.mu.Lock()
	defer d.subs.mu.Unlock()
	for _, sub := range slices.Backward(d.subs.list) {
		n, r := sub.root, sub.request
		exten, last, box := n.exten+"@"+n.context, n.state.Text, "<none>"
		kind := strings.TrimPrefix(sub.kind, "application/")
		if n.exten == "" {
			exten, last, kind, box = "--", "<none>", "mwi", orText(strings.Join(n.boxes, ","), "<none>")
		}
		fmt.Fprintf(w, line, r.Source.Remote.Addr().Unmap(), r.From.URI.UserText(), sub.dialog.CallID, exten, last, kind, box,
			fmt.Sprintf("%06d", int(sub.granted/time.Second)))
	}
	n := len(d.subs.list)
	fmt.Fprintf(w, "%d active SIP subscription%s\n", n, choose(n == 1, "", "s"))
	return nil
}
