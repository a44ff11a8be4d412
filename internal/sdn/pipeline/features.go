package pipeline

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/openflow"
)

// A tableRow is what hardware must be told of a table before it takes flows.
type tableRow struct {
	name    string
	match   []openflow.FieldType // of ACLs' tables: of their rules
	masked  []openflow.FieldType // fields of match that may be masked
	exact   bool                 // no field is ever left out or masked
	set     []openflow.FieldType // fields that flows write
	ttl     bool                 // flows take one of the time to live
	next    []string             // tables that flows go to
	miss    string               // … and what no flow takes
	perPort float64              // entries for each port of each VLAN
	perVLAN float64
}

var tableRows = []tableRow{
	{name: portACL, next: []string{vlanTable, vipTable, ethDstHairpin, ethDst, egressACL, egress, flood}},
	{name: vlanTable, masked: []openflow.FieldType{openflow.EthDst}, match: []openflow.FieldType{openflow.EthDst, openflow.EthType, openflow.InPort, openflow.VLANVID},
		set: []openflow.FieldType{openflow.VLANVID}, next: []string{coproTable, vlanACL, classification, ethSrc}, perPort: 3},
	{name: coproTable, match: []openflow.FieldType{openflow.InPort, openflow.VLANVID}, miss: ethDst, perPort: 1.5},
	{name: vlanACL, next: []string{classification, ethSrc, ethDstHairpin, ethDst, egressACL, egress, flood}},
	{name: classification, match: []openflow.FieldType{openflow.InPort}, miss: ethSrc, next: []string{ethSrc}},
	{name: ethSrc, masked: []openflow.FieldType{openflow.EthDst}, match: []openflow.FieldType{openflow.EthDst, openflow.EthSrc, openflow.EthType, openflow.InPort, openflow.VLANVID},
		set:  []openflow.FieldType{openflow.VLANVID, openflow.EthDst},
		next: []string{ipv4FIB, ipv6FIB, vipTable, ethDstHairpin, ethDst, egressACL, egress, flood}, miss: ethDst, perPort: 4.1},
	{name: ipv4FIB, masked: []openflow.FieldType{openflow.IPv4Dst}, match: []openflow.FieldType{openflow.EthType, openflow.IPv4Dst, openflow.VLANVID},
		set: []openflow.FieldType{openflow.EthDst, openflow.EthSrc, openflow.VLANVID}, ttl: true,
		next: []string{vipTable, ethDstHairpin, ethDst, egressACL, egress, flood}, perPort: 3.1},
	{name: ipv6FIB, masked: []openflow.FieldType{openflow.IPv6Dst}, match: []openflow.FieldType{openflow.EthType, openflow.IPv6Dst, openflow.VLANVID},
		set: []openflow.FieldType{openflow.EthDst, openflow.EthSrc, openflow.VLANVID}, ttl: true,
		next: []string{vipTable, ethDstHairpin, ethDst, egressACL, egress, flood}, perPort: 3.1},
	{name: vipTable, match: []openflow.FieldType{openflow.ARPTPA, openflow.EthDst, openflow.EthType, openflow.ICMPv6Type, openflow.IPProto},
		next: []string{ethDstHairpin, ethDst, egressACL, egress, flood}, perVLAN: 8},
	{name: ethDstHairpin, match: []openflow.FieldType{openflow.InPort, openflow.EthDst, openflow.VLANVID}, exact: true, miss: ethDst, perPort: 4.1},
	{name: ethDst, match: []openflow.FieldType{openflow.EthDst, openflow.VLANVID}, exact: true, miss: flood, perPort: 4.1},
	{name: egressACL, next: []string{egress, flood}},
	{name: egress, match: []openflow.FieldType{openflow.Metadata, openflow.VLANVID}, miss: flood, perPort: 1.5},
	{name: flood, masked: []openflow.FieldType{openflow.EthDst}, match: []openflow.FieldType{openflow.EthDst, openflow.InPort, openflow.VLANVID}, perPort: 8},
}

