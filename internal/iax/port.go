package iax

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"time"
)

// packetLimit is the longest packet that is read. More than a full frame of elements and a
// packet of sound nobody sends.
const packetLimit = 4096

// mostCalls is how many call numbers there are: 15 bits without 0 and 1, which answers to
// packets of no call have.
const mostCalls = 1<<15 - 2

var errFull = errors.New("iax: there are as many calls as the settings allow")

// read takes what comes by the port until it is closed.
func (d *Driver) read(conn *net.UDPConn) {
	buffer := make([]byte, packetLimit)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buffer)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // of an earlier packet: the far end has no such port
			continue
		}
		packet := slices.Clone(buffer[:n]) // frames go on to other goroutines
		from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
		d.Channels.Contain("a packet of IAX2", func() { d.take(packet, from) })
	}
}

// take does what a packet asks for. What can't be read, and what is of no call, is dropped.
func (d *Driver) take(packet []byte, from netip.AddrPort) {
	if !isFull(packet) {
		d.takeMini(packet, from)
		return
	}
	f, err := parseFrame(packet)
	if err != nil {
		return
	}
	if f.kind == iaxWord && f.dest == 0 {
		switch f.subclass {
		case wordPoke:
			d.apart(from, frame{dest: f.source, stamp: f.stamp, in: f.out + 1, kind: iaxWord, subclass: wordPong})
			return
		case wordRegReq:
			w := (&writer{}).text(elementCause, "Registration is not served here").number8(elementCauseCode, 29)
			d.apart(from, frame{dest: f.source, stamp: f.stamp, in: f.out + 1, kind: iaxWord, subclass: wordRegRej, body: w.body})
			return
		case wordNew:
			d.takeNew(f, from)
			return
		}
	}
	d.mu.Lock()
	c := d.calls[f.dest]
	d.mu.Unlock()
	if c == nil || !c.from(from, &f) {
		if f.counted() {
			d.apart(from, frame{source: f.dest, dest: f.source, stamp: f.stamp, out: f.in, in: f.out, kind: iaxWord, subclass: wordInval})
		}
		return
	}
	c.receive(f)
}

// takeMini takes sound with the short header.
func (d *Driver) takeMini(packet []byte, from netip.AddrPort) {
	if len(packet) <= miniHeader {
		return
	}
	number := uint16(packet[0])<<8 | uint16(packet[1])
	d.mu.Lock()
	c := d.remote[origin{from, number}]
	d.mu.Unlock()
	if c != nil {
		c.sound(packet[miniHeader:])
	}
}

// apart sends a frame that belongs to no call. Where it has no number of its own it gets 1, which
// no call has.
func (d *Driver) apart(to netip.AddrPort, f frame) {
	if f.source == 0 {
		f.source = 1
	}
	d.send(to, f.append(nil))
}

func (d *Driver) send(to netip.AddrPort, packet []byte) {
	if conn := d.conn.Load(); conn != nil {
		_, _ = conn.WriteToUDPAddrPort(packet, to) // what is lost is sent again
	}
}

// newCall gives a call a number.
func (d *Driver) newCall(at netip.AddrPort, s *Settings) (*call, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.calls) >= mostCalls || d.perHost[at.Addr()] >= s.perHost {
		return nil, errFull
	}
	for {
		d.next++
		if d.next < 2 || d.next > mostCalls+1 {
			d.next = 2
		}
		if d.calls[d.next] == nil {
			break
		}
	}
	c := &call{driver: d, number: d.next, at: at, began: time.Now(), settings: s}
	d.calls[c.number] = c
	d.perHost[at.Addr()]++
	return c, nil
}

// known notes how the far end numbers a call.
func (d *Driver) known(c *call, number uint16) {
	d.mu.Lock()
	d.remote[origin{c.at, number}] = c
	d.mu.Unlock()
}

// drop forgets a call.
func (d *Driver) drop(c *call, number uint16) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.calls[c.number] != c {
		return
	}
	delete(d.calls, c.number)
	if number != 0 && d.remote[origin{c.at, number}] == c {
		delete(d.remote, origin{c.at, number})
	}
	if d.perHost[c.at.Addr()]--; d.perHost[c.at.Addr()] <= 0 {
		delete(d.perHost, c.at.Addr())
	}
}
