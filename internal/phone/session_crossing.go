package phone

import "github.com/octothorpe/octothorpe/sip"

// afterwards answers a request that crossed our BYE: who asks for an offer gets
// the last one, other changes come too late. A phone that transferred its call and
// describes its media anew has not noticed: it gets the last one, and BYE. It reports whether it has.
func (s *session) afterwards(tx *sip.ServerTransaction, r *sip.Message) bool {
	s.mu.Lock()
	last := s.local
	stays := s.parting != nil && last != nil && r.Method == sip.Invite
	s.leaving = s.leaving || stays
	s.mu.Unlock()
	switch {
	case r.Method == sip.Invite && last != nil && (stays || !describes(r)):
		if a := s.inDialog(tx, 200); a != nil {
			a.SetBody("application/sdp", last.bytes())
			s.driver.send(tx, a)
		}
	case r.Method == sip.Invite, r.Method == sip.Update, r.Method == sip.Refer:
		s.driver.send(tx, s.inDialog(tx, 481))
	case r.Method == sip.Bye:
		s.driver.send(tx, s.inDialog(tx, 200))
		s.parted()
	default:
		return false
	}
	return true
}
