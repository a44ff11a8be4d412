package pipeline

import (
	"slices"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/openflow"
)

// A State is what the flows of a switch depend on beside its configuration.
type State struct {
	// Up says which ports are there and have a link.
	Up map[uint32]bool
	// Selected are the LACP ports that carry traffic.
	Selected map[uint32]bool
	// Stack says what is known of the stack; nil: none of its links is up.
	Stack *StackState
	// Admitted are those who are let in on ports with 802.1X, by port.
	Admitted map[uint32][]Admission
}

// An Admission is a client who is let in.
type Admission struct {
	MAC [6]byte
	ACL *config.ACL // nil: everything
}

// Build makes all flows that do not depend on hosts.
func Build(dp *config.DP, s State) *Tables {
	b := &builder{dp: dp, s: s, t: &Tables{Names: tableNames(dp)}, outside: outside(dp)}
	if dp.Stack != nil {
		b.topology = NewTopology(dp, s.Stack)
		b.stack = b.topology.stackPorts(b.self())
	}
	b.misses()
	b.acls()
	b.ports()
	b.sources()
	b.stackSources()
	b.routing()
	b.egress()
	b.flood()
	b.meters()
	return b.t
}

type builder struct {
	dp *config.DP
	s  State
	t  *Tables

	outside  bool        // somewhere is a port with loop_protect_external
	topology *Topology   // nil: no stack
	stack    *stackPorts // the same
}

// self is the switch by which those of a stack know it.
func (b *builder) self() *config.DP { return b.dp.Original() }

// has says whether there is a table of that name.
func (b *builder) has(name string) bool { return slices.Contains(b.t.Names, name) }

func (b *builder) number(name string) uint8 {
	n, _ := b.t.Number(name)
	return n
}

// gotoTable goes to the first of the tables that is there.
func (b *builder) gotoTable(names ...string) openflow.Instruction {
	for _, name := range names {
		if b.has(name) {
			return openflow.GotoTable{Table: b.number(name)}
		}
	}
	return openflow.GotoTable{Table: b.number(flood)}
}

// add adds a flow to the table of a name.
func (b *builder) add(table string, priority int, match openflow.Match, instructions ...openflow.Instruction) *Flow {
	match.Sort()
	f := &Flow{Table: b.number(table), Priority: uint16(min(max(priority, 0), 0xffff)), Match: match,
		Instructions: instructions, Cookie: b.dp.Cookie}
	if b.dp.UseIdleTimeout {
		f.Flags = openflow.SendFlowRemoved
	}
	b.t.Flows = append(b.t.Flows, f)
	return f
}

func (b *builder) highest() int { return or(b.dp.HighestPriority, 9099+b.dp.PriorityOffset) }
func (b *builder) high() int    { return or(b.dp.HighPriority, 9001+b.dp.PriorityOffset) }

func (b *builder) low() int { return or(b.dp.LowPriority, 9000+b.dp.PriorityOffset) }

// coproBase is the VID of port 0 in what a coprocessor sends.
const coproBase = 1000

func or(v *int, otherwise int) int {
	if v != nil {
		return *v
	}
	return otherwise
}

// up says whether the port is there and may carry traffic.
func (b *builder) up(p *config.Port) bool { return b.s.Up[p.Number] }

// forwards says whether traffic may leave by the port. One that is not there is
// sent to nevertheless: the switch drops it, and nothing need change when it comes.
func (b *builder) forwards(p *config.Port) bool {
	return p.LACP == 0 || b.s.Selected[p.Number]
}

// misses are what happens to a packet that no flow of a table takes.
func (b *builder) misses() {
	next := map[string][]string{
		classification: {ethSrc},
		coproTable:     {ethDst},
		ethSrc:         {ethDst},
		ethDstHairpin:  {ethDst},
		ethDst:         {egressACL, flood},
		egress:         {flood},
	}
	for _, name := range b.t.Names {
		if name == "" {
			continue
		}
		if to := next[name]; to != nil {
			b.add(name, or(b.dp.LowestPriority, b.dp.PriorityOffset), nil, b.gotoTable(to...))
		} else {
			b.add(name, or(b.dp.LowestPriority, b.dp.PriorityOffset), nil)
		}
	}
}

var (
	bridgeGroup = [6]byte{0x01, 0x80, 0xc2, 0, 0, 0}
	slowMAC     = [6]byte{0x01, 0x80, 0xc2, 0, 0, 2}
	broadcast   = [6]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
)

const (
	typeLLDP = 0x88cc
	typeSlow = 0x8809
	typeEAP  = 0x888e
	typeLoop = 0x9000
	lldpLen  = 128
	slowLen  = 124
	learnLen = 96
)

