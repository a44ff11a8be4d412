package openflow

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pair returns both ends of a session over a pipe.
func pair(t *testing.T, o Options) (controller, switched *Conn) { return pairOf(t, o, o) }

// pairOf is pair with options for each.
func pairOf(t *testing.T, forController, forSwitch Options) (controller, switched *Conn) {
	t.Helper()
	a, b := net.Pipe()
	made := make(chan *Conn)
	go func() {
		c, err := NewConn(t.Context(), b, forSwitch)
		if err != nil {
			t.Error(err)
		}
		made <- c
	}()
	controller, err := NewConn(t.Context(), a, forController)
	if err != nil {
		t.Fatal(err)
	}
	switched = <-made
	t.Cleanup(func() { controller.Close(); switched.Close() })
	return controller, switched
}

func TestRequestsFindTheirAnswers(t *testing.T) {
	controller, s := pair(t, Options{})
	go func() {
		for {
			r, err := s.Receive(t.Context())
			if err != nil {
				return
			}
			switch m := r.Message.(type) {
			case *BarrierRequest:
				s.Reply(t.Context(), r.XID, &BarrierReply{})
			case *FlowMod:
				s.Reply(t.Context(), r.XID, &Error{Kind: FlowModFailed, Code: 1})
			case *RoleRequest:
				s.Reply(t.Context(), r.XID, &Error{Kind: RoleRequestFailed})
			case *MultipartRequest:
				s.Reply(t.Context(), r.XID, &MultipartReply{Flags: More, Body: &PortDescReply{Ports: []Port{{Number: 1}}}})
				s.Reply(t.Context(), r.XID, &MultipartReply{Body: &PortDescReply{Ports: []Port{{Number: 2}}}})
			default:
				t.Errorf("a %s came", m.Type())
			}
		}
	}()
	got, err := controller.Request(t.Context(), &MultipartRequest{Body: &PortDescRequest{}})
	if err != nil {
		t.Fatal(err)
	}
	if ports := got.(*MultipartReply).Body.(*PortDescReply).Ports; len(ports) != 2 || ports[1].Number != 2 {
		t.Errorf("got %+v", ports)
	}
	var refused *Error
	if _, err := controller.Request(t.Context(), &RoleRequest{}); !errors.As(err, &refused) || refused.Kind != RoleRequestFailed {
		t.Errorf("got %v", err)
	}
	xid, err := controller.Send(t.Context(), &FlowMod{})
	if err != nil {
		t.Fatal(err)
	}
	if err := controller.Barrier(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r, err := controller.Receive(t.Context()); err != nil || r.XID != xid {
		t.Errorf("the error of a message that was only sent: %+v, %v", r, err)
	}
}

func TestOldVersionsAreRefused(t *testing.T) {
	a, b := net.Pipe()
	defer b.Close()
	answer := make(chan *Error, 1)
	go func() {
		b.Write([]byte{1, 0, 0, 8, 0, 0, 0, 9})
		buf := make([]byte, 512)
		b.Read(buf) // hello
		n, _ := b.Read(buf)
		_, m, _ := Decode(buf[:n])
		e, _ := m.(*Error)
		answer <- e
	}()
	if _, err := NewConn(t.Context(), a, Options{}); !errors.Is(err, ErrVersion) {
		t.Errorf("got %v", err)
	}
	if e := <-answer; e == nil || e.Kind != HelloFailed {
		t.Errorf("the other side was told %+v", e)
	}
}

func TestSilenceEndsASession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := net.Pipe()
		go func() { // greets, then reads and never says a word again
			b.Write([]byte{4, 0, 0, 8, 0, 0, 0, 1})
			buf := make([]byte, 512)
			for {
				if _, err := b.Read(buf); err != nil {
					return
				}
			}
		}()
		c, err := NewConn(t.Context(), a, Options{Echo: 10 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		<-c.Done()
		if took := time.Since(start); !errors.Is(c.Err(), ErrSilent) || took != 20*time.Second {
			t.Errorf("ended with %v after %v", c.Err(), took)
		}
		c.Close()
		b.Close()
	})
}

func TestEchoKeepsASessionAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := pair(t, Options{Echo: 10 * time.Second})
		time.Sleep(time.Hour)
		if a.Err() != nil || b.Err() != nil {
			t.Errorf("ended: %v, %v", a.Err(), b.Err())
		}
		a.Close()
		b.Close()
	})
}

func TestSendWaitsForASlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := net.Pipe()
		go b.Write([]byte{4, 0, 0, 8, 0, 0, 0, 1})
		go b.Read(make([]byte, 512)) // the hello, and nothing more
		c, err := NewConn(t.Context(), a, Options{Echo: -1, Pending: 1000})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		sent := 0
		for ; err == nil; sent++ {
			_, err = c.Send(ctx, &EchoReply{Data: make([]byte, 92)})
		}
		if !errors.Is(err, context.DeadlineExceeded) || sent > 40 {
			t.Errorf("%d were sent, then %v", sent, err)
		}
		c.Close()
		b.Close()
	})
}

