package config

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

const (
	lastPort = 0xfffffeff
	inPort   = 0xfffffff8 // OFPP_IN_PORT, which ACLs may send to
)

// readPorts reads interfaces and interface_ranges.
func (dp *DP) readPorts(d *document) error {
	byNumber := map[uint32]*Port{}
	if dp.Interfaces != nil {
		n := dp.Interfaces.node
		for i := 0; i < len(n.Content); i += 2 {
			p, err := dp.port(d, n.Content[i], n.Content[i+1])
			if err != nil {
				return err
			}
			byNumber[p.Number] = p
		}
	}
	if err := dp.readRanges(d, byNumber); err != nil {
		return err
	}
	if len(byNumber) == 0 {
		return dp.At.wrong("%s has no interfaces", dp.Name)
	}
	for _, p := range byNumber {
		dp.all = append(dp.all, p)
	}
	slices.SortFunc(dp.all, func(a, b *Port) int { return cmp.Compare(a.Number, b.Number) })
	for _, p := range dp.all {
		if err := dp.checkPort(p); err != nil {
			return err
		}
	}
	return nil
}

// port reads one interface; its key is its number, or its name, and then number
// has the number.
func (dp *DP) port(d *document, key, n *yaml.Node) (*Port, error) {
	if n.Kind != yaml.MappingNode {
		return nil, d.pos(n).wrong("the interface %s of %s must be a mapping, not %s", key.Value, dp.Name, kindOf(n))
	}
	p := &Port{DP: dp, key: key.Value}
	if err := d.into(n, p, "an interface"); err != nil {
		return nil, err
	}
	number, isInt := integer(key)
	switch {
	case p.NumberKey != nil:
		return p, dp.numbered(p, int64(*p.NumberKey))
	case isInt && number.IsInt64():
		return p, dp.numbered(p, number.Int64())
	case kindOf(key) == "a boolean" && strings.EqualFold(key.Value, "true"):
		return p, dp.numbered(p, 1)
	}
	return nil, d.pos(key).wrong("the interface %s has no number", key.Value).hint("its key is the number, or the key number has it")
}

func (dp *DP) numbered(p *Port, number int64) error {
	if number < 1 || number > lastPort && number != inPort {
		return p.At.wrong("%d is no number of a port", number)
	}
	p.Number = uint32(number)
	if p.Name == "" {
		p.Name = p.key
	}
	if p.Description == "" {
		p.Description = p.Name
	}
	return nil
}

var rangePart = regexp.MustCompile(`(\d+)-(\d+)|(\d+)`)

// readRanges gives the ports of each range its configuration, where they do not
// have a value of their own.
func (dp *DP) readRanges(d *document, byNumber map[uint32]*Port) error {
	if dp.InterfaceRanges == nil {
		if at := value(dp.node, "interface_ranges"); at != nil {
			return d.pos(at).wrong("interface_ranges must be a mapping, not %s", kindOf(at))
		}
		return nil
	}
	taken := map[int64]bool{}
	n := dp.InterfaceRanges.node
	for i := 0; i < len(n.Content); i += 2 {
		key, body := n.Content[i], n.Content[i+1]
		numbers, err := dp.rangeOf(d, key, taken)
		if err != nil {
			return err
		}
		if body.Kind != yaml.MappingNode {
			return d.pos(body).wrong("an interface range must be a mapping, not %s", kindOf(body))
		}
		for _, number := range numbers {
			own := &yaml.Node{Kind: yaml.MappingNode, Line: body.Line, Column: body.Column}
			d.where[own] = d.where[body]
			if number < 1 || number > lastPort {
				return d.pos(key).wrong("%d is no number of a port", number)
			}
			name := &yaml.Node{Kind: yaml.ScalarNode, Value: strconv.FormatInt(number, 10), Line: key.Line, Column: key.Column}
			if first := byNumber[uint32(number)]; first != nil {
				from := dp.interfaceNode(first.key)
				own.Line, own.Column = from.Line, from.Column
				own.Content = append(own.Content, from.Content...)
				name.Value = first.key
			}
			for j := 0; j < len(body.Content); j += 2 {
				if value(own, body.Content[j].Value) == nil {
					own.Content = append(own.Content, body.Content[j], body.Content[j+1])
				}
			}
			p, err := dp.port(d, name, own)
			if err != nil {
				return err
			}
			byNumber[uint32(number)] = p
		}
	}
	return nil
}

