package config

// Of is the size that is given for a table; nil if none is.
func (s *Sizes) Of(table string) *int {
	return map[string]*int{"classification": s.Classification, "eth_dst": s.EthDst, "eth_dst_hairpin": s.EthDstHairpin, "eth_src": s.EthSrc,
		"flood": s.Flood, "ipv4_fib": s.IPv4FIB, "ipv6_fib": s.IPv6FIB, "port_acl": s.PortACL, "vip": s.VIP, "vlan": s.VLAN, "vlan_acl": s.VLANACL}[table]
}
