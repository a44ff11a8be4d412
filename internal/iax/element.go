package iax

import (
	"encoding/binary"
	"fmt"
)

// The information elements (RFC 5456 §8.6) that are sent or understood.
const (
	elementCalledNumber   = 1
	elementCallingNumber  = 2
	elementCallingANI     = 3
	elementCallingName    = 4
	elementCalledContext  = 5
	elementUsername       = 6
	elementPassword       = 7
	elementCapability     = 8
	elementFormat         = 9
	elementLanguage       = 10
	elementVersion        = 11
	elementAuthMethods    = 14
	elementChallenge      = 15
	elementMD5            = 16
	elementCause          = 22
	elementUnknown        = 23
	elementPresentation   = 38
	elementTypeOfNumber   = 39
	elementTransitNetwork = 40
	elementCauseCode      = 42
	elementCallToken      = 54
	elementCapability2    = 55
	elementFormat2        = 56
)

// protocolVersion is that of NEW (RFC 5456 §8.6.10).
const protocolVersion = 2

// elements are the information elements of a frame, by number. Of one that is there twice
// the last counts.
type elements map[byte][]byte

// parseElements reads the body of an IAX frame.
func parseElements(body []byte) (elements, error) {
	list := elements{}
	for len(body) > 0 {
		if len(body) < 2 || len(body) < 2+int(body[1]) {
			return nil, fmt.Errorf("iax: information element %d is cut off", body[0])
		}
		end := 2 + int(body[1])
		list[body[0]] = body[2:end]
		body = body[end:]
	}
	return list, nil
}

func (e elements) has(number byte) bool { _, ok := e[number]; return ok }

func (e elements) text(number byte) string { return string(e[number]) }

// number reads an unsigned number of whatever length; 0 where there is none.
func (e elements) number(number byte) uint64 {
	var n uint64
	for _, b := range e[number] {
		n = n<<8 | uint64(b)
	}
	return n
}

// A writer makes the body of an IAX frame.
type writer struct{ body []byte }

// text adds a text; what is longer than an element can hold is cut off. An empty text is not
// worth an element.
func (w *writer) text(number byte, s string) *writer {
	if s != "" {
		w.raw(number, []byte(s[:min(len(s), 255)]))
	}
	return w
}

func (w *writer) raw(number byte, b []byte) *writer {
	w.body = append(append(w.body, number, byte(len(b))), b...)
	return w
}

func (w *writer) number8(number byte, n uint8) *writer { return w.raw(number, []byte{n}) }

func (w *writer) number16(number byte, n uint16) *writer {
	return w.raw(number, binary.BigEndian.AppendUint16(nil, n))
}

func (w *writer) number32(number byte, n uint32) *writer {
	return w.raw(number, binary.BigEndian.AppendUint32(nil, n))
}
