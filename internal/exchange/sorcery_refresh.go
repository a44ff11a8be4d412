package exchange

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/rest"
)

// refreshed are the types of phones that are asked for again by name, in turns: an
// endpoint says which AORs and auths are its own.
var refreshed = [][]string{{"endpoint"}, {"aor", "auth"}}

// refreshObjects is a driver's wish to know whether objects of these names have
// changed in their databases, before it looks for them; no names are all.
func (x *Exchange) refreshObjects(ids ...string) {
	if !x.sorcery.elsewhere() {
		return
	}
	changed := len(ids) == 0 && x.refreshAll()
	for _, turn := range refreshed {
		changed = x.refreshTurn(turn, ids) || changed
	}
	if changed {
		x.applyObjects()
	}
}

// refreshTurn asks for the objects of some types at once, as a database may take its
// time for each. It reports whether any is another.
func (x *Exchange) refreshTurn(kinds, ids []string) bool {
	var changed atomic.Bool
	var asking sync.WaitGroup
	for _, kind := range kinds {
		t := x.sorcery.mapped(kind)
		if t == nil {
			continue
		}
		for _, id := range x.meant(kind, ids) {
			asking.Go(func() {
				another, err := t.refresh(x.background, id, func(id string) { x.refreshLater(t, id) })
				if err != nil {
					x.tellUnread(kind, id, err)
				}
				if another {
					changed.Store(true)
				}
			})
		}
	}
	asking.Wait()
	return changed.Load()
}

// meant are the names of the objects of a type that are meant by the names of endpoints,
// or by their own, each of them once.
func (x *Exchange) meant(kind string, ids []string) []string {
	list := slices.Clone(ids)
	if own := x.belonging(kind, ids); kind != "endpoint" && len(own) > 0 {
		list = own
	}
	slices.Sort(list)
	return slices.DeleteFunc(slices.Compact(list), func(id string) bool { return id == "" })
}

// tellUnread logs that an object could not be read, once a second: a database that is
// away fails to be read several times for each message of each phone.
func (x *Exchange) tellUnread(kind, id string, err error) {
	if others, ok := x.sorcery.unread.now(time.Second); ok {
		x.log.Warn("an object can't be read from its database: the one of before is in force", "type", kind, "object", id, "error", err, "others", others)
	}
}

// seldom keeps what happens often from being told each time.
type seldom struct {
	mu    sync.Mutex
	again time.Time
	left  int
}

// now reports whether something may be told, at most once in a while, and how many
// times it was not since it last was.
func (s *seldom) now(while time.Duration) (left int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := time.Now()
	if at.Before(s.again) {
		s.left++
		return 0, false
	}
	left, s.left, s.again = s.left, 0, at.Add(while)
	return left, true
}

// refreshAll asks for all objects of phones. It reports whether any is another.
func (x *Exchange) refreshAll() (changed bool) {
	for _, kind := range slices.Concat(refreshed...) {
		t := x.sorcery.mapped(kind)
		if t == nil || t.cache != nil && t.cache.full {
			continue
		}
		t.mu.Lock()
		before := t.rows
		t.mu.Unlock()
		if err := t.load(x.background); err != nil {
			x.log.Warn("objects can't be read from their database: those of before are in force", "type", kind, "error", err)
			continue
		}
		t.mu.Lock()
		changed = changed || !maps.EqualFunc(before, t.rows, slices.Equal[[]rest.Tuple])
		t.mu.Unlock()
	}
	return changed
}

// belonging are the names of the AORs or auths of endpoints.
func (x *Exchange) belonging(kind string, endpoints []string) []string {
	t := x.sorcery.mapped("endpoint")
	if t == nil {
		return nil
	}
	var list []string
	for _, id := range endpoints {
		fields := t.fields(id)
		names := valueOf(fields, "aors")
		if kind == "auth" {
			names = valueOf(fields, "auth") + "," + valueOf(fields, "outbound_auth")
		}
		for _, name := range strings.Split(names, ",") {
			if name = strings.TrimSpace(name); name != "" {
				list = append(list, name)
			}
		}
	}
	return list
}
