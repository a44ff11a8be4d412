package config

import (
	"net/netip"
	"slices"
)

// readRouters reads all routers; each switch keeps those whose VLANs it has.
func (dp *DP) readRouters(d *document) error {
	n := d.top["routers"]
	if n == nil {
		return nil
	}
	for i := 0; i < len(n.Content); i += 2 {
		r := &Router{Name: n.Content[i].Value}
		if err := d.into(n.Content[i+1], r, "router "+r.Name); err != nil {
			return err
		}
		for _, ref := range r.VLANRefs {
			v := dp.findVLAN(ref)
			if v == nil {
				return ref.At.wrong("router %s: there is no VLAN %s", r.Name, ref.Text)
			}
			if !slices.Contains(r.VLANs, v) {
				r.VLANs = append(r.VLANs, v)
			}
		}
		if err := r.apart(); err != nil {
			return err
		}
		if r.BGP != nil {
			if err := dp.checkBGP(r); err != nil {
				return err
			}
		}
		if len(r.VLANs) == 0 && r.BGPVLAN == nil {
			return d.pos(n.Content[i]).wrong("router %s has no VLAN", r.Name)
		}
		dp.Routers = append(dp.Routers, r)
	}
	return nil
}

// apart refuses addresses whose networks overlap: the router would not know behind
// which VLAN a host is. Those of the link do not count, nor one that is in several
// VLANs.
func (r *Router) apart() error {
	type vip struct {
		vlan *VLAN
		at   netip.Prefix
	}
	var all []vip
	for _, v := range r.VLANs {
		for _, p := range v.VIPs {
			if p.Addr().IsLinkLocalUnicast() {
				continue
			}
			for _, other := range all {
				if other.at != p && other.at.Overlaps(p) {
					return r.At.wrong("router %s: %s of VLAN %s and %s of VLAN %s overlap", r.Name, other.at, other.vlan.Name, p, v.Name)
				}
			}
			all = append(all, vip{v, p})
		}
	}
	return nil
}

func (dp *DP) checkBGP(r *Router) error {
	b := r.BGP
	if b.At.Line == 0 {
		return nil
	}
	switch {
	case b.AS == nil, b.NeighborAS == nil, b.Port == nil, b.RouterID == "", b.NeighborAddresses == nil, len(b.ServerAddresses) == 0:
		return b.At.wrong("bgp of router %s needs as, port, routerid, server_addresses, neighbor_as and neighbor_addresses", r.Name)
	case *b.AS < 1, *b.NeighborAS < 1, *b.Port < 1:
		return b.At.wrong("as, neighbor_as and port of router %s must not be 0", r.Name)
	case b.ConnectMode != "passive":
		return b.At.wrong("connect_mode %s is not known", b.ConnectMode).hint("passive is the only one; neighbor_connect_mode can be active or both")
	}
	if err := b.additions(r.Name); err != nil {
		return err
	}
	versions := map[bool]bool{}
	for _, text := range b.ServerAddresses {
		a, err := netip.ParseAddr(text)
		if err != nil {
			return b.At.wrong("server address %s is no IP address", text)
		}
		if versions[a.Is4()] {
			return b.At.wrong("server_addresses can have one address of each IP version")
		}
		versions[a.Is4()] = true
	}
	for _, text := range b.NeighborAddresses {
		if _, err := netip.ParseAddr(text); err != nil {
			return b.At.wrong("neighbor address %s is no IP address", text)
		}
	}
	if b.VLAN != nil {
		if r.BGPVLAN = dp.findVLAN(*b.VLAN); r.BGPVLAN == nil {
			return b.VLAN.At.wrong("there is no VLAN %s", b.VLAN.Text)
		}
	} else if len(r.VLANs) > 0 {
		r.BGPVLAN = r.VLANs[0]
	}
	if r.BGPVLAN == nil {
		return b.At.wrong("bgp of router %s needs a VLAN", r.Name)
	}
	return nil
}

// maximumPaths is how many next hops a network can have: as many flows are needed
// for it, rounded up to a power of two.
const maximumPaths = 16

// additions checks the keys that Faucet does not have.
func (b *BGP) additions(router string) error {
	switch {
	case b.NeighborMode != "passive" && b.NeighborMode != "active" && b.NeighborMode != "both":
		return b.At.wrong("router %s: neighbor_connect_mode %s is not known", router, b.NeighborMode).hint("passive, active or both")
	case len(b.NeighborPassword) > 80:
		return b.At.wrong("router %s: neighbor_password is longer than 80 bytes", router)
	case b.NeighborPort != nil && (*b.NeighborPort < 1 || *b.NeighborPort > 65535):
		return b.At.wrong("router %s: neighbor_port %d is no port", router, *b.NeighborPort)
	case b.MaximumPaths < 1 || b.MaximumPaths > maximumPaths:
		return b.At.wrong("router %s: maximum_paths must be 1 to %d", router, maximumPaths)
	}
	return nil
}

// routers keeps for each switch those that concern it.
func (c *Config) routers() error {
	for _, dp := range c.DPs {
		var kept []*Router
		seen := map[*VLAN]*Router{}
		for _, r := range dp.Routers {
			var vlans []*VLAN
			for _, v := range r.VLANs {
				if !slices.Contains(dp.VLANs, v) {
					continue
				}
				if other := seen[v]; other != nil {
					return r.At.wrong("VLAN %s is in the routers %s and %s", v.Name, other.Name, r.Name)
				}
				seen[v] = r
				vlans = append(vlans, v)
			}
			r.VLANs = vlans
			if len(vlans) > 0 || r.BGPVLAN != nil && slices.Contains(dp.VLANs, r.BGPVLAN) {
				kept = append(kept, r)
			}
		}
		dp.Routers = kept
	}
	return nil
}