func TestFloodOfPacketInsIsDroppedAndCounted(t *testing.T) {
	controller, s := pair(t, Options{Queue: 10})
	for range 50 {
		if _, err := s.Send(t.Context(), &PacketIn{Buffer: NoBuffer}); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan error, 1)
	go func() { done <- controller.Barrier(t.Context()) }() // its answer comes behind them
	for {
		r, err := s.Receive(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := r.Message.(*BarrierRequest); ok {
			s.Reply(t.Context(), r.XID, &BarrierReply{})
			break
		}
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if n := controller.Stats().DroppedPacketIns; n != 40 {
		t.Errorf("%d dropped, want 40", n)
	}
}

func TestDeliverIsCalledInsteadOfQueueing(t *testing.T) {
	got := make(chan Received, 2)
	_, other := pairOf(t, Options{Deliver: func(r Received) { got <- r }}, Options{})
	xid, err := other.Send(t.Context(), &PacketIn{Table: 7})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Send(t.Context(), &PortStatus{Reason: PortDeleted}); err != nil {
		t.Fatal(err)
	}
	first, second := <-got, <-got
	if p, ok := first.Message.(*PacketIn); !ok || p.Table != 7 || first.XID != xid {
		t.Errorf("got %+v", first)
	}
	if p, ok := second.Message.(*PortStatus); !ok || p.Reason != PortDeleted {
		t.Errorf("got %+v", second)
	}
}

// A packet-in is refused by its port, wherever it can be; all else comes through.
func TestPacketInsAreRefusedByTheirPort(t *testing.T) {
	var asked []uint32
	one, other := pairOf(t, Options{Refuse: func(port uint32) bool { asked = append(asked, port); return port == 1 }}, Options{})
	port := func(n uint64) Match { return Match{InPort.Uint(n)} }
	behind := Match{Metadata.Uint(1), InPort.Uint(1)} // it does not begin with the port
	for _, m := range []Message{&PacketIn{Table: 1, Match: port(1)}, &PacketIn{Table: 2, Match: port(2)}, &PacketIn{Table: 3}, &PacketIn{Table: 4, Match: behind},
		&FlowRemoved{Table: 5, Match: port(1)}, &PacketIn{Table: 6, Match: port(1)}, &PortStatus{}} {
		if _, err := other.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	var came []uint8
	for {
		r, err := one.Receive(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if p, is := r.Message.(*PacketIn); is {
			came = append(came, p.Table)
		} else if f, is := r.Message.(*FlowRemoved); is {
			came = append(came, f.Table)
		} else {
			break
		}
	}
	if !slices.Equal(came, []uint8{2, 3, 4, 5}) || !slices.Equal(asked, []uint32{1, 2, 1}) {
		t.Errorf("those of tables %v came, and ports %v were asked for", came, asked)
	}
}

func TestGarbageIsAnsweredAndOverlooked(t *testing.T) {
	controller, s := pair(t, Options{})
	garbage := []byte{4, 14, 0, 8, 0, 0, 0, 9} // a flow mod without a body
	s.mu.Lock()
	s.pending = append(s.pending, garbage...)
	s.mu.Unlock()
	if _, err := s.Send(t.Context(), &PacketIn{Buffer: NoBuffer}); err != nil {
		t.Fatal(err)
	}
	if r, err := controller.Receive(t.Context()); err != nil || r.Message.Type() != 10 {
		t.Errorf("got %+v, %v", r, err)
	}
	if n := controller.Stats().Undecodable; n != 1 {
		t.Errorf("%d undecodable", n)
	}
}

func TestListenAndDialWithTLS(t *testing.T) {
	certificate, pool := selfSigned(t)
	l, err := Listen("pssl:0:127.0.0.1", &tls.Config{Certificates: []tls.Certificate{certificate}})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	accepted := make(chan *Conn, 1)
	go func() {
		nc, err := l.Accept()
		if err != nil {
			t.Error(err)
			return
		}
		c, err := NewConn(context.Background(), nc, Options{})
		if err != nil {
			t.Error(err)
		}
		accepted <- c
	}()
	c, err := Dial(t.Context(), "ssl:"+l.Addr().String(), &tls.Config{RootCAs: pool, ServerName: "switch"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	other := <-accepted
	defer other.Close()
	if _, err := c.Send(t.Context(), &PacketIn{Buffer: NoBuffer, Cookie: 5}); err != nil {
		t.Fatal(err)
	}
	if r, err := other.Receive(t.Context()); err != nil || r.Message.(*PacketIn).Cookie != 5 {
		t.Errorf("got %+v, %v", r, err)
	}
}

func selfSigned(t *testing.T) (tls.Certificate, *x509.CertPool) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"switch"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func TestAddresses(t *testing.T) {
	for _, c := range []struct{ address, network, host string }{
		{"tcp:10.0.0.1", "tcp", "10.0.0.1:6653"},
		{"ssl:10.0.0.1:6633", "ssl", "10.0.0.1:6633"},
		{"tcp:[::1]:6633", "tcp", "[::1]:6633"},
		{"unix:/run/br0.mgmt", "unix", "/run/br0.mgmt"},
		{"udp:10.0.0.1", "", ""},
		{"tcp", "", ""},
	} {
		network, host, err := split(c.address, "tcp", "ssl", "unix")
		if network != c.network || host != c.host || (err != nil) != (c.network == "") {
			t.Errorf("%s: %s %s %v", c.address, network, host, err)
		}
	}
	for address, want := range map[string]string{"ptcp:": ":6653", "ptcp:6633": ":6633", "pssl:6633:[::1]": "[::1]:6633"} {
		if _, host, err := split(address, "ptcp", "pssl", "punix"); err != nil || host != want {
			t.Errorf("%s: %s %v", address, host, err)
		}
	}
}