// ports are the flows of the vlan table: what may come in, and with which tag.
func (b *builder) ports() {
	for _, p := range b.dp.Ports {
		if !b.up(p) {
			continue
		}
		in := openflow.InPort.Uint(uint64(p.Number))
		if p.OutputOnly || p.CopiedTo && len(p.VLANs()) > 0 {
			b.add(vlanTable, b.highest(), openflow.Match{in})
		}
		switch {
		case p.IsStack():
			b.lldp(in)
			b.add(vlanTable, static, openflow.Match{in}, b.gotoTable(classification, ethSrc))
			b.add(vlanTable, static+1, openflow.Match{in, openflow.VLANVID.Uint(0)})
			continue
		case p.Coprocessor.Strategy != "":
			b.coprocessor(p, in)
			continue
		}
		if p.ReceiveLLDP {
			b.lldp(in)
		}
		if p.LACP != 0 {
			b.add(vlanTable, b.highest(), openflow.Match{in, openflow.EthDst.MAC(slowMAC), openflow.EthType.Uint(typeSlow)},
				apply(toController(slowLen)))
			if !b.s.Selected[p.Number] {
				b.add(vlanTable, b.high(), openflow.Match{in})
			}
		}
		b.members(p, in)
	}
}

func (b *builder) lldp(in openflow.Field) {
	b.add(vlanTable, b.highest(), openflow.Match{in, openflow.EthDst.Bytes(bridgeGroup[:], []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xf0}),
		openflow.EthType.Uint(typeLLDP)}, apply(toController(lldpLen)))
}

// members lets the port's own VLANs in.
func (b *builder) members(p *config.Port, in openflow.Field) {
	pcp := b.insideOrOutside(p)
	for _, v := range p.Tagged {
		list := append(instructions(append(copies(p), pcp...)), b.inVLAN(v))
		b.add(vlanTable, static, openflow.Match{in, openflow.VLANVID.Uint(uint64(v.VID) | openflow.VIDPresent)}, list...)
	}
	if v := p.NativeVLAN; v != nil {
		actions := append(append(copies(p), pushTag(v.VID, 0x8100)...), pcp...)
		b.add(vlanTable, static, openflow.Match{in, openflow.VLANVID.Uint(0)}, apply(actions...), b.inVLAN(v))
	}
	if p.CountUntagMiss && p.NativeVLAN == nil {
		b.add(vlanTable, static, openflow.Match{in, openflow.VLANVID.Uint(0)})
	}
}

// inVLAN goes to the first table that has something to say of a VLAN.
func (b *builder) inVLAN(v *config.VLAN) openflow.Instruction {
	if len(v.ACLsIn) > 0 {
		return b.gotoTable(vlanACL)
	}
	return b.gotoTable(classification, ethSrc)
}

// sources is eth_src: hosts that are not known go to the controller, lies are
// dropped.
func (b *builder) sources() {
	if b.dp.DropBroadcastSource {
		b.add(ethSrc, filter, openflow.Match{openflow.EthSrc.MAC(broadcast)})
	}
	b.add(ethSrc, filter+10, openflow.Match{openflow.EthType.Uint(typeLoop)})
	spoofed := map[[6]byte]bool{}
	for _, v := range b.dp.VLANs {
		if v.Reserved {
			continue
		}
		b.add(ethSrc, static, openflow.Match{openflow.VLANVID.Uint(uint64(v.VID) | openflow.VIDPresent)},
			apply(toController(learnLen)), b.gotoTable(ethDstHairpin, ethDst))
		if !b.dp.DropSpoofedMAC || spoofed[v.MAC] {
			continue
		}
		spoofed[v.MAC] = true
		if b.dp.Stack == nil {
			b.add(ethSrc, filter, openflow.Match{openflow.EthSrc.MAC(v.MAC)})
			continue
		}
		for _, p := range b.dp.Ports {
			if !p.IsStack() {
				b.add(ethSrc, filter, openflow.Match{openflow.InPort.Uint(uint64(p.Number)), openflow.EthSrc.MAC(v.MAC)})
			}
		}
	}
}

// coprocessor takes what comes from the device: its tag says where it goes.
func (b *builder) coprocessor(p *config.Port, in openflow.Field) {
	b.add(vlanTable, b.low(), openflow.Match{in}, b.gotoTable(coproTable))
	b.add(ethSrc, b.high(), openflow.Match{in}, b.gotoTable(ethDstHairpin, ethDst))
	base := p.Coprocessor.Base
	if base == 0 {
		base = coproBase
	}
	for _, to := range b.dp.Ports {
		b.add(coproTable, b.high(), openflow.Match{openflow.VLANVID.Uint(uint64(base+int(to.Number)) | openflow.VIDPresent)},
			apply(openflow.PopVLAN{}, output(to.Number)))
	}
}

