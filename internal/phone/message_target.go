package phone

import (
	"strings"

	"github.com/octothorpe/octothorpe/sip"
)

// messageTarget finds where a message goes: PJSIP/user@endpoint, endpoint/aor,
// endpoint/uri, endpoint, endpoint@anything, or any URI by way of
// default_outbound_endpoint. shown is the target as the destination spells it.
func (d *Driver) messageTarget(m *Model, text string) (to destination, shown string, err error) {
	if d.technology == SIP {
		return d.peerTarget(m, text)
	}
	if rest, ok := cutPrefixFold(text, "PJSIP/"); ok {
		user, name, given := strings.Cut(rest, "@")
		e := m.Endpoint(name)
		if !given || user == "" || e == nil {
			return to, "", errNoTarget
		}
		if to, err = d.firstContact(m, e, e.AORs); err != nil {
			return to, "", err
		}
		to.uri.User = sip.EscapeUser(user)
		return to, to.uri.String(), nil
	}
	if name, rest, slash := strings.Cut(text, "/"); slash && !strings.ContainsAny(name, "<:\"") {
		e := m.Endpoint(name)
		switch {
		case e == nil:
			return to, "", errNoTarget
		case m.AOR(rest) != nil:
			to, err = d.firstContact(m, e, []string{rest})
			return to, to.uri.String(), err
		}
		return addressTarget(e, rest)
	}
	name, _, _ := strings.Cut(text, "@")
	if e := m.Endpoint(m.user(name)); e != nil {
		to, err = d.firstContact(m, e, e.AORs)
		return to, to.uri.String(), err
	}
	e := m.Endpoint(m.Global.OutboundEndpoint)
	if e == nil {
		return to, "", errNoTarget
	}
	return addressTarget(e, text)
}

// peerTarget is messageTarget of chan_sip: peer, or user@host or peer with or
// without "sip:" before it.
func (d *Driver) peerTarget(m *Model, text string) (to destination, shown string, err error) {
	if a, no := sip.ParseAddress(text); no == nil && strings.HasPrefix(a.URI.Scheme, "sip") {
		text = strings.TrimPrefix(bareURI(a.URI).String(), a.URI.Scheme+":")
	}
	name, _, _ := splitTarget(text)
	d.borrow(name)
	to, err = d.destination(m, text)
	return to, to.uri.String(), err
}

// addressTarget is an address to be reached as an endpoint is.
func addressTarget(e *Endpoint, text string) (to destination, shown string, err error) {
	if !strings.Contains(text, "<") && !isSIPURI(text) {
		text = "sip:" + text
	}
	a, err := sip.ParseAddress(text)
	if err != nil || a.URI.IsZero() {
		return to, "", errNoTarget
	}
	return destination{endpoint: e, uri: bareURI(a.URI)}, text, nil
}

// firstContact is the first contact of an endpoint that can be reached.
func (d *Driver) firstContact(m *Model, e *Endpoint, aors []string) (destination, error) {
	for _, name := range aors {
		a := m.AOR(name)
		if a == nil {
			continue
		}
		for _, c := range d.Contacts(name) {
			if u, err := sip.ParseURI(c.URI); err == nil && c.Status != Unreachable {
				return destination{endpoint: e, aor: a, contact: c, uri: u}, nil
			}
		}
	}
	return destination{}, errNoTarget
}

// bareURI is a URI without the headers that a request may not have in its first line.
func bareURI(u sip.URI) sip.URI {
	u.Headers = ""
	return u
}

func cutPrefixFold(text, prefix string) (rest string, ok bool) {
	if !hasPrefixFold(text, prefix) {
		return text, false
	}
	return text[len(prefix):], true
}
