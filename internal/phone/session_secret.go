package phone

import "slices"

// Secret implements channel.Secret. Who needs secrecy calls no PJSIP endpoint, as on the reference, which
// can't be asked for it there; it calls peers of SIP that are reached by TLS and encrypt their media.
func (s *session) Secret() (signalling, media bool) {
	if s.driver.technology == PJSIP {
		return false, false
	}
	e := s.endpoint
	return slices.Index(e.Peer.Transports, "tls") == 0, e.MediaEncryption != "no"
}
