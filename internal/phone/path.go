package phone

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/rtp"
)

// ICE is what rtp.conf says about finding the way through NAT.
type ICE struct {
	Disabled               bool
	STUN, TURN             string // host:port, empty for none
	TURNUser, TURNPassword string
	Allowed                func(netip.Addr) bool // of this machine's addresses; nil allows all
	Advertised             map[netip.Addr]netip.Addr
	Both                   map[netip.Addr]bool // of those in whose place another is advertised: told, too
	// Asking says of an address that a stream is bound to if STUN's server is asked from
	// there; nil asks from all.
	Asking func(netip.Addr) bool
}

// candidateTime bounds how long a description waits for servers that say how we look
// from outside.
const candidateTime = time.Second

// A way is a stream's ICE and DTLS, from our side. It is under the session's mu.
type way struct {
	ufrag, password string // empty: no ICE
	candidates      []string
	certificate     *tls.Certificate // nil: no DTLS
	fingerprint     string
	setup           string // that was settled; empty: not yet
	cname, msid     string
	mid             string
	led             bool   // the checks have begun
	theirUfrag      string // with whom
}

func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// identifier is a random UUID, as names of streams are.
func identifier() string {
	h := randomHex(16)
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-8" + h[17:20] + "-" + h[20:]
}

// usesICE reports whether the endpoint's media looks for its way.
func (s *session) usesICE() bool {
	return s.endpoint.ICE && !s.driver.throughNAT().Disabled && s.driver.technology == PJSIP
}

// seekPaths begins ICE for the streams that our offer has, before it is written.
func (s *session) seekPaths(near bool) {
	if !s.usesICE() {
		return
	}
	s.mu.Lock()
	some := s.agreed.settled()
	s.mu.Unlock()
	if some {
		return // what was agreed upon goes on
	}
	s.seek(s.audio, &s.guard, near)
	for _, t := range s.threads() {
		if !t.rtp.Carried() {
			s.seek(t.rtp, &t.guard, near)
		}
	}
}

// seek begins ICE for a stream and waits for what it finds.
func (s *session) seek(m *rtp.Session, g *guard, near bool) {
	s.mu.Lock()
	begun := g.ufrag != ""
	s.mu.Unlock()
	if begun {
		return
	}
	ice := s.driver.throughNAT()
	c := rtp.ICEConfig{Ufrag: randomHex(16), Password: randomHex(16), STUN: ice.STUN, TURN: ice.TURN, TURNUser: ice.TURNUser, TURNPassword: ice.TURNPassword,
		Mux: s.endpoint.muxes(), Addresses: ice.addresses(m.LocalAddr().Addr(), near)}
	if len(ice.Advertised) > 0 {
		c.Advertised = ice.advertised
	}
	if bound := m.LocalAddr().Addr(); ice.Asking != nil && !bound.IsUnspecified() && !ice.Asking(bound) {
		c.STUN = ""
	}
	if err := m.StartICE(c); err != nil {
		s.driver.log.Warn("ICE cannot begin", "endpoint", s.endpoint.Name, "error", err)
		return
	}
	ctx, cancel := context.WithTimeout(s.driver.ctx, candidateTime)
	list := m.ICECandidates(ctx)
	cancel()
	s.mu.Lock()
	g.ufrag, g.password, g.candidates = c.Ufrag, c.Password, list
	s.mu.Unlock()
}

// advertised is what to tell of an address.
func (c *ICE) advertised(a netip.Addr) []netip.Addr {
	to, ok := c.Advertised[a]
	switch {
	case !ok:
		return []netip.Addr{a}
	case c.Both[a]:
		return []netip.Addr{a, to}
	}
	return []netip.Addr{to}
}

// addresses are those of this machine at which media can arrive. Those of the loopback
// are told where the other side is on this machine, too, or there are no others.
func (c *ICE) addresses(bound netip.Addr, near bool) []netip.Addr {
	if !bound.IsUnspecified() {
		return []netip.Addr{bound}
	}
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var outside, loopback []netip.Addr
	for _, one := range all {
		p, err := netip.ParsePrefix(one.String())
		if err != nil {
			continue
		}
		a := p.Addr().Unmap()
		switch {
		case a.Is6() && bound.Is4(), a.IsLinkLocalUnicast(), c.Allowed != nil && !c.Allowed(a):
		case a.IsLoopback():
			if a.Is4() {
				loopback = append(loopback, a)
			}
		default:
			outside = append(outside, a)
		}
	}
	if near || len(outside) == 0 {
		outside = append(outside, loopback...)
	}
	return outside
}

