package sip

import (
	"context"
	"net"
	"net/netip"
)

// datagrams is the carrier of UDP. One goroutine, a reader, reads the socket, so
// that datagrams stay in order.
type datagrams struct {
	t    *Transport
	conn PacketConn
}

func (t *Transport) openDatagrams(address string) error {
	conn := t.options.PacketConn
	if conn == nil {
		l := net.ListenConfig{Control: t.options.Control}
		c, err := l.ListenPacket(context.Background(), udpNetwork(address), address)
		if err != nil {
			return err
		}
		u := c.(*net.UDPConn)
		_ = u.SetReadBuffer(orDefault(t.options.ReadBuffer, 4<<20)) // what the kernel grants is enough
		_ = u.SetWriteBuffer(orDefault(t.options.WriteBuffer, 1<<20))
		conn = quick(u)
	}
	d := &datagrams{t: t, conn: conn}
	t.local, t.carrier = addrPort(conn.LocalAddr()), d
	t.readers.Add(1)
	d.startReader()
	return nil
}

// udpNetwork keeps 0.0.0.0 from becoming a socket of both families.
func udpNetwork(address string) string {
	a, err := netip.ParseAddrPort(address)
	switch {
	case err != nil:
		return "udp"
	case a.Addr().Is4():
		return "udp4"
	}
	return "udp6" // the unspecified address, too, leaves IPv4 to others
}

func orDefault(n, value int) int {
	if n == 0 {
		return value
	}
	return n
}

func (d *datagrams) send(b []byte, to Source, _ string, _ func(error)) error {
	_, err := d.conn.WriteToUDPAddrPort(b, to.Remote)
	return err
}

func (d *datagrams) reliable() bool { return false }
func (d *datagrams) close() error   { return d.conn.Close() }
