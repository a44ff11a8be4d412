package phone

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/logging"
)

// What recordhistory of sip.conf keeps: lines of a dialog, and dialogs, of which the
// oldest goes when there are more.
const (
	dialogLines  = 50
	dialogsKept  = 1000
	dialogColumn = 79 // where a line is cut
)

// dialogHistories are chan_sip's notes about its dialogs, by Call-ID.
type dialogHistories struct {
	recording atomic.Bool
	mu        sync.Mutex // a leaf
	lines     map[string][]string
	first     map[string][]byte // the request that was sent last, to know it again
	order     []string          // Call-IDs, oldest first
}

// note adds a line to a dialog's history while one is kept.
func (h *dialogHistories) note(callID, what, format string, args ...any) {
	if !h.recording.Load() || callID == "" {
		return
	}
	line := fmt.Sprintf("%-15s %s", what, logging.Clean(fmt.Sprintf(format, args...)))
	h.mu.Lock()
	defer h.mu.Unlock()
	h.append(callID, line)
}

// append adds a line; mu is held.
func (h *dialogHistories) append(callID, line string) {
	if h.lines == nil {
		h.lines, h.first = map[string][]string{}, map[string][]byte{}
	}
	list, known := h.lines[callID]
	if !known {
		if len(h.order) == dialogsKept {
			delete(h.lines, h.order[0])
			delete(h.first, h.order[0])
			h.order = h.order[1:]
		}
		h.order = append(h.order, callID)
	}
	if len(list) == dialogLines {
		list = list[1:]
	}
	h.lines[callID] = append(slices.Clip(list), line[:min(len(line), dialogColumn)])
}

// message notes a message, in the words of chan_sip.
func (h *dialogHistories) message(sent bool, message []byte) {
	if !h.recording.Load() {
		return
	}
	callID := headerOf(message, "Call-ID")
	if callID == "" {
		return
	}
	start, _, _ := bytes.Cut(message, []byte("\r\n"))
	first, rest, _ := strings.Cut(string(start), " ")
	cseq := strings.Join(strings.Fields(headerOf(message, "CSeq")), " ")
	response := first == "SIP/2.0"
	h.mu.Lock()
	defer h.mu.Unlock()
	var line string
	switch {
	case !sent && response:
		line = fmt.Sprintf("%-15s %s / %s / %s", "Rx", first, cseq, rest)
	case !sent:
		uri, _, _ := strings.Cut(rest, " ")
		line = fmt.Sprintf("%-15s %s / %s / %s", "Rx", first, cseq, uri)
	case bytes.Equal(h.first[callID], message):
		line = fmt.Sprintf("%-15s %s", "ReTx", start)
	case response:
		line = fmt.Sprintf("%-15s %s / %s - %s", choose(strings.HasSuffix(cseq, " INVITE") && !strings.HasPrefix(rest, "1"), "TxRespRel", "TxResp"), first, cseq, rest)
	default:
		line = fmt.Sprintf("%-15s %s / %s - %s", choose(first == "ACK", "TxReq", "TxReqRel"), first, cseq, first)
	}
	h.append(callID, logging.Clean(line))
	if sent && first != "ACK" {
		h.first[callID] = bytes.Clone(message)
	}
}

// of returns the dialogs whose Call-ID begins so, each with its lines.
func (h *dialogHistories) of(prefix string) [][]string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var list [][]string
	for _, id := range h.order {
		if strings.HasPrefix(id, prefix) {
			list = append(list, slices.Clone(h.lines[id]))
		}
	}
	return list
}

// consoleSIPHistory are the commands about it.
func (d *Driver) consoleSIPHistory() []command.Console {
	const module = "chan_sip"
	set := row("sip set history {on|off}", "Keep notes about every dialog", "sip set history {on|off}", module, nil)
	set.Run = func(_ context.Context, r *command.ConsoleRequest) error {
		if len(r.Args) > 0 {
			return &command.UsageError{}
		}
		on := chosen(r, "on", "off") == "on"
		d.recordDialogs(on)
		fmt.Fprint(r.Out, choose(on, "SIP History Recording Enabled (use 'sip show history')\n", "SIP History Recording Disabled\n"))
		return nil
	}
	return []command.Console{set,
		row("sip show history", "Show the notes about dialogs, by the beginning of their Call-ID", "sip show history <call-id>", module, d.showDialogHistory),
	}
}

// recordDialogs begins to keep notes, or stops.
func (d *Driver) recordDialogs(on bool) {
	d.trace.dialogs.recording.Store(on)
	d.trace.setting.Lock()
	defer d.trace.setting.Unlock()
	d.attachTrace()
}

func (d *Driver) showDialogHistory(w io.Writer, args []string) error {
	if len(args) != 1 {
		return &command.UsageError{}
	}
	h := &d.trace.dialogs
	if !h.recording.Load() {
		fmt.Fprint(w, "\n***Note: History recording is currently DISABLED.  Use 'sip set history on' to ENABLE.\n")
	}
	found := h.of(args[0])
	for _, lines := range found {
		fmt.Fprint(w, "\n  * SIP Call\n")
		for i, line := range lines {
			fmt.Fprintf(w, "%d. %s\n", i+1, line)
		}
		if len(lines) == 0 {
			fmt.Fprintf(w, "Call '%s' has no history\n", args[0])
		}
	}
	if len(found) == 0 {
		fmt.Fprintf(w, "No such SIP Call ID starting with '%s'\n", args[0])
	}
	return nil
}
