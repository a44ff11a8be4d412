package iax

import (
	"encoding/binary"
	"errors"
)

// kind is the type of a full frame (RFC 5456 §8.2).
type kind uint8

const (
	keyUp   kind = 0x01
	voice   kind = 0x02
	control kind = 0x04
	null    kind = 0x05
	iaxWord kind = 0x06
	text    kind = 0x07
	noise   kind = 0x0a
	keyDown kind = 0x0c // as Asterisk sends it; a far end that does not know it waits for the key's up
)

// The IAX words (RFC 5456 §8.4) that are sent or understood.
const (
	wordNew         = 1
	wordPing        = 2
	wordPong        = 3
	wordAck         = 4
	wordHangup      = 5
	wordReject      = 6
	wordAccept      = 7
	wordAuthReq     = 8
	wordAuthRep     = 9
	wordInval       = 10
	wordLagReq      = 11
	wordLagRep      = 12
	wordRegReq      = 13
	wordRegRej      = 16
	wordVnak        = 18
	wordTxReq       = 22
	wordTxCnt       = 23
	wordTxAcc       = 24
	wordTxRej       = 27
	wordQuelch      = 28
	wordUnquelch    = 29
	wordPoke        = 30
	wordUnsupported = 33
	wordCallToken   = 40
)

// The control words (RFC 5456 §8.3).
const (
	controlHangup     = 1
	controlRinging    = 3
	controlAnswer     = 4
	controlBusy       = 5
	controlCongestion = 8
	controlFlash      = 9
	controlProgress   = 14
	controlProceeding = 15
	controlHold       = 16
	controlUnhold     = 17
	controlStopSounds = 255 // as Asterisk has it, for no more tones
)

// fullHeader is the length of a full frame's header, miniHeader that of the short one.
const (
	fullHeader = 12
	miniHeader = 4
)

// A frame is a full frame (RFC 5456 §8.1.1).
type frame struct {
	source, dest uint16 // call numbers of who sends it and who gets it; 0 is none yet
	again        bool   // it was sent before
	stamp        uint32 // ms since the call began, for the sender
	out, in      uint8  // sequence numbers: of this frame, and of the one that is expected next
	kind         kind
	subclass     uint64
	body         []byte
}

var errShort = errors.New("iax: a frame ends within its header")

// isFull reports whether a packet is a full frame.
func isFull(packet []byte) bool { return len(packet) > 0 && packet[0]&0x80 != 0 }

// parseFrame reads a full frame. The body is part of the packet.
func parseFrame(packet []byte) (frame, error) {
	if len(packet) < fullHeader {
		return frame{}, errShort
	}
	f := frame{
		source: binary.BigEndian.Uint16(packet) & 0x7fff,
		dest:   binary.BigEndian.Uint16(packet[2:]) & 0x7fff,
		again:  packet[2]&0x80 != 0,
		stamp:  binary.BigEndian.Uint32(packet[4:]),
		out:    packet[8], in: packet[9],
		kind: kind(packet[10]), body: packet[fullHeader:],
	}
	switch sub := packet[11]; {
	case sub == 0xff: // all ones, which Asterisk takes for -1
		f.subclass = controlStopSounds
	case sub&0x80 != 0:
		f.subclass = 1 << (sub & 0x3f)
	default:
		f.subclass = uint64(sub)
	}
	return f, nil
}

// append writes the frame behind what is there.
func (f *frame) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, f.source|0x8000)
	dest := f.dest
	if f.again {
		dest |= 0x8000
	}
	b = binary.BigEndian.AppendUint16(b, dest)
	b = binary.BigEndian.AppendUint32(b, f.stamp)
	b = append(b, f.out, f.in, byte(f.kind), subclassByte(f.kind, f.subclass))
	return append(b, f.body...)
}

// subclassByte writes small numbers as they are and formats above as a power of two.
func subclassByte(k kind, subclass uint64) byte {
	if subclass < 0x80 {
		return byte(subclass)
	}
	if k == control {
		return 0xff
	}
	power := byte(0)
	for subclass > 1 {
		subclass >>= 1
		power++
	}
	return 0x80 | power
}

// counted reports whether a frame takes a sequence number and is sent until it is
// acknowledged (RFC 5456 §7).
func (f *frame) counted() bool {
	if f.kind != iaxWord {
		return true
	}
	switch f.subclass {
	case wordAck, wordInval, wordVnak, wordTxCnt, wordTxAcc, wordCallToken:
		return false
	}
	return true
}

// appendMini writes a frame of media with the short header (RFC 5456 §8.1.2).
func appendMini(b []byte, source uint16, stamp uint32, data []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, source)
	b = binary.BigEndian.AppendUint16(b, uint16(stamp)) //nolint:gosec // the lower half is meant
	return append(b, data...)
}
