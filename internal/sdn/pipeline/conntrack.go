package pipeline

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/octothorpe/octothorpe/internal/sdn/config"
	"github.com/octothorpe/octothorpe/openflow"
)

// Nicira's actions, which Open vSwitch has: ct, nat within it, ct_clear.
const (
	nicira     = 0x2320
	ctAction   = 35
	natAction  = 36
	clearTrack = 43
)

// conntrack tracks the connection of a packet, and goes on in another table.
func conntrack(c *config.CT) []openflow.Action {
	if c.Clear {
		return []openflow.Action{openflow.ExperimenterAction{Experimenter: nicira, Data: []byte{0, clearTrack, 0, 0, 0, 0}}}
	}
	table := 0xff // none
	if c.Table != nil {
		table = *c.Table
	}
	b := binary.BigEndian.AppendUint16(nil, ctAction)
	b = binary.BigEndian.AppendUint16(b, uint16(c.Flags))
	source := 0
	if c.ZoneSrc != nil {
		source = *c.ZoneSrc
	}
	b = binary.BigEndian.AppendUint32(b, uint32(source))
	b = binary.BigEndian.AppendUint16(b, uint16(c.Zone))
	b = append(b, byte(table), 0, 0, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(c.Alg))
	if c.NAT != nil {
		b = append(b, nat(c.NAT)...)
	}
	for _, set := range []struct {
		field openflow.FieldType
		value *int
	}{{openflow.CTMark, c.Mark}, {openflow.CTLabel, c.Label}} {
		if set.value != nil {
			part, _ := openflow.Append(nil, 0, &openflow.PacketOut{Actions: []openflow.Action{setField(set.field.Uint(uint64(*set.value)))}})
			b = append(b, part[openflow.HeaderLen+16:]...)
		}
	}
	return []openflow.Action{openflow.ExperimenterAction{Experimenter: nicira, Data: b}}
}

// nat is the action within ct that translates.
func nat(n *config.CTNAT) []byte {
	var ranges []byte
	present := uint16(0)
	for bit, text := range []string{n.IPv4Min, n.IPv4Max, n.IPv6Min, n.IPv6Max} {
		if a, err := netip.ParseAddr(text); err == nil {
			present |= 1 << bit
			ranges = append(ranges, a.AsSlice()...)
		}
	}
	for bit, port := range []*int{n.ProtoMin, n.ProtoMax} {
		if port != nil {
			present |= 16 << bit
			ranges = binary.BigEndian.AppendUint16(ranges, uint16(*port))
		}
	}
	b := []byte{0xff, 0xff, 0, 0, 0, 0, 0x23, 0x20, 0, natAction, 0, 0}
	b = binary.BigEndian.AppendUint16(b, uint16(n.Flags))
	b = append(binary.BigEndian.AppendUint16(b, present), ranges...)
	for len(b)%8 != 0 {
		b = append(b, 0)
	}
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	return b
}

// niciraText prints what conntrack makes.
func niciraText(b []byte) string {
	if len(b) < 16 || b[1] != ctAction {
		if len(b) > 1 && b[1] == clearTrack {
			return "ct_clear"
		}
		return fmt.Sprintf("nicira(%x)", b)
	}
	text := "ct("
	flags := binary.BigEndian.Uint16(b[2:])
	if flags&1 != 0 {
		text += "commit,"
	}
	if flags&2 != 0 {
		text += "force,"
	}
	if b[10] != 0xff {
		text += fmt.Sprintf("table=%d,", b[10])
	}
	text += fmt.Sprintf("zone=%d", binary.BigEndian.Uint16(b[8:]))
	if rest := b[16:]; len(rest) >= 16 && rest[9] == natAction {
		text += ",nat"
		switch flags := binary.BigEndian.Uint16(rest[12:]); {
		case flags&1 != 0:
			text += "(src)"
		case flags&2 != 0:
			text += "(dst)"
		}
	}
	return text + ")"
}
