package config

import (
	"net/netip"

	"go.yaml.in/yaml/v3"
)

// CT is connection tracking, of Open vSwitch alone.
type CT struct {
	At      Pos
	Alg     int    `key:"alg,0"`
	Clear   bool   `key:"clear,false"`
	Flags   int    `key:"flags,0"`
	Label   *int   `key:"label"`
	Mark    *int   `key:"mark"`
	NAT     *CTNAT `key:"nat"`
	Table   *int   `key:"table"`
	Zone    int    `key:"zone,0"`
	ZoneSrc *int   `key:"zone_src"`
}

// CTNAT is its translation of addresses.
type CTNAT struct {
	At       Pos
	Flags    int    `key:"flags,0"`
	IPv4Max  string `key:"range_ipv4_max"`
	IPv4Min  string `key:"range_ipv4_min"`
	IPv6Max  string `key:"range_ipv6_max"`
	IPv6Min  string `key:"range_ipv6_min"`
	ProtoMax *int   `key:"range_proto_max"`
	ProtoMin *int   `key:"range_proto_min"`
}

// check judges which keys there are; n are the actions that it is of.
func (c *CT) check(acl string, n *yaml.Node) error {
	if c == nil {
		return nil
	}
	keys := value(n, "ct")
	if c.Clear {
		if len(keys.Content) > 2 {
			return c.At.wrong("ACL %s: ct with clear can have no other key", acl)
		}
		return nil
	}
	switch {
	case c.Table == nil:
		return c.At.wrong("ACL %s: ct needs a table", acl)
	case value(keys, "zone") == nil:
		return c.At.wrong("ACL %s: ct needs a zone", acl)
	}
	return nil
}

// limits judges the numbers and addresses of one that is used.
func (c *CT) limits(acl string) error {
	if c == nil || c.Clear {
		return nil
	}
	for _, one := range []struct {
		key   string
		value int
		most  int
	}{{"table", *c.Table, 255}, {"zone", c.Zone, 65535}, {"flags", c.Flags, 65535}, {"alg", c.Alg, 65535}} {
		if one.value < 0 || one.value > one.most {
			return c.At.wrong("ACL %s: %s %d of ct is not from 0 to %d", acl, one.key, one.value, one.most)
		}
	}
	if c.NAT == nil {
		return nil
	}
	for _, one := range []struct {
		key, text string
		is4       bool
	}{{"range_ipv4_min", c.NAT.IPv4Min, true}, {"range_ipv4_max", c.NAT.IPv4Max, true}, {"range_ipv6_min", c.NAT.IPv6Min, false}, {"range_ipv6_max", c.NAT.IPv6Max, false}} {
		if a, err := netip.ParseAddr(one.text); one.text != "" && (err != nil || a.Is4() != one.is4) {
			return c.NAT.At.wrong("ACL %s: %s %s is no such address", acl, one.key, one.text)
		}
	}
	return nil
}
