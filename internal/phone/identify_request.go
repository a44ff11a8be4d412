package phone

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/sip"
)

func joinHostPort(host string, port int) string { return host + ":" + strconv.Itoa(port) }

// identify finds the endpoint that a request comes from, or nil.
func (d *Driver) identify(m *Model, r *sip.Message) *Endpoint {
	if m.Technology == SIP {
		return d.identifyPeer(m, r)
	}
	if line, ok := r.URI.Param("line"); ok {
		if e := m.lines[line]; e != nil {
			return e
		}
	}
	for _, way := range m.identifiers {
		if e := m.identifyBy(way, r); e != nil {
			return e
		}
		if names := d.resolved.Load(); way == "ip" && names != nil {
			if i := names.match.find(r.Source.Remote.Addr()); i != nil {
				if e := m.allowing(i.Endpoint, way); e != nil {
					return e
				}
			}
		}
	}
	return nil
}

// identifiers are the ways to identify, those of the configuration first. The
// reference asks the others after them.
func identifiers(configured []string) []string {
	list := slices.Clone(configured)
	for _, way := range [...]string{"auth_username", "header", "request_uri"} {
		if !slices.Contains(list, way) {
			list = append(list, way)
		}
	}
	return list
}

func (m *Model) identifyBy(way string, r *sip.Message) *Endpoint {
	switch way {
	case "username":
		return m.byUser(r.From.URI.UserText(), r.From.URI.Host, way)
	case "auth_username":
		if c, ok := credentialsOf(r); ok {
			return m.byUser(c.Username, r.From.URI.Host, way)
		}
	case "ip":
		for _, i := range m.Identifies {
			if i.at(r.Source.Remote) {
				return m.allowing(i.Endpoint, way)
			}
		}
		if i := m.match.find(r.Source.Remote.Addr()); i != nil {
			return m.allowing(i.Endpoint, way)
		}
	case "header":
		for _, i := range m.Identifies {
			if slices.ContainsFunc(i.Headers, func(h HeaderMatch) bool {
				return slices.ContainsFunc(r.All(h.Name), h.Matches)
			}) {
				return m.allowing(i.Endpoint, way)
			}
		}
	case "request_uri":
		for _, i := range m.Identifies {
			if slices.ContainsFunc(i.RequestURIs, func(h HeaderMatch) bool { return h.Matches(r.URI.String()) }) {
				return m.allowing(i.Endpoint, way)
			}
		}
	case "anonymous":
		host := strings.ToLower(r.From.URI.Host)
		for _, name := range [...]string{"anonymous@" + host, "anonymous@" + m.Aliases[host], "anonymous"} {
			if e := m.Endpoints[name]; e != nil {
				return e
			}
		}
	}
	return nil
}

// user is the user part of a URI without its options, if they are to be ignored.
func (m *Model) user(text string) string {
	if g := m.Global.General; m.Global.IgnoreURIUserOptions || g != nil && g.LegacyUserFieldParsing {
		text, _, _ = strings.Cut(text, ";")
	}
	return text
}

// userOf is the user part of a URI as the dialplan has it: without its options, if they
// are to be ignored, and with pedantic=no with its escapes as they came.
func (m *Model) userOf(u sip.URI) string {
	if m.literal() {
		return m.user(u.User)
	}
	return m.user(u.UserText())
}

// contactUser is the user of our Contact in a call to a URI.
func (m *Model) contactUser(u sip.URI) string {
	if m.literal() {
		return sip.EscapeUser(m.userOf(u))
	}
	return m.userOf(u)
}

// escaped is a user for a URI. With pedantic=no it goes out as it is, but for what would
// end the URI.
func (m *Model) escaped(user string) string {
	if m.literal() && !strings.ContainsAny(user, "<>@;?: \t\r\n\"") {
		return user
	}
	return sip.EscapeUser(user)
}

// literal reports whether escapes mean nothing (pedantic=no).
func (m *Model) literal() bool { return m.Global.General != nil && !m.Global.General.Pedantic }

// byUser finds the endpoint of a user: with the domain, with the domain that it
// stands for, and alone.
func (m *Model) byUser(user, host, way string) *Endpoint {
	if user == "" {
		return nil
	}
	user = m.user(user)
	if !m.Global.DisableMultiDomain {
		host = strings.ToLower(host)
		if e := m.allowing(user+"@"+host, way); e != nil {
			return e
		}
		if alias := m.Aliases[host]; alias != "" {
			if e := m.allowing(user+"@"+alias, way); e != nil {
				return e
			}
		}
	}
	return m.allowing(user, way)
}

// allowing returns the endpoint if it may be identified in this way. One that
// has an identify section of its own is always found by it.
func (m *Model) allowing(name, way string) *Endpoint {
	e := m.Endpoints[name]
	if e == nil || !slices.Contains(e.IdentifyBy, way) && way != "header" && way != "request_uri" {
		return nil
	}
	return e
}

// credentialsOf reads what a request says to be.
func credentialsOf(r *sip.Message) (sip.Credentials, bool) {
	for _, name := range [...]string{"Authorization", "Proxy-Authorization"} {
		for _, value := range r.All(name) {
			if c, ok := sip.ParseCredentials(value); ok {
				return c, true
			}
		}
	}
	return sip.Credentials{}, false
}

// identifyPeer finds a peer of sip.conf: a user or friend by the name in From
// (or in the credentials), else a peer or friend by the address.
func (d *Driver) identifyPeer(m *Model, r *sip.Message) *Endpoint {
	if e := m.Endpoint(m.callerName(r)); e != nil && e.Peer.Kind != "peer" {
		return e
	}
	return d.peerAt(m, r.Source.Remote)
}

// callerName is who a request of sip.conf's peers says to be.
func (m *Model) callerName(r *sip.Message) string {
	if m.Global.General.MatchAuthUsername {
		if c, ok := credentialsOf(r); ok {
			return c.Username
		}
	}
	return r.From.URI.UserText()
}

// peerAt finds the peer at an address: configured, registered, or of any port if
// insecure=port says so.
func (d *Driver) peerAt(m *Model, a netip.AddrPort) *Endpoint {
	if e := m.byAddr[a]; e != nil {
		return e
	}
	if e := m.lending.at(a); e != nil {
		return e
	}
	if name := d.location.at(a); name != "" {
		if e := m.Endpoint(name); e != nil {
			return e
		}
	}
	if e := m.byIP[a.Addr()]; e != nil {
		return e
	}
	names := d.resolved.Load()
	if names == nil {
		return nil
	}
	e := names.peers[a]
	if e == nil {
		e = names.byIP[a.Addr()]
	}
	if e == nil {
		return nil
	}
	return m.Endpoint(e.Name) // a reload may have made another of it
}
