package phone

import (
	"net/netip"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/sip"
)

// keepalives holds when each peer of sip.conf with keepalive= is sent the next empty
// packet, which keeps the way to it open through a NAT.
type keepalives struct{ agenda }

// keepAliveAll begins with the peers of a model that want it, and ends with others.
func (d *Driver) keepAliveAll(m *Model) {
	k := &d.keepalives
	k.mu.Lock()
	if k.tasks == nil {
		k.tasks = map[string]*task{}
	}
	known := make(map[string]bool, len(k.tasks))
	for name := range k.tasks {
		known[name] = true
	}
	k.mu.Unlock()
	for name := range known {
		if e := m.Endpoint(name); e == nil || e.Peer.Keepalive == 0 {
			k.forget(d.clock, name)
		}
	}
	for key, e := range m.Endpoints {
		if e.Peer != nil && e.Peer.Keepalive > 0 && e.Peer.Kind != "user" && !known[key] {
			d.keepAliveLater(key, e.Peer.Keepalive)
		}
	}
}

func (d *Driver) keepAliveLater(key string, gap time.Duration) {
	d.keepalives.plan(d.clock, key, gap, func() {
		e := d.Model().Endpoint(key)
		if e == nil || e.Peer.Keepalive == 0 {
			return
		}
		d.keepAliveLater(key, e.Peer.Keepalive)
		for _, c := range d.location.contacts(e.Name) {
			d.keepWay(c)
		}
	})
}

// keepWay sends an empty packet to where a peer is reached, if that is by UDP.
func (d *Driver) keepWay(c *Contact) {
	to, network := c.Source, orText(c.Transport, "udp")
	if !to.IsValid() {
		uri, err := sip.ParseURI(c.URI)
		if err != nil {
			return
		}
		if value, told := uri.Param("transport"); told {
			network = strings.ToLower(value)
		}
		a, err := netip.ParseAddr(strings.Trim(uri.Host, "[]"))
		if err != nil {
			return // a name: what is sent there comes later than who sends it knows
		}
		port := uri.Port
		if port == 0 {
			port = 5060
		}
		to = netip.AddrPortFrom(a, uint16(port))
	}
	t := d.transportBy(network, to.Addr(), nil)
	if t == nil || network != "udp" {
		return
	}
	if err := t.KeepAlive(to); err != nil {
		d.log.Debug("a keep-alive was not sent", "peer", c.AOR, "to", to, "error", err)
	}
}
