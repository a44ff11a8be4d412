package mediacache

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/store"
)

const (
	mostItems    = 10_000
	longestSound = 512 << 20 // bytes
)

// Database is AstDB.
type Database interface {
	Get(family, key string) (string, bool)
	Put(family, key, value string) error
	Del(family, key string) (existed bool, err error)
	Keys(prefix string) []string
	Walk(prefix string, f func(store.Entry) bool)
}

// A Cache keeps sounds of web servers.
type Cache struct {
	folder   string // in which the sounds lie
	database Database
	log      *slog.Logger
	settings atomic.Pointer[Settings]

	ctx     context.Context //nolint:containedctx // fetches belong to the cache, not to the leg that asked first
	cancel  context.CancelFunc
	running sync.WaitGroup // fetches

	mu       sync.Mutex       // comes before AstDB's
	items    map[string]*item // nil: AstDB was not asked yet
	size     int64            // bytes of all items
	fetching map[string]*fetch
}

// An item is a sound that is kept.
type item struct {
	path string
	size int64 // bytes on disk of a sound that was fetched
	own  bool  // a file that somebody named: it is not fetched, nor removed
	freshness
	known map[string]string // what AstDB and the console tell of it
	used  time.Time
}

// A fetch is one that is under way.
type fetch struct {
	done chan struct{}
	path string
	err  error
}

// Remote reports whether a name is that of a sound of a web server.
func Remote(name string) bool {
	scheme, _, ok := strings.Cut(name, "://")
	return ok && (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https"))
}

// New returns a cache whose sounds lie in a folder, which is made when it is needed.
func New(folder string, database Database, log *slog.Logger) *Cache {
	c := &Cache{folder: folder, database: database, log: log, fetching: map[string]*fetch{}}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	defaults, _ := Read(nil)
	c.settings.Store(defaults)
	return c
}

// open locks the cache, which then has what AstDB knows.
func (c *Cache) open() {
	c.mu.Lock()
	if c.items == nil {
		c.items = map[string]*item{}
		c.restore()
		c.sweep()
		c.makeRoom("")
	}
}

// Configure has sounds fetched and kept as settings say from now on.
func (c *Cache) Configure(s *Settings) {
	c.settings.Store(s)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.makeRoom("")
}

// Close ends fetches and waits for them.
func (c *Cache) Close() {
	c.cancel()
	c.running.Wait()
}

// Retrieve returns the path of a sound's file, which it fetches if it must. It waits for
// the server until ctx ends.
func (c *Cache) Retrieve(ctx context.Context, uri string) (path string, err error) {
	now := time.Now()
	c.open()
	if i := c.items[uri]; i != nil && i.usable() && (i.own || !i.stale(now)) {
		i.used = now
		c.mu.Unlock()
		return i.path, nil
	}
	f := c.fetching[uri]
	if f == nil {
		if f, err = c.begin(uri); err != nil {
			c.mu.Unlock()
			return "", err
		}
	}
	c.mu.Unlock()
	select {
	case <-f.done:
		return f.path, f.err
	case <-ctx.Done():
		return "", fmt.Errorf("fetch %s: %w", uri, context.Cause(ctx))
	}
}

func (i *item) usable() bool {
	_, err := os.Stat(i.path)
	return err == nil
}

// begin starts to fetch a sound. c.mu is held.
func (c *Cache) begin(uri string) (*fetch, error) {
	u, err := url.Parse(uri)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("fetch %s: it is no URL of a web server", uri)
	}
	s := c.settings.Load()
	if err := allowed(s.protocols, strings.ToLower(u.Scheme)); err != nil {
		return nil, fmt.Errorf("fetch %s: %w", uri, err)
	}
	if c.ctx.Err() != nil {
		return nil, errors.New("the exchange ends")
	}
	f := &fetch{done: make(chan struct{})}
	c.fetching[uri] = f
	c.running.Go(func() { c.run(s, uri, u, f) })
	return f, nil
}

// run fetches a sound and tells those who wait.
func (c *Cache) run(s *Settings, uri string, u *url.URL, f *fetch) {
	c.mu.Lock()
	old := c.items[uri]
	c.mu.Unlock()
	got, err := c.download(s, u, old)
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.fetching, uri)
	defer close(f.done)
	if err != nil {
		f.err = fmt.Errorf("fetch %s: %w", uri, err)
		return
	}
	f.path = got.path
	c.put(uri, got)
}

// put keeps an item in place of what there was. c.mu is held.
func (c *Cache) put(uri string, i *item) {
	if old := c.items[uri]; old != nil {
		c.size -= old.size
		if old.path != i.path {
			c.discard(old)
		}
	}
	i.used = time.Now()
	c.items[uri] = i
	c.size += i.size
	c.keep(uri, i)
	c.makeRoom(uri)
}

// makeRoom removes the items that were used longest ago while there are too many, or too
// large ones; not the one that is needed now. c.mu is held.
func (c *Cache) makeRoom(needed string) {
	most := c.settings.Load().most
	for len(c.items) > mostItems || c.size > most {
		oldest := ""
		for uri, i := range c.items {
			if uri != needed && (oldest == "" || i.used.Before(c.items[oldest].used)) && (len(c.items) > mostItems || i.size > 0) {
				oldest = uri
			}
		}
		if oldest == "" {
			return
		}
		c.remove(oldest)
	}
}

// remove forgets an item. c.mu is held.
func (c *Cache) remove(uri string) {
	c.size -= c.items[uri].size
	c.discard(c.items[uri])
	delete(c.items, uri)
	c.forget(uri)
}

func (c *Cache) discard(i *item) {
	if i.own {
		return
	}
	if err := os.Remove(i.path); err != nil && !errors.Is(err, os.ErrNotExist) {
		c.log.Warn("a sound of a web server was not removed", "file", i.path, "error", err)
	}
}
