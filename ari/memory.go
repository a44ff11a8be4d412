package ari

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
)

// A memory keeps what applications were asked to listen to: a server whose WebSocket was
// lost may have forgotten it.
type memory struct {
	mu      sync.Mutex // a leaf
	sources map[string][]string
	filters map[string]EventFilter
}

// note notes a request that succeeded.
func (m *memory) note(r *request) {
	rest, ok := strings.CutPrefix(r.path, "/applications/")
	if !ok {
		return
	}
	app, what, _ := strings.Cut(rest, "/")
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.sources == nil {
		m.sources, m.filters = map[string][]string{}, map[string]EventFilter{}
	}
	switch what {
	case "subscription":
		for source := range strings.SplitSeq(r.query.Get("eventSource"), ",") {
			m.sources[app] = slices.DeleteFunc(m.sources[app], func(one string) bool { return one == source })
			if r.method == "POST" {
				m.sources[app] = append(m.sources[app], source)
			}
		}
	case "eventFilter":
		if filter, ok := r.body.(EventFilter); ok {
			m.filters[app] = filter
		}
	}
}

// gone forgets what is no more.
func (m *memory) gone(source string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for app, list := range m.sources {
		m.sources[app] = slices.DeleteFunc(list, func(one string) bool { return one == source })
	}
}

// has tells whether an application listens to something, itself or all of its kind.
func (m *memory) has(kind, id string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, list := range m.sources {
		if slices.Contains(list, kind+id) || slices.Contains(list, kind) {
			return true
		}
	}
	return false
}

// repeat asks a server for all of it again. What it refuses is no more.
func (m *memory) repeat(ctx context.Context, c *Client) error {
	m.mu.Lock()
	type wish struct {
		app, source string
	}
	var wishes []wish
	filters := map[string]EventFilter{}
	for app, list := range m.sources {
		for _, source := range list {
			wishes = append(wishes, wish{app, source})
		}
	}
	for app, filter := range m.filters {
		filters[app] = filter
	}
	m.mu.Unlock()
	var refused *Error
	for _, w := range wishes {
		if _, err := c.Applications.Subscribe(ctx, w.app, []string{w.source}); errors.As(err, &refused) {
			m.gone(w.source)
		} else if err != nil {
			return err
		}
	}
	for app, filter := range filters {
		if _, err := c.Applications.Filter(ctx, app, filter); err != nil && !errors.As(err, &refused) {
			return err
		}
	}
	return nil
}
