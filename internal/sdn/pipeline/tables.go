package pipeline

import (
	"slices"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
)

// The tables, in their order. A switch has those that its configuration needs,
// numbered without gaps.
const (
	portACL        = "port_acl"
	vlanTable      = "vlan"
	coproTable     = "copro"
	vlanACL        = "vlan_acl"
	classification = "classification"
	ethSrc         = "eth_src"
	ipv4FIB        = "ipv4_fib"
	ipv6FIB        = "ipv6_fib"
	vipTable       = "vip"
	ethDstHairpin  = "eth_dst_hairpin"
	ethDst         = "eth_dst"
	egressACL      = "egress_acl"
	egress         = "egress"
	flood          = "flood"
)

// Priorities. Within a class a longer match is above a shorter one.
const (
	static   = 0x1000 // what ports and VLANs are there
	learning = 0x2000 // hosts and flooding
	routes   = 0x3000
	fixed    = 0x4000 // what goes to the router
	filter   = 0x5000 // ACLs and what is never right
)

func tableNames(dp *config.DP) []string {
	any := func(yes func(*config.Port) bool) bool { return slices.ContainsFunc(dp.Ports, yes) }
	anyVLAN := func(yes func(*config.VLAN) bool) bool { return slices.ContainsFunc(dp.VLANs, yes) }
	v4 := anyVLAN(func(v *config.VLAN) bool { return hasVIP(v, true) })
	v6 := anyVLAN(func(v *config.VLAN) bool { return hasVIP(v, false) })
	used := []struct {
		name string
		used bool
	}{
		{portACL, len(dp.ACLsOnDP) > 0 || tunnels(dp) || dp.Dot1X.SwitchPort != 0 || any(func(p *config.Port) bool { return len(p.ACLs) > 0 })},
		{vlanTable, true},
		{coproTable, any(func(p *config.Port) bool { return p.Coprocessor.Strategy != "" })},
		{vlanACL, anyVLAN(func(v *config.VLAN) bool { return len(v.ACLsIn) > 0 })},
		{classification, dp.UseClassification},
		{ethSrc, true},
		{ipv4FIB, v4},
		{ipv6FIB, v6},
		{vipTable, v4 || v6},
		{ethDstHairpin, any(func(p *config.Port) bool { return p.Hairpin || p.HairpinUnicast })},
		{ethDst, true},
		{egressACL, anyVLAN(func(v *config.VLAN) bool { return len(v.ACLsOut) > 0 })},
		{egress, dp.EgressPipeline},
		{flood, true},
	}
	var names []string
	for _, t := range used {
		switch {
		case t.used || dp.Hardware.StaticTables && t.name == portACL:
			names = append(names, t.name)
		case dp.Hardware.StaticTables && t.name != coproTable:
			names = append(names, "") // the place is kept
		}
	}
	return names
}

// tunnels says whether tunnels may cross the switch: any of its stack makes one.
func tunnels(dp *config.DP) bool {
	if dp.Stack == nil {
		return false
	}
	for _, member := range dp.Stack.Members {
		for _, a := range member.ACLs {
			for _, r := range a.Rules {
				if slices.ContainsFunc(r.Actions.Output, func(s config.Step) bool { return s.Tunnel != nil }) {
					return true
				}
			}
		}
	}
	return false
}

func hasVIP(v *config.VLAN, four bool) bool {
	for _, p := range v.VIPs {
		if p.Addr().Is4() == four {
			return true
		}
	}
	return false
}

// Names are those of a switch's tables, by their number; "" is a number that is
// not used.
func Names(dp *config.DP) []string { return tableNames(dp) }