func (dp *DP) interfaceNode(key string) *yaml.Node { return value(dp.Interfaces.node, key) }

func (dp *DP) rangeOf(d *document, key *yaml.Node, taken map[int64]bool) (list []int64, err error) {
	at := d.pos(key)
	rest := key.Value
	for _, m := range rangePart.FindAllStringSubmatch(key.Value, -1) {
		rest = strings.Replace(rest, m[0], "", 1)
		first, _ := strconv.ParseInt(m[1]+m[3], 10, 64)
		last := first
		if m[2] != "" {
			last, _ = strconv.ParseInt(m[2], 10, 64)
		}
		if last < first || last-first > 65535 {
			return nil, at.wrong("%d-%d is no range of ports", first, last)
		}
		for number := first; number <= last; number++ {
			if taken[number] {
				return nil, at.wrong("port %d is in two ranges", number)
			}
			if !slices.Contains(list, number) {
				list = append(list, number)
			}
		}
	}
	if len(list) == 0 {
		return nil, at.wrong("%s is no range of ports", key.Value).hint("ranges are written 1-4,6,8-9")
	}
	if strings.Trim(rest, ",") != "" { // Faucet takes what it understands
		d.warnings = append(d.warnings, at.wrong("%s has more in it than ranges of ports; those are %v", key.Value, list).Error())
	}
	for _, number := range list {
		taken[number] = true
	}
	return list, nil
}

// checkPort finds the port's VLANs and judges what goes together.
func (dp *DP) checkPort(p *Port) error {
	var err error
	if c := p.Coprocessor; c.Strategy == "" && c.Base == 0 {
		p.Coprocessor.At = Pos{} // one that says nothing is none
	}
	if p.Native != nil {
		if p.NativeVLAN, err = dp.vlanOf(*p.Native); err != nil {
			return err
		}
	}
	for _, r := range p.TaggedRefs {
		v, err := dp.vlanOf(r)
		if err != nil {
			return err
		}
		if v == p.NativeVLAN {
			return r.At.wrong("VLAN %s can not be native and tagged on one port", v.Name)
		}
		if !slices.Contains(p.Tagged, v) {
			p.Tagged = append(p.Tagged, v)
		}
	}
	if k := p.StackKey; k != nil && (k.DP == "") != (k.Port == nil) {
		return k.At.wrong("a stack port needs dp and port")
	}
	bare := p.OutputOnly || len(p.MirrorRef) > 0 || p.IsStack() || p.Coprocessor.At.Line > 0
	forced := 0
	for _, set := range []bool{p.LACPSelected, p.LACPUnselected, p.LACPStandby} {
		if set {
			forced++
		}
	}
	switch {
	case bare && len(p.VLANs()) > 0:
		return p.At.wrong("port %d can not have VLANs, as it is an output, mirror, stack or coprocessor port", p.Number)
	case bare && p.vlanOption() != "":
		return p.At.wrong("port %d can not have %s, as it is an output, mirror, stack or coprocessor port", p.Number, p.vlanOption())
	case (p.OutputOnly || len(p.MirrorRef) > 0) && (p.ACLIn != nil || p.ACLsIn != nil && len(*p.ACLsIn) > 0):
		return p.At.wrong("port %d can not have ACLs, as it is an output or mirror port", p.Number)
	case p.OutputOnly && (p.IsStack() || p.LACP != 0 || p.Coprocessor.At.Line > 0):
		return p.At.wrong("output_only goes together with mirror alone, on port %d", p.Number)
	case forced > 1:
		return p.At.wrong("only one of lacp_selected, lacp_unselected and lacp_standby can be")
	case p.Hairpin && p.HairpinUnicast:
		return p.At.wrong("hairpin and hairpin_unicast can not both be on, on port %d", p.Number)
	case p.LACPPriority < 0 || p.LACPPriority > 255:
		return p.At.wrong("lacp_port_priority %d is not from 0 to 255", p.LACPPriority)
	case p.LACPInterval < 1 || p.LACPInterval > 65535:
		return p.At.wrong("lacp_resp_interval %d is not from 1 to 65535", p.LACPInterval)
	case p.Dot1XMAB && p.Dot1XDynACL:
		return p.At.wrong("dot1x_mab can not be used with dot1x_dyn_acl")
	case p.Coprocessor.At.Line > 0 && p.Coprocessor.Strategy != "vlan_vid":
		return p.Coprocessor.At.wrong("a coprocessor's strategy must be vlan_vid")
	}
	if p.LLDPPeer != "" {
		if _, ok := parseMAC(p.LLDPPeer); !ok {
			return p.At.wrong("lldp_peer_mac %s is no Ethernet address", p.LLDPPeer)
		}
	}
	for _, t := range p.Beacon.OrgTLVs {
		if t.OUI == nil || t.Subtype == nil || t.Info == nil {
			return t.At.wrong("an entry of org_tlvs needs oui, subtype and info")
		}
		switch {
		case !t.OUI.IsInt || !t.Subtype.IsInt:
			return t.At.wrong("oui and subtype must be numbers, oui of 24 bits and subtype of 8").hint("oui: 0x12bb")
		case t.OUI.Number < 0 || t.OUI.Number > 0xffffff:
			return t.OUI.At.wrong("oui %s has more than 24 bits", t.OUI)
		case t.Info.IsInt:
			return t.Info.At.wrong("info must be a string, not an integer").hint("put quotes around it")
		}
	}
	return nil
}

