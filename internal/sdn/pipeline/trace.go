package pipeline

import (
	"fmt"
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/openflow"
)

// A Step is what a table does with a packet.
type Step struct {
	Table  uint8    `json:"table"`
	Name   string   `json:"name"`
	Packet string   `json:"packet"` // as it comes into the table
	Flow   string   `json:"flow"`   // the one that takes it, as ovs-ofctl prints it; "" if none does
	Why    []string `json:"why"`    // the fields that it asks for, of the packet
	Almost []string `json:"almost"` // flows above it that one field alone keeps from taking it
	Does   []string `json:"does"`   // what becomes of the packet
}

// almostLimit is how many flows that almost took a packet are told.
const almostLimit = 5

// Trace says which flows a packet meets that comes by a port, table by table. It is
// our own model of a switch: connection tracking, and what a switch knows of its
// neighbours, it does not know, and says so.
func Trace(t *Tables, port uint32, p Packet) []Step {
	x := &tracer{t: t, p: p.clone()}
	x.p.set(openflow.InPort.Uint(uint64(port)))
	x.p.set(openflow.Metadata.Uint(0))
	var steps []Step
	for table := 0; table >= 0 && table < len(t.Names); {
		s := Step{Table: uint8(table), Name: t.Names[table], Packet: x.p.String(), Why: []string{}, Almost: []string{}}
		f := x.lookup(&s)
		if f == nil {
			s.Does = []string{"no flow takes it: it is dropped"}
			return append(steps, s)
		}
		s.Flow = f.String()
		var next int
		s.Does, next = x.run(f)
		steps = append(steps, s)
		if next <= table {
			break
		}
		table = next
	}
	return steps
}

type tracer struct {
	t *Tables
	p Packet
}

// lookup finds the flow that takes the packet, and notes why.
func (x *tracer) lookup(s *Step) *Flow {
	var list []*Flow
	for _, f := range x.t.Flows {
		if f.Table == s.Table {
			list = append(list, f)
		}
	}
	slices.SortStableFunc(list, func(a, b *Flow) int { return int(b.Priority) - int(a.Priority) })
	for _, f := range list {
		var differs []openflow.Field
		for _, m := range f.Match {
			if !x.p.matches(m) {
				differs = append(differs, m)
			}
		}
		if len(differs) == 0 {
			for _, m := range f.Match {
				s.Why = append(s.Why, asks(m)+" ("+x.p.value(m)+")")
			}
			if len(f.Match) == 0 {
				s.Why = append(s.Why, "it takes all that no flow above takes")
			}
			return f
		}
		if len(differs) == 1 && len(f.Match) > 1 && len(s.Almost) < almostLimit {
			s.Almost = append(s.Almost, fmt.Sprintf("%s — but it is for %s, and the packet has %s", f, asks(differs[0]), x.p.value(differs[0])))
		}
	}
	return nil
}

// asks prints a field of a flow.
func asks(f openflow.Field) string {
	if mask, masked := f.Mask(); f.Is(openflow.VLANVID) && !masked {
		if f.Uint() == 0 {
			return "no tag"
		}
		return fmt.Sprintf("vlan_vid=%d", f.Uint()&^openflow.VIDPresent)
	} else if bits, whole := prefixBits(mask); masked && whole && (f.Is(openflow.IPv4Src) || f.Is(openflow.IPv4Dst) || f.Is(openflow.IPv6Src) || f.Is(openflow.IPv6Dst)) {
		name, _, _ := strings.Cut(f.String(), "=")
		return fmt.Sprintf("%s=%s/%d", name, f.Addr(), bits)
	}
	return f.String()
}

// run does what a flow says; next is the table to go to, -1 for none.
func (x *tracer) run(f *Flow) (does []string, next int) {
	next = -1
	for _, i := range f.Instructions {
		switch i := i.(type) {
		case openflow.Meter:
			does = append(does, fmt.Sprintf("meter %d counts it, and drops or marks what is above its rate", i.Meter))
		case openflow.ApplyActions:
			does = append(does, x.actions(i.Actions)...)
		case openflow.WriteMetadata:
			m, _ := x.p.get(openflow.Metadata)
			x.p.set(openflow.Metadata.Uint(m.Uint()&^i.Mask | i.Metadata&i.Mask))
			does = append(does, fmt.Sprintf("metadata becomes %#x", m.Uint()&^i.Mask|i.Metadata&i.Mask))
		case openflow.GotoTable:
			next = int(i.Table)
			name := ""
			if next < len(x.t.Names) {
				name = x.t.Names[next]
			}
			does = append(does, fmt.Sprintf("goes on with table %d, %s", next, name))
		default:
			does = append(does, fmt.Sprintf("%T, which is not modelled", i))
		}
	}
	if len(f.Instructions) == 0 {
		does = append(does, "is dropped")
	}
	return does, next
}

// actions do what they say with the packet.
func (x *tracer) actions(list []openflow.Action) (does []string) {
	for _, a := range list {
		switch a := a.(type) {
		case openflow.Output:
			does = append(does, x.leaves(a))
		case openflow.PushVLAN:
			x.p.push(a.EtherType)
			does = append(does, "gets a tag")
		case openflow.PopVLAN:
			x.p.pop()
			does = append(does, "loses its tag")
		case openflow.SetField:
			was := x.p.value(a.Field)
			x.p.set(a.Field)
			does = append(does, fmt.Sprintf("%s (was %s)", asks(a.Field), was))
		case openflow.Group:
			does = append(does, x.group(a.Group)...)
		case openflow.DecNetworkTTL:
			does = append(does, "its TTL is one less")
		default:
			does = append(does, actionText(a)+", which is not modelled")
		}
	}
	return does
}

func (x *tracer) leaves(o openflow.Output) string {
	switch o.Port {
	case openflow.PortController:
		return "is told to the controller"
	case openflow.PortIn:
		return "leaves by the port that it came by: " + x.p.outside()
	}
	if in, _ := x.p.get(openflow.InPort); in.Uint() == uint64(o.Port) {
		return fmt.Sprintf("does not leave by port %d, by which it came", o.Port)
	}
	return fmt.Sprintf("leaves by port %d: %s", o.Port, x.p.outside())
}

// group does what its buckets do, each with a packet of its own.
func (x *tracer) group(number uint32) (does []string) {
	for _, g := range x.t.Groups {
		if g.Group != number {
			continue
		}
		for i, b := range g.Buckets {
			copied := tracer{x.t, x.p.clone()}
			prefix := fmt.Sprintf("group %d: ", number)
			if g.Kind == openflow.GroupTypeFastFailover {
				prefix = fmt.Sprintf("group %d, choice %d (while port %d works and none before): ", number, i+1, b.WatchPort)
			}
			for _, one := range copied.actions(b.Actions) {
				does = append(does, prefix+one)
			}
		}
		return does
	}
	return []string{fmt.Sprintf("group %d, which there is not", number)}
}

// Text writes the steps for people.
func Text(steps []Step) string {
	var b strings.Builder
	for _, s := range steps {
		fmt.Fprintf(&b, "table %d, %s\n  packet  %s\n", s.Table, s.Name, s.Packet)
		if s.Flow != "" {
			fmt.Fprintf(&b, "  meets   %s\n", s.Flow)
		}
		for _, w := range s.Why {
			fmt.Fprintf(&b, "  as      %s\n", w)
		}
		for _, a := range s.Almost {
			fmt.Fprintf(&b, "  not     %s\n", a)
		}
		for _, d := range s.Does {
			fmt.Fprintf(&b, "  so it   %s\n", d)
		}
	}
	return b.String()
}
