package rtp

import (
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"github.com/octothorpe/octothorpe/internal/media"
)

// FuzzReceive throws datagrams at a session that relays and at one that does not.
func FuzzReceive(f *testing.F) {
	f.Add((&Packet{SSRC: 1, Type: 0, Payload: media160}).bytes(), true)
	f.Add((&Packet{SSRC: 1, Type: 101, Payload: []byte{5, 10, 0, 160}}).bytes(), false)
	f.Add((&Packet{SSRC: 1, Type: 13, Payload: []byte{40}}).bytes(), false)
	report := Report{Sender: true, SSRC: 1, Blocks: []ReportBlock{{SSRC: 2, LastSR: 5}}}
	b, err := report.marshal("x")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b, false)
	ports, err := NewPorts(33000, 39999)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte, relayed bool) {
		frames := 0
		c := Config{Ports: ports, Local: loopback, Payloads: narrow, Deliver: func(f media.Frame) {
			if frames++; f.Kind == media.Voice && (f.Format == nil || len(f.Data) == 0) {
				t.Errorf("frame %+v", f)
			}
		}}
		s, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		other, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		if relayed {
			if _, err := Relay(s, other, true); err != nil {
				t.Fatal(err)
			}
		}
		from := netip.AddrPortFrom(loopback, 9)
		for range 3 {
			s.receive(append([]byte(nil), data...), from, now())
		}
		v := s.Stats()
		if n := v.Packets + v.Malformed; n < 3 && !isControl(data) {
			t.Errorf("3 datagrams, %d packets and %d malformed", v.Packets, v.Malformed)
		}
	})
}

// TestReportsShareThePort where the other side asked for it (RFC 5761).
func TestReportsShareThePort(t *testing.T) {
	s := newSide(t, func(c *Config) { c.ReportEvery = 20 * time.Millisecond })
	phone := listen(t)
	s.SetRemote(phone.addr(), phone.addr())
	b := make([]byte, 1500)
	_ = phone.conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	n, from, err := phone.conn.ReadFromUDPAddrPort(b)
	if err != nil {
		t.Fatal(err)
	}
	packets, err := rtcp.Unmarshal(b[:n])
	if err != nil || len(packets) != 2 || from != s.LocalAddr() {
		t.Fatalf("%d packets from %s: %v", len(packets), from, err)
	}
	if r, ok := packets[0].(*rtcp.ReceiverReport); !ok || r.SSRC != s.SSRC() {
		t.Errorf("first packet %v", packets[0])
	}
}

// TestSymmetricReports go where the other side's come from.
func TestSymmetricReports(t *testing.T) {
	s := newSide(t, func(c *Config) { c.Symmetric, c.ReportEvery = true, 50*time.Millisecond })
	s.SetRemote(netip.MustParseAddrPort("127.0.0.1:9"), netip.AddrPort{})
	phone := listen(t)
	phone.to = netip.AddrPortFrom(loopback, uint16(s.Port()+1))
	report := Report{SSRC: 5}
	b, err := report.marshal("phone")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := phone.conn.WriteToUDPAddrPort(b, phone.to); err != nil {
		t.Fatal(err)
	}
	_ = phone.conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	if _, from, err := phone.conn.ReadFromUDPAddrPort(make([]byte, 1500)); err != nil || from != phone.to {
		t.Errorf("report from %s: %v", from, err)
	}
}

// TestComfortNoise arrives as silence and can be sent.
func TestComfortNoise(t *testing.T) {
	a, b := newSide(t, nil), newSide(t, nil)
	join(a, b)
	if err := a.Write(media.Frame{Kind: media.CNG}); err != nil {
		t.Fatal(err)
	}
	if f := b.get(t); f.Kind != media.CNG {
		t.Errorf("%+v", f)
	}
}

// TestVideoKeepsItsHeader: marker and steps of time survive the generic path.
func TestVideoKeepsItsHeader(t *testing.T) {
	video := func(c *Config) {
		c.Kind, c.Payloads = media.Video, []Payload{{Type: 99, Format: media.H264}}
	}
	a, b := newSide(t, video), newSide(t, video)
	phone, screen := listen(t), listen(t)
	phone.to = a.LocalAddr()
	b.SetRemote(screen.addr(), netip.AddrPort{})
	var last Packet
	for i, p := range []Packet{{Timestamp: 90000}, {Timestamp: 90000, Marker: true}, {Timestamp: 93000, Marker: true}} {
		p.SSRC, p.Type, p.Sequence, p.Payload = 1, 99, uint16(i), []byte{byte(i), 1}
		phone.send(t, p)
		f := a.get(t)
		if f.Kind != media.VideoFrame {
			t.Fatalf("%+v", f)
		}
		if err := b.Write(f); err != nil {
			t.Fatal(err)
		}
		got := screen.packet(t)
		if got.Marker != p.Marker || got.Payload[0] != byte(i) || i == 1 && got.Timestamp != last.Timestamp ||
			i == 2 && got.Timestamp != last.Timestamp+3000 {
			t.Errorf("packet %d: %+v after %+v", i, got, last)
		}
		last = got
	}
}