// egress rewrites what eth_dst has sent here: metadata holds VLAN and port.
func (b *builder) egress() {
	if !b.has(egress) {
		return
	}
	for _, v := range b.dp.VLANs {
		for _, p := range v.Ports() {
			if !b.up(p) {
				continue
			}
			b.add(egress, b.high(), openflow.Match{openflow.Metadata.Masked(egressMetadata(v, p), egressMask),
				onVLAN(v)}, apply(b.leave(v, p)...))
		}
	}
}

const egressMask = 0xffffff

func egressMetadata(v *config.VLAN, p *config.Port) uint64 {
	return uint64(v.VID)<<12 | uint64(p.Number&0xfff)
}

// leave delivers from the egress table: the copies still have their tag.
func (b *builder) leave(v *config.VLAN, p *config.Port) []openflow.Action {
	list := copies(p)
	if p.NativeVLAN == v {
		list = append(list, openflow.PopVLAN{})
	}
	return append(list, output(p.Number))
}

// deliver sends out of a port, with or without tag, and before that to those that
// mirror it.
func (b *builder) deliver(v *config.VLAN, p *config.Port) (list []openflow.Action) {
	if p.NativeVLAN == v {
		list = append(list, openflow.PopVLAN{})
	}
	return append(append(list, copies(p)...), output(p.Number))
}

// copies sends to those that mirror a port.
func copies(p *config.Port) (list []openflow.Action) {
	for _, n := range mirrors(p) {
		list = append(list, output(n))
	}
	return list
}

// mirrors are the numbers of those that mirror a port.
func mirrors(p *config.Port) (numbers []uint32) {
	for _, m := range p.Mirrors {
		numbers = append(numbers, m.Number)
	}
	return numbers
}

// meters are those of the configuration, and two of the switch's own: for what it
// sends to the controller, and for what it handles slowly.
func (b *builder) meters() {
	if !b.dp.Hardware.Meters {
		return
	}
	for _, slow := range []struct {
		meter uint32
		pps   *int
	}{{openflow.MeterCtrl, b.dp.PacketInPPS}, {openflow.MeterSlowpath, b.dp.SlowpathPPS}} {
		if slow.pps != nil && *slow.pps > 0 {
			b.t.Meters = append(b.t.Meters, &openflow.MeterMod{Command: openflow.MeterAdd, Meter: slow.meter, Flags: openflow.MeterPktps,
				Bands: []openflow.Band{openflow.DropBand{Rate: uint32(*slow.pps)}}})
		}
	}
	for _, m := range b.dp.Meters {
		if mod := meterMod(m); mod != nil && b.uses(m) {
			b.t.Meters = append(b.t.Meters, mod)
		}
	}
}

// uses says whether an ACL of the switch has a meter: others are not its own.
func (b *builder) uses(m *config.Meter) bool {
	for _, a := range b.dp.ACLs {
		if slices.ContainsFunc(a.Rules, func(r *config.Rule) bool { return r.Actions.Meter == m }) {
			return true
		}
	}
	return false
}

func meterMod(m *config.Meter) *openflow.MeterMod {
	if m.Entry == nil {
		return nil
	}
	mod := &openflow.MeterMod{Command: openflow.MeterAdd, Meter: uint32(*m.ID)}
	if m.Entry.Flags != nil {
		for _, name := range *m.Entry.Flags {
			mod.Flags |= map[string]openflow.MeterFlags{"KBPS": openflow.MeterKbps, "PKTPS": openflow.MeterPktps,
				"BURST": openflow.MeterBurst, "STATS": openflow.MeterStatistics}[name]
		}
	}
	for _, band := range m.Entry.Bands {
		rate, burst := uint32(band.Rate), uint32(band.BurstSize)
		switch band.Type.Text {
		case "DROP":
			mod.Bands = append(mod.Bands, openflow.DropBand{Rate: rate, Burst: burst})
		case "DSCP_REMARK":
			mod.Bands = append(mod.Bands, openflow.RemarkBand{Rate: rate, Burst: burst, Precedence: uint8(band.Precedence)})
		case "EXPERIMENTER":
			mod.Bands = append(mod.Bands, openflow.ExperimenterBand{Rate: rate, Burst: burst, Experimenter: uint32(band.Vendor)})
		}
	}
	return mod
}
