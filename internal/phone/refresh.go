package phone

import (
	"strings"

	"github.com/octothorpe/octothorpe/sip"
)

// refresh has objects of these names be looked at again where they lie.
func (d *Driver) refresh(names ...string) {
	if d.hooks.Refresh != nil {
		d.hooks.Refresh(names...)
	}
	for _, name := range names {
		d.borrow(name)
	}
}

// borrowFor has the peer be looked for that a request comes from, or is about.
func (d *Driver) borrowFor(m *Model, r *sip.Message) {
	if !d.lending.lends() {
		return
	}
	if r.Method == sip.Register {
		d.borrow(r.To.URI.UserText())
		return
	}
	name := m.callerName(r)
	d.borrow(name)
	e := d.identify(m, r)
	known := e != nil && (remembered(e) || strings.EqualFold(e.Name, name))
	if !known && !d.borrowAt(r.Source.Remote) && e != nil {
		d.letGo(strings.ToLower(e.Name)) // it was at this address once
	}
}

// refreshFor does so with the names that a request may come from, or be about.
func (d *Driver) refreshFor(m *Model, r *sip.Message) {
	if d.hooks.Elsewhere == nil || !d.hooks.Elsewhere() {
		return
	}
	var names []string
	add := func(user, host string) {
		if user = m.user(user); user == "" {
			return
		}
		names = append(names, user)
		if host = strings.ToLower(host); !m.Global.DisableMultiDomain && host != "" {
			names = append(names, user+"@"+host)
			if alias := m.Aliases[host]; alias != "" {
				names = append(names, user+"@"+alias)
			}
		}
	}
	add(r.From.URI.UserText(), r.From.URI.Host)
	if r.Method == sip.Register {
		add(r.To.URI.UserText(), r.To.URI.Host)
	}
	if c, ok := credentialsOf(r); ok {
		add(c.Username, r.From.URI.Host)
	}
	if e := d.identify(m, r); e != nil {
		names = append(names, e.Name)
	}
	d.refresh(names...)
}
