package phone

import (
	"net/netip"
	"strings"

	"github.com/octothorpe/octothorpe/sip"
)

// transportParam is the parameter of a contact that keeps by which transport of
// ours it registered, where the transport is symmetric.
const transportParam = "x-ast-txp"

// symmetric is what a contact gets that a REGISTER brings: with
// symmetric_transport the name of the transport, by which requests then go.
func (m *Model) symmetric(r *sip.Message) string {
	if r.Source.Transport == nil {
		return ""
	}
	if t := m.Transport(r.Source.Transport.Name); t != nil && t.Symmetric {
		return ";" + transportParam + "=" + t.Name
	}
	return ""
}

// cutTransport takes the name of the transport off a contact's URI; nobody outside
// is to see it.
func cutTransport(uri string) (rest, name string) {
	before, after, ok := strings.Cut(uri, ";"+transportParam+"=")
	if !ok {
		return uri, ""
	}
	name, tail, more := strings.Cut(after, ";")
	if more {
		before += ";" + tail
	}
	return before, name
}

// symmetricWay is the transport by which a contact registered, or nil. Hosts that
// are names are looked up anew, and with them how to go.
func (d *Driver) symmetricWay(c *Contact) *sip.Transport {
	if c == nil {
		return nil
	}
	uri, name := cutTransport(c.URI)
	if name == "" {
		return nil
	}
	u, err := sip.ParseURI(uri)
	if err != nil {
		return nil
	}
	if _, err := netip.ParseAddr(strings.Trim(u.Host, "[]")); err != nil {
		return nil
	}
	return d.transport(name)
}

// withoutTransport is a URI as it stands in a request.
func withoutTransport(u sip.URI) sip.URI {
	if strings.Contains(u.Params, transportParam) {
		u.Params, _ = cutTransport(u.Params)
	}
	return u
}
