package phone

import (
	"errors"

	"github.com/octothorpe/octothorpe/internal/rtp"
)

// A guard holds what protects a stream and leads it to the other side: the keys that
// come with descriptions (RFC 4568), ICE and DTLS. It is under the session's mu.
type guard struct {
	ours, theirs *rtp.Crypto // theirs is nil in the clear
	in, out      rtp.Cipher
	way
}

// keyFor returns our key for a suite: the one that we have, which goes on through
// later descriptions, or a new one.
func (g *guard) keyFor(tag int, suite string) (*rtp.Crypto, error) {
	if g.ours != nil && g.ours.Suite == suite {
		return g.ours.Tagged(tag), nil
	}
	return rtp.NewCrypto(tag, suite)
}

// agree applies what was agreed upon. A key that is still the same keeps its
// cipher, which counts packets (RFC 3711 §3.3.1).
func (g *guard) agree(theirs *rtp.Crypto, t rtp.Tuning) error {
	if theirs == nil {
		g.theirs, g.in, g.out = nil, nil, nil
		return nil
	}
	ours, err := g.keyFor(theirs.Tag, theirs.Suite)
	if err != nil {
		return err
	}
	in, out := g.in, g.out
	if in == nil || !theirs.SameKey(g.theirs) {
		if in, err = theirs.Cipher(t); err != nil {
			return err
		}
	}
	if out == nil || !ours.SameKey(g.ours) {
		if out, err = ours.Cipher(t); err != nil {
			return err
		}
	}
	g.ours, g.theirs, g.in, g.out = ours, theirs, in, out
	return nil
}

// answer puts our key into the answer to a stream that brought one.
func (g *guard) answer(st *stream, a *agreed) {
	if a.crypto != nil && g.ours != nil {
		st.crypto = []string{g.ours.SDP()}
	}
}

var errNoSRTP = errors.New("res_srtp is not loaded")

// offer puts our key into a stream that we offer, if the endpoint wants one or the
// call has one already.
func (g *guard) offer(st *stream, e *Endpoint, clear bool) (err error) {
	if clear && e.MediaEncryption != "no" && !e.MediaOptimistic {
		return errNoSRTP
	}
	if e.MediaEncryption == "dtls" && e.tunnelled(profileOf(st.proto)) {
		return g.show(e)
	}
	if e.MediaEncryption != "sdes" && g.theirs == nil || clear {
		return nil
	}
	if p := profileOf(st.proto); !e.MediaOptimistic && !p.secure {
		p.secure = true
		st.proto = p.String()
	}
	if g.ours == nil {
		if g.ours, err = rtp.NewCrypto(1, e.suite()); err != nil {
			return err
		}
	}
	st.crypto = []string{g.ours.SDP()}
	return nil
}
