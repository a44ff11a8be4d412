package exchange

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/event"
)

// cacheSettings are the options of a memory cache.
type cacheSettings struct {
	name           string
	maximum        int           // objects; 0 is no limit
	lifetime       time.Duration // after which an object is asked for again; 0 is for ever
	stale          time.Duration // after which it is asked for again while the old one is in use
	expireOnReload bool
	full           bool // it has all objects, and nobody is asked for one that it does not have
}

// A cachedObject is one that need not be asked for.
type cachedObject struct {
	at      time.Time
	stale   bool // somebody has said so
	renewed bool // it is being asked for
}

// readCache reads name=value,name=value.
func readCache(name, data string) (*cacheSettings, string) {
	c := &cacheSettings{name: name}
	problem := ""
	for _, option := range strings.Split(data, ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(option), "=")
		n, err := strconv.Atoi(value)
		good := err == nil && n >= 0
		switch key {
		case "":
			continue
		case "name":
			c.name, good = value, value != ""
		case "maximum_objects":
			c.maximum = n
		case "object_lifetime_maximum":
			c.lifetime = time.Duration(n) * time.Second
		case "object_lifetime_stale":
			c.stale = time.Duration(n) * time.Second
		case "expire_on_reload":
			c.expireOnReload, good = config.True(value), true
		case "full_backend_cache":
			c.full, good = config.True(value), true
		default:
			good = false
		}
		if !good {
			problem = fmt.Sprintf("%s is no option of a memory cache", option)
		}
	}
	return c, problem
}

// lookUp says whether the database is to be asked for an object, or else whether it is
// so old that it is to be asked for later.
func (t *objectType) lookUp(id string) (ask, stale bool) {
	if t.cache == nil {
		return true, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.cached[id]
	if c == nil {
		return !t.whole, false
	}
	age := time.Since(c.at)
	if t.cache.lifetime > 0 && age >= t.cache.lifetime {
		delete(t.cached, id)
		return true, false
	}
	if !c.renewed && (c.stale || t.cache.stale > 0 && age >= t.cache.stale) {
		c.renewed = true
		return false, true
	}
	return false, false
}

// remember notes that the cache has an object; t.mu is held. The oldest one makes room.
func (t *objectType) remember(id string) {
	if t.cache == nil {
		return
	}
	delete(t.cached, id)
	for t.cache.maximum > 0 && len(t.cached) >= t.cache.maximum {
		oldest := ""
		for one, c := range t.cached {
			if oldest == "" || c.at.Before(t.cached[oldest].at) {
				oldest = one
			}
		}
		delete(t.cached, oldest)
	}
	t.cached[id] = &cachedObject{at: time.Now()}
}

// refreshLater asks for an object that is stale while the old one is in use.
func (x *Exchange) refreshLater(t *objectType, id string) {
	x.workers.Go(func() {
		changed, err := t.fetch(x.background, id)
		if err != nil {
			x.tellUnread(t.kind, id, err)
			t.mu.Lock()
			if c := t.cached[id]; c != nil {
				c.renewed = false
			}
			t.mu.Unlock()
			return
		}
		if changed {
			x.applyObjects()
		}
		if x.bus.Wants(event.KindTestEvent) {
			x.bus.Publish(&event.TestEvent{State: "SORCERY_MEMORY_CACHE_REFRESHED", Fields: []event.Variable{{Name: "Cache", Value: t.cache.name},
				{Name: "Type", Value: t.kind}, {Name: "Name", Value: id}}})
		}
	})
}

// expire has objects asked for again when they are wanted; "" is all. It reports
// whether there was one.
func (t *objectType) expire(id string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if id == "" {
		clear(t.cached)
		t.whole = false
		return true
	}
	_, ok := t.cached[id]
	delete(t.cached, id)
	t.whole = false
	return ok
}

// makeStale has objects asked for again while the old ones are in use.
func (t *objectType) makeStale(id string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if id != "" {
		c, ok := t.cached[id]
		if ok {
			c.stale = true
		}
		return ok
	}
	for _, c := range t.cached {
		c.stale = true
	}
	return true
}
