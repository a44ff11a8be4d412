package phone

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/sip"
)

// A capture writes messages to a file as packets, for Wireshark and its like: each
// as one UDP datagram between the two addresses, whatever carried it.
type capture struct {
	mu   sync.Mutex
	file *os.File
}

// linkTypeRaw says that packets begin with their IP header.
const linkTypeRaw = 101

// openCapture begins a file of packets; what was in it is gone.
func openCapture(path string) (*capture, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("open a file for packets: %w", err)
	}
	head := binary.LittleEndian.AppendUint32(nil, 0xa1b2c3d4)
	head = binary.LittleEndian.AppendUint16(head, 2)
	head = binary.LittleEndian.AppendUint16(head, 4)
	head = binary.LittleEndian.AppendUint32(head, 0) // times are UTC
	head = binary.LittleEndian.AppendUint32(head, 0)
	head = binary.LittleEndian.AppendUint32(head, 65535)
	head = binary.LittleEndian.AppendUint32(head, linkTypeRaw)
	if _, err := file.Write(head); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("begin a file of packets: %w", err)
	}
	return &capture{file: file}, nil
}

func (c *capture) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.file.Close()
}

// write appends a message. A disk that is full ends nothing but the record.
func (c *capture) write(sent bool, way sip.Source, message []byte) {
	from, to := way.Remote, way.Local
	if sent {
		from, to = to, from
	}
	packet := datagram(from, to, message)
	now := time.Now()
	head := binary.LittleEndian.AppendUint32(nil, uint32(now.Unix()))
	head = binary.LittleEndian.AppendUint32(head, uint32(now.Nanosecond()/1000))
	head = binary.LittleEndian.AppendUint32(head, uint32(len(packet)))
	head = binary.LittleEndian.AppendUint32(head, uint32(len(packet)))
	c.mu.Lock()
	defer c.mu.Unlock()
	_, _ = c.file.Write(append(head, packet...))
}

// datagram puts IP (RFC 791, RFC 8200) and UDP (RFC 768) headers before a text.
// Both addresses are made of one family.
func datagram(from, to netip.AddrPort, text []byte) []byte {
	const most = 65535 - 48
	text = text[:min(len(text), most)]
	length := 8 + len(text)
	a, b := from.Addr().Unmap(), to.Addr().Unmap()
	var p []byte
	if a.Is4() && b.Is4() {
		p = binary.BigEndian.AppendUint16([]byte{0x45, 0}, uint16(20+length))
		p = append(p, 0, 0, 0, 0, 64, 17, 0, 0)
		p = append(append(p, a.AsSlice()...), b.AsSlice()...)
		binary.BigEndian.PutUint16(p[10:], ^onesSum(p, 0))
	} else {
		a16, b16 := a.As16(), b.As16()
		p = binary.BigEndian.AppendUint16([]byte{0x60, 0, 0, 0}, uint16(length))
		p = append(append(append(p, 17, 64), a16[:]...), b16[:]...)
	}
	pseudo := uint32(17 + length)
	addresses := p[12:]
	if p[0] == 0x60 {
		addresses = p[8:]
	}
	pseudo += uint32(onesSum(addresses, 0))
	udp := binary.BigEndian.AppendUint16(nil, from.Port())
	udp = binary.BigEndian.AppendUint16(udp, to.Port())
	udp = append(binary.BigEndian.AppendUint16(udp, uint16(length)), 0, 0)
	udp = append(udp, text...)
	sum := ^onesSum(udp, pseudo)
	if sum == 0 {
		sum = 0xffff
	}
	binary.BigEndian.PutUint16(udp[6:], sum)
	return append(p, udp...)
}

// onesSum adds 16-bit words as RFC 1071 does.
func onesSum(b []byte, sum uint32) uint16 {
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(b[i])<<8 | uint32(b[i+1])
	}
	if len(b)%2 == 1 {
		sum += uint32(b[len(b)-1]) << 8
	}
	for sum>>16 != 0 {
		sum = sum&0xffff + sum>>16
	}
	return uint16(sum)
}
