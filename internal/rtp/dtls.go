package rtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/srtp/v3"
)

// DTLSConfig says how the keys of media are agreed upon by DTLS (RFC 5763, RFC 5764).
type DTLSConfig struct {
	Certificate tls.Certificate
	// Client begins the handshake (a=setup:active), a server waits for it.
	Client bool
	// Verify looks at the other side's certificates, in DER. It must be quick.
	Verify func(chain [][]byte) error
	// Ciphers are those that may be used; nil are pion's.
	Ciphers []dtls.CipherSuiteID
	// Tag32 prefers the short tag of SRTP.
	Tag32 bool
	// MTU is the longest datagram of the handshake in bytes; 0 is 1200.
	MTU int
	// Done is called once with what became of the handshake.
	Done func(error)
}

// handshakeTime is how long a handshake may take from when the other side can be reached.
const handshakeTime = 30 * time.Second

// tunnel is the DTLS connection of a session.
type tunnel struct {
	lane   *lane
	cancel context.CancelFunc
}

var (
	errNoKeys = errors.New("the keys of media are not agreed upon yet")
	errTunnel = errors.New("the session is closed, or has a DTLS connection already")
)

// noKeys is the cipher until there are keys: nothing goes out or in in the clear.
type noKeys struct{}

func (noKeys) OpenRTP([]byte) ([]byte, error)  { return nil, errNoKeys }
func (noKeys) OpenRTCP([]byte) ([]byte, error) { return nil, errNoKeys }
func (noKeys) SealRTP([]byte) ([]byte, error)  { return nil, errNoKeys }
func (noKeys) SealRTCP([]byte) ([]byte, error) { return nil, errNoKeys }

// A reach is closed once the other side can be reached: a target is stored first, so
// that who comes later finds that.
type reach struct {
	once sync.Once
	done chan struct{}
}

// reachable tells who waits that there is a target now.
func (s *Session) reachable() {
	if r := s.reach.Load(); r != nil {
		r.once.Do(func() { close(r.done) })
	}
}

// StartDTLS begins the handshake when the other side can be reached. Until it is done
// there is no media.
func (s *Session) StartDTLS(c DTLSConfig) error {
	ctx, cancel := context.WithCancel(context.Background())
	t := &tunnel{cancel: cancel}
	t.lane = newLane(s, s.port, func(b []byte, _ netip.AddrPort) error {
		if to := s.target.Load(); to != nil {
			return s.put(false, b, *to)
		}
		return nil // lost, and sent again
	})
	s.mu.Lock()
	if s.parted || !s.tunnel.CompareAndSwap(nil, t) {
		s.mu.Unlock()
		cancel()
		return errTunnel
	}
	s.work.Add(1)
	s.mu.Unlock()
	s.reach.Store(&reach{done: make(chan struct{})})
	if s.target.Load() != nil {
		s.reachable()
	}
	s.SetCipher(noKeys{}, noKeys{})
	go func() { // ends with the session, which waits for it
		defer s.work.Done()
		defer cancel()
		err := s.runDTLS(ctx, t, &c)
		if err != nil && ctx.Err() == nil && c.Done != nil {
			c.Done(err)
		}
	}()
	return nil
}

// runDTLS makes the handshake and then keeps the connection until the session ends.
func (s *Session) runDTLS(ctx context.Context, t *tunnel, c *DTLSConfig) error {
	select {
	case <-s.reach.Load().done:
	case <-ctx.Done():
		return ctx.Err()
	}
	conn, err := s.openDTLS(t, c)
	if err != nil {
		return fmt.Errorf("DTLS: %w", err)
	}
	limited, stop := context.WithTimeout(ctx, handshakeTime)
	err = conn.HandshakeContext(limited)
	stop()
	if err == nil {
		err = s.keysOf(conn, c.Client)
	}
	if err != nil {
		_ = conn.Close()
		return fmt.Errorf("DTLS handshake: %w", err)
	}
	if c.Done != nil {
		c.Done(nil)
	}
	<-ctx.Done()
	return conn.Close()
}

func (s *Session) openDTLS(t *tunnel, c *DTLSConfig) (*dtls.Conn, error) {
	profiles := []dtls.SRTPProtectionProfile{dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80, dtls.SRTP_AES128_CM_HMAC_SHA1_32}
	if c.Tag32 {
		profiles[1], profiles[2] = profiles[2], profiles[1]
	}
	o := []dtls.Option{
		dtls.WithCertificates(c.Certificate), dtls.WithSRTPProtectionProfiles(profiles...), dtls.WithInsecureSkipVerify(true),
		dtls.WithExtendedMasterSecret(dtls.RequestExtendedMasterSecret), dtls.WithLoggerFactory(pionLog{s.config.Log}),
		dtls.WithVerifyPeerCertificate(func(raw [][]byte, _ [][]*certificate) error {
			if c.Verify == nil {
				return nil
			}
			return c.Verify(raw)
		}),
	}
	if len(c.Ciphers) > 0 {
		o = append(o, dtls.WithCipherSuites(c.Ciphers...))
	}
	if c.MTU > 0 {
		o = append(o, dtls.WithMTU(c.MTU))
	}
	to := net.UDPAddrFromAddrPort(s.RemoteAddr())
	if c.Client {
		list := make([]dtls.ClientOption, len(o))
		for i := range o {
			list[i] = o[i]
		}
		return dtls.ClientWithOptions(t.lane, to, list...)
	}
	list := []dtls.ServerOption{dtls.WithClientAuth(dtls.RequireAnyClientCert)}
	for _, one := range o {
		list = append(list, one)
	}
	return dtls.ServerWithOptions(t.lane, to, list...)
}

// keysOf makes ciphers of the keys that a handshake gave.
func (s *Session) keysOf(conn *dtls.Conn, client bool) error {
	chosen, ok := conn.SelectedSRTPProtectionProfile()
	if !ok {
		return errors.New("no SRTP profile in common")
	}
	profile := srtp.ProtectionProfile(chosen) // both are IANA's numbers
	state, ok := conn.ConnectionState()
	if !ok {
		return errors.New("no keys")
	}
	var keys srtp.Config
	keys.Profile = profile
	if err := keys.ExtractSessionKeysFromDTLS(&state, client); err != nil {
		return err
	}
	in, err := newCipher(s.config.Tuning, profile, keys.Keys.RemoteMasterKey, keys.Keys.RemoteMasterSalt)
	if err != nil {
		return err
	}
	out, err := newCipher(s.config.Tuning, profile, keys.Keys.LocalMasterKey, keys.Keys.LocalMasterSalt)
	if err != nil {
		return err
	}
	s.SetCipher(in, out)
	return nil
}

// HasDTLS reports whether the session's keys come from DTLS.
func (s *Session) HasDTLS() bool { return s.tunnel.Load() != nil }
