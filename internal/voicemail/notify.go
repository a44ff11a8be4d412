package voicemail

import (
	"context"
	"os/exec"
	"strconv"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// notify says that a message has come: by the counts, by mail, and by externnotify.
func (h *House) notify(ctx context.Context, c *channel.Channel, m *Mailbox, msg *message) {
	h.notifyBy(ctx, c, m, msg, c)
}

// notifyBy is notify of a message of which the news names a leg, or none.
func (h *House) notifyBy(ctx context.Context, c *channel.Channel, m *Mailbox, msg *message, by *channel.Channel) {
	left := h.mail(ctx, c, m, msg)
	if m.options.delete && left {
		if err := h.remove(m, msg); err != nil {
			h.Logger.Error("a message that was mailed is not deleted", "mailbox", m.ID(), "error", err)
		}
	}
	h.tell(m, by)
	h.external(m)
}

// remove deletes a message that has just come.
func (h *House) remove(m *Mailbox, msg *message) error {
	unlock := h.lock(m)
	defer unlock()
	path, ok := locate(msg)
	if !ok {
		return nil
	}
	if err := discard(path); err != nil {
		return err
	}
	return closeGaps(msg.folder)
}

// external runs externnotify with the mailbox's context, number and counts.
func (h *House) external(m *Mailbox) {
	line := h.settings().general.extern
	if line == "" {
		return
	}
	fresh, rest, pressing := h.count(m, "INBOX"), h.count(m, "Old"), h.count(m, "Urgent")
	h.run(line, m.Context, m.Number, strconv.Itoa(fresh), strconv.Itoa(rest), strconv.Itoa(pressing))
}

// run starts a command of the shell and waits for it apart. Arguments are handed as such,
// not as part of the line that the shell reads.
func (h *House) run(line string, arguments ...string) {
	p := exec.Command("/bin/sh", append([]string{"-c", line + ` "$@"`, "sh"}, arguments...)...) //nolint:gosec,noctx // the administrator wrote it
	h.Go(func() {
		if err := p.Run(); err != nil {
			h.Logger.Warn("a command of voicemail's failed", "command", line, "error", err)
		}
	})
}