// vlanOption is the key of an option that only ports with VLANs have; "" if it has none.
func (p *Port) vlanOption() string {
	for _, o := range []struct {
		key string
		set bool
	}{{"count_untag_vlan_miss", p.CountUntagMiss}, {"dot1x", p.Dot1X}, {"dot1x_acl", p.Dot1XACL}, {"dot1x_dyn_acl", p.Dot1XDynACL},
		{"dot1x_mab", p.Dot1XMAB}, {"hairpin", p.Hairpin}, {"hairpin_unicast", p.HairpinUnicast}, {"lacp", p.LACP != 0},
		{"lacp_active", p.LACPActive}, {"lacp_collect_and_distribute", p.LACPCollect}, {"lacp_passthrough", len(p.LACPPassthrough) > 0},
		{"lacp_port_id", p.LACPPortID != -1}, {"lacp_port_priority", p.LACPPriority != 255}, {"lacp_resp_interval", p.LACPInterval != 1},
		{"lacp_selected", p.LACPSelected}, {"lldp_beacon", p.Beacon.Enable || len(p.Beacon.OrgTLVs) > 0}, {"lldp_peer_mac", p.LLDPPeer != ""}, {"loop_protect", p.LoopProtect},
		{"loop_protect_external", p.LoopProtectOutside}, {"max_hosts", p.MaxHosts != 255}, {"permanent_learn", p.PermanentLearn},
		{"receive_lldp", p.ReceiveLLDP}, {"restricted_bcast_arpnd", p.RestrictedBcast}} {
		if o.set {
			return o.key
		}
	}
	return ""
}

// vlanOf finds a VLAN; one that is only a number comes into being by being used.
func (dp *DP) vlanOf(r Ref) (*VLAN, error) {
	if v := dp.findVLAN(r); v != nil {
		return v, nil
	}
	if !r.IsInt {
		e := r.At.wrong("there is no VLAN %s", r.Text)
		if like := nearest(r.Text, sortedNames(dp.vlans)); like != "" {
			e.hint("did you mean %s?", like)
		}
		return nil, e
	}
	if err := checkVID(r.At, r.Number); err != nil {
		return nil, err
	}
	name := strconv.FormatInt(r.Number, 10)
	v := &VLAN{At: r.At, Name: name, key: name, VID: int(r.Number), EdgeLearnStackRoot: true, MaxHosts: 256, MinimumIPSize: true,
		TargetedGW: true, UnicastFlood: true, MAC: [6]byte{0x0e, 0, 0, 0, 0, 1}, Description: name}
	dp.vlans[name] = v
	return v, nil
}

func checkVID(at Pos, vid int64) error {
	if vid < 1 || vid > 4095 {
		return at.wrong("VID %d is not from 1 to 4095", vid)
	}
	return nil
}
