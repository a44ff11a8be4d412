package callrecord

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

// Commands are the console's. find returns a channel by its name.
func (b *Books) Commands(find func(name string) *channel.Channel) []command.Console {
	row := func(name, syntax, synopsis string) command.Row {
		return command.Row{Name: name, Syntax: syntax, Synopsis: synopsis}
	}
	return []command.Console{
		{Row: row("cdr show status", "cdr show status", "Tell how call records are kept"), Run: plainly(b.showStatus)},
		{Row: row("cdr show active", "cdr show active [channel]", "List the call records of the legs that there are"),
			Run: func(_ context.Context, r *command.ConsoleRequest) error {
				switch len(r.Args) {
				case 0:
					b.Ledger.showActive(r.Out, find)
					return nil
				case 1:
					return b.Ledger.showOne(r.Out, r.Args[0], find)
				}
				return &command.UsageError{}
			}},
		{Row: row("cdr submit", "cdr submit", "Write the call records that wait for their batch"), Run: plainly(b.submit)},
		{Row: row("cdr set debug", "cdr set debug {on|off}", "Log how call records come about"), Run: b.setDebug},
		{Row: row("cel show status", "cel show status", "Tell which channel events are recorded"), Run: plainly(func(out io.Writer) {
			b.Diary.showStatus(out)
			b.showDeliveries(out, true)
		})},
	}
}

// plainly runs a command that has no arguments.
func plainly(show func(io.Writer)) func(context.Context, *command.ConsoleRequest) error {
	return func(_ context.Context, r *command.ConsoleRequest) error {
		if len(r.Args) > 0 {
			return &command.UsageError{}
		}
		show(r.Out)
		return nil
	}
}

func word(yes bool, one, other string) string {
	if yes {
		return one
	}
	return other
}

func (b *Books) showStatus(out io.Writer) {
	g := b.Ledger.Settings()
	fmt.Fprintf(out, "\nCall Detail Record (CDR) settings\n----------------------------------\n")
	fmt.Fprintf(out, "  Logging:                    %s\n", word(g.Enabled, "Enabled", "Disabled"))
	fmt.Fprintf(out, "  Mode:                       %s\n", word(g.Batch, "Batch", "Simple"))
	if !g.Enabled {
		return
	}
	yes := func(v bool) string { return word(v, "Yes", "No") }
	fmt.Fprintf(out, "  Log calls by default:       %s\n", yes(g.DefaultEnabled))
	fmt.Fprintf(out, "  Log unanswered calls:       %s\n", yes(g.Unanswered))
	fmt.Fprintf(out, "  Log congestion:             %s\n\n", yes(g.Congestion))
	fmt.Fprintf(out, "  Ignore bridging changes:    %s\n\n", yes(g.IgnoreStates))
	fmt.Fprintf(out, "  Ignore dial state changes:  %s\n\n", yes(g.IgnoreDials))
	fmt.Fprintf(out, "  Cancel disposition enabled: %s\n\n", yes(g.CancelDisposition))
	if g.Batch {
		waiting, due := b.Pending()
		left := g.Time
		if waiting > 0 {
			left = time.Until(due)
		}
		fmt.Fprintf(out, "* Batch Mode Settings\n  -------------------\n")
		fmt.Fprintf(out, "  Safe shutdown:              %s\n", word(g.SafeShutdown, "Enabled", "Disabled"))
		fmt.Fprintf(out, "  Threading model:            %s\n", word(g.SchedulerOnly, "Scheduler only", "Scheduler plus separate threads"))
		fmt.Fprintf(out, "  Current batch size:         %d record%s\n", waiting, word(waiting != 1, "s", ""))
		fmt.Fprintf(out, "  Maximum batch size:         %d record%s\n", g.Size, word(g.Size != 1, "s", ""))
		fmt.Fprintf(out, "  Maximum batch time:         %d second%s\n", seconds(g.Time), word(seconds(g.Time) != 1, "s", ""))
		fmt.Fprintf(out, "  Next batch processing time: %d second%s\n\n", seconds(left), word(seconds(left) != 1, "s", ""))
	}
	fmt.Fprintf(out, "* Registered Backends\n  -------------------\n")
	names := b.Backends()
	if len(names) == 0 {
		fmt.Fprintf(out, "    (none)\n")
	}
	for _, name := range names {
		fmt.Fprintf(out, "    %.19s\n", name)
	}
	fmt.Fprintln(out)
	b.showDeliveries(out, false)
}