// TableFeatures is the message that tells hardware which tables it is to have; nil
// where it wants none.
func TableFeatures(dp *config.DP) *openflow.MultipartRequest {
	if !dp.Hardware.TableFeatures {
		return nil
	}
	names := tableNames(dp)
	body := &openflow.TableFeaturesRequest{}
	for number, name := range names {
		i := slices.IndexFunc(tableRows, func(r tableRow) bool { return r.name == name })
		if i >= 0 {
			body.Tables = append(body.Tables, tableRows[i].features(dp, names, number))
		}
	}
	for number := len(names); number < dp.Hardware.FeatureTables; number++ { // as those that are not used
		row := tableRow{name: strconv.Itoa(number)}
		body.Tables = append(body.Tables, row.features(dp, names, number))
	}
	return &openflow.MultipartRequest{Body: body}
}

// Numbers of OpenFlow 1.3.5 §7.3.5.5, of instructions and of actions. A property's
// number and 1 is the same of a miss.
const (
	propInstructions = 0
	propNext         = 2
	propWrite        = 4
	propApply        = 6
	propMatch        = 8
	propWildcards    = 10
	propWriteSet     = 12
	propApplySet     = 14
	instructionGoto  = 1
	instructionApply = 4
	actionOutput     = 0
	actionPushVLAN   = 17
	actionPopVLAN    = 18
	actionGroup      = 22
	actionDecTTL     = 24
	actionSetField   = 25
	deprecateAll     = 3 // OFPTC_DEPRECATED_MASK, which Faucet sets
)

func (r tableRow) features(dp *config.DP, names []string, number int) openflow.TableFeatures {
	t := openflow.TableFeatures{Table: uint8(number), Name: r.name, Config: deprecateAll, MaxEntries: uint32(r.size(dp))}
	used := slices.ContainsFunc(tableRows, func(other tableRow) bool { return other.name == r.name })
	match, masked, set := r.match, r.masked, r.set
	if rules := aclsOf(dp, r.name); rules != nil {
		match, masked, set = aclFields(r.name, rules)
	}
	if r.name == vlanTable || r.name == flood {
		if outside(dp) {
			set = append(slices.Clone(set), openflow.VLANPCP)
		}
	}
	if dp.Hardware.FeatureNoFields {
		match, set = nil, nil
	}
	numbers := func(list ...string) (b []byte) {
		for _, name := range list {
			if i := slices.Index(names, name); i >= 0 && name != "" {
				b = append(b, byte(i))
			}
		}
		return b
	}
	next, miss := numbers(r.next...), numbers(r.miss)
	ids := func(yes bool, kind ...uint16) (list []openflow.TypeID) {
		for _, k := range kind {
			if yes {
				list = append(list, openflow.TypeID{Kind: k})
			}
		}
		return list
	}
	instructions := append(ids(len(next) > 0, instructionGoto), ids(used, instructionApply)...)
	pushes := slices.ContainsFunc(r.set, func(f openflow.FieldType) bool { return f == openflow.VLANVID }) || slices.Contains(set, openflow.VLANVID)
	actions := slices.Concat(ids(used, actionOutput), ids(pushes, actionPushVLAN), ids(used, actionPopVLAN, actionGroup),
		ids(r.ttl && !dp.Hardware.FeatureTerse, actionDecTTL), ids(len(r.set)+len(set) > 0, actionSetField))
	wild := match
	if r.exact {
		wild = nil
	}
	property := func(p openflow.TableProperty, count int) {
		if count > 0 || !dp.Hardware.FeatureTerse {
			t.Properties = append(t.Properties, p)
		}
	}
	lists := func(kind uint16, list, masked []openflow.FieldType) {
		property(openflow.FieldsProperty{Kind: kind, Headers: headers(list, masked)}, len(list))
	}
	missing := ids(len(miss) > 0, instructionGoto)
	property(openflow.InstructionsProperty{Kind: propInstructions, IDs: instructions}, len(instructions))
	property(openflow.InstructionsProperty{Kind: propInstructions + 1, IDs: missing}, len(missing))
	property(openflow.NextTablesProperty{Kind: propNext, Tables: next}, len(next))
	property(openflow.NextTablesProperty{Kind: propNext + 1, Tables: miss}, len(miss))
	property(openflow.ActionsProperty{Kind: propWrite}, 0)
	property(openflow.ActionsProperty{Kind: propWrite + 1}, 0)
	property(openflow.ActionsProperty{Kind: propApply, IDs: actions}, len(actions))
	property(openflow.ActionsProperty{Kind: propApply + 1}, 0)
	lists(propMatch, match, masked)
	lists(propWildcards, wild, masked)
	lists(propWriteSet, nil, nil)
	lists(propWriteSet+1, nil, nil)
	lists(propApplySet, set, nil)
	lists(propApplySet+1, nil, nil)
	return t
}

