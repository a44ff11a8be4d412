package voicemail

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// pollPause is how often it is looked whether a reload has asked for polling.
const pollPause = 5 * time.Second

// Run counts the messages of all mailboxes again and again where pollmailboxes says so:
// others may put files into their folders and take them away. It returns when ctx ends.
func (h *House) Run(ctx context.Context) {
	for {
		g := &h.settings().general
		pause := pollPause
		if g.pollMailboxes {
			pause = max(g.pollEvery, time.Second)
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		if h.settings().general.pollMailboxes {
			h.poll()
		}
	}
}

// poll tells of the mailboxes whose messages others have changed: those that are watched
// and have a folder, whether voicemail.conf names them or not.
func (h *House) poll() {
	contexts, err := os.ReadDir(h.Spool)
	if err != nil {
		return // nobody has left a message yet
	}
	f := h.settings()
	for _, place := range contexts {
		boxes, err := os.ReadDir(filepath.Join(h.Spool, place.Name()))
		if err != nil {
			continue
		}
		for _, box := range boxes {
			m := f.index[box.Name()+"@"+place.Name()]
			if m == nil {
				m = &Mailbox{Context: place.Name(), Number: box.Name()}
			}
			if slices.ContainsFunc(h.names(m), h.Watched) {
				h.refresh(m)
			}
		}
	}
}
