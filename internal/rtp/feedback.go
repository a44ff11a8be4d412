package rtp

import (
	"github.com/pion/rtcp"
)

// asksRefresh tells if an RTCP packet asks for a whole picture: PLI (RFC 4585 §6.3.1)
// or FIR (RFC 5104 §4.3.1).
func asksRefresh(p rtcp.Packet) bool {
	switch p.(type) {
	case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
		return true
	}
	return false
}

// RequestRefresh asks the other side for a whole picture, by PLI. It does nothing
// before something came from there.
func (s *Session) RequestRefresh() error {
	s.receiver.mu.Lock()
	known, ssrc := s.receiver.known, s.receiver.ssrc
	s.receiver.mu.Unlock()
	to := s.controlTarget.Load()
	if !known || to == nil {
		return nil
	}
	b, err := (&rtcp.PictureLossIndication{SenderSSRC: s.SSRC(), MediaSSRC: ssrc}).Marshal()
	if err != nil {
		return err
	}
	return s.sendControl(append(make([]byte, 0, len(b)+cipherRoom), b...), *to)
}
