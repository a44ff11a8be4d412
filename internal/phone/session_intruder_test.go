package phone

import (
	"encoding/binary"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/media"
)

// rtpTo sends packets of G.711 in sequence to a session's port, each filled with a byte.
func rtpTo(t *testing.T, from *net.UDPConn, port int, sequence uint16, count int, fill byte) {
	t.Helper()
	b := make([]byte, 12+160)
	for i := range b[12:] {
		b[12+i] = fill
	}
	for range count {
		b[0] = 2 << 6
		binary.BigEndian.PutUint16(b[2:], sequence)
		binary.BigEndian.PutUint32(b[4:], uint32(sequence)*160)
		b[11] = fill
		sequence++
		if _, err := from.WriteToUDP(b, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}); err != nil {
			t.Fatal(err)
		}
	}
}

// Who is not the phone can send what he likes to the port of a call: he is neither
// heard nor sent the other side's voice, also where media goes where it comes from. His
// packets are fewer than those of a probation: that many in a burst do not pass one either
// is what package rtp tests, where it is the test that says when each of them arrives.
func TestAStrangerTakesNoPartInACall(t *testing.T) {
	d, legs := exchanging(t, PJSIP, callPJSIP+"context=incoming\nrtp_symmetric=yes\n")
	settings := *d.media.Load()
	settings.Probation = 50
	d.SetMedia(settings)
	p := newSoftphone(t, d)
	sockets := [2]*net.UDPConn{}
	for i := range sockets {
		conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		sockets[i] = conn
	}
	phone, stranger := sockets[0], sockets[1]
	p.inviteBy(strings.Replace(offer, "40000", strconv.Itoa(phone.LocalAddr().(*net.UDPAddr).Port), 1), "1", "other", "X-One: first")
	c := ended(t, <-legs)
	if err := c.Answer(); err != nil {
		t.Fatal(err)
	}
	s := c.Leg().(*session)
	heard := make(chan byte, 100)
	c.SetSink(func(f media.Frame) {
		if f.Kind == media.Voice {
			heard <- f.Data[0]
		}
	})
	rtpTo(t, stranger, s.audio.Port(), 100, 10, 's')
	rtpTo(t, phone, s.audio.Port(), 9000, 6, 'p')
	rtpTo(t, stranger, s.audio.Port(), 110, 10, 's')
	rtpTo(t, phone, s.audio.Port(), 9006, 1, 'e')
	for {
		select {
		case who := <-heard:
			if who == 's' {
				t.Fatal("the stranger is heard")
			}
			if who != 'e' {
				continue
			}
		case <-time.After(5 * time.Second):
			t.Fatal("the phone is not heard")
		}
		break
	}
	if got := s.audio.RemoteAddr().String(); got != phone.LocalAddr().String() {
		t.Errorf("media goes to %s, want the phone at %s", got, phone.LocalAddr())
	}
}
