package phone

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/logging"
	"github.com/octothorpe/octothorpe/sip"
)

// historyLimit is how many messages "pjsip set history on" keeps; older ones go.
const historyLimit = 20_000

// A messageHistory keeps SIP messages, for looking at them later.
type messageHistory struct {
	recording atomic.Bool
	mu        sync.Mutex
	entries   []*historyEntry // a ring of historyLimit at most
	next      int             // the number of the next one
}

// A historyEntry is one message. Its fields are never changed.
type historyEntry struct {
	number  int
	at      time.Time
	sent    bool
	remote  netip.AddrPort
	message []byte
}

func (h *messageHistory) on() bool { return h.recording.Load() }

// add keeps a message while the history is on.
func (h *messageHistory) add(sent bool, way sip.Source, message []byte) {
	if !h.recording.Load() {
		return
	}
	e := &historyEntry{at: time.Now(), sent: sent, remote: netip.AddrPortFrom(way.Remote.Addr().Unmap(), way.Remote.Port()), message: bytes.Clone(message)}
	h.mu.Lock()
	defer h.mu.Unlock()
	e.number = h.next
	h.next++
	if len(h.entries) < historyLimit {
		h.entries = append(h.entries, e)
		return
	}
	h.entries[e.number%historyLimit] = e
}

func (h *messageHistory) clear() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.entries, h.next = nil, 0
}

// all returns the messages in their order.
func (h *messageHistory) all() []*historyEntry {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]*historyEntry, 0, len(h.entries))
	for i := h.next - len(h.entries); i < h.next; i++ {
		list = append(list, h.entries[i%historyLimit])
	}
	return list
}

// line is the message's request or status line.
func (e *historyEntry) line() string {
	line, _, _ := bytes.Cut(e.message, []byte("\r\n"))
	return string(line)
}

// consoleHistory are the commands about it.
func (d *Driver) consoleHistory() []command.Console {
	const module = "res_pjsip_history"
	set := row("pjsip set history {on|off|clear}", "Keep SIP messages, to look at them later", "pjsip set history {on|off|clear}", module, nil)
	set.Run = func(_ context.Context, r *command.ConsoleRequest) error {
		if len(r.Args) > 0 {
			return &command.UsageError{}
		}
		return d.setHistory(r.Out, chosen(r, "on", "off", "clear"))
	}
	show := row("pjsip show history", "Show the SIP messages that were kept", "pjsip show history [entry NUMBER|where EXPRESSION]", module, nil)
	show.Description = "An expression compares number, timestamp, addr, sip.msg.request.method and\nsip.msg.call-id with =, !=, <, <=, >, >= or like, and joins with and, or, not\nand parentheses:\n" +
		`pjsip show history where number > 5 and (addr = "192.0.2.3:5060" or sip.msg.request.method = "INVITE")`
	show.Run = func(_ context.Context, r *command.ConsoleRequest) error { return d.showHistory(r.Out, r.Args) }
	return []command.Console{set, show}
}

func (d *Driver) setHistory(w io.Writer, word string) error {
	switch {
	case word == "clear":
		d.trace.history.clear()
		fmt.Fprint(w, "PJSIP History cleared\n")
		return nil
	case word == "on":
		d.trace.history.recording.Store(true)
		fmt.Fprint(w, "PJSIP History enabled\n")
	default:
		d.trace.history.recording.Store(false)
		fmt.Fprint(w, "PJSIP History disabled\n")
	}
	d.trace.setting.Lock()
	defer d.trace.setting.Unlock()
	d.attachTrace()
	return nil
}

func (d *Driver) showHistory(w io.Writer, args []string) error {
	list := d.trace.history.all()
	switch {
	case len(args) == 0:
		printHistory(w, list)
		return nil
	case len(args) == 2 && args[0] == "entry":
		n, err := strconv.Atoi(args[1])
		if err != nil || n < 0 {
			return command.Refusal(fmt.Sprintf("'%s' is not a valid entry number", args[1]))
		}
		for _, e := range list {
			if e.number == n {
				e.print(w)
				return nil
			}
		}
		return command.Refusal(fmt.Sprintf("Entry '%d' does not exist", n))
	case len(args) > 1 && args[0] == "where":
		wanted, err := parseWhere(args[1:])
		if err != nil {
			d.tell(logging.Warning, "%v", err)
			return command.Refusal("")
		}
		var some []*historyEntry
		for _, e := range list {
			if wanted(e) {
				some = append(some, e)
			}
		}
		if len(some) == 1 {
			some[0].print(w)
			return nil
		}
		printHistory(w, some)
		return nil
	}
	return &command.UsageError{}
}

func printHistory(w io.Writer, list []*historyEntry) {
	fmt.Fprintf(w, "%-5.5s %-10.10s %-30.30s %-35.35s\n", "No.", "Timestamp", "(Dir) Address", "SIP Message")
	fmt.Fprintf(w, "===== ========== %s %s\n", strings.Repeat("=", 30), strings.Repeat("=", 35))
	for _, e := range list {
		fmt.Fprintf(w, "%05d %-10d * %s %-24.24s %s\n", e.number, e.at.Unix(), choose(e.sent, "==>", "<=="), e.remote, logging.CleanLines(e.line()))
	}
}

func (e *historyEntry) print(w io.Writer) {
	fmt.Fprintf(w, "<--- History Entry %d %s %s at %d --->\n%s\n", e.number, choose(e.sent, "Sent to", "Received from"), e.remote, e.at.Unix(),
		strings.ReplaceAll(logging.CleanLines(string(e.message)), "\r\n", "\n"))
}
