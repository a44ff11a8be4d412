package config

import (
	"net/netip"
	"strings"
)

// readVLANs reads all VLANs of the file for this switch.
func (dp *DP) readVLANs(d *document) error {
	dp.vlans = map[string]*VLAN{}
	n := d.top["vlans"]
	if n == nil {
		return nil
	}
	byVID := map[int]*VLAN{}
	for i := 0; i < len(n.Content); i += 2 {
		key, body := n.Content[i], n.Content[i+1]
		v := &VLAN{key: key.Value}
		if err := d.into(body, v, "VLAN "+key.Value); err != nil {
			return err
		}
		v.At = d.pos(key)
		number, isInt := integer(key)
		switch {
		case v.VIDKey != nil:
			v.VID = *v.VIDKey
		case isInt && number.IsInt64():
			v.VID = int(number.Int64())
		default:
			return v.At.wrong("VLAN %s has no vid", key.Value)
		}
		if err := checkVID(v.At, int64(v.VID)); err != nil {
			return err
		}
		if !sameName(key, body) {
			return v.At.wrong("the key %s and the name %s of the VLAN must be one", key.Value, v.Name).hint("name is not needed")
		}
		v.Name = key.Value
		if v.Description == "" {
			v.Description = v.Name
		}
		if other := byVID[v.VID]; other != nil {
			return v.At.wrong("VLANs %s and %s have the VID %d", other.Name, v.Name, v.VID)
		}
		byVID[v.VID] = v
		if err := v.check(d); err != nil {
			return err
		}
		dp.vlans[key.Value] = v
	}
	return nil
}

func (v *VLAN) check(d *document) error {
	var ok bool
	if v.MAC, ok = parseMAC(v.MACText); !ok {
		return v.At.wrong("faucet_mac %s is no Ethernet address", v.MACText)
	}
	if v.ACLIn != nil && v.ACLsInRef != nil {
		return v.At.wrong("both acl_in and acls_in are there").hint("use acls_in")
	}
	if v.ACLOut != nil && v.ACLsOutRef != nil {
		return v.At.wrong("both acl_out and acls_out are there").hint("use acls_out")
	}
	if v.VIPKey != nil {
		for _, s := range *v.VIPKey {
			p, ok := parseVIP(s.Text)
			if !ok || s.Kind != "a string" {
				return s.At.wrong("%s is no IP address with a prefix", s.Text).hint("like 10.0.0.254/24")
			}
			if p.Bits() == p.Addr().BitLen() {
				return s.At.wrong("the address %s needs a prefix that holds more than itself", s.Text).hint("like 10.0.0.254/24")
			}
			v.VIPs = append(v.VIPs, p)
		}
	}
	for _, m := range v.RouteKeys {
		if err := v.route(d, m); err != nil {
			return err
		}
	}
	if v.ProactiveARPLimit == 0 {
		v.ProactiveARPLimit = 2 * v.MaxHosts
	}
	if v.ProactiveNDLimit == 0 {
		v.ProactiveNDLimit = 2 * v.MaxHosts
	}
	return nil
}

func (v *VLAN) route(d *document, m Map) error {
	n := value(m.node, "route")
	if n == nil {
		n = m.node
	}
	gw, dst := value(n, "ip_gw"), value(n, "ip_dst")
	if gw == nil || dst == nil {
		return m.At.wrong("a route needs ip_dst and ip_gw")
	}
	gateway, err := netip.ParseAddr(gw.Value)
	if err != nil {
		return d.pos(gw).wrong("ip_gw %s is no IP address", gw.Value)
	}
	text := dst.Value
	if !strings.Contains(text, "/") {
		if a, err := netip.ParseAddr(text); err == nil {
			text = netip.PrefixFrom(a, a.BitLen()).String()
		}
	}
	to, ok := parsePrefix(text)
	if !ok || to.Masked() != to {
		return d.pos(dst).wrong("ip_dst %s is no network", dst.Value)
	}
	if to.Addr().Is4() != gateway.Is4() {
		return d.pos(gw).wrong("ip_dst %s and ip_gw %s are not of one IP version", dst.Value, gw.Value)
	}
	v.Routes = append(v.Routes, Route{to, gateway})
	return nil
}