// headers are fields as a list of them has them: class, number and whether they may
// be masked, no length.
func headers(list, masked []openflow.FieldType) (h []uint32) {
	for _, f := range list {
		one := uint32(f.Class)<<16 | uint32(f.Number)<<9
		if slices.Contains(masked, f) {
			one |= 1 << 8
		}
		h = append(h, one)
	}
	return h
}

// size is how many entries a table is to have: what the configuration says, or
// enough for its ports and VLANs, in steps of min_wildcard_table_size.
func (r tableRow) size(dp *config.DP) int {
	if n := dp.Hardware.FeatureSize; n > 0 {
		return n
	}
	if n := dp.TableSizes.Of(r.name); n != nil {
		return *n
	}
	scale := dp.PortTableScale
	if scale <= 0 {
		scale = 1
	}
	entries := r.perPort*float64(len(dp.Ports)*len(dp.VLANs))*scale + r.perVLAN*float64(len(dp.VLANs))
	for _, a := range aclsOf(dp, r.name) {
		entries += float64(len(a.Rules))
	}
	step := max(dp.MinWildcardTableSize, 1)
	n := (int(entries)/step + 1) * step
	if !r.exact {
		n = min(n, max(dp.MaxWildcardTableSize, step))
	}
	return n
}

// aclsOf are the ACLs whose rules are in a table; nil if none ever are.
func aclsOf(dp *config.DP, table string) (list []*config.ACL) {
	add := func(more []*config.ACL) { list = append(list, more...) }
	switch table {
	case portACL:
		add(dp.ACLsOnDP)
		for _, p := range dp.Ports {
			add(p.ACLs)
		}
	case vlanACL, egressACL:
		for _, v := range dp.VLANs {
			if table == vlanACL {
				add(v.ACLsIn)
			} else {
				add(v.ACLsOut)
			}
		}
	}
	return list
}

// fieldType is the type of a field.
func fieldType(f openflow.Field) openflow.FieldType {
	for _, name := range openflow.FieldNames() {
		if t, _ := openflow.FieldNamed(name); f.Is(t) {
			return t
		}
	}
	return openflow.FieldType{Class: f.Class, Number: f.Number, Size: f.Size}
}

// aclFields are the fields that rules match, with that of where they are, by name;
// those of them that are masked; and those that they write.
func aclFields(table string, acls []*config.ACL) (match, masked, set []openflow.FieldType) {
	where := openflow.VLANVID
	if table == portACL {
		where = openflow.InPort
	}
	match = append(match, where)
	add := func(list *[]openflow.FieldType, f openflow.FieldType) {
		if !slices.Contains(*list, f) {
			*list = append(*list, f)
		}
	}
	for _, a := range acls {
		for _, r := range a.Rules {
			for _, f := range r.Match {
				add(&match, fieldType(f))
				if _, partly := f.Mask(); partly {
					add(&masked, fieldType(f))
				}
			}
			for _, s := range r.Actions.Output {
				for _, f := range s.Fields {
					add(&set, fieldType(f))
				}
				if len(s.Tags) > 0 || s.SwapVID != nil || s.Tunnel != nil {
					add(&set, openflow.VLANVID)
				}
				if s.Tunnel != nil {
					add(&set, openflow.VLANPCP)
				}
			}
		}
	}
	slices.SortFunc(match, func(a, b openflow.FieldType) int { return cmp.Compare(a.Name, b.Name) })
	return match, masked, set
}
