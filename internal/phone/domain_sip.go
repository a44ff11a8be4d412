package phone

import (
	"strings"

	"github.com/octothorpe/octothorpe/sip"
)

// domain finds one of ours by its name, or nil.
func (g *General) domain(name string) *Domain {
	for i := range g.Domains {
		if strings.EqualFold(g.Domains[i].Name, name) {
			return &g.Domains[i]
		}
	}
	return nil
}

// refusesDomain refuses a call to a domain that is none of ours where
// allowexternaldomains is off. It reports whether it did.
func (d *Driver) refusesDomain(in *incoming) bool {
	g := in.model.Global.General
	if d.technology != SIP || g == nil || g.AllowExternalDomains || len(g.Domains) == 0 || g.domain(in.request.URI.Host) != nil {
		return false
	}
	d.send(in.tx, in.answer(403, ""))
	return true
}

// realmFor is the realm of a challenge: the domain that a request is from or to, if it
// is one of ours and domainsasrealm is on.
func (m *Model) realmFor(r *sip.Message) string {
	if g := m.Global.General; g != nil && g.DomainsAsRealm {
		for _, u := range []sip.URI{r.From.URI, r.To.URI} {
			if g.domain(u.Host) != nil {
				return u.Host
			}
		}
	}
	return m.Global.Realm
}

// addDomains adds the addresses at which we listen to our domains (autodomain).
func (m *Model) addDomains(host string) {
	g := m.Global.General
	add := func(name string) {
		if name != "" && g.domain(name) == nil {
			g.Domains = append(g.Domains, Domain{Name: name, auto: true})
		}
	}
	for _, t := range m.Transports {
		if a := t.Bind.Addr(); a.IsValid() && !a.IsUnspecified() {
			add(a.String())
		}
	}
	add(host)
}

// shrunken is a caller's number without what people write between its digits, if
// there is nothing else in it (shrinkcallerid).
func shrunken(number string) string {
	if strings.Trim(number, "0123456789*#+()-.") != "" {
		return number
	}
	last := len(number) - 1
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("().", r) || r == '-' && last > 0 {
			return -1
		}
		return r
	}, number)
}

// bySIP gives a description what sip.conf's face says besides: the rate of a call with
// pictures, and to who may have pictures nothing of the length of packets.
func (e *Endpoint) bySIP(d *description) {
	for i := range d.streams {
		if s := &d.streams[i]; s.kind == "video" && s.port != 0 {
			d.bitrate = e.Peer.MaxCallBitrate
		}
	}
	if len(ofKind(e.Formats, "video")) == 0 || e.UsePtime {
		return
	}
	for i := range d.streams {
		d.streams[i].ptime = 0
	}
}

// disallows reports whether the peer is not to get requests of a method.
func (p *Peer) disallows(method string) bool {
	for _, m := range p.Disallowed {
		if strings.EqualFold(m, method) {
			return true
		}
	}
	return false
}

// registerLine is what register => would say of a peer with callbackextension.
func (e *Endpoint) registerLine() string {
	p := e.Peer
	line := orText(p.Username, e.Name) + ":" + orText(p.Remote, p.Secret) + "@" + p.Host
	if t := p.Transports[0]; t != "udp" {
		line = t + "://" + line
	}
	if p.Port != 0 && p.Port != 5060 {
		line += ":" + itoa(p.Port)
	}
	return line + "/" + p.Callback
}
