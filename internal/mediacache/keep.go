package mediacache

import (
	"crypto/sha1" //nolint:gosec // a name, no secret
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/store"
)

// AstDB has of each sound MediaCache/URI, whose value is a family of its own with what is
// known of it: as Asterisk keeps it.
const family = "MediaCache"

// What is known of a sound, by the names that AstDB and the console have for it.
const (
	pathOf    = "path"
	etagOf    = "etag"
	endOf     = "ext"
	kindOf    = "content-type"
	expiryOf  = "__actual_expires"
	controlOf = "cache-control"
)

// shown are what the console tells, in this order.
var shown = []string{etagOf, "last-modified", endOf, "accessed", "size", kindOf, expiryOf, controlOf, "expires"}

func hash(uri string) string {
	sum := sha1.Sum([]byte(uri)) //nolint:gosec // see above
	return hex.EncodeToString(sum[:])
}

// keep writes an item to AstDB. c.mu is held.
func (c *Cache) keep(uri string, i *item) {
	i.known[expiryOf] = fmt.Sprintf("%30d", i.expires.Unix())
	err := c.database.Put(hash(uri), pathOf, i.path)
	for name, value := range i.known {
		if err == nil {
			err = c.database.Put(hash(uri), name, value)
		}
	}
	if err == nil {
		err = c.database.Put(family, uri, hash(uri))
	}
	if err != nil {
		c.log.Warn("a sound of a web server is forgotten with the next restart", "uri", uri, "error", err)
	}
}

// forget removes an item from AstDB. c.mu is held.
func (c *Cache) forget(uri string) {
	for _, name := range c.database.Keys(hash(uri)) {
		_, _ = c.database.Del(hash(uri), name) // what stays is found again, and asked for anew
	}
	_, _ = c.database.Del(family, uri)
}

// restore reads what AstDB has. c.mu is held.
func (c *Cache) restore() {
	c.database.Walk(family, func(e store.Entry) bool {
		uri := strings.TrimPrefix(e.Key, "/"+family+"/")
		get := func(name string) string { value, _ := c.database.Get(e.Value, name); return strings.TrimSpace(value) }
		path := get(pathOf)
		if path == "" || len(c.items) >= mostItems {
			return true
		}
		i := &item{path: path, known: map[string]string{}, used: time.Now()}
		for _, name := range shown {
			if value := get(name); value != "" {
				i.known[name] = value
			}
		}
		i.own = i.known["accessed"] != ""
		i.etag = i.known[etagOf]
		_, i.always = directives(i.known[controlOf])
		if !i.own {
			i.size = sizeOf(path)
			c.size += i.size
		}
		seconds, _ := strconv.ParseInt(i.known[expiryOf], 10, 64) // what is none is over
		i.expires = time.Unix(seconds, 0)
		c.items[uri] = i
		return true
	})
}

// sizeOf is how large a file is; one that is not there has nothing.
func sizeOf(path string) int64 {
	about, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return about.Size()
}
