package rtp

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pion/turn/v5"

	"github.com/octothorpe/octothorpe/internal/media"
)

// selfSigned makes a certificate for one test.
func selfSigned(t testing.TB) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

var iceNames = [2][2]string{{"alicealice", "passwordpasswordpasswordA"}, {"bobbobbob", "passwordpasswordpasswordB"}}

// icy begins ICE at a side.
func icy(t testing.TB, v *side, who int, change func(*ICEConfig)) {
	t.Helper()
	c := ICEConfig{Ufrag: iceNames[who][0], Password: iceNames[who][1], Addresses: []netip.Addr{loopback}, Mux: true}
	if change != nil {
		change(&c)
	}
	if err := v.StartICE(c); err != nil {
		t.Fatal(err)
	}
}

// meet tells two sides of each other's candidates.
func meet(t testing.TB, a, b *side) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	lines := [2][]string{a.ICECandidates(ctx), b.ICECandidates(ctx)}
	for i, v := range []*side{a, b} {
		err := v.ConnectICE(ICERemote{Ufrag: iceNames[1-i][0], Password: iceNames[1-i][1], Candidates: lines[1-i]}, i == 0)
		if err != nil {
			t.Fatal(err)
		}
	}
}

// hears writes until the other side has heard something.
func hears(t testing.TB, from, to *side) {
	t.Helper()
	end := time.After(10 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case f := <-to.frames:
			if f.Kind == media.Voice && bytes.Equal(f.Data, voice(media.ULaw, 9).Data) {
				return
			}
		case <-tick.C:
			if err := from.Write(voice(media.ULaw, 9)); err != nil {
				t.Fatal(err)
			}
		case <-end:
			t.Fatal("nothing was heard")
		}
	}
}

// TestICEFindsTheWay of both components, whether they share a port or not.
func TestICEFindsTheWay(t *testing.T) {
	for _, mux := range []bool{true, false} {
		reports := make(chan Report, 100)
		a := newSide(t, func(c *Config) { c.ReportEvery = 50 * time.Millisecond })
		b := newSide(t, func(c *Config) {
			c.Reported = func(r Report) {
				if !r.Sent {
					select {
					case reports <- r:
					default:
					}
				}
			}
		})
		set := func(c *ICEConfig) { c.Mux = mux }
		icy(t, a, 0, set)
		icy(t, b, 1, set)
		meet(t, a, b)
		hears(t, a, b)
		hears(t, b, a)
		select {
		case r := <-reports:
			if r.SSRC != a.SSRC() {
				t.Errorf("mux %v: a report of %x, want %x", mux, r.SSRC, a.SSRC())
			}
		case <-time.After(10 * time.Second):
			t.Errorf("mux %v: no report came", mux)
		}
	}
}

// TestICEBeginsAnew with other names, and media goes on.
func TestICEBeginsAnew(t *testing.T) {
	a, b := newSide(t, nil), newSide(t, nil)
	icy(t, a, 0, nil)
	icy(t, b, 1, nil)
	meet(t, a, b)
	hears(t, a, b)
	old := iceNames
	defer func() { iceNames = old }()
	iceNames = [2][2]string{{"alicetwo", "passwordpasswordpasswordC"}, {"bobtwobob", "passwordpasswordpasswordD"}}
	a.RenameICE(iceNames[0][0], iceNames[0][1])
	b.RenameICE(iceNames[1][0], iceNames[1][1])
	meet(t, a, b)
	hears(t, b, a)
	hears(t, a, b)
}

// TestDTLSGivesKeys to both sides, with ICE and without, and nothing goes out before.
func TestDTLSGivesKeys(t *testing.T) {
	for _, ice := range []bool{true, false} {
		a, b := newSide(t, nil), newSide(t, nil)
		done := make(chan error, 2)
		for i, v := range []*side{a, b} {
			if ice {
				icy(t, v, i, nil)
			}
			if err := v.StartDTLS(DTLSConfig{Certificate: selfSigned(t), Client: i == 0, Done: func(err error) { done <- err }}); err != nil {
				t.Fatal(err)
			}
		}
		if err := a.Write(voice(media.ULaw, 1)); err != nil {
			t.Errorf("before there are keys: %v, want silence", err)
		}
		if ice {
			meet(t, a, b)
		} else {
			join(a, b)
		}
		for range 2 {
			select {
			case err := <-done:
				if err != nil {
					t.Fatal(err)
				}
			case <-time.After(10 * time.Second):
				t.Fatal("the handshake does not end")
			}
		}
		hears(t, a, b)
		hears(t, b, a)
		if n := a.Stats().Packets; n == 0 {
			t.Error("nothing was received")
		}
	}
}

// TestDTLSOfAStranger: a certificate that is not the one that was announced gets no keys.
func TestDTLSOfAStranger(t *testing.T) {
	a, b := newSide(t, nil), newSide(t, nil)
	done := make(chan error, 2)
	stranger := errors.New("not the announced one")
	for i, v := range []*side{a, b} {
		c := DTLSConfig{Certificate: selfSigned(t), Client: i == 0, Done: func(err error) { done <- err }}
		if i == 1 {
			c.Verify = func([][]byte) error { return stranger }
		}
		if err := v.StartDTLS(c); err != nil {
			t.Fatal(err)
		}
	}
	join(a, b)
	for range 2 {
		select {
		case err := <-done:
			if err == nil {
				t.Error("a stranger was let in")
			}
		case <-time.After(10 * time.Second):
			t.Fatal("the handshake does not end")
		}
	}
	if err := a.Write(voice(media.ULaw, 9)); err != nil {
		t.Error(err)
	}
	if n := a.Stats().SentPackets; n > 1 || len(b.frames) > 0 {
		t.Errorf("%d packets, %d heard", n, len(b.frames))
	}
}

// TestMediaThroughTURN: where the sides only know each other's relay, media goes through it.
func TestMediaThroughTURN(t *testing.T) {
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server, err := turn.NewServer(turn.ServerConfig{Realm: "test", AuthHandler: func(a *turn.RequestAttributes) (string, []byte, bool) {
		return a.Username, turn.GenerateAuthKey(a.Username, a.Realm, "secret"), true
	}, PacketConnConfigs: []turn.PacketConnConfig{{PacketConn: conn, RelayAddressGenerator: &turn.RelayAddressGeneratorStatic{RelayAddress: net.IPv4(127, 0, 0, 1), Address: "127.0.0.1"}}}})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	a, b := newSide(t, nil), newSide(t, nil)
	set := func(c *ICEConfig) { c.TURN, c.TURNUser, c.TURNPassword = conn.LocalAddr().String(), "me", "secret" }
	icy(t, a, 0, set)
	icy(t, b, 1, set)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	for i, v := range []*side{a, b} {
		var relays []string
		for _, line := range []*side{b, a}[i].ICECandidates(ctx) {
			if strings.Contains(line, "typ relay") {
				relays = append(relays, line)
			}
		}
		if len(relays) == 0 {
			t.Fatal("the server gave no address")
		}
		if err := v.ConnectICE(ICERemote{Ufrag: iceNames[1-i][0], Password: iceNames[1-i][1], Candidates: relays}, i == 0); err != nil {
			t.Fatal(err)
		}
	}
	hears(t, a, b)
	hears(t, b, a)
}
