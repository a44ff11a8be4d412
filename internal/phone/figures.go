package phone

import (
	"strconv"
	"time"
)

// The figures that chan_pjsip sends to a StatsD server: how many contacts and outgoing
// registrations are in which state, and how long contacts take to answer. Each line
// is a name, a value and a type.

// figure sends one, if somebody wants any.
func (d *Driver) figure(name, value, kind string) {
	if f := d.hooks.Figure; f != nil && d.technology == PJSIP {
		f("PJSIP." + name + ":" + value + "|" + kind)
	}
}

// gauge changes a number that goes up and down.
func (d *Driver) gauge(name string, by int) {
	value := strconv.Itoa(by)
	if by > 0 {
		value = "+" + value
	}
	d.figure(name, value, "g")
}

// beginFigures sets all gauges to nothing.
func (d *Driver) beginFigures() {
	for _, state := range []string{"Unreachable", "Reachable", "Unknown", "NonQualified", "Removed"} {
		d.gauge(contactGauge+state, 0)
	}
	d.gauge(registrationCount, 0)
	for _, state := range []string{"Registered", "Unregistered", "Rejected"} {
		d.gauge(registrationGauge+state, 0)
	}
}

const (
	contactGauge      = "contacts.states."
	registrationCount = "registrations.count"
	registrationGauge = "registrations.state."
)

// contactMoved counts a contact that came, went (next is nil) or is known to be in
// another state.
func (d *Driver) contactMoved(old, next *Contact) {
	if old != nil && next != nil && old.Status == next.Status {
		return
	}
	if old != nil {
		d.gauge(contactGauge+old.Status.String(), -1)
	}
	if next != nil {
		d.gauge(contactGauge+next.Status.String(), 1)
	} else {
		d.gauge(contactGauge+Removed.String(), 1)
	}
}

// contactTook tells how long a contact took to answer, -1 where it did not.
func (d *Driver) contactTook(c *Contact, rtt time.Duration) {
	ms := rtt.Milliseconds()
	if c.Status == Unreachable {
		ms = -1
	}
	d.figure("contacts."+c.ID+".rtt", strconv.FormatInt(ms, 10), "ms")
}

// countRegistration tells that an outgoing registration is in another state than was
// told last, "" for none: it is gone.
func (d *Driver) countRegistration(o *outgoing, gone bool) {
	o.mu.Lock()
	from, to := o.counted, o.state
	if gone {
		to = ""
	}
	o.counted = to
	o.mu.Unlock()
	switch {
	case from == to:
		return
	case from == "":
		d.gauge(registrationCount, 1)
	case to == "":
		d.gauge(registrationCount, -1)
	}
	if from != "" {
		d.gauge(registrationGauge+from, -1)
	}
	if to != "" {
		d.gauge(registrationGauge+to, 1)
	}
}
