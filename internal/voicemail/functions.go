package voicemail

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

// Functions returns the dialplan functions.
func (h *House) Functions() []command.Function[*channel.Channel] {
	count := row("VMCOUNT", "Count the messages of mailboxes", "VMCOUNT(mailbox[@context][&mailbox[@context]…][,folder])")
	count.Module = "func_vmcount"
	return []command.Function[*channel.Channel]{
		{Row: row("VM_INFO", "Tell of a mailbox", "VM_INFO(mailbox[@context],attribute[,folder])"), Read: h.readInfo},
		{Row: count, Read: h.readCount},
	}
}

func (h *House) readInfo(_ context.Context, c *channel.Channel, text string) (string, error) {
	args := command.SplitArgs(text, 3)
	m := h.named(command.Arg(args, 0))
	attribute := strings.ToLower(command.Arg(args, 1))
	if attribute == "" {
		return "", fmt.Errorf("VM_INFO needs a mailbox and an attribute")
	}
	if attribute == "exists" {
		return map[bool]string{true: "1", false: "0"}[m != nil], nil
	}
	if m == nil {
		return "", nil
	}
	language := m.options.language
	if language == "" && c != nil {
		language = c.Snapshot().Language
	}
	switch attribute {
	case "password":
		return h.password(m), nil
	case "fullname":
		return m.FullName, nil
	case "email":
		return m.Email, nil
	case "pager":
		return m.Pager, nil
	case "language":
		return language, nil
	case "locale":
		return m.options.locale, nil
	case "tz":
		return m.options.zone, nil
	case "count":
		return strconv.Itoa(h.inFolder(m, orElse(command.Arg(args, 2), "INBOX"))), nil
	}
	return "", fmt.Errorf("VM_INFO has no attribute %q", attribute)
}

// inFolder counts what a folder is said to have: what is urgent is in INBOX, too.
func (h *House) inFolder(m *Mailbox, folder string) int {
	n := h.count(m, folder)
	if folder == "INBOX" {
		n += h.count(m, "Urgent")
	}
	return n
}

func (h *House) readCount(_ context.Context, _ *channel.Channel, text string) (string, error) {
	args := command.SplitArgs(text, 2)
	sum := 0
	for _, name := range strings.Split(command.Arg(args, 0), "&") {
		if m := h.named(name); m != nil {
			sum += h.inFolder(m, orElse(command.Arg(args, 1), "INBOX"))
		}
	}
	return strconv.Itoa(sum), nil
}
