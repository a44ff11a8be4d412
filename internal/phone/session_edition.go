package phone

import "github.com/octothorpe/octothorpe/sip"

// An edition is which description of the other side was heard last, by its o= line.
type edition struct {
	id, version uint64
	some        bool
}

// hears notes a description that was applied.
func (s *session) hears(d *description) {
	s.mu.Lock()
	s.theirs = edition{d.id, d.version, true}
	s.mu.Unlock()
}

// isHeard reports whether a description is no newer than the last (RFC 3264 §8). It changes
// nothing then in chan_sip, unless ignoresdpversion says that the phone does not count.
func (s *session) isHeard(d *description) bool {
	if s.driver.technology != SIP || s.endpoint.Peer.IgnoreSDPVersion {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.theirs.some && s.local != nil && d.id == s.theirs.id && d.version <= s.theirs.version
}

// tellAgain answers a re-INVITE that changes nothing with our description as it is.
func (s *session) tellAgain(tx *sip.ServerTransaction, r *sip.Message) {
	s.trying(tx, r)
	a := s.inDialog(tx, 200)
	if a == nil {
		return
	}
	s.tellAbilities(a, r)
	s.mu.Lock()
	last := s.local
	s.mu.Unlock()
	a.SetBody(descriptionKind, last.bytes())
	s.driver.send(tx, a)
}
