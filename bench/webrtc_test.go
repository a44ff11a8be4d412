//go:build linux

package bench

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/srtp/v3"
	"golang.org/x/sys/unix"

	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/internal/rtp"
)

// webCalls is how many calls there are at once, of each sort.
const webCalls = 200

// BenchmarkWebRTCRelay measures the processor time that a relayed packet costs where
// both legs of a call are DTLS-SRTP, against plain RTP: 200 calls of each sort stand at
// once and take turns in one run, so that a busy machine is as busy for both. What is
// sent was enciphered before; the sender's thread is subtracted. One operation is a
// packet of each sort.
func BenchmarkWebRTCRelay(b *testing.B) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	plain, secure := newCalls(b, 0), newCalls(b, dtls.SRTP_AEAD_AES_128_GCM)
	older := newCalls(b, dtls.SRTP_AES128_CM_HMAC_SHA1_80)
	ways := []*calls{plain, secure, older}
	const turn = 2000 // packets: 10 of each call
	for round := 0; round*turn < b.N; round++ {
		for i := range ways {
			w := ways[(i+round)%len(ways)]
			w.seal(b, turn/webCalls)
			before := processorTime(unix.RUSAGE_SELF) - processorTime(unix.RUSAGE_THREAD)
			w.pass(b)
			w.used += processorTime(unix.RUSAGE_SELF) - processorTime(unix.RUSAGE_THREAD) - before
		}
	}
	for name, w := range map[string]*calls{"plain": plain, "gcm": secure, "sha1": older} {
		relayed := uint64(0)
		for _, c := range w.list {
			relayed += c.b.Stats().SentPackets
		}
		if relayed < uint64(w.sent)*99/100 {
			b.Errorf("%s: %d of %d packets were relayed", name, relayed, w.sent)
		}
		w.proves(b)
		b.ReportMetric(float64(w.used)/float64(w.sent), name+"-cpu-ns")
	}
	b.ReportMetric(float64(secure.used)/float64(plain.used), "gcm/plain")
	b.ReportMetric(float64(older.used)/float64(plain.used), "sha1/plain")
	b.ReportMetric(0, "ns/op")
}

// calls are those of one sort.
type calls struct {
	list    []*webCall
	packets [][]byte // of the next turn, by call
	to      []unix.SockaddrInet4
	from    []int // sockets
	sent    int
	used    time.Duration
	number  uint16
}

// A webCall is two phones and the two sessions between them.
type webCall struct {
	a, b       *rtp.Session
	alice, bob *webPhone
}

// A webPhone is a socket that knows DTLS and SRTP.
type webPhone struct {
	conn    *net.UDPConn
	in, out *srtp.Context // nil in the clear
}

var here = netip.MustParseAddr("127.0.0.1")

func newCalls(b *testing.B, profile dtls.SRTPProtectionProfile) *calls {
	b.Helper()
	ports, err := rtp.NewPorts(33000, 39999)
	if err != nil {
		b.Fatal(err)
	}
	w := &calls{}
	certificate := selfSigned(b)
	for range webCalls {
		c := &webCall{alice: newWebPhone(b), bob: newWebPhone(b)}
		for _, one := range []struct {
			session **rtp.Session
			phone   *webPhone
		}{{&c.a, c.alice}, {&c.b, c.bob}} {
			s, err := rtp.New(rtp.Config{Ports: ports, Local: here, Payloads: []rtp.Payload{{Type: 0, Format: media.ULaw}}, Deliver: func(media.Frame) {}, Tuning: rtp.Tuning{ReportEvery: -1}})
			if err != nil {
				b.Fatal(err)
			}
			*one.session = s
			s.Start()
			b.Cleanup(func() {
				s.Close()
				s.Wait()
			})
			done := make(chan error, 1)
			if profile != 0 {
				if err := s.StartDTLS(rtp.DTLSConfig{Certificate: certificate, Done: func(err error) { done <- err }}); err != nil {
					b.Fatal(err)
				}
			}
			s.SetRemote(addressOf(one.phone.conn), netip.AddrPort{})
			if profile != 0 {
				one.phone.agree(b, s.LocalAddr(), certificate, profile)
				if err := <-done; err != nil {
					b.Fatal(err)
				}
			}
		}
		stop, err := rtp.Relay(c.a, c.b, true)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(stop)
		w.list = append(w.list, c)
		at := c.a.LocalAddr()
		w.to = append(w.to, unix.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()})
		w.from = append(w.from, descriptorOf(b, c.alice.conn))
	}
	return w
}

