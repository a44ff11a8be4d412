package main

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"net"
	"time"
)

// RTP, RFC 3550 §5.1, as far as it is needed for one stream of G.711.
const (
	header  = 12
	version = 2 << 6
	pcmu    = 0   // RFC 3551 §6
	samples = 160 // 20 ms
	frame   = 20 * time.Millisecond
)

// listen has the agent hear what comes, until the connection is closed. Packets are taken as they come: the exchange is near.
func listen(conn net.PacketConn, a *agent) {
	packet := make([]byte, 1500)
	for {
		n, _, err := conn.ReadFrom(packet)
		if err != nil {
			return
		}
		if n < header || packet[0]&0xc0 != version || packet[1]&0x7f != pcmu {
			continue
		}
		if begin := header + 4*int(packet[0]&0x0f); begin < n {
			a.hear(packet[begin:n])
		}
	}
}

// speak sends what the agent says, a packet every 20 ms, until ctx ends.
func speak(ctx context.Context, conn net.PacketConn, to net.Addr, a *agent) {
	packet := make([]byte, header+samples)
	packet[0], packet[1] = version, pcmu|0x80 // the marker: something begins
	sequence, timestamp := uint16(rand.Uint32()), rand.Uint32()
	binary.BigEndian.PutUint32(packet[8:], rand.Uint32())
	ticker := time.NewTicker(frame)
	defer ticker.Stop()
	for {
		binary.BigEndian.PutUint16(packet[2:], sequence)
		binary.BigEndian.PutUint32(packet[4:], timestamp)
		a.say(packet[header:])
		if _, err := conn.WriteTo(packet, to); err != nil {
			return
		}
		packet[1] &^= 0x80
		sequence++
		timestamp += samples
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}
