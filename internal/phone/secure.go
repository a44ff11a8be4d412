package phone

import (
	"net/netip"
	"strings"

	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/internal/rtp"
)

// profile is what the protocol of an m= line says about RTP.
type profile struct {
	known    bool
	secure   bool // SRTP (RFC 3711)
	feedback bool // RTCP as soon as there is something to tell (RFC 4585)
	tls      bool // its keys come from DTLS (RFC 5764)
}

func profileOf(proto string) profile {
	p := profile{known: true}
	proto, p.tls = strings.CutPrefix(proto, "UDP/TLS/")
	switch proto {
	case "RTP/AVP":
	case "RTP/AVPF":
		p.feedback = true
	case "RTP/SAVP":
		p.secure = true
	case "RTP/SAVPF":
		p.secure, p.feedback = true, true
	default:
		return profile{}
	}
	if p.tls && !p.secure {
		return profile{}
	}
	return p
}

func (p profile) String() string {
	text := "RTP/"
	if p.tls {
		text = "UDP/TLS/RTP/"
	}
	if p.secure {
		text += "S"
	}
	text += "AVP"
	if p.feedback {
		text += "F"
	}
	return text
}

// profile is that of our offers to an endpoint. In pjsip.conf force_avp changes nothing
// of what is secure, in sip.conf it takes the UDP/TLS away, as on the reference.
func (e *Endpoint) profile() profile {
	p := profile{known: true, feedback: e.UseAVPF}
	switch {
	case e.MediaEncryption == "sdes" && !e.MediaOptimistic:
		p.secure = true
	case e.MediaEncryption == "dtls": // optimistic or not, as on the reference
		p.secure, p.tls = true, e.Peer == nil || !e.ForceAVP
	default:
		p.feedback = p.feedback && !e.ForceAVP
	}
	return p
}

// suite is the one of our offers.
func (e *Endpoint) suite() string {
	return choose(e.SRTPTag32, "AES_CM_128_HMAC_SHA1_32", "AES_CM_128_HMAC_SHA1_80")
}

// protects finds how an offered or answered stream is to be protected, and with which
// key of theirs. ok is false where the endpoint wants it otherwise; clear says that
// nothing can be protected.
func (e *Endpoint) protects(s *stream, clear bool) (p profile, theirs *rtp.Crypto, ok bool) {
	if p = profileOf(s.proto); !p.known {
		return p, nil, false
	}
	if p.tls || e.MediaEncryption == "dtls" {
		return p, nil, e.tunnels(s, p) && !(clear && p.secure)
	}
	var key *rtp.Crypto
	if !clear {
		key = usable(s.crypto)
	}
	switch {
	case e.Technology == SIP:
		// Whoever has a key for us gets one, whatever profile the line has, and an
		// answer that says so.
		if key == nil {
			return p, nil, !p.secure && e.MediaEncryption != "sdes"
		}
		p.secure = true
		return p, key, true
	case p.feedback != e.UseAVPF:
		return p, nil, false
	case e.MediaEncryption != "sdes":
		return p, nil, !p.secure && e.MediaEncryption == "no"
	}
	return p, key, key != nil || e.MediaOptimistic && !p.secure
}

// tunnels reports whether the endpoint takes a stream whose keys come from DTLS, or
// from an endpoint that is to have such. With webrtc=yes the reference takes one in
// the clear from a phone that knows nothing better.
func (e *Endpoint) tunnels(s *stream, p profile) bool {
	switch {
	case e.MediaEncryption != "dtls":
		return false
	case e.Technology == SIP:
		return p.secure && s.fingerprint != ""
	case !p.secure:
		return e.WebRTC && !p.feedback || e.MediaOptimistic && p.feedback == e.UseAVPF
	}
	return (p.tls || e.UseReceivedTransport) && s.fingerprint != "" && p.feedback == e.UseAVPF
}

// tunnelled reports whether the keys of a stream come from DTLS, also where the other
// side says so by its fingerprint alone.
func (e *Endpoint) tunnelled(p profile) bool {
	return p.tls || p.secure && e.MediaEncryption == "dtls" && (e.UseReceivedTransport || e.Technology == SIP)
}

// usable is the first of their keys that can be used.
func usable(lines []string) *rtp.Crypto {
	for _, line := range lines {
		if c, err := rtp.ParseCrypto(line); err == nil {
			return c
		}
	}
	return nil
}

// agrees finds what the other side's answer and the formats have in common.
func (s *session) agrees(answer *description, formats []*media.Format) (agreed, bool) {
	a, ok := s.endpoint.settle(answer, formats, true, s.driver.keyless())
	if !ok {
		return agreed{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return a, a.all(func(one *agreed) bool {
		g := &s.guard
		if t := s.strandAt(one.index); t != nil && one.index != a.index {
			g = &t.guard
		}
		return one.crypto == nil || g.ours != nil && g.ours.Suite == one.crypto.Suite // RFC 4568 §7.1.3
	})
}

// protect gives the media of a stream the keys that were agreed upon. Where that
// fails nothing goes out in the clear: the stream is mute.
func (s *session) protect(m *rtp.Session, g *guard, a *agreed) {
	if s.endpoint.tunnelled(a.profile) {
		s.tunnel(m, g, a)
		return
	}
	tuning := s.driver.media.Load().Tuning
	s.mu.Lock()
	err := g.agree(a.crypto, tuning)
	in, out := g.in, g.out
	s.mu.Unlock()
	if err != nil {
		s.driver.log.Warn("media cannot be protected", "channel", s.ch.Name(), "error", err)
		a.remote, a.theirs = netip.AddrPort{}, inactive
		return
	}
	m.SetCipher(in, out)
}

// secured reports whether the sound of the call is protected.
func (s *session) secured() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.guard.theirs != nil || s.audio.HasDTLS()
}
