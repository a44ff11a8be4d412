package voicemail

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// A Copy is a recording that becomes a message.
type Copy struct {
	// File is the recording, which stays where it is.
	File string
	// Mailbox is number@context, or number@context/folder; the folder is INBOX where none is named.
	Mailbox string
	// Channel is the leg that was recorded, as it was at the beginning.
	Channel *event.Channel
	// From is who the message is from.
	From event.Party
	// Began is when the recording began.
	Began time.Time
}

// Deposit puts a copy of a recording into a mailbox, and says so as of a message that was left;
// by mail only with attachextrecs.
// It fails where there is no such mailbox or none that can be read, where the mailbox is
// full, and where the recording is shorter than messages must be.
func (h *House) Deposit(c *channel.Channel, r Copy) error {
	name, folder, named := strings.Cut(r.Mailbox, "/")
	if !named || folder == "" {
		folder = "INBOX"
	}
	m := h.named(name)
	if m == nil {
		return fmt.Errorf("there is no mailbox %q", name)
	}
	if folder != filepath.Base(folder) || !filepath.IsLocal(folder) || folder == "." {
		return fmt.Errorf("%q is no folder of a mailbox", folder)
	}
	length, err := lengthOf(r.File)
	if err != nil {
		return err
	}
	seconds := int(length / time.Second)
	if seconds < m.options.minMessage {
		return fmt.Errorf("the recording of %d s is shorter than a message must be (%d s)", seconds, m.options.minMessage)
	}
	from, remove, err := h.temporary(m)
	if err != nil {
		return err
	}
	defer remove()
	if err := copyFile(r.File, from+filepath.Ext(r.File)); err != nil {
		return fmt.Errorf("copy a recording: %w", err)
	}
	about := &info{mailbox: m.Number, context: r.Channel.Context, exten: r.Channel.Exten, rdnis: "Unknown", priority: r.Channel.Priority,
		channel: r.Channel.Name, callerID: callerText(r.From), time: r.Began, duration: seconds,
		id: fmt.Sprintf("%d-%08x", r.Began.Unix(), h.ids.Add(1))}
	folder = h.folder(m, folder)
	number, err := h.deposit(m, from, folder, about, false)
	if err != nil {
		return err
	}
	ctx, msg := context.WithoutCancel(c.CallContext()), &message{folder: folder, number: number, info: about}
	if m.options.mailCopies {
		h.notifyBy(ctx, c, m, msg, nil)
		return nil
	}
	h.tell(m, nil)
	h.external(m)
	return nil
}

// lengthOf is how long a sound lasts.
func lengthOf(file string) (time.Duration, error) {
	folder, name := filepath.Split(file)
	f, err := media.OpenRead(os.DirFS(folder), strings.TrimSuffix(name, filepath.Ext(name)))
	if err != nil {
		return 0, fmt.Errorf("how long a recording is: %w", err)
	}
	defer func() { _ = f.Close() }()
	return time.Duration(f.Length()) * time.Second / time.Duration(f.Format().Rate), nil
}

// NameOf returns the path of the name that a mailbox's owner has recorded, without the
// extension; it is empty where there is none.
func (h *House) NameOf(mailbox, context string) string {
	m := h.find(mailbox, context)
	if m == nil {
		return ""
	}
	if path, there := h.greeting(m, "greet"); there {
		return path
	}
	return ""
}
