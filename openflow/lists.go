package openflow

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// A part is a type, a length and a body. The length counts the padding to eight
// bytes for actions and instructions, and does not for hello elements and table
// properties, which are padded behind it.

type padding int

const (
	bare padding = iota
	inside
	behind
)

func appendPart(b []byte, kind uint16, body interface{ append([]byte) []byte }, pad padding) []byte {
	start := len(b)
	b = binary.BigEndian.AppendUint16(b, kind)
	b = body.append(append(b, 0, 0))
	if pad == inside {
		b = pad8(b, start)
	}
	binary.BigEndian.PutUint16(b[start+2:], uint16(len(b)-start))
	if pad == behind {
		b = pad8(b, start)
	}
	return b
}

func pad8(b []byte, start int) []byte {
	for (len(b)-start)%8 != 0 {
		b = append(b, 0)
	}
	return b
}

func decodeParts[T any](r *reader, what string, pad padding, read func(uint16, *reader) T) []T {
	var list []T
	for r.more() {
		kind := r.u16()
		start := r.off - 2
		end := r.limit(2)
		r.skip(2)
		part := read(kind, r)
		if any(part) == nil {
			r.fail(fmt.Errorf("no %s has the type %d", what, kind))
		}
		r.restore(end)
		if pad == behind && r.err == nil {
			r.skip(min((8-(r.off-start)%8)%8, len(r.b)-r.off))
		}
		if r.err != nil {
			return nil
		}
		list = append(list, part)
	}
	return list
}

func appendActions(b []byte, list []Action) []byte {
	for _, a := range list {
		b = appendPart(b, a.action(), a, inside)
	}
	return b
}

func appendInstructions(b []byte, list []Instruction) []byte {
	for _, i := range list {
		b = appendPart(b, i.instruction(), i, inside)
	}
	return b
}

func appendBands(b []byte, list []Band) []byte {
	for _, x := range list {
		b = appendPart(b, x.band(), x, bare)
	}
	return b
}

func appendHelloElements(b []byte, list []HelloElement) []byte {
	for _, x := range list {
		b = appendPart(b, x.hello(), x, behind)
	}
	return b
}

func appendQueuePropertys(b []byte, list []QueueProperty) []byte {
	for _, x := range list {
		b = appendPart(b, x.queue(), x, bare)
	}
	return b
}

func appendTablePropertys(b []byte, list []TableProperty) []byte {
	for _, x := range list {
		b = appendPart(b, x.property(), x, behind)
	}
	return b
}

func decodeActions(r *reader) []Action { return decodeParts(r, "action", inside, readAction) }
func decodeInstructions(r *reader) []Instruction {
	return decodeParts(r, "instruction", inside, readInstruction)
}
func decodeBands(r *reader) []Band { return decodeParts(r, "band", bare, readBand) }
func decodeQueuePropertys(r *reader) []QueueProperty {
	return decodeParts(r, "queue property", bare, readQueueProperty)
}
func decodeTablePropertys(r *reader) []TableProperty {
	return decodeParts(r, "table property", behind, readTableProperty)
}

// decodeHelloElements overlooks those that it does not know, as §7.5.1 wants.
func decodeHelloElements(r *reader) []HelloElement {
	all := decodeParts(r, "hello element", behind, func(n uint16, r *reader) HelloElement {
		if e := readHelloElement(n, r); e != nil {
			return e
		}
		return unknownElement{}
	})
	return slices.DeleteFunc(all, func(e HelloElement) bool { _, unknown := e.(unknownElement); return unknown })
}

type unknownElement struct{}

func (unknownElement) hello() uint16          { return 0 }
func (unknownElement) append(b []byte) []byte { return b }
