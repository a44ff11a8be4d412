package store

import (
	"context"
	"log/slog"
	"sort"
	"strings"
	"sync"
)

// An Entry is a key and its value. A key is "/family/key", where the family may
// hold further slashes.
type Entry struct{ Key, Value string }

// Database is AstDB.
type Database struct {
	logger *slog.Logger

	mu       sync.RWMutex // a leaf
	entries  map[string]string
	pending  map[string]*string // changes that are not on disk yet; nil is a deletion
	degraded error
	closed   bool

	ready chan struct{} // closed when the file has been read, or could not be
	wake  chan struct{}
	stop  chan struct{}
	done  chan struct{}
}

// New returns a database in memory. Open ties it to its file.
func New(logger *slog.Logger) *Database {
	return &Database{logger: logger, entries: map[string]string{}, pending: map[string]*string{},
		ready: make(chan struct{}), wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
}

// path joins family and key as they are stored.
func path(family, key string) string { return "/" + family + "/" + key }

// Ready waits until the entries of the file are known, or ctx ends.
func (d *Database) Ready(ctx context.Context) error {
	select {
	case <-d.ready:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Degraded returns why changes are kept in memory alone, or nil.
func (d *Database) Degraded() error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.degraded
}

// Get returns a value and whether there is one.
func (d *Database) Get(family, key string) (string, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	v, ok := d.entries[path(family, key)]
	return v, ok
}

// Put sets a value. It is on disk within a group commit.
func (d *Database) Put(family, key, value string) error {
	d.mu.Lock()
	p := path(family, key)
	d.entries[p] = value
	d.pending[p] = &value
	d.mu.Unlock()
	d.signal()
	return nil
}

// Del removes an entry and reports whether there was one.
func (d *Database) Del(family, key string) (existed bool, err error) {
	d.mu.Lock()
	p := path(family, key)
	_, existed = d.entries[p]
	delete(d.entries, p)
	d.pending[p] = nil
	d.mu.Unlock()
	d.signal()
	return existed, nil
}

// DelTree removes all entries of a family, or of a family's part, and returns
// how many there were. An empty family removes everything.
func (d *Database) DelTree(family, part string) int {
	prefix := prefixOf(family, part)
	n := 0
	d.mu.Lock()
	for p := range d.entries {
		if under(p, prefix) {
			delete(d.entries, p)
			d.pending[p] = nil
			n++
		}
	}
	d.mu.Unlock()
	d.signal()
	return n
}

func prefixOf(family, part string) string {
	if family = strings.Trim(family, "/"); family == "" {
		return ""
	}
	if part = strings.Trim(part, "/"); part != "" {
		return "/" + family + "/" + part
	}
	return "/" + family
}

func under(path, prefix string) bool {
	return prefix == "" || path == prefix || strings.HasPrefix(path, prefix+"/")
}

// List returns the entries below a family and part, sorted by key.
func (d *Database) List(family, part string) []Entry {
	prefix := prefixOf(family, part)
	d.mu.RLock()
	var list []Entry
	for p, v := range d.entries {
		if under(p, prefix) {
			list = append(list, Entry{p, v})
		}
	}
	d.mu.RUnlock()
	sort.Slice(list, func(i, j int) bool { return list[i].Key < list[j].Key })
	return list
}

// Keys returns the names directly below a prefix, sorted.
func (d *Database) Keys(prefix string) []string {
	at := prefixOf(prefix, "")
	seen := map[string]bool{}
	for _, e := range d.List(prefix, "") {
		rest := strings.TrimPrefix(strings.TrimPrefix(e.Key, at), "/")
		name, _, _ := strings.Cut(rest, "/")
		if name != "" {
			seen[name] = true
		}
	}
	list := make([]string, 0, len(seen))
	for name := range seen {
		list = append(list, name)
	}
	sort.Strings(list)
	return list
}

// Count returns the number of entries below a prefix.
func (d *Database) Count(prefix string) int { return len(d.List(prefix, "")) }

func (d *Database) signal() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}
