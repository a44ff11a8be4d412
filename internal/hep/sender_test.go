package hep

import (
	"log/slog"
	"net"
	"net/netip"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSender(t *testing.T) {
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	s, _ := read(t, "[general]\ncapture_address = "+server.LocalAddr().String()+"\n")
	r, err := Start(s, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	p := &Packet{From: netip.MustParseAddrPort("127.0.0.1:1"), To: netip.MustParseAddrPort("127.0.0.1:2"), Protocol: SIP, Payload: []byte("OPTIONS")}
	r.Send(&Packet{From: p.From, To: p.To, Payload: make([]byte, longestPacket)}) // too long: dropped
	r.Send(p)
	_ = server.SetReadDeadline(time.Now().Add(10 * time.Second))
	b := make([]byte, 2000)
	n, _, err := server.ReadFrom(b)
	if want := Append(nil, s, p); err != nil || string(b[:n]) != string(want) {
		t.Errorf("the server got %q, %v; want %q", b[:n], err, want)
	}
	r.Close()
	if sent, dropped := r.Figures(); sent != 1 || dropped != 1 {
		t.Errorf("%d were sent and %d dropped, want 1 and 1", sent, dropped)
	}
	var nobody *Sender
	nobody.Send(p)
	nobody.Close()
}

func TestAFullQueueDrops(t *testing.T) {
	r := &Sender{queue: make(chan *Packet, 1)}
	r.Send(&Packet{})
	r.Send(&Packet{})
	if _, dropped := r.Figures(); dropped != 1 {
		t.Errorf("%d were dropped, want 1", dropped)
	}
}