// showDeliveries tells of the backends for which something waits, or did not arrive.
// The reference has nothing like it, and nothing is shown while all is well.
func (b *Books) showDeliveries(out io.Writer, events bool) {
	begun := false
	for _, d := range b.Deliveries() {
		if d.Events != events || d.Waiting == 0 && d.Refused == 0 && d.Lost == 0 && d.Trouble == nil {
			continue
		}
		if !begun {
			fmt.Fprintf(out, "* Delivery\n  --------\n")
			begun = true
		}
		fmt.Fprintf(out, "    %s: %d delivered, %d waiting on disk (%d bytes), %d refused, %d lost\n", d.Backend, d.Delivered, d.Waiting, d.Bytes,
			d.Refused, d.Lost)
		if d.Trouble != nil {
			fmt.Fprintf(out, "      %s\n", strings.ReplaceAll(d.Trouble.Error(), "\n", " "))
		}
	}
	if begun {
		fmt.Fprintln(out)
	}
}

func seconds(d time.Duration) int { return int(d.Round(time.Second) / time.Second) }

// clock writes a time of day.
func clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format(time.TimeOnly)
}

func orNone(name string) string {
	if name == "" {
		return "<none>"
	}
	return name
}

// views returns the records of all channels as they are now.
func (l *Ledger) views(find func(string) *channel.Channel, wanted func(p *page) bool) []*Record {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	var list []*Record
	for _, p := range l.pages {
		if !wanted(p) {
			continue
		}
		for _, r := range p.records {
			v := r.view(l.settings, now)
			if v.End.IsZero() {
				v.End = now
			}
			if c := find(v.Channel); c != nil && r.open() && p.originated && r.app == "AppDial2" { // what it was called for, which no event tells
				s := c.Snapshot()
				v.LastApplication, v.LastData = s.Application, s.Data
			}
			list = append(list, v)
		}
	}
	slices.SortFunc(list, func(a, b *Record) int { return a.Sequence - b.Sequence })
	return list
}

func (l *Ledger) showActive(out io.Writer, find func(string) *channel.Channel) {
	const format = "%-25.25s %-25.25s %-15.15s %-8.8s %-8.8s %-8.8s %-8.8s %-8.8s\n"
	fmt.Fprintf(out, "\nChannels with Call Detail Record (CDR) Information\n--------------------------------------------------\n")
	fmt.Fprintf(out, format, "Channel", "Dst. Channel", "LastApp", "Start", "Answer", "End", "Billsec", "Duration")
	last := map[string]*Record{}
	var order []string
	for _, v := range l.views(find, func(p *page) bool { return !p.called() }) {
		if last[v.UniqueID] == nil {
			order = append(order, v.UniqueID)
		}
		last[v.UniqueID] = v
	}
	for _, id := range order {
		v := last[id]
		fmt.Fprintf(out, format, v.Channel, orNone(v.DestinationChannel), v.LastApplication, clock(v.Start), clock(v.Answer), clock(v.End),
			fmt.Sprintf("%08d", v.Billable), fmt.Sprintf("%08d", v.Duration))
	}
}

func (l *Ledger) showOne(out io.Writer, name string, find func(string) *channel.Channel) error {
	id := ""
	if c := find(name); c != nil {
		id = c.UniqueID()
	}
	list := l.views(find, func(p *page) bool { return p.now.UniqueID == id })
	if len(list) == 0 {
		fmt.Fprintf(out, "Unknown channel: %s\n", name)
		return nil
	}
	const format = "%-10.10s %-20.20s %-25.25s %-15.15s %-15.15s %-8.8s %-8.8s %-8.8s %-8.8s %-8.8s\n"
	fmt.Fprintf(out, "\nCall Detail Record (CDR) Information for %s\n--------------------------------------------------\n", list[0].Channel)
	fmt.Fprintf(out, format, "AccountCode", "CallerID", "Dst. Channel", "LastApp", "Data", "Start", "Answer", "End", "Billsec", "Duration")
	for _, v := range list {
		fmt.Fprintf(out, format, v.Account, v.CallerID, orNone(v.DestinationChannel), v.LastApplication, v.LastData, clock(v.Start), clock(v.Answer),
			clock(v.End), fmt.Sprintf("%08d", v.Billable), fmt.Sprintf("%08d", v.Duration))
	}
	return nil
}

func (b *Books) submit(out io.Writer) {
	switch g := b.Ledger.Settings(); {
	case !g.Enabled:
		fmt.Fprintln(out, "Cannot submit CDR batch: CDR engine disabled.")
	case !g.Batch:
		fmt.Fprintln(out, "Cannot submit CDR batch: batch mode not enabled.")
	default:
		b.Submit()
		fmt.Fprintln(out, "Submitted CDRs to backend engines for processing.  This may take a while.")
	}
}

func (b *Books) setDebug(_ context.Context, r *command.ConsoleRequest) error {
	if len(r.Args) != 1 {
		return &command.UsageError{}
	}
	switch on := strings.ToLower(r.Args[0]); on {
	case "on", "off":
		if b.Ledger.setDebug(on == "on") {
			fmt.Fprintf(r.Out, "CDR debugging %s\n", word(on == "on", "enabled", "disabled"))
		}
		return nil
	}
	return &command.UsageError{}
}
