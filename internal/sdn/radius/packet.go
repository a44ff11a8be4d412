package radius

import (
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // RFC 2865 is built on it
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
)

// Codes of packets, RFC 2865 §4.
const (
	AccessRequest   = 1
	AccessAccept    = 2
	AccessReject    = 3
	AccessChallenge = 11
)

// Attributes, RFC 2865 §5, RFC 2868 and RFC 3579.
const (
	UserName             = 1
	UserPassword         = 2
	NASPort              = 5
	FilterID             = 11
	State                = 24
	SessionTimeout       = 27
	CalledStationID      = 30
	CallingStationID     = 31
	NASIdentifier        = 32
	NASPortType          = 61
	EAPMessage           = 79
	MessageAuthenticator = 80
	TunnelPrivateGroupID = 81
)

// Ethernet is the NASPortType of a port of a switch.
const Ethernet = 15

// An Attribute is a value of up to 253 bytes.
type Attribute struct {
	Type  byte
	Value []byte
}

// A Packet is a request or a reply.
type Packet struct {
	Code       byte
	Attributes []Attribute
}

// Add appends an attribute. Values that are longer than 253 bytes, which EAP's may
// be, become several of the same type (RFC 3579 §3.1).
func (p *Packet) Add(kind byte, value []byte) {
	for len(value) > 253 {
		p.Attributes = append(p.Attributes, Attribute{kind, value[:253]})
		value = value[253:]
	}
	p.Attributes = append(p.Attributes, Attribute{kind, value})
}

// Uint appends a number.
func (p *Packet) Uint(kind byte, v uint32) { p.Add(kind, binary.BigEndian.AppendUint32(nil, v)) }

// Get is the value of all attributes of a type, joined; nil if there is none.
func (p *Packet) Get(kind byte) (value []byte) {
	for _, a := range p.Attributes {
		if a.Type == kind {
			value = append(value, a.Value...)
		}
	}
	return value
}

// Text is the first attribute of a type as text. Those of tunnels may begin with a
// tag, which is left out (RFC 2868 §3.6).
func (p *Packet) Text(kind byte) string {
	for _, a := range p.Attributes {
		if a.Type != kind {
			continue
		}
		if kind == TunnelPrivateGroupID && len(a.Value) > 0 && a.Value[0] <= 0x1f {
			return string(a.Value[1:])
		}
		return string(a.Value)
	}
	return ""
}

const headerSize = 20

// request encodes a request with its identifier and authenticator, passwords
// hidden and all of it signed.
func (p *Packet) request(id byte, authenticator [16]byte, secret []byte) ([]byte, error) {
	b := append([]byte{p.Code, id, 0, 0}, authenticator[:]...)
	for _, a := range p.Attributes {
		value := a.Value
		if a.Type == UserPassword {
			value = hide(value, authenticator, secret)
		}
		if len(value) > 253 {
			return nil, fmt.Errorf("attribute %d has %d bytes", a.Type, len(value))
		}
		b = append(append(b, a.Type, byte(2+len(value))), value...)
	}
	b = append(b, MessageAuthenticator, 18)
	b = append(b, make([]byte, 16)...)
	if len(b) > 4096 {
		return nil, fmt.Errorf("a packet of %d bytes is too long", len(b))
	}
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	copy(b[len(b)-16:], sign(b, secret))
	return b, nil
}

// hide is what RFC 2865 §5.2 does with passwords.
func hide(password []byte, authenticator [16]byte, secret []byte) []byte {
	n := max((len(password)+15)/16, 1) * 16
	out := make([]byte, n)
	copy(out, password)
	last := authenticator[:]
	for i := 0; i < n; i += 16 {
		key := md5.Sum(append(append([]byte{}, secret...), last...)) //nolint:gosec // RFC 2865
		subtle.XORBytes(out[i:i+16], out[i:i+16], key[:])
		last = out[i : i+16]
	}
	return out
}

func sign(b, secret []byte) []byte {
	h := hmac.New(md5.New, secret)
	h.Write(b)
	return h.Sum(nil)
}

var errForged = errors.New("the reply is not signed with the secret")

// parseReply decodes a reply to a request with this authenticator.
func parseReply(b []byte, authenticator [16]byte, secret []byte) (*Packet, error) {
	if len(b) < headerSize || int(binary.BigEndian.Uint16(b[2:])) < headerSize || int(binary.BigEndian.Uint16(b[2:])) > len(b) {
		return nil, errors.New("the reply is cut off")
	}
	b = b[:binary.BigEndian.Uint16(b[2:])]
	signed := append([]byte{}, b...)
	copy(signed[4:20], authenticator[:])
	digest := md5.Sum(append(signed[:len(b):len(b)], secret...)) //nolint:gosec // RFC 2865
	if subtle.ConstantTimeCompare(digest[:], b[4:20]) != 1 {
		return nil, errForged
	}
	p := &Packet{Code: b[0]}
	whole, hasEAP := false, false
	for at := headerSize; at < len(b); {
		if at+2 > len(b) || b[at+1] < 2 || at+int(b[at+1]) > len(b) {
			return nil, errors.New("an attribute of the reply is cut off")
		}
		value := append([]byte{}, b[at+2:at+int(b[at+1])]...)
		switch b[at] {
		case MessageAuthenticator:
			if len(value) != 16 {
				return nil, errForged
			}
			clear(signed[at+2 : at+18])
			if !hmac.Equal(sign(signed, secret), value) {
				return nil, errForged
			}
			copy(signed[at+2:], value)
			whole = true
		case EAPMessage:
			hasEAP = true
		}
		p.Attributes = append(p.Attributes, Attribute{b[at], value})
		at += int(b[at+1])
	}
	if hasEAP && !whole {
		return nil, errForged // RFC 3579 §3.2
	}
	return p, nil
}
