package gauge

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/openflow"
)

// object is one of the objects that Faucet's flow files are made of: a class, and
// its values.
func object(class string, values map[string]any) map[string]any { return map[string]any{class: values} }

func pad8(n int) int { return (n + 7) / 8 * 8 }

// flowsJSON are flows as Faucet's Gauge writes them, with the lengths that they have
// on the wire.
func flowsJSON(told *openflow.FlowStatsReply) []any {
	list := []any{}
	for _, f := range told.Flows {
		fields, matchLen := []any{}, 4
		for _, m := range f.Match {
			fields = append(fields, fieldJSON(m))
			matchLen += fieldLen(m)
		}
		instructions, length := []any{}, 48+pad8(matchLen)
		for _, i := range f.Instructions {
			one, n := instructionJSON(i)
			instructions = append(instructions, one)
			length += n
		}
		list = append(list, object("OFPFlowStats", map[string]any{"byte_count": f.Bytes, "cookie": f.Cookie, "duration_nsec": f.DurationNsec,
			"duration_sec": f.DurationSec, "flags": uint16(f.Flags), "hard_timeout": f.HardTimeout, "idle_timeout": f.IdleTimeout,
			"instructions": instructions, "length": length, "packet_count": f.Packets, "priority": f.Priority, "table_id": f.Table,
			"match": object("OFPMatch", map[string]any{"oxm_fields": fields, "length": matchLen, "type": 1})}))
	}
	return list
}

func fieldLen(f openflow.Field) int {
	n := 4 + int(f.Size)
	if _, masked := f.Mask(); masked {
		n += int(f.Size)
	}
	return n
}

// fieldJSON is a field as it stands in Faucet's flow files.
func fieldJSON(f openflow.Field) any {
	name, value, mask := fieldValue(f)
	return object("OXMTlv", map[string]any{"field": name, "value": value, "mask": mask})
}

// fieldValue has addresses and their masks as text and the rest as numbers; the mask
// is nil where there is none.
func fieldValue(f openflow.Field) (name string, value, mask any) {
	name, text, _ := strings.Cut(f.String(), "=")
	t, known := openflow.FieldNamed(name)
	if !known {
		return name, text, nil
	}
	bytes, masked := f.Mask()
	if t.IsMAC() || t.IsAddr() {
		a, b, _ := strings.Cut(text, "/")
		if value = a; masked {
			mask = b
		}
		if length, err := strconv.Atoi(b); masked && t.IsAddr() && err == nil {
			mask = maskText(length, 8*int(f.Size))
		}
		return name, value, mask
	}
	if value = f.Uint(); masked {
		mask = t.Bytes(bytes, nil).Uint()
	}
	return name, value, mask
}

// maskText is a mask of so many ones as an address.
func maskText(ones, size int) string {
	a, _ := netip.AddrFromSlice(net.CIDRMask(ones, size))
	return a.String()
}

func instructionJSON(i openflow.Instruction) (any, int) {
	switch i := i.(type) {
	case openflow.GotoTable:
		return object("OFPInstructionGotoTable", map[string]any{"len": 8, "table_id": i.Table, "type": 1}), 8
	case openflow.WriteMetadata:
		return object("OFPInstructionWriteMetadata", map[string]any{"len": 24, "metadata": i.Metadata, "metadata_mask": i.Mask, "type": 2}), 24
	case openflow.Meter:
		return object("OFPInstructionMeter", map[string]any{"len": 8, "meter_id": i.Meter, "type": 6}), 8
	case openflow.WriteActions:
		return actionsJSON(3, i.Actions)
	case openflow.ApplyActions:
		return actionsJSON(4, i.Actions)
	case openflow.ClearActions:
		return actionsJSON(5, nil)
	}
	return object(fmt.Sprintf("%T", i), map[string]any{}), 8
}

func actionsJSON(kind int, actions []openflow.Action) (any, int) {
	list, n := []any{}, 8
	for _, a := range actions {
		one, length := actionJSON(a)
		list = append(list, one)
		n += length
	}
	return object("OFPInstructionActions", map[string]any{"actions": list, "len": n, "type": kind}), n
}

func actionJSON(a openflow.Action) (any, int) {
	switch a := a.(type) {
	case openflow.Output:
		return object("OFPActionOutput", map[string]any{"len": 16, "max_len": a.MaxLen, "port": a.Port, "type": 0}), 16
	case openflow.PushVLAN:
		return object("OFPActionPushVlan", map[string]any{"ethertype": a.EtherType, "len": 8, "type": 17}), 8
	case openflow.PopVLAN:
		return object("OFPActionPopVlan", map[string]any{"len": 8, "type": 18}), 8
	case openflow.Group:
		return object("OFPActionGroup", map[string]any{"group_id": a.Group, "len": 8, "type": 22}), 8
	case openflow.DecNetworkTTL:
		return object("OFPActionDecNwTtl", map[string]any{"len": 8, "type": 24}), 8
	case openflow.SetField:
		n := pad8(4 + fieldLen(a.Field))
		return object("OFPActionSetField", map[string]any{"field": fieldJSON(a.Field), "len": n, "type": 25}), n
	case openflow.ExperimenterAction:
		n := pad8(8 + len(a.Data))
		return object("OFPActionExperimenterUnknown", map[string]any{"data": a.Data, "experimenter": a.Experimenter, "len": n, "type": 65535}), n
	}
	return object(fmt.Sprintf("%T", a), map[string]any{}), 8
}
