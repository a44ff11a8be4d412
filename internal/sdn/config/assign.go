package config

import "slices"

// Assign is the switch with other native VLANs on some ports, as 802.1X gives them
// by the number of the port. The switch itself is not changed; all that points at
// ports and VLANs of the new one points within it, but for stack ports and tunnels,
// which are by the switches of the file: see Original.
func (dp *DP) Assign(native map[uint32]*VLAN) *DP {
	if len(native) == 0 {
		return dp
	}
	next := *dp
	next.original = dp.Original()
	vlans, ports := map[*VLAN]*VLAN{}, map[*Port]*Port{}
	next.VLANs = nil
	for _, v := range dp.VLANs {
		one := *v
		one.Untagged, one.Tagged = nil, nil
		vlans[v] = &one
		next.VLANs = append(next.VLANs, &one)
	}
	next.Ports = nil
	for _, p := range dp.Ports {
		if p.IsStack() { // its peer and its place in the stack know it
			ports[p] = p
			next.Ports = append(next.Ports, p)
			continue
		}
		one := *p
		ports[p] = &one
		if v := native[p.Number]; v != nil {
			one.NativeVLAN = vlans[v]
		} else {
			one.NativeVLAN = vlans[p.NativeVLAN]
		}
		one.Tagged = nil
		for _, v := range p.Tagged {
			one.Tagged = append(one.Tagged, vlans[v])
			vlans[v].Tagged = append(vlans[v].Tagged, &one)
		}
		if one.NativeVLAN != nil {
			one.NativeVLAN.Untagged = append(one.NativeVLAN.Untagged, &one)
		}
		next.Ports = append(next.Ports, &one)
	}
	for _, p := range next.Ports {
		if p.IsStack() {
			continue
		}
		p.Mirrors = slices.Clone(p.Mirrors)
		for i, m := range p.Mirrors {
			p.Mirrors[i] = ports[m]
		}
	}
	next.Routers = nil
	for _, r := range dp.Routers {
		one := *r
		one.VLANs, one.BGPVLAN = nil, vlans[r.BGPVLAN]
		for _, v := range r.VLANs {
			if vlans[v] != nil {
				one.VLANs = append(one.VLANs, vlans[v])
			}
		}
		next.Routers = append(next.Routers, &one)
	}
	return &next
}

// Original is the switch as the file has it, of one that Assign made: by it the
// members of a stack know each other.
func (dp *DP) Original() *DP {
	if dp.original != nil {
		return dp.original
	}
	return dp
}
