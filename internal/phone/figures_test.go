package phone

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// figures collects what a driver sends to StatsD.
type figures struct {
	mu    sync.Mutex
	lines []string
}

func (f *figures) take(line string) {
	f.mu.Lock()
	f.lines = append(f.lines, line)
	f.mu.Unlock()
}

// since returns what came after the first n lines, without the names' beginning.
func (f *figures) since(n int) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []string
	for _, l := range f.lines[n:] {
		list = append(list, strings.TrimPrefix(l, "PJSIP."))
	}
	return strings.Join(list, " ")
}

func (f *figures) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.lines)
}

// Contacts and registrations are counted by their states, as they change.
func TestFigures(t *testing.T) {
	var f figures
	d, _ := exchanging(t, PJSIP, `
[fixed]
type=endpoint
aors=fixed
[fixed]
type=aor
contact=sip:127.0.0.1:9
qualify_frequency=60
[out]
type=registration
server_uri=sip:127.0.0.1:9
client_uri=sip:me@127.0.0.1:9
`, func(h *Hooks) { h.Figure = f.take })
	beginning := f.since(0)
	for _, want := range []string{"contacts.states.Reachable:0|g", "contacts.states.NonQualified:+1|g", "registrations.count:0|g", "registrations.count:+1|g registrations.state.Unregistered:+1|g"} {
		if !strings.Contains(beginning, want) {
			t.Errorf("at the beginning %s are missing in %s", want, beginning)
		}
	}
	c := d.location.contacts("fixed")[0]
	a := d.Model().AOR("fixed")
	for _, step := range []struct {
		name string
		do   func()
		want string
	}{
		{"reached", func() { d.qualified(a, "fixed", c.ID, 200, 1500*time.Microsecond) },
			"contacts.states.NonQualified:-1|g contacts.states.Reachable:+1|g contacts." + c.ID + ".rtt:1|ms"},
		{"again", func() { d.qualified(a, "fixed", c.ID, 200, 7*time.Millisecond) }, "contacts." + c.ID + ".rtt:7|ms"},
		{"silent", func() { d.qualified(a, "fixed", c.ID, 0, time.Second) },
			"contacts.states.Reachable:-1|g contacts.states.Unreachable:+1|g contacts." + c.ID + ".rtt:-1|ms"},
		{"gone", func() { d.location.remove("fixed", c.ID) }, "contacts.states.Unreachable:-1|g contacts.states.Removed:+1|g"},
		{"registered", func() { d.registeredElsewhere(d.outgoing("out"), time.Hour) },
			"registrations.state.Unregistered:-1|g registrations.state.Registered:+1|g"},
		{"refreshed", func() { d.registeredElsewhere(d.outgoing("out"), time.Hour) }, ""},
		{"not configured any more", func() { m := *d.Model(); m.Registrations = slices.Clip(m.Registrations[:0]); d.startRegistrations(&m) },
			"registrations.state.Registered:-1|g registrations.state.Unregistered:+1|g registrations.count:-1|g registrations.state.Unregistered:-1|g"},
	} {
		n := f.count()
		step.do()
		if got := f.since(n); got != step.want {
			t.Errorf("%s: %s, want %s", step.name, got, step.want)
		}
	}
}
