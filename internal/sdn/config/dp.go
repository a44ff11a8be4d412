package config

import (
	"cmp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// DefaultCookie marks Faucet's flows.
const DefaultCookie = 1524372928

// dp reads one switch.
func (d *document) dp(key, n *yaml.Node) (*DP, error) {
	dp := &DP{ACLs: map[string]*ACL{}, Cookie: DefaultCookie, node: n}
	if err := d.into(n, dp, "switch "+key.Value); err != nil {
		return nil, err
	}
	if !sameName(key, n) || kindOf(key) != "a string" {
		return nil, d.pos(key).wrong("the key %s and the name of the switch must be one", key.Value).hint("name is not needed")
	}
	dp.Name = key.Value
	if dp.ID == nil {
		return nil, dp.At.wrong("%s has no dp_id", dp.Name)
	}
	if dp.Description == "" {
		dp.Description = dp.Name
	}
	if dp.Hardware = hardware(dp.HardwareName); dp.Hardware == nil {
		at := d.pos(value(n, "hardware"))
		return nil, at.wrong("hardware %s is not known", dp.HardwareName).hint("known are %s", strings.Join(hardwareNames(), ", "))
	}
	for _, step := range []func(*document) error{dp.checkTimes, dp.readMeters, dp.readVLANs, dp.readPorts, dp.readRouters, dp.join} {
		if err := step(d); err != nil {
			return nil, err
		}
	}
	return dp, nil
}

// sameName says whether the key name of a mapping, if it is there, is that under
// which the mapping stands.
func sameName(key, n *yaml.Node) bool {
	name := value(n, "name")
	return name == nil || isNull(name) || name.Value == key.Value
}

func (dp *DP) checkTimes(d *document) error {
	switch {
	case dp.Timeout <= 2*dp.ARPTimeout:
		return dp.At.wrong("timeout %d must be more than twice arp_neighbor_timeout %d", dp.Timeout, dp.ARPTimeout)
	case dp.Timeout <= 2*dp.NDTimeout:
		return dp.At.wrong("timeout %d must be more than twice nd_neighbor_timeout %d", dp.Timeout, dp.NDTimeout)
	case dp.Timeout > 65535:
		return dp.At.wrong("timeout %d is more than 65535, which is all that a flow has room for", dp.Timeout)
	case dp.MinWildcardTableSize < 1:
		return dp.At.wrong("min_wildcard_table_size must be at least 1")
	}
	if _, ok := parseMAC(dp.MAC); !ok {
		return dp.At.wrong("faucet_dp_mac %s is no Ethernet address", dp.MAC)
	}
	if s := dp.LLDPBeacon.SendInterval; s != nil && (*s < 1 || *s > 65535) {
		return dp.LLDPBeacon.At.wrong("send_interval %d is not from 1 to 65535", *s)
	}
	if m := dp.LLDPBeacon.MaxPerInterval; m != nil && *m < 0 {
		return dp.LLDPBeacon.At.wrong("max_per_interval must not be negative")
	}
	if dp.CacheUpdateGuard == 0 {
		dp.CacheUpdateGuard = dp.Timeout / 2
	}
	if dp.LearnJitter == 0 {
		dp.LearnJitter = max(dp.Timeout/6, 1) + 1
	}
	if dp.LearnBanTimeout == 0 {
		dp.LearnBanTimeout = dp.LearnJitter
	}
	return nil
}

// lastMeter is the highest number of a meter, OFPM_MAX.
const lastMeter = 0xffff0000

// readMeters reads all meters; each switch has its own.
func (dp *DP) readMeters(d *document) error {
	dp.meters = map[string]*Meter{}
	n := d.top["meters"]
	if n == nil {
		return nil
	}
	for i := 0; i < len(n.Content); i += 2 {
		m := &Meter{Name: n.Content[i].Value}
		d.loose = true // Faucet overlooks what it does not know in a band
		err := d.into(n.Content[i+1], m, "meter "+m.Name)
		d.loose = false
		if err != nil {
			return err
		}
		if _, err := d.strictMeter(n.Content[i+1], m); err != nil {
			return err
		}
		d.warnings = append(d.warnings, m.overlooked()...)
		dp.meters[m.Name] = m
		dp.Meters = append(dp.Meters, m)
	}
	slices.SortFunc(dp.Meters, func(a, b *Meter) int { return cmp.Compare(a.Name, b.Name) })
	return nil
}

// BandTypes and MeterFlags are those of a meter that there are.
var (
	BandTypes  = []string{"DROP", "DSCP_REMARK", "EXPERIMENTER"}
	MeterFlags = []string{"KBPS", "PKTPS", "BURST", "STATS"}
)

// overlooked is what a meter says that nobody knows, which Faucet leaves out with a
// line in its log.
func (m *Meter) overlooked() (warnings []string) {
	for _, b := range m.Entry.Bands {
		if !slices.Contains(BandTypes, b.Type.Text) {
			at := b.At
			if b.Type.At.Line > 0 {
				at = b.Type.At
			}
			warnings = append(warnings, at.wrong("meter %s: a band of type %q is not known and left out", m.Name, b.Type.Text).hint("known are %s", strings.Join(BandTypes, ", ")).Error())
		}
	}
	for _, f := range *m.Entry.Flags {
		if !slices.Contains(MeterFlags, f) {
			warnings = append(warnings, m.Entry.At.wrong("meter %s: the flag %q is not known and left out", m.Name, f).hint("known are %s", strings.Join(MeterFlags, ", ")).Error())
		}
	}
	return warnings
}

func (d *document) strictMeter(n *yaml.Node, m *Meter) (*Meter, error) {
	at := d.pos(n)
	for i := 0; i < len(n.Content); i += 2 {
		if k := n.Content[i].Value; k != "meter_id" && k != "entry" {
			return nil, d.pos(n.Content[i]).wrong("%s is no key of a meter", k)
		}
	}
	switch {
	case m.Entry == nil:
		return nil, at.wrong("meter %s has no entry", m.Name)
	case m.ID == nil:
		return nil, at.wrong("meter %s has no meter_id", m.Name)
	case *m.ID < 0 || *m.ID > lastMeter:
		return nil, at.wrong("meter_id %d is not from 0 to %d", *m.ID, int64(lastMeter))
	case len(m.Entry.Bands) == 0:
		return nil, m.Entry.At.wrong("meter %s has no bands", m.Name)
	case m.Entry.Flags == nil || len(*m.Entry.Flags) == 0:
		return nil, m.Entry.At.wrong("meter %s has no flags", m.Name).hint("KBPS or PKTPS says what is counted")
	}
	return m, nil
}

// join resolves what names ports, VLANs and ACLs of this switch.
func (dp *DP) join(d *document) error {
	var err error
	if dp.ACLsOnDP, err = dp.usedACLs(d, dp.DPACLs); err != nil {
		return err
	}
	for _, p := range dp.all {
		refs := []Ref(nil)
		switch {
		case p.ACLIn != nil && p.ACLsIn != nil && len(*p.ACLsIn) > 0:
			return p.At.wrong("both acl_in and acls_in are there").hint("use acls_in")
		case p.ACLIn != nil:
			refs = []Ref{*p.ACLIn}
		case p.ACLsIn != nil:
			refs = *p.ACLsIn
		}
		if dp.DPACLs != nil && len(refs) > 0 && p.Enabled {
			return p.At.wrong("dp_acls and ACLs of ports can not be used together")
		}
		if p.ACLs, err = dp.usedACLs(d, refs); err != nil {
			return err
		}
		if err := dp.mirrors(p); err != nil {
			return err
		}
	}
	dp.members()
	for _, v := range dp.VLANs {
		if v.ACLsIn, err = dp.vlanACLs(d, v.ACLIn, v.ACLsInRef); err != nil {
			return err
		}
		if v.ACLsOut, err = dp.vlanACLs(d, v.ACLOut, v.ACLsOutRef); err != nil {
			return err
		}
		if len(v.ACLsOut) > 0 {
			dp.EgressPipeline = true
		}
	}
	return dp.checkDot1X(d)
}

func (dp *DP) vlanACLs(d *document, one *Ref, many *[]Ref) ([]*ACL, error) {
	switch {
	case one != nil:
		return dp.usedACLs(d, []Ref{*one})
	case many != nil:
		return dp.usedACLs(d, *many)
	}
	return nil, nil
}

// members tells the VLANs their ports: also those that are not enabled, to which
// Faucet floods.
func (dp *DP) members() {
	for _, p := range dp.all {
		if p.Enabled {
			dp.Ports = append(dp.Ports, p)
		}
		if p.NativeVLAN != nil {
			p.NativeVLAN.Untagged = append(p.NativeVLAN.Untagged, p)
		}
		for _, v := range p.Tagged {
			v.Tagged = append(v.Tagged, p)
		}
	}
	for _, name := range sortedNames(dp.vlans) {
		v := dp.vlans[name]
		dp.VLANs = append(dp.VLANs, v)
	}
	slices.SortFunc(dp.VLANs, func(a, b *VLAN) int { return cmp.Compare(a.VID, b.VID) })
}

func (dp *DP) mirrors(p *Port) error {
	for _, r := range p.MirrorRef {
		from := dp.findPort(r)
		if from == nil {
			return r.At.wrong("%s has no port %s to mirror", dp.Name, r)
		}
		from.Mirrors = append(from.Mirrors, p)
	}
	return nil
}

func (dp *DP) checkDot1X(d *document) error {
	if dp.Dot1X.At.Line == 0 {
		return nil
	}
	used := dp.Dot1X.Interface != "" || dp.Dot1X.RadiusIP != "" || dp.Dot1X.SwitchPort != 0
	if !used {
		return nil
	}
	if dp.Dot1X.SwitchPort == 0 {
		return dp.Dot1X.At.wrong("nfv_sw_port must be a port of %s", dp.Name)
	}
	switch p := dp.findPort(Ref{IsInt: true, Number: int64(dp.Dot1X.SwitchPort)}); {
	case p == nil:
		d.warnings = append(d.warnings, dp.Dot1X.At.wrong("nfv_sw_port %d is no port of %s: nobody will be asked who he is", dp.Dot1X.SwitchPort, dp.Name).Error())
	case !p.OutputOnly:
		return p.At.wrong("port %d is nfv_sw_port of 802.1X and must have output_only: true", p.Number)
	}
	for _, one := range []struct {
		name string
		to   **ACL
	}{{dp.Dot1X.AuthACL, &dp.AuthACL}, {dp.Dot1X.NoAuthACL, &dp.NoAuthACL}} {
		if one.name == "" {
			continue
		}
		list, err := dp.usedACLs(d, []Ref{{At: dp.Dot1X.At, Text: one.name}})
		if err != nil {
			return err
		}
		*one.to = list[0]
	}
	if !slices.ContainsFunc(dp.Ports, func(p *Port) bool { return p.Dot1XDynACL }) {
		return nil
	}
	dp.AssignedACLs = map[string]*ACL{}
	for name, a := range d.acls {
		if !a.Dot1XAssigned {
			continue
		}
		if b, err := dp.resolve(d, a); err == nil { // one that is not for this switch is nobody's
			dp.AssignedACLs[name] = b
		}
	}
	return nil
}

// ACLNames are those of the ACLs that the switch uses, sorted.
func (dp *DP) ACLNames() []string { return sortedNames(dp.ACLs) }
