package mediacache

import (
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// abandonedAfter is when a file that no item has is of a fetch that nobody ends any more.
const abandonedAfter = 24 * time.Hour

// fetched are the names of files that save makes.
var fetched = regexp.MustCompile(`^\d+(\.\w+)?$`)

// sweep removes what an exchange that was killed has left of its fetches. c.mu is held.
func (c *Cache) sweep() {
	entries, err := os.ReadDir(c.folder)
	if err != nil {
		return // there is none
	}
	known := map[string]bool{}
	for _, i := range c.items {
		known[i.path] = true
	}
	for _, e := range entries {
		path := filepath.Join(c.folder, e.Name())
		info, err := e.Info()
		if err != nil || known[path] || !fetched.MatchString(e.Name()) || !info.Mode().IsRegular() || time.Since(info.ModTime()) < abandonedAfter {
			continue
		}
		if err := os.Remove(path); err != nil {
			c.log.Warn("what is left of a fetch can't be removed", "file", path, "error", err)
		}
	}
}
