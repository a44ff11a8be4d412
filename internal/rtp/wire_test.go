package rtp

import (
	"net"
	"net/netip"
	"testing"
	"time"
)

// wire is a bare socket, to see and to make packets.
type wire struct {
	conn *net.UDPConn
	to   netip.AddrPort
}

func listen(t testing.TB) *wire {
	t.Helper()
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(loopback, 0)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &wire{conn: conn}
}

func (w *wire) addr() netip.AddrPort { return w.conn.LocalAddr().(*net.UDPAddr).AddrPort() }

// packet waits for a packet.
func (w *wire) packet(t testing.TB) (p Packet) {
	t.Helper()
	if err := p.Parse(w.read(t)); err != nil {
		t.Fatal(err)
	}
	return p
}

// read waits for a datagram.
func (w *wire) read(t testing.TB) []byte {
	t.Helper()
	b := make([]byte, maxDatagram)
	_ = w.conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	n, err := w.conn.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return b[:n]
}

// send sends a packet.
func (w *wire) send(t testing.TB, p Packet) {
	t.Helper()
	w.write(t, p.bytes())
}

// write sends a datagram.
func (w *wire) write(t testing.TB, b []byte) {
	t.Helper()
	if _, err := w.conn.WriteToUDPAddrPort(b, w.to); err != nil {
		t.Fatal(err)
	}
}

func (p *Packet) bytes() []byte {
	b := append(make([]byte, headerSize), p.Payload...)
	b[0] = 2 << 6
	p.putHeader(b)
	return b
}
