package phone

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/sip"
)

// destination is where a call goes.
type destination struct {
	endpoint *Endpoint
	aor      *AOR
	contact  *Contact // nil where the dial string has a URI of its own
	uri      sip.URI
}

// peer is the address by which the family of the media is chosen; it may be invalid.
func (t destination) peer() netip.Addr {
	a, _ := netip.ParseAddr(strings.Trim(t.uri.Host, "[]"))
	return a
}

// splitTarget takes what follows the technology in a dial string apart: 100,
// 100/sip:…, 100/aor, 555@trunk, 555@trunk/sip:… (PJSIP), trunk/555 (SIP).
func splitTarget(text string) (endpoint, user, rest string) {
	if name, rest, slash := strings.Cut(text, "/"); slash {
		if i := strings.LastIndexByte(name, '@'); i >= 0 && isSIPURI(rest) { // 555@trunk/sip:…
			return name[i+1:], name[:i], rest
		}
		return name, "", rest
	}
	if i := strings.LastIndexByte(text, '@'); i >= 0 {
		return text[i+1:], text[:i], ""
	}
	return text, "", ""
}

// destination finds where a dial string leads.
func (d *Driver) destination(m *Model, text string) (destination, error) {
	name, user, rest := splitTarget(text)
	e := m.Endpoint(name)
	if e == nil {
		return d.unknown(m, text, name, user)
	}
	to := destination{endpoint: e}
	if isSIPURI(rest) {
		u, err := sip.ParseURI(rest)
		if err != nil {
			return to, &channel.RequestError{Cause: channel.CauseInvalidNumber, Why: err.Error()}
		}
		if user != "" {
			u.User = m.escaped(user)
		}
		to.uri = u
		return to, nil
	}
	aors := e.AORs
	if rest != "" && d.technology == PJSIP {
		aors = splitList(rest)
	} else if rest != "" {
		user = rest
	}
	for _, aor := range aors {
		a := m.AOR(aor)
		if a == nil {
			continue
		}
		for _, c := range d.Contacts(aor) {
			if d.technology == PJSIP && c.Status == Unreachable {
				continue
			}
			u, err := sip.ParseURI(c.URI)
			if err != nil {
				continue
			}
			if user != "" {
				u.User = m.escaped(user)
			}
			to.aor, to.contact, to.uri = a, c, u
			return to, nil
		}
	}
	if e.Peer != nil && e.Peer.Dynamic && e.Peer.Default != "" { // as long as it is not registered
		if u, err := sip.ParseURI("sip:" + e.Peer.Default); err == nil {
			u.User, u.Port = m.escaped(user), choose(e.Peer.Port == 5060, 0, e.Peer.Port)
			to.uri = u
			return to, nil
		}
	}
	return to, &channel.RequestError{Cause: channel.CauseSubscriberAbsent, Why: fmt.Sprintf("endpoint %s has no contact that can be reached", e.Name)}
}

// unknown is a destination that is no endpoint. chan_sip takes a host's name or
// address for one, and calls it with what [general] says.
func (d *Driver) unknown(m *Model, text, name, user string) (destination, error) {
	cause := choose(d.technology == SIP, channel.CauseSubscriberAbsent, channel.CauseNoRouteDestination)
	refused := &channel.RequestError{Cause: cause, Why: fmt.Sprintf("no endpoint %q", text)}
	if d.technology != SIP || m.guest == nil {
		return destination{}, refused
	}
	u, err := sip.ParseURI("sip:" + name)
	if err != nil || !strings.ContainsAny(u.Host, ".:") {
		return destination{}, refused
	}
	u.User = m.escaped(user)
	return destination{endpoint: m.guest, uri: u}, nil
}
