package phone

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/sip"
)

// Endpoints in maintenance get no new calls and may make none; the calls that
// they have go on. It lasts until somebody ends it, over reloads, not restarts.
type maintenance struct {
	mu    sync.Mutex // a leaf
	names map[string]bool
}

// everyone is the name that stands for all endpoints.
const everyone = "all"

// retryAfter is how long an endpoint in maintenance is told to wait, in seconds.
const retryAfter = "300"

func (m *maintenance) on(name string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.names[name]
}

// set changes endpoints and returns how many were not so before.
func (m *maintenance) set(names []string, on bool) (changed int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, name := range names {
		if m.names[name] == on {
			continue
		}
		changed++
		if !on {
			delete(m.names, name)
			continue
		}
		if m.names == nil {
			m.names = map[string]bool{}
		}
		m.names[name] = true
	}
	return changed
}

func (m *maintenance) list() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return sortedKeys(m.names)
}

// maintain sets the maintenance of an endpoint, or of everyone, and tells of it.
// It reports false if there is no such endpoint.
func (d *Driver) maintain(name string, on bool) (changed int, known bool) {
	m, names := d.Model(), []string{name}
	switch {
	case name == everyone:
		names = slices.Clone(m.order)
	case m.Endpoint(name) == nil:
		return 0, false
	}
	changed = d.maintenance.set(names, on)
	whom := "endpoint '" + name + "'"
	if name == everyone {
		whom = fmt.Sprintf("all endpoints (%s affected)", endpoints(changed))
	}
	d.tell(levelNotice, "PJSIP: Maintenance mode %s for %s", choose(on, "enabled", "disabled"), whom)
	if changed > 0 && d.bus.Wants(event.KindGeneric) {
		d.bus.Publish(&event.Generic{Name: "PJSIPMaintenanceStatus", Class: "system",
			Fields: []event.Variable{{Name: "Endpoint", Value: name}, {Name: "Status", Value: choose(on, "enabled", "disabled")}}})
	}
	return changed, true
}

func endpoints(n int) string { return fmt.Sprintf("%d endpoint%s", n, choose(n == 1, "", "s")) }

// refusesInMaintenance answers a request of an endpoint in maintenance. What
// takes something back may pass.
func (d *Driver) refusesInMaintenance(m *Model, e *Endpoint, tx *sip.ServerTransaction, r *sip.Message) bool {
	if !d.maintenance.on(e.Name) {
		return false
	}
	if (r.Method == sip.Register || r.Method == sip.Subscribe) && strings.TrimSpace(r.Get("Expires")) == "0" {
		return false
	}
	d.tell(levelNotice, "PJSIP: Endpoint '%s' is in maintenance mode; rejecting new %s from %s", e.Name, r.Method, r.Source.Remote.Addr())
	a := d.response(m, tx, r, 503, "")
	a.Add("Retry-After", retryAfter)
	d.send(tx, a)
	return true
}

// inMaintenance is the refusal of a call to an endpoint in maintenance, or nil.
func (d *Driver) inMaintenance(e *Endpoint) error {
	if !d.maintenance.on(e.Name) {
		return nil
	}
	d.tell(levelNotice, "PJSIP: Refusing outbound call to endpoint '%s': maintenance mode active", e.Name)
	return &channel.RequestError{Cause: channel.CauseNoRouteDestination, Why: "endpoint " + e.Name + " is in maintenance"}
}

func (d *Driver) actSetMaintenance(r *command.ActionRequest) error {
	name, state := r.Get("Endpoint"), r.Get("State")
	switch {
	case name == "":
		return command.Refusal("Endpoint parameter missing")
	case state == "":
		return command.Refusal("State parameter missing")
	case !strings.EqualFold(state, "on") && !strings.EqualFold(state, "off"):
		return command.Refusal("State must be 'on' or 'off'")
	}
	on := strings.EqualFold(state, "on")
	if name != everyone && d.Model().Endpoint(name) == nil {
		return command.Refusal("Endpoint '" + name + "' not found")
	}
	r.Reply("Success", "Maintenance mode "+choose(on, "enabled", "disabled")+choose(name == everyone, " for all endpoints", ""))
	d.maintain(name, on)
	return nil
}

func (d *Driver) actShowMaintenance(r *command.ActionRequest) error {
	names := d.maintenance.list()
	if name := r.Get("Endpoint"); name != "" {
		names = []string{name}
	}
	r.ListStart("Maintenance status events follow")
	for _, name := range names {
		r.Event("PJSIPMaintenanceStatus", command.Field{Key: "Endpoint", Value: name},
			command.Field{Key: "Status", Value: choose(d.maintenance.on(name), "enabled", "disabled")})
	}
	r.ListEnd("PJSIPMaintenanceStatusComplete", len(names))
	return nil
}

func (d *Driver) setMaintenance(w io.Writer, args []string) error {
	if len(args) != 2 || args[0] != "on" && args[0] != "off" {
		return &command.UsageError{}
	}
	changed, known := d.maintain(args[1], args[0] == "on")
	word := choose(args[0] == "on", "ENABLED", "DISABLED")
	switch {
	case !known:
		fmt.Fprintf(w, "Endpoint '%s' not found\n", args[1])
	case args[1] == everyone:
		fmt.Fprintf(w, "Maintenance mode %s for %s\n", word, endpoints(changed))
	default:
		fmt.Fprintf(w, "Maintenance mode %s for endpoint '%s'\n", word, args[1])
	}
	return nil
}

func (d *Driver) showMaintenance(w io.Writer, args []string) error {
	if len(args) > 1 {
		return &command.UsageError{}
	}
	if len(args) == 1 {
		fmt.Fprintf(w, "Endpoint '%s' is %sin maintenance mode\n", args[0], choose(d.maintenance.on(args[0]), "", "NOT "))
		return nil
	}
	names := d.maintenance.list()
	fmt.Fprintf(w, "\n  %-40s  State\n  %s  -----\n", "Endpoint", strings.Repeat("-", 40))
	for _, name := range names {
		fmt.Fprintf(w, "  %-40s  ON\n", name)
	}
	fmt.Fprintf(w, "\n  %s in maintenance mode\n\n", endpoints(len(names)))
	return nil
}
