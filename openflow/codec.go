package openflow

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Version is the version on the wire: 4 is OpenFlow 1.3.
const Version = 4

// HeaderLen is the length of the header before every message.
const HeaderLen = 8

// MaxLen is how long a message can be.
const MaxLen = 1<<16 - 1

// A Message is one of the structs of this package that stand for a message.
type Message interface {
	Type() Type
	append([]byte) []byte
	decode(*reader)
}

// The parts of which messages have lists.
type (
	// An Action is Output, SetField and so on.
	Action interface {
		action() uint16
		append([]byte) []byte
	}
	// An Instruction is ApplyActions, GotoTable and so on.
	Instruction interface {
		instruction() uint16
		append([]byte) []byte
	}
	// A Band is DropBand, RemarkBand or ExperimenterBand.
	Band interface {
		band() uint16
		append([]byte) []byte
	}
	// A HelloElement is VersionBitmap.
	HelloElement interface {
		hello() uint16
		append([]byte) []byte
	}
	// A QueueProperty is MinRate, MaxRate or ExperimenterQueue.
	QueueProperty interface {
		queue() uint16
		append([]byte) []byte
	}
	// A TableProperty is InstructionsProperty and so on.
	TableProperty interface {
		property() uint16
		append([]byte) []byte
	}
	// A RequestBody is *DescRequest, *FlowStatsRequest and so on.
	RequestBody interface {
		request() uint16
		append([]byte) []byte
	}
	// A ReplyBody is *Desc, *FlowStatsReply and so on.
	ReplyBody interface {
		reply() uint16
		append([]byte) []byte
	}
)

// Errors of Append and Decode.
var (
	ErrTooLong = errors.New("openflow: message longer than 65535 bytes")
	ErrShort   = errors.New("openflow: message ends too early")
	ErrVersion = errors.New("openflow: not OpenFlow 1.3")
)

// Append writes the message with its header behind b. It fails with ErrTooLong
// alone, and then returns b as it was.
func Append(b []byte, xid uint32, m Message) ([]byte, error) {
	start := len(b)
	b = append(b, Version, byte(m.Type()), 0, 0)
	b = binary.BigEndian.AppendUint32(b, xid)
	b = m.append(b)
	if len(b)-start > MaxLen {
		return b[:start], ErrTooLong
	}
	binary.BigEndian.PutUint16(b[start+2:], uint16(len(b)-start))
	return b, nil
}

// Length is how long the message is that begins with header, at least HeaderLen
// bytes; less than HeaderLen when it is no message.
func Length(header []byte) int { return int(binary.BigEndian.Uint16(header[2:])) }

// Decode reads the one message that is b. What it returns shares nothing with b.
func Decode(b []byte) (xid uint32, m Message, err error) {
	if len(b) < HeaderLen {
		return 0, nil, ErrShort
	}
	xid = binary.BigEndian.Uint32(b[4:])
	if b[0] != Version && b[1] != 0 { // a hello has its sender's highest version
		return xid, nil, ErrVersion
	}
	if n := Length(b); n < HeaderLen || n > len(b) {
		return xid, nil, ErrShort
	}
	r := &reader{b: b[:Length(b)], off: HeaderLen}
	m = readMessage(uint16(b[1]), r)
	if m == nil {
		return xid, nil, fmt.Errorf("openflow: no message has the type %d", b[1])
	}
	if r.err != nil {
		return xid, nil, fmt.Errorf("%s: %w", m.Type(), r.err)
	}
	return xid, m, nil
}

// packetInPort is the port of a packet-in whose match begins with it, as switches send
// them; false for any other message, and one that is cut short before it.
func packetInPort(b []byte) (port uint32, is bool) {
	const match = HeaderLen + 16 // where it begins, §7.4.1
	if len(b) < match+12 || b[0] != Version || b[1] != byte((*PacketIn)(nil).Type()) {
		return 0, false
	}
	if b = b[match:]; binary.BigEndian.Uint16(b) != 1 || binary.BigEndian.Uint32(b[4:]) != InPort.Header() {
		return 0, false
	}
	return binary.BigEndian.Uint32(b[8:]), true
}

func (x *PacketOut) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, x.Buffer)
	b = binary.BigEndian.AppendUint32(b, x.InPort)
	b = append(b, 0, 0, 0, 0, 0, 0, 0, 0)
	start := len(b)
	b = appendActions(b, x.Actions)
	binary.BigEndian.PutUint16(b[start-8:], uint16(len(b)-start))
	return append(b, x.Data...)
}

func (x *PacketOut) decode(r *reader) {
	x.Buffer, x.InPort = r.u32(), r.u32()
	n := int(r.u16())
	r.skip(6)
	end := r.within(n)
	x.Actions = decodeActions(r)
	r.restore(end)
	x.Data = r.rest()
}

func (x *MultipartRequest) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, x.Body.request())
	b = binary.BigEndian.AppendUint16(b, uint16(x.Flags))
	return x.Body.append(append(b, 0, 0, 0, 0))
}

func (x *MultipartRequest) decode(r *reader) {
	kind := r.u16()
	x.Flags = MultipartFlags(r.u16())
	r.skip(4)
	if x.Body = readRequestBody(kind, r); x.Body == nil {
		r.fail(fmt.Errorf("no request has the type %d", kind))
	}
}

func (x *MultipartReply) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, x.Body.reply())
	b = binary.BigEndian.AppendUint16(b, uint16(x.Flags))
	return x.Body.append(append(b, 0, 0, 0, 0))
}

func (x *MultipartReply) decode(r *reader) {
	kind := r.u16()
	x.Flags = MultipartFlags(r.u16())
	r.skip(4)
	if x.Body = readReplyBody(kind, r); x.Body == nil {
		r.fail(fmt.Errorf("no reply has the type %d", kind))
	}
}
