package pipeline

import (
	"slices"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/openflow"
)

// acls are the tables of ACLs: of ports, of VLANs, and of what leaves.
func (b *builder) acls() {
	if b.has(portACL) {
		next := b.gotoTable(vlanTable)
		b.rules(portACL, filter, b.dp.ACLsOnDP, nil, next)
		for _, p := range b.dp.Ports {
			if len(b.dp.ACLsOnDP) > 0 || !b.up(p) {
				continue
			}
			in := []openflow.Field{openflow.InPort.Uint(uint64(p.Number))}
			switch {
			case p.OutputOnly, p.CopiedTo: // nothing comes in there
			case len(p.ACLs) > 0:
				b.rules(portACL, filter, p.ACLs, in, next)
			case p.Dot1X || len(p.VLANs()) == 0 && !p.IsStack() && p.Coprocessor.Strategy == "":
			default:
				b.add(portACL, filter, in, next)
			}
		}
		b.dot1x()
		b.tunnelled()
	}
	b.vlanRules(vlanACL, func(v *config.VLAN) []*config.ACL { return v.ACLsIn }, classification, ethSrc)
	b.vlanRules(egressACL, func(v *config.VLAN) []*config.ACL { return v.ACLsOut }, egress, flood)
}

func (b *builder) vlanRules(table string, of func(*config.VLAN) []*config.ACL, next ...string) {
	if !b.has(table) {
		return
	}
	for _, v := range b.dp.VLANs {
		on := []openflow.Field{openflow.VLANVID.Uint(uint64(v.VID) | openflow.VIDPresent)}
		if list := of(v); len(list) > 0 {
			b.rules(table, filter, list, on, b.gotoTable(next...))
		} else if table == egressACL { // the vlan table passes vlan_acl by for these
			b.add(table, filter, on, b.gotoTable(next...))
		}
	}
}

// rules adds the rules of ACLs, each one below the one before it.
func (b *builder) rules(table string, priority int, acls []*config.ACL, on []openflow.Field, next openflow.Instruction) {
	for _, a := range acls {
		for _, r := range a.Rules {
			match := slices.Clone(r.Match)
			for _, f := range on {
				match = slices.DeleteFunc(match, func(g openflow.Field) bool { return g.Class == f.Class && g.Number == f.Number })
				match = append(match, f)
			}
			match.Sort()
			if name, bad := lacking(match); bad {
				b.t.Warnings = append(b.t.Warnings, r.At.String()+": "+name+" matches only with what it needs, such as dl_type: the rule does nothing")
				priority--
				continue
			}
			to := next
			if r.Actions.ForceVLAN == 1 && table != egressACL { // its VLAN is as it should be: it goes out
				to = b.gotoTable(ethDstHairpin, ethDst)
			}
			f := b.add(table, priority, match, b.actions(r, to)...)
			if r.Cookie != nil {
				f.Cookie = *r.Cookie
			}
			priority--
		}
	}
}

// actions are what a rule does: a meter, a copy, a rewriting and sending, and
// going on where it allows that.
func (b *builder) actions(r *config.Rule, next openflow.Instruction) (list []openflow.Instruction) {
	a := &r.Actions
	if a.Meter != nil {
		list = append(list, openflow.Meter{Meter: uint32(*a.Meter.ID)})
	}
	var actions []openflow.Action
	if a.Mirror != nil {
		actions = append(actions, output(a.Mirror.Number))
	}
	sends := false
	for _, s := range a.Output {
		step, sent := b.step(s)
		actions = append(actions, step...)
		sends = sends || sent
		if sent && s.Tunnel != nil && s.Tunnel.ExitDP != b.self() && a.Allowed() {
			actions = append(actions, openflow.PopVLAN{}) // what goes on here is not in the tunnel
		}
	}
	if a.CT != nil {
		actions, sends = append(actions, conntrack(a.CT)...), true
	}
	if !sends && !a.Allowed() && a.Mirror == nil {
		return nil // changed and then dropped: the change is not seen by anybody
	}
	if len(actions) > 0 {
		list = append(list, apply(actions...))
	}
	if a.Allowed() {
		list = append(list, next)
	}
	return list
}

