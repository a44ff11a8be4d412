package dot1x

import "encoding/binary"

// Types of EAPOL, IEEE 802.1X-2010 §11.3.2.
const (
	eapolPacket = 0
	eapolStart  = 1
	eapolLogoff = 2
)

// Codes of EAP, RFC 3748 §4, and the one type that matters here.
const (
	eapRequest  = 1
	eapResponse = 2
	eapSuccess  = 3
	eapFailure  = 4
	eapIdentity = 1
)

const (
	etherEAPOL = 0x888e
	etherIPv4  = 0x0800
)

// A frame is one that came from a port.
type frame struct {
	port   uint32
	client [6]byte
	kind   byte   // of EAPOL
	eap    []byte // of a packet, of its own length
	dhcp   bool   // it is no EAPOL but asks for an address
}

// parse reads a frame of the switch; false if it is nothing for us.
func parse(b []byte) (f frame, ok bool) {
	if len(b) < 18 || b[0]|b[1]|b[2]|b[3] != 0 { // what goes the other way is seen as well
		return f, false
	}
	f.port = uint32(binary.BigEndian.Uint16(b[4:]))
	copy(f.client[:], b[6:])
	if f.client[0]&1 != 0 || f.client == [6]byte{} {
		return f, false
	}
	body := b[14:]
	switch binary.BigEndian.Uint16(b[12:]) {
	case etherEAPOL:
		f.kind = body[1]
		n := int(binary.BigEndian.Uint16(body[2:]))
		if f.kind != eapolPacket {
			return f, f.kind == eapolStart || f.kind == eapolLogoff
		}
		if n < 4 || len(body) < 4+n {
			return f, false
		}
		f.eap = body[4 : 4+n]
		if length := int(binary.BigEndian.Uint16(f.eap[2:])); length >= 4 && length <= n {
			f.eap = f.eap[:length]
			return f, true
		}
	case etherIPv4:
		if header := int(body[0]&15) * 4; len(body) >= 20 && header >= 20 && body[9] == 17 && len(body) >= header+8 {
			f.dhcp = binary.BigEndian.Uint16(body[header+2:]) == 67
			return f, f.dhcp
		}
	}
	return f, false
}

// portMAC is what stands for a port where the switch and we talk.
func portMAC(port uint32) [6]byte { return [6]byte{0, 0, 0, 0, byte(port >> 8), byte(port)} }

// group is the address of whoever listens for 802.1X.
var group = [6]byte{0x01, 0x80, 0xc2, 0, 0, 3}

// eapol is a frame with EAP to a client of a port.
func eapol(port uint32, to [6]byte, eap []byte) []byte {
	from := portMAC(port)
	b := append(append([]byte{}, to[:]...), from[:]...)
	b = append(b, etherEAPOL>>8, etherEAPOL&0xff, 2, eapolPacket)
	b = binary.BigEndian.AppendUint16(b, uint16(len(eap)))
	b = append(b, eap...)
	for len(b) < 60 {
		b = append(b, 0)
	}
	return b
}

func identityRequest(id byte) []byte { return []byte{eapRequest, id, 0, 5, eapIdentity} }
