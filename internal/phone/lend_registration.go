package phone

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/sip"
)

// lendContact has a peer be where its row says. The caller holds the lock of its AOR.
func (d *Driver) lendContact(p *lent, row []event.Variable) {
	name := p.endpoint.Name
	var next []*Contact
	if p.aor != nil {
		for _, uri := range p.aor.Contacts {
			next = append(next, &Contact{ID: contactID(name, uri, true), AOR: name, URI: uri, Static: true})
		}
	}
	if c := p.registeredBy(row); c != nil {
		if o := d.Model().Global.General.Lending; o.IgnoreExpiry || time.Now().Before(c.Expires) {
			next = append(next, c)
		} else {
			d.giveBack(name, nil)
		}
	}
	for _, c := range d.location.contacts(name) {
		d.location.remove(name, c.ID)
	}
	for _, c := range next {
		d.location.put(c)
		if p.kept && !c.Static && time.Now().Before(c.Expires) {
			d.expireLater(c)
		}
	}
}

// registeredBy is the registration that a row tells of, or nil.
func (p *lent) registeredBy(row []event.Variable) *Contact {
	e := p.endpoint
	if !e.Peer.Dynamic || e.Peer.Kind == "user" {
		return nil
	}
	seconds, err := strconv.ParseInt(valueOf(row, "regseconds"), 10, 64)
	uri := valueOf(row, "fullcontact")
	source := placeOf(row, uri)
	if err != nil || seconds <= 0 || !source.IsValid() {
		return nil
	}
	if !isSIPURI(uri) {
		user := orText(valueOf(row, "defaultuser"), orText(valueOf(row, "username"), e.Name))
		uri = "sip:" + sip.EscapeUser(user) + "@" + source.String()
	}
	c := &Contact{ID: contactID(e.Name, uri, false), AOR: e.Name, URI: uri, Endpoint: e.Name, Source: source, Transport: "udp", Stored: true,
		Expires: time.Unix(seconds, 0), UserAgent: valueOf(row, "useragent"), RegServer: valueOf(row, "regserver")}
	if u, err := sip.ParseURI(uri); err == nil {
		c.Transport = orText(strings.ToLower(u.Transport()), "udp")
	}
	if path := valueOf(row, "path"); path != "" && p.aor.SupportPath {
		c.Path = splitList(path)
	}
	c.Status, c.RTT = e.reachedIn(valueOf(row, "lastms"))
	return c
}

// placeOf is where a row says that a peer is: an address and a port, or those of its contact.
func placeOf(row []event.Variable, uri string) netip.AddrPort {
	host, number := valueOf(row, "ipaddr"), valueOf(row, "port")
	if u, err := sip.ParseURI(uri); host == "" && err == nil {
		host, number = u.Host, itoa(choose(u.Port == 0, 5060, u.Port))
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	port, err2 := strconv.ParseUint(number, 10, 16)
	if err != nil || err2 != nil || port == 0 || a.IsUnspecified() {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(a.Unmap(), uint16(port))
}

// reachedIn is what the column lastms says of a peer that is qualified.
func (e *Endpoint) reachedIn(lastms string) (ContactStatus, time.Duration) {
	n, err := strconv.Atoi(lastms)
	took := time.Duration(n) * time.Millisecond
	switch {
	case err != nil || e.Peer.Qualify == 0 || n == 0:
		return NonQualified, 0
	case n < 0:
		return Unreachable, 0
	case took > e.Peer.Qualify:
		return Lagged, took
	}
	return Reachable, took
}

// giveBack writes the registration of a peer that was lent to its row; nil is its end. It
// reports false for other peers.
func (d *Driver) giveBack(name string, c *Contact) bool {
	l := d.lending
	p := l.find(strings.ToLower(name))
	if p == nil {
		return false
	}
	o := d.Model().Global.General.Lending
	if p.kept && c != nil { // from now on it is there as long as that is
		l.ends.forget(d.clock, strings.ToLower(name))
	}
	if !o.Update || c == nil && o.IgnoreExpiry {
		return true
	}
	l.write(l.registrations(), p.endpoint.Name, p.columns(c, o, l.system))
	return true
}

// write has columns of a row changed.
func (l *lending) write(family, name string, to []event.Variable) {
	if text, err := json.Marshal(to); err == nil { // texts can't fail
		l.back.put(family, name, string(text))
	}
}

// latency ends the name of a family of which only the column lastms is written.
const latency = "/lastms"

// giveBackLatency writes how long a peer took to answer.
func (d *Driver) giveBackLatency(c *Contact) {
	l := d.lending
	switch p := l.find(strings.ToLower(c.AOR)); {
	case p == nil || !d.Model().Global.General.Lending.Update:
	case l.back.owes(l.registrations(), p.endpoint.Name): // which tells of it, too
		d.giveBack(c.AOR, c)
	default:
		l.write(l.registrations()+latency, p.endpoint.Name, []event.Variable{{Name: "lastms", Value: c.lastMS()}})
	}
}

// lastMS is what the column lastms says of a contact.
func (c *Contact) lastMS() string {
	return choose(c.Status == Unreachable, "-1", strconv.FormatInt(c.RTT.Milliseconds(), 10))
}

// columns are those of a registration.
func (p *lent) columns(c *Contact, o lendOptions, system string) []event.Variable {
	if c == nil {
		return []event.Variable{{Name: "fullcontact"}, {Name: "ipaddr"}, {Name: "port", Value: "0"}, {Name: "regseconds", Value: "0"},
			{Name: "regserver"}, {Name: "useragent"}, {Name: "lastms", Value: "0"}}
	}
	user := ""
	if u, err := sip.ParseURI(c.URI); err == nil {
		user = u.UserText()
	}
	list := []event.Variable{{Name: "ipaddr", Value: c.Source.Addr().Unmap().String()}, {Name: "port", Value: itoa(int(c.Source.Port()))},
		{Name: "regseconds", Value: strconv.FormatInt(c.Expires.Add(-grace).Unix(), 10)},
		{Name: choose(p.oldUser, "username", "defaultuser"), Value: user}, {Name: "useragent", Value: c.UserAgent},
		{Name: "lastms", Value: c.lastMS()}}
	if o.SavePath {
		list = append(list, event.Variable{Name: "path", Value: strings.Join(c.Path, ",")})
	}
	list = append(list, event.Variable{Name: "fullcontact", Value: c.URI})
	if o.SaveSystem && system != "" {
		list = append(list, event.Variable{Name: "regserver", Value: system})
	}
	return list
}

// familyStore has a keeper write to families.
type familyStore struct {
	families Families
	driver   *Driver
}

// Put implements Store.
func (s familyStore) Put(family, key, value string) error {
	var to []event.Variable
	if err := json.Unmarshal([]byte(value), &to); err != nil {
		return fmt.Errorf("write a registration: %w", err)
	}
	return s.families.Update(context.WithoutCancel(s.driver.ctx), strings.TrimSuffix(family, latency), key, to)
}

// Delete implements Store: rows stay.
func (s familyStore) Delete(string, string) error { return nil }

// Tree implements Store: rows are asked for one by one.
func (s familyStore) Tree(context.Context, string) (map[string]string, error) { return nil, nil }
