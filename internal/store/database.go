package store

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// An Entry is a key and its value. A key is "/family/key", where both may hold
// further slashes.
type Entry struct{ Key, Value string }

// Database is AstDB.
type Database struct {
	file   string // set by Open
	logger *slog.Logger

	mu       sync.RWMutex // a leaf
	entries  map[string]string
	pending  map[string]*string // changes that are not on disk yet; nil is a deletion
	degraded error
	waiting  []chan error // for the writer's next round
	journal  *journal     // nil: in memory only

	opened atomic.Bool
	fresh  atomic.Bool   // there was no file
	ready  chan struct{} // closed when the file has been read, or could not be
	wake   chan struct{} // something has changed
	urgent chan struct{} // somebody waits for the disk
	stop   chan struct{}
	done   chan struct{}
	once   sync.Once
}

// ErrInMemory is what Sync returns where nothing is written to a file.
var ErrInMemory = errors.New("the database is in memory only")

// New returns a database in memory. Open ties it to its file.
func New(logger *slog.Logger) *Database {
	return &Database{logger: logger, entries: map[string]string{}, pending: map[string]*string{},
		ready: make(chan struct{}), wake: make(chan struct{}, 1), urgent: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
}

// path joins family and key as they are stored.
func path(family, key string) string { return "/" + family + "/" + key }

// readTime is how long reads wait for the file at most. A disk that is slower
// has them answered without it.
const readTime = 10 * time.Second

// await waits for the entries of a file that is being opened.
func (d *Database) await() {
	if !d.opened.Load() {
		return
	}
	select {
	case <-d.ready:
		return
	default:
	}
	timer := time.NewTimer(readTime)
	defer timer.Stop()
	select {
	case <-d.ready:
	case <-timer.C:
	}
}

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

// Get returns a value and whether there is one. Case matters.
func (d *Database) Get(family, key string) (string, bool) {
	d.await()
	d.mu.RLock()
	defer d.mu.RUnlock()
	v, ok := d.entries[path(family, key)]
	return v, ok
}

// change notes a change that is to be written. d.mu is held.
func (d *Database) change(key string, value *string) {
	d.pending[key] = value
	if d.journal != nil {
		d.journal.change(key, value)
	}
}

// Put sets a value. It outlives the process some 10 ms later, and is in the file with the next group,
// within a second or so; see Sync. The error is always nil today.
func (d *Database) Put(family, key, value string) error {
	p := path(family, key)
	d.mu.Lock()
	if old, ok := d.entries[p]; !ok || old != value {
		d.entries[p] = value
		d.change(p, &value)
	}
	d.mu.Unlock()
	d.signal()
	return nil
}

// Del removes an entry and reports whether there was one. Case matters.
func (d *Database) Del(family, key string) (existed bool, err error) {
	d.await()
	p := path(family, key)
	d.mu.Lock()
	if _, existed = d.entries[p]; existed {
		delete(d.entries, p)
		d.change(p, nil)
	}
	d.mu.Unlock()
	d.signal()
	return existed, nil
}

// DelTree removes all entries of a family, or of a family's part, and returns
// how many there were. An empty family removes everything. The names are
// Asterisk's patterns; see like.
func (d *Database) DelTree(family, part string) int {
	d.await()
	pattern := treePattern(family, part)
	n := 0
	d.mu.Lock()
	for p := range d.entries {
		if like(p+"/", pattern) {
			delete(d.entries, p)
			d.change(p, nil)
			n++
		}
	}
	d.mu.Unlock()
	d.signal()
	return n
}

// List returns the entries below a family and part, and the one that is the part
// itself, sorted by key as `database show` does. An empty family is all. The
// names are Asterisk's patterns; see like.
func (d *Database) List(family, part string) []Entry {
	pattern := treePattern(family, part)
	return d.find(func(key string) bool { return like(key+"/", pattern) })
}

// ListKey returns the entries of all families whose key is one, or ends in it
// after a slash: `database showkey`. The key is Asterisk's pattern; see like.
func (d *Database) ListKey(key string) []Entry {
	return d.find(func(p string) bool { return like(p, "%/"+key) })
}

// Walk calls f with each entry below a prefix such as "registrar/contact", sorted
// by key, until f returns false. The prefix is taken literally, case and all. The
// entries are those of the moment; f may change the database.
func (d *Database) Walk(prefix string, f func(Entry) bool) {
	at := "/" + strings.Trim(prefix, "/") + "/"
	if at == "//" {
		at = "/"
	}
	for _, e := range d.find(func(key string) bool { return strings.HasPrefix(key, at) }) {
		if !f(e) {
			return
		}
	}
}

// find returns the entries whose key is wanted, sorted.
func (d *Database) find(wanted func(key string) bool) []Entry {
	d.await()
	var list []Entry
	d.mu.RLock()
	for p, v := range d.entries {
		if wanted(p) {
			list = append(list, Entry{p, v})
		}
	}
	d.mu.RUnlock()
	slices.SortFunc(list, func(a, b Entry) int { return strings.Compare(a.Key, b.Key) })
	return list
}

// Keys returns the names directly below a prefix, sorted, each once: DB_KEYS.
func (d *Database) Keys(prefix string) []string {
	prefix = strings.Trim(prefix, "/")
	skip := len(prefix) + 2 // the slashes around it
	if prefix == "" {
		skip = 1
	}
	var list []string
	for _, e := range d.List(prefix, "") {
		if len(e.Key) <= skip {
			continue
		}
		name, _, _ := strings.Cut(e.Key[skip:], "/")
		if name != "" {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func (d *Database) signal() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}
