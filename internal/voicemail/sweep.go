package voicemail

import (
	"os"
	"path/filepath"
	"time"
)

// abandonedAfter is when a file in a mailbox's tmp is of a recording that nobody ends any
// more: that of an exchange that was killed.
const abandonedAfter = 24 * time.Hour

// sweep removes what recordings have left in a mailbox's tmp.
func (h *House) sweep(m *Mailbox) {
	folder := h.folder(m, "tmp")
	entries, err := os.ReadDir(folder)
	if err != nil {
		return // there is none
	}
	removed := 0
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || time.Since(info.ModTime()) < abandonedAfter {
			continue
		}
		if err := os.Remove(filepath.Join(folder, e.Name())); err != nil {
			h.Logger.Warn("what is left of a recording can't be removed", "mailbox", m.ID(), "error", err)
			continue
		}
		removed++
	}
	if removed > 0 {
		h.Logger.Info("recordings that were not ended are removed", "mailbox", m.ID(), "files", removed, "older_than", abandonedAfter)
	}
}
