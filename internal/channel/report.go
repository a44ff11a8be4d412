package channel

import (
	"slices"
	"strings"
	"sync/atomic"

	"github.com/octothorpe/octothorpe/internal/event"
)

// Variables that programs are shown with every event about a leg: those that are named
// for all legs, and those that a program has named for one. A name may be a function,
// "CHANNEL(language)"; it is read when an event is written, not before.

// reporting is what the registry knows of it.
type reporting struct {
	names atomic.Pointer[[]string] // of all legs
	read  atomic.Pointer[func(c *Channel, function string) string]
}

// ReportVariables names the variables that every leg shows to programs. read reads a
// function of a leg; it is called by whoever writes an event.
func (r *Registry) ReportVariables(names []string, read func(c *Channel, function string) string) {
	r.reporting.names.Store(&names)
	r.reporting.read.Store(&read)
	for _, c := range r.All() {
		c.update(func(*event.Channel) {})
	}
}

// Report says whether the leg shows a variable to programs.
func (c *Channel) Report(name string, on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := slices.Index(c.reported, name)
	switch {
	case on && at < 0:
		c.reported = append(slices.Clip(c.reported), name)
	case !on && at >= 0:
		c.reported = slices.Delete(slices.Clone(c.reported), at, at+1)
	default:
		return
	}
	c.snap.Store(nil)
}

// reports are the variables of both kinds with their values; c.mu is held.
func (c *Channel) reports() []event.Reported {
	var all []string
	if names := c.registry.reporting.names.Load(); names != nil {
		all = *names
	}
	if len(all) == 0 && len(c.reported) == 0 {
		return nil
	}
	list := make([]event.Reported, 0, len(all)+len(c.reported))
	for i, name := range append(slices.Clip(all), c.reported...) {
		if i >= len(all) && slices.Contains(all, name) {
			continue
		}
		one := event.Reported{Name: name}
		switch read := c.registry.reporting.read.Load(); {
		case strings.HasSuffix(name, ")") && read != nil:
			one.Late = func() string { return (*read)(c, name) }
		default:
			if at := c.vars.find(name); at >= 0 {
				one.Value = c.vars.list[at].text()
			}
		}
		list = append(list, one)
	}
	return list
}

// isReported tells whether a variable is shown to programs; c.mu is held.
func (c *Channel) isReported(name string) bool {
	names := c.registry.reporting.names.Load()
	return slices.Contains(c.reported, name) || names != nil && slices.Contains(*names, name)
}
