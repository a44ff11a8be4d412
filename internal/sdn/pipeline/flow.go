package pipeline

import (
	"net/netip"

	"github.com/octothorpe/octothorpe/openflow"
)

// A Flow is one entry of a table.
type Flow struct {
	Table        uint8
	Priority     uint16
	Match        openflow.Match
	Instructions []openflow.Instruction
	Cookie       uint64
	Idle, Hard   uint16 // seconds
	Flags        openflow.FlowFlags
}

// Mod is the message that does command with the flow.
func (f *Flow) Mod(command openflow.FlowCommand) *openflow.FlowMod {
	m := &openflow.FlowMod{Cookie: f.Cookie, Table: f.Table, Command: command, IdleTimeout: f.Idle, HardTimeout: f.Hard, Priority: f.Priority,
		Buffer: openflow.NoBuffer, OutPort: openflow.PortAny, OutGroup: openflow.GroupAny, Flags: f.Flags, Match: f.Match}
	if command == openflow.FlowAdd || command == openflow.FlowModify || command == openflow.FlowModifyStrict {
		m.Instructions = f.Instructions
	}
	return m
}

// key tells flows apart as a switch does: by table, priority and match.
func (f *Flow) key() string {
	b, _ := openflow.Append(nil, 0, &openflow.FlowMod{Table: f.Table, Priority: f.Priority, Match: f.Match})
	return string(b)
}

// body is what a flow does, to see whether it changed.
func (f *Flow) body() string {
	b, _ := openflow.Append(nil, 0, f.Mod(openflow.FlowAdd))
	return string(b)
}

// Tables are all flows, groups and meters of a switch.
type Tables struct {
	Names  []string // of the tables, by their number
	Flows  []*Flow
	Groups []*openflow.GroupMod
	Meters []*openflow.MeterMod
	// Warnings are rules of the configuration that can do nothing.
	Warnings []string
	index    map[string]*Flow
}

// Number is that of the table of a name, false if it is not used.
func (t *Tables) Number(name string) (uint8, bool) {
	for i, n := range t.Names {
		if n == name {
			return uint8(i), true
		}
	}
	return 0, false
}

func (t *Tables) byKey() map[string]*Flow {
	if t.index == nil {
		t.index = make(map[string]*Flow, len(t.Flows))
		for _, f := range t.Flows {
			t.index[f.key()] = f
		}
	}
	return t.index
}

func apply(actions ...openflow.Action) openflow.Instruction {
	return openflow.ApplyActions{Actions: actions}
}

func output(port uint32) openflow.Action { return openflow.Output{Port: port} }

func toController(max uint16) openflow.Action {
	return openflow.Output{Port: openflow.PortController, MaxLen: max}
}

func setField(f openflow.Field) openflow.Action { return openflow.SetField{Field: f} }

func vid(v int) openflow.Field { return openflow.VLANVID.Uint(uint64(v) | openflow.VIDPresent) }

// pushTag puts a tag on.
func pushTag(v int, etherType uint16) []openflow.Action {
	return []openflow.Action{openflow.PushVLAN{EtherType: etherType}, setField(vid(v))}
}

// FromSwitch are the tables that a switch says it has. Its flows for hosts that
// were learnt (see Learnt) are not among them.
func FromSwitch(names []string, stats []openflow.FlowStats) (t *Tables, learnt []*Flow) {
	t = &Tables{Names: names}
	for _, s := range stats {
		s.Match.Sort()
		f := &Flow{Table: s.Table, Priority: s.Priority, Match: s.Match, Instructions: s.Instructions, Cookie: s.Cookie, Idle: s.IdleTimeout,
			Hard: s.HardTimeout, Flags: s.Flags &^ (openflow.ResetCounts | openflow.CheckOverlap)}
		if t.isHost(f) {
			learnt = append(learnt, f)
		} else {
			t.Flows = append(t.Flows, f)
		}
	}
	return t, learnt
}

// isHost says whether a flow is one of HostFlows.
func (t *Tables) isHost(f *Flow) bool {
	is := func(name string) bool { n, ok := t.Number(name); return ok && n == f.Table }
	_, source := f.Match.Get(openflow.EthSrc)
	_, dest := f.Match.Get(openflow.EthDst)
	if is(ipv4FIB) || is(ipv6FIB) {
		_, route := NextHop(f)
		return route
	}
	return source && is(ethSrc) && f.Priority < learning || dest && (is(ethDst) || is(ethDstHairpin)) && f.Priority >= learning
}

// Key tells flows apart as a switch does: by table, priority and match.
func (f *Flow) Key() string { return f.key() }

// A Via is where a flow of RouteFlows sends to.
type Via struct {
	To  netip.Prefix
	MAC [6]byte
	VID int
}

// NextHop reads a flow of RouteFlows; false if it is none.
func NextHop(f *Flow) (v Via, ok bool) {
	dst, four := f.Match.Get(openflow.IPv4Dst)
	if !four {
		dst, ok = f.Match.Get(openflow.IPv6Dst)
	}
	if !four && !ok || len(f.Instructions) == 0 {
		return v, false
	}
	a, isApply := f.Instructions[0].(openflow.ApplyActions)
	if !isApply {
		return v, false
	}
	if on, ok := f.Match.Get(openflow.VLANVID); ok {
		v.VID = int(on.Uint() &^ openflow.VIDPresent)
	}
	ok = false
	for _, action := range a.Actions {
		s, _ := action.(openflow.SetField)
		switch {
		case s.Field.Is(openflow.EthDst):
			v.MAC, ok = s.Field.MAC(), true
		case s.Field.Is(openflow.VLANVID):
			v.VID = int(s.Field.Uint() &^ openflow.VIDPresent)
		}
	}
	bits := dst.Addr().BitLen()
	if mask, masked := dst.Mask(); masked {
		bits, _ = prefixBits(mask)
	}
	v.To = netip.PrefixFrom(dst.Addr(), bits)
	return v, ok
}