// step is one step of an output; sent says whether the packet leaves.
func (b *builder) step(s config.Step) (list []openflow.Action, sent bool) {
	if s.PopVLANs != 0 {
		list = append(list, openflow.PopVLAN{})
	}
	for _, t := range s.Tags {
		list = append(list, pushTag(t.VID, t.EtherType)...)
	}
	if s.SwapVID != nil {
		list = append(list, setField(vid(*s.SwapVID)))
	}
	for _, f := range s.Fields {
		list = append(list, setField(f))
	}
	for _, p := range s.Ports {
		list, sent = append(list, output(p.Number)), true
	}
	if g := s.Failover; g != nil {
		list, sent = append(list, openflow.Group{Group: uint32(*g.Group)}), true
		b.group(g, openflow.GroupTypeFastFailover)
	}
	if s.Tunnel != nil {
		more := b.enter(s.Tunnel)
		list, sent = append(list, more...), sent || len(more) > 0
	}
	return list, sent
}

func (b *builder) group(f *config.Failover, kind openflow.GroupType) {
	for _, g := range b.t.Groups {
		if g.Group == uint32(*f.Group) {
			return
		}
	}
	g := &openflow.GroupMod{Command: openflow.GroupAdd, Kind: kind, Group: uint32(*f.Group)}
	for _, p := range f.Ports {
		g.Buckets = append(g.Buckets, openflow.Bucket{WatchPort: p.Number, WatchGroup: openflow.GroupAny, Actions: []openflow.Action{output(p.Number)}})
	}
	b.t.Groups = append(b.t.Groups, g)
}

// dot1x lets EAPOL of the ports with 802.1X to the port where it is answered,
// and, for MAB, what a client asks of DHCP.
func (b *builder) dot1x() {
	nfv := b.dp.Dot1X.SwitchPort
	if nfv == 0 {
		return
	}
	for _, p := range b.dp.Ports {
		if !p.Dot1X || !b.up(p) {
			continue
		}
		in, server := openflow.InPort.Uint(uint64(p.Number)), openflow.InPort.Uint(uint64(nfv))
		mac := [6]byte{0, 0, 0, 0, byte(p.Number >> 8), byte(p.Number)}
		toServer := apply(setField(openflow.EthDst.MAC(mac)), output(uint32(nfv)))
		b.add(portACL, filter+1, openflow.Match{in, openflow.EthType.Uint(typeEAP)}, toServer)
		b.add(portACL, filter+1, openflow.Match{server, openflow.EthSrc.MAC(mac), openflow.EthType.Uint(typeEAP)},
			apply(setField(openflow.EthSrc.MAC([6]byte{0x01, 0x80, 0xc2, 0, 0, 3})), output(p.Number)))
		b.admitted(p, in)
		if p.Dot1XACL && b.dp.NoAuthACL != nil && len(b.s.Admitted[p.Number]) == 0 {
			b.rules(portACL, fixed, []*config.ACL{b.dp.NoAuthACL}, []openflow.Field{in}, b.gotoTable(vlanTable))
		}
		if p.Dot1XMAB {
			b.add(portACL, fixed-1, openflow.Match{in, openflow.EthType.Uint(0x800), openflow.IPProto.Uint(17), openflow.UDPSrc.Uint(68),
				openflow.UDPDst.Uint(67)}, toServer)
		}
	}
}

// admitted lets those in who have said who they are: by the ACL that they got, or
// that of the switch for such clients, or all that they send.
func (b *builder) admitted(p *config.Port, in openflow.Field) {
	for _, a := range b.s.Admitted[p.Number] {
		on := []openflow.Field{in, openflow.EthSrc.MAC(a.MAC)}
		switch {
		case a.ACL != nil:
			b.rules(portACL, fixed, []*config.ACL{a.ACL}, on, b.gotoTable(vlanTable))
		case p.Dot1XACL && b.dp.AuthACL != nil:
			b.rules(portACL, fixed, []*config.ACL{b.dp.AuthACL}, on, b.gotoTable(vlanTable))
		default:
			b.add(portACL, fixed, on, b.gotoTable(vlanTable))
		}
	}
}
