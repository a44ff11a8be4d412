package sip

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// nameServer answers questions of one zone by UDP and counts them.
func nameServer(t *testing.T) (address netip.AddrPort, asked func() int) {
	t.Helper()
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	if err != nil {
		t.Fatal(err)
	}
	count := make(chan int, 1)
	count <- 0
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 1500)
		for {
			n, from, err := c.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			var q dnsmessage.Message
			if q.Unpack(b[:n]) != nil || len(q.Questions) != 1 {
				continue
			}
			count <- 1 + <-count
			packed, err := zone(q).Pack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = c.WriteToUDPAddrPort(packed, from)
		}
	}()
	t.Cleanup(func() { _ = c.Close(); <-done })
	return addrPort(c.LocalAddr()), func() int { n := <-count; count <- n; return n }
}

func zone(q dnsmessage.Message) *dnsmessage.Message {
	question := q.Questions[0]
	r := &dnsmessage.Message{Header: dnsmessage.Header{ID: q.ID, Response: true, Authoritative: true}, Questions: q.Questions}
	add := func(body dnsmessage.ResourceBody) {
		r.Answers = append(r.Answers, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: question.Name, Class: dnsmessage.ClassINET, TTL: 60, Type: question.Type}, Body: body})
	}
	switch name := question.Name.String(); {
	case name == "voip.example." && question.Type == typeNAPTR:
		data := []byte{0, 10, 0, 20, 1, 's', 7}
		data = append(data, "SIP+D2U"...)
		data = append(data, 0)
		for _, label := range []string{"_sip", "_udp", "voip", "example"} {
			data = append(append(data, byte(len(label))), label...)
		}
		add(&dnsmessage.UnknownResource{Type: typeNAPTR, Data: append(data, 0)})
	case name == "_sip._udp.voip.example." && question.Type == dnsmessage.TypeSRV:
		add(&dnsmessage.SRVResource{Priority: 1, Weight: 2, Port: 5070, Target: dnsmessage.MustNewName("a.voip.example.")})
	case name == "a.voip.example." && question.Type == dnsmessage.TypeA:
		add(&dnsmessage.AResource{A: [4]byte{192, 0, 2, 33}})
	case name == "a.voip.example.":
	default:
		r.RCode = dnsmessage.RCodeNameError
	}
	return r
}

func TestResolverAsksNameServers(t *testing.T) {
	server, asked := nameServer(t)
	names := NewResolver(ResolverConfig{Servers: []netip.AddrPort{server}, Timeout: 5 * time.Second})
	s, _ := listening(t, Config{Resolver: names}, "udp", "0.0.0.0:0", ListenOptions{})
	want := []target{{network: "udp", addr: netip.MustParseAddrPort("192.0.2.33:5070")}}
	for range 2 {
		list, err := s.resolve(context.Background(), hop{uri: URI{Scheme: "sip", Host: "voip.example"}})
		if err != nil || !slices.Equal(list, want) {
			t.Fatalf("got %v, %v, want %v", list, err, want)
		}
	}
	if n := asked(); n > 4 { // NAPTR, SRV, A, AAAA
		t.Errorf("%d questions, want 4: answers are remembered", n)
	}
	if _, err := names.LookupNAPTR(context.Background(), "nobody.example"); err == nil {
		t.Error("a name that does not exist has an answer")
	}
}

// A name server that is silent is followed by the next.
func TestResolverAsksFurtherNameServers(t *testing.T) {
	silent, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	server, _ := nameServer(t)
	names := NewResolver(ResolverConfig{Servers: []netip.AddrPort{addrPort(silent.LocalAddr()), server}, Timeout: 50 * time.Millisecond})
	ctx := context.Background()
	if list, err := names.LookupNAPTR(ctx, "voip.example"); err != nil || len(list) != 1 {
		t.Errorf("NAPTR: %v, %v", list, err)
	}
	if list, err := names.LookupSRV(ctx, "_sip._udp.voip.example"); err != nil || len(list) != 1 {
		t.Errorf("SRV: %v, %v", list, err)
	}
	if list, err := names.LookupAddr(ctx, "a.voip.example"); err != nil || len(list) != 1 {
		t.Errorf("A: %v, %v", list, err)
	}
}

func FuzzNAPTR(f *testing.F) {
	f.Add([]byte{0, 10, 0, 20, 1, 's', 7, 'S', 'I', 'P', '+', 'D', '2', 'U', 0, 1, 'a', 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, ok := parseNAPTR(b)
		if ok && len(r.Flags)+len(r.Service)+len(r.Replacement) > len(b) {
			t.Errorf("%v has more text than %d bytes", r, len(b))
		}
	})
}

// bothAt listens by TCP and UDP at one port, one that is nobody's by either.
func bothAt(t *testing.T) (net.Listener, net.PacketConn) {
	t.Helper()
	for range 100 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if u, err := net.ListenPacket("udp", l.Addr().String()); err == nil {
			return l, u
		}
		_ = l.Close()
	}
	t.Fatal("no port is free by TCP and UDP")
	return nil, nil
}

// What does not fit into a datagram is asked for again by TCP (RFC 7766 §5).
func TestTruncatedNAPTRComesByTCP(t *testing.T) {
	l, u := bothAt(t)
	answer := func(b []byte, truncated bool) []byte {
		var q dnsmessage.Message
		if err := q.Unpack(b); err != nil {
			t.Error(err)
		}
		m := zone(q)
		if m.Truncated = truncated; truncated {
			m.Answers = nil
		}
		packed, err := m.Pack()
		if err != nil {
			t.Error(err)
		}
		return packed
	}
	var served sync.WaitGroup
	served.Go(func() {
		b := make([]byte, 1500)
		if n, from, err := u.ReadFrom(b); err == nil {
			_, _ = u.WriteTo(answer(b[:n], true), from)
		}
	})
	served.Go(func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		if b, err := readPrefixed(c); err == nil {
			b = answer(b, false)
			_, _ = c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...))
		}
	})
	list, err := queryNAPTR(context.Background(), addrPort(u.LocalAddr()), "voip.example", time.Minute)
	if err != nil || len(list) != 1 || list[0].Replacement != "_sip._udp.voip.example" {
		t.Errorf("got %v, %v", list, err)
	}
	_, _ = u.Close(), l.Close()
	served.Wait()
}
