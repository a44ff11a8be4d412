package phone

import (
	"context"
	"net/netip"
	"strings"
	"time"
)

// How often names of the configuration are looked up again, and how long one
// look-up may take.
const (
	resolveEvery = 5 * time.Minute
	resolveFor   = 10 * time.Second
)

// resolved are the addresses behind the names of a model: of identify's match=
// and of peers' host=. It is immutable.
type resolved struct {
	match addressTable
	peers map[netip.AddrPort]*Endpoint
	byIP  map[netip.Addr]*Endpoint
	// extern is that of sip.conf's externhost.
	extern netip.Addr
}

// named reports whether a model has names to look up.
func (m *Model) named() bool {
	for _, i := range m.Identifies {
		if len(i.Names) > 0 {
			return true
		}
	}
	if m.Technology == SIP {
		if m.Global.General.Extern.Host != "" {
			return true
		}
		for _, e := range m.Endpoints {
			if e.Peer.hostName() != "" {
				return true
			}
		}
	}
	return false
}

// hostName is the host= of a peer that is no address, or "".
func (p *Peer) hostName() string {
	if p.Dynamic || p.Host == "" || p.Kind == "user" {
		return ""
	}
	if _, err := netip.ParseAddr(strings.Trim(p.Host, "[]")); err == nil {
		return ""
	}
	return p.Host
}

// resolveNames keeps the addresses of names up to date until ctx ends. It is a
// worker of the driver, woken by a reload.
func (d *Driver) resolveNames(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-d.renamed:
		}
		if m := d.Model(); m.named() {
			d.resolved.Store(d.lookUp(ctx, m))
		} else {
			d.resolved.Store(nil)
		}
		timer.Reset(d.Model().resolveAgain())
	}
}

// resolveAgain is the time until names are looked up again.
func (m *Model) resolveAgain() time.Duration {
	if g := m.Global.General; g != nil && g.Extern.Host != "" && g.Extern.Refresh > 0 {
		return min(g.Extern.Refresh, resolveEvery)
	}
	return resolveEvery
}

// lookUp asks for every name of a model, one after the other.
func (d *Driver) lookUp(ctx context.Context, m *Model) *resolved {
	r := &resolved{peers: map[netip.AddrPort]*Endpoint{}, byIP: map[netip.Addr]*Endpoint{}}
	for _, i := range m.Identifies {
		for _, name := range i.Names {
			for _, a := range d.addresses(ctx, name, i.SRVLookups) {
				r.match.add(netip.PrefixFrom(a.Addr(), a.Addr().BitLen()), i)
			}
		}
	}
	if m.Technology != SIP {
		return r
	}
	r.extern = d.lookUpExtern(ctx, m, d.resolved.Load())
	for _, name := range m.order {
		e := m.Endpoints[name]
		host := e.Peer.hostName()
		if host == "" {
			continue
		}
		for _, a := range d.addresses(ctx, host, m.Global.General.SRVLookup && e.Peer.Port == 5060) {
			port := a.Port()
			if port == 0 {
				port = uint16(e.Peer.Port)
			}
			r.peers[netip.AddrPortFrom(a.Addr(), port)] = e
			if e.Peer.InsecurePort {
				r.byIP[a.Addr()] = e
			}
		}
	}
	return r
}

// addresses returns the addresses of a name, with the ports of SRV records where
// there are such.
func (d *Driver) addresses(ctx context.Context, name string, srv bool) []netip.AddrPort {
	ctx, cancel := context.WithTimeout(ctx, resolveFor)
	defer cancel()
	var found []netip.AddrPort
	if srv {
		for _, service := range [...]string{"_sip._udp.", "_sip._tcp."} {
			records, _ := d.names.LookupSRV(ctx, service+name)
			for _, record := range records {
				list, _ := d.names.LookupAddr(ctx, strings.TrimSuffix(record.Target, "."))
				for _, a := range list {
					found = append(found, netip.AddrPortFrom(a.Unmap(), record.Port))
				}
			}
		}
	}
	list, err := d.names.LookupAddr(ctx, name)
	if err != nil && len(found) == 0 {
		d.log.Warn("a name of the configuration has no address", "name", name, "error", err)
	}
	for _, a := range list {
		found = append(found, netip.AddrPortFrom(a.Unmap(), 0))
	}
	return found
}