// lead lets media go where ICE finds the other side, once both sides have told of
// themselves. It reports false where a stream has no ICE.
func (s *session) lead(m *rtp.Session, g *guard, a *agreed) bool {
	offered := s.offers(g)
	if !a.link.hasICE() || !s.usesICE() {
		if offered {
			m.StopICE() // it was offered, and is not wanted
			s.mu.Lock()
			g.ufrag, g.password, g.candidates = "", "", nil
			s.mu.Unlock()
		}
		return false
	}
	if !offered {
		s.seek(m, g, s.near())
	}
	s.mu.Lock()
	first, anew := !g.led, g.led && g.theirUfrag != a.link.ufrag
	g.led, g.theirUfrag = true, a.link.ufrag
	if anew { // both sides take new names (RFC 8445 §9)
		g.ufrag, g.password = randomHex(16), randomHex(16)
	}
	ufrag, password := g.ufrag, g.password
	s.mu.Unlock()
	if anew {
		m.RenameICE(ufrag, password)
	}
	err := m.ConnectICE(rtp.ICERemote{Ufrag: a.link.ufrag, Password: a.link.password, Candidates: a.link.candidates, Lite: a.link.lite}, offered && first)
	if err != nil {
		s.driver.log.Warn("ICE does not begin", "channel", s.ch.Name(), "error", err)
	}
	if first || anew {
		s.driver.testEvent("ICECHECKLISTCREATE", "res_rtp_asterisk.c", "ice_create", event.Variable{Name: "Result", Value: choose(err == nil, "SUCCESS", "FAILURE")})
	}
	return true
}

// offers reports whether ICE has begun for a stream.
func (s *session) offers(g *guard) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return g.ufrag != ""
}

// near reports whether the other side's signalling is on this machine.
func (s *session) near() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.dialog != nil:
		return s.dialog.Way().Remote.Addr().IsLoopback()
	case s.request != nil && s.incoming:
		return s.request.Source.Remote.Addr().IsLoopback()
	}
	return false
}

// show has the certificate that a stream shows made ready; s.mu is held.
func (g *guard) show(e *Endpoint) error {
	if g.certificate != nil {
		return nil
	}
	c, err := e.DTLS.certificate()
	if err != nil {
		return err
	}
	hash := e.DTLS.Fingerprint
	if hash == "" {
		hash = "SHA-256"
	}
	if g.fingerprint, err = fingerprintOf(c.Certificate[0], hash); err != nil {
		return err
	}
	g.certificate = &c
	return nil
}

// tunnel begins the DTLS of a stream that was agreed upon, once. Their role decides
// ours: where they leave it to us we begin, as the reference does.
func (s *session) tunnel(m *rtp.Session, g *guard, a *agreed) {
	if m.HasDTLS() {
		return
	}
	e := s.endpoint
	s.mu.Lock()
	err := g.show(e)
	certificate := g.certificate
	g.setup = choose(a.link.setup == "active", "passive", "active")
	client := g.setup == "active"
	s.mu.Unlock()
	ciphers, wrong := e.DTLS.ciphers()
	if err == nil {
		err = wrong
	}
	if err == nil {
		err = m.StartDTLS(rtp.DTLSConfig{Certificate: *certificate, Client: client, Verify: e.DTLS.verifier(normalFingerprint(a.link.fingerprint)),
			Ciphers: ciphers, Tag32: e.SRTPTag32, MTU: s.driver.media.Load().HandshakeMTU, Done: s.tunnelled})
	}
	if err != nil {
		s.driver.log.Warn("media cannot be protected", "channel", s.ch.Name(), "error", err)
		m.Mute()
	}
}

// tunnelled takes the outcome of a handshake. Without keys there is no media, and with
// none the call is of no use, but the other side ends it, as on the reference.
func (s *session) tunnelled(err error) {
	if err != nil {
		s.driver.log.Warn("the DTLS handshake of media failed", "channel", s.ch.Name(), "error", err)
	}
}

// normalFingerprint writes a fingerprint as ours are, which are compared with it.
func normalFingerprint(text string) string {
	hash, sum, _ := strings.Cut(strings.TrimSpace(text), " ")
	return strings.ToUpper(hash) + " " + strings.ToUpper(strings.TrimSpace(sum))
}

// describeTo puts what a stream has of ICE and DTLS into its description. s.mu is held.
func (g *guard) describeTo(st *stream, e *Endpoint) {
	st.feedback = e.feedbackOf(st.kind)
	st.ufrag, st.password, st.candidates = g.ufrag, g.password, g.candidates
	if e.tunnelled(profileOf(st.proto)) && g.certificate != nil {
		st.fingerprint, st.setup = g.fingerprint, g.setup
		if g.setup == "" {
			st.setup = e.DTLS.Setup
		}
	}
}

// name puts what a stream is called into its description. The session's mu is held.
func (g *guard) name(st *stream, e *Endpoint, m *rtp.Session) {
	if g.cname == "" {
		g.cname, g.msid = identifier(), identifier()+" "+identifier()
	}
	st.ssrc, st.cname = m.SSRC(), g.cname
	if e.WebRTC {
		st.msid = g.msid
	}
}
