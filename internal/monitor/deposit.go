package monitor

import (
	"slices"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
)

// A Deposit is a recording of which mailboxes get a copy as a message: MixMonitor's option m.
type Deposit struct {
	// File is the recording, whole. It stays where it is.
	File string
	// Mailbox is number@context, or number@context/folder.
	Mailbox string
	// Channel is the leg, as it was when the recording began.
	Channel *event.Channel
	// From is who the message is from.
	From event.Party
	// Began is when the recording began.
	Began time.Time
}

// deposits are the copies that the options of a recording ask for, of a leg as it is now.
func (t *tape) deposits() {
	boxes, wanted := t.flags['m']
	if !wanted {
		return
	}
	s := t.c.Snapshot()
	from := s.Connected
	if t.flags.Has('c') {
		from = s.Caller
	}
	for _, box := range strings.Split(boxes, ",") {
		if box = strings.TrimSpace(box); box != "" {
			t.copies = append(t.copies, Deposit{File: t.name, Mailbox: box, Channel: s, From: from, Began: time.Now()})
		}
	}
}

// deposit has the mailboxes have their copies, now that the recording is whole.
func (t *tape) deposit(c *channel.Channel) {
	for _, d := range slices.Backward(t.copies) { // the last is served first, as on the reference
		if t.house.Deposit == nil {
			t.house.Logger.Warn("a recording is copied to no mailbox: there is no voicemail", "channel", c.Name(), "mailbox", d.Mailbox)
			continue
		}
		if err := t.house.Deposit(c, d); err != nil {
			t.house.Logger.Error("a recording is not copied to a mailbox", "channel", c.Name(), "mailbox", d.Mailbox, "file", d.File, "error", err)
		}
	}
}