func newWebPhone(b *testing.B) *webPhone {
	b.Helper()
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(here, 0)))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close() })
	return &webPhone{conn: conn}
}

func addressOf(c *net.UDPConn) netip.AddrPort { return c.LocalAddr().(*net.UDPAddr).AddrPort() }

// once is a socket that stays open when the handshake is over and its reader gone.
type once struct{ net.PacketConn }

func (once) Close() error { return nil }

// agree makes the handshake and the contexts of its keys.
func (p *webPhone) agree(b *testing.B, with netip.AddrPort, certificate tls.Certificate, profile dtls.SRTPProtectionProfile) {
	b.Helper()
	conn, err := dtls.ClientWithOptions(once{p.conn}, net.UDPAddrFromAddrPort(with), dtls.WithCertificates(certificate),
		dtls.WithInsecureSkipVerify(true), dtls.WithSRTPProtectionProfiles(profile))
	if err != nil {
		b.Fatal(err)
	}
	if err := conn.Handshake(); err != nil {
		b.Fatal(err)
	}
	defer func() { // its reader must not take what is measured
		_ = conn.Close()
		_ = p.conn.SetReadDeadline(time.Time{})
	}()
	state, ok := conn.ConnectionState()
	if !ok {
		b.Fatal("no keys")
	}
	keys := srtp.Config{Profile: srtp.ProtectionProfile(profile)}
	if err := keys.ExtractSessionKeysFromDTLS(&state, true); err != nil {
		b.Fatal(err)
	}
	if p.out, err = srtp.CreateContext(keys.Keys.LocalMasterKey, keys.Keys.LocalMasterSalt, keys.Profile); err != nil {
		b.Fatal(err)
	}
	if p.in, err = srtp.CreateContext(keys.Keys.RemoteMasterKey, keys.Keys.RemoteMasterSalt, keys.Profile); err != nil {
		b.Fatal(err)
	}
}

var sound = bytes.Repeat([]byte{0x55}, 160)

// seal makes the next n packets of each call.
func (w *calls) seal(b *testing.B, n int) {
	w.packets = w.packets[:0]
	for range n {
		w.number++
		for _, c := range w.list {
			p := make([]byte, 12, 200)
			p[0], p[2], p[3], p[11] = 0x80, byte(w.number>>8), byte(w.number), 1
			stamp := uint32(w.number) * 160
			p[4], p[5], p[6], p[7] = byte(stamp>>24), byte(stamp>>16), byte(stamp>>8), byte(stamp)
			p = append(p, sound...)
			if c.alice.out != nil {
				var err error
				if p, err = c.alice.out.EncryptRTP(nil, p, nil); err != nil {
					b.Fatal(err)
				}
			}
			w.packets = append(w.packets, p)
		}
	}
}

// pass sends them, 10,000 a second: as many as 200 calls do.
func (w *calls) pass(b *testing.B) {
	for i, p := range w.packets {
		k := i % len(w.list)
		if err := unix.Sendto(w.from[k], p, 0, &w.to[k]); err != nil {
			b.Fatal(err)
		}
		if i%10 == 9 {
			_ = unix.Nanosleep(&unix.Timespec{Nsec: 940_000}, nil)
		}
	}
	w.sent += len(w.packets)
}

// proves that what came out at the other phones is what went in.
func (w *calls) proves(b *testing.B) {
	c := w.list[0]
	buffer := make([]byte, 1500)
	for {
		_ = c.bob.conn.SetReadDeadline(time.Now().Add(2 * time.Second))
		n, err := c.bob.conn.Read(buffer)
		if err != nil {
			b.Errorf("nothing came out: %v", err)
			return
		}
		p := buffer[:n]
		if p[0] != 0x80 {
			continue // of the handshake
		}
		if c.bob.in != nil {
			if p, err = c.bob.in.DecryptRTP(nil, p, nil); err != nil {
				b.Error(err)
				return
			}
		}
		if !bytes.Equal(p[12:], sound) {
			b.Errorf("%d bytes came out that did not go in", len(p))
		}
		return
	}
}

func selfSigned(b *testing.B) tls.Certificate {
	b.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	t := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, t, t, &key.PublicKey, key)
	if err != nil {
		b.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func processorTime(who int) time.Duration {
	var u unix.Rusage
	_ = unix.Getrusage(who, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func descriptorOf(b *testing.B, conn *net.UDPConn) (fd int) {
	b.Helper()
	raw, err := conn.SyscallConn()
	if err != nil {
		b.Fatal(err)
	}
	if err := raw.Control(func(d uintptr) { fd = int(d) }); err != nil {
		b.Fatal(err)
	}
	return fd
}
