package rtp

import (
	"github.com/pion/rtcp"
)

// feedback takes what the other side wants of what we send to it. What it can say to
// nobody but who made the media goes to that one, through the relay.
func (s *Session) feedback(p rtcp.Packet) {
	switch p := p.(type) {
	case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest: // RFC 4585 §6.3.1, RFC 5104 §4.3.1
		if s.config.Refresh != nil {
			s.config.Refresh()
		}
	case *rtcp.ReceiverEstimatedMaximumBitrate: // draft-alvestrand-rmcat-remb
		if f := s.flow.Load(); f != nil {
			f.to.limit(p.Bitrate)
		}
	case *rtcp.TransportLayerNack: // RFC 4585 §6.2.1
		if f := s.flow.Load(); f != nil {
			f.to.again(p.Nacks, s)
		}
	}
}

// limit tells the other side how much it may send, in bits per second.
func (s *Session) limit(bitrate float32) {
	if ssrc, known := s.receiver.from(); known {
		s.sendFeedback(&rtcp.ReceiverEstimatedMaximumBitrate{SenderSSRC: s.SSRC(), Bitrate: bitrate, SSRCs: []uint32{ssrc}})
	}
}

// again asks the other side for packets once more that a session has not got, which
// knows them by other numbers.
func (s *Session) again(pairs []rtcp.NackPair, missing *Session) {
	f := s.flow.Load()
	if f == nil || f.to != missing {
		return
	}
	told := f.told.Load()
	if told == 0 {
		return
	}
	list := make([]rtcp.NackPair, len(pairs))
	for i, pair := range pairs {
		list[i] = rtcp.NackPair{PacketID: pair.PacketID - uint16(told), LostPackets: pair.LostPackets}
	}
	s.sendFeedback(&rtcp.TransportLayerNack{SenderSSRC: s.SSRC(), MediaSSRC: uint32(told >> 32), Nacks: list})
}

// sendFeedback sends a packet at once, behind an empty report (RFC 4585 §3.5.1).
func (s *Session) sendFeedback(p rtcp.Packet) {
	if err := s.sayControl(p); err != nil {
		s.counts.failed.Add(1)
	}
}

func (s *Session) sayControl(p rtcp.Packet) error {
	_, to := s.way(s.route.Load(), true)
	if to == nil {
		return nil
	}
	b, err := rtcp.Marshal([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: s.SSRC()}, p})
	if err != nil {
		return err
	}
	return s.sendControl(append(make([]byte, 0, len(b)+cipherRoom), b...), *to)
}

// from is the source of what arrives, if anything did.
func (r *receiver) from() (ssrc uint32, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ssrc, r.known
}

// RequestRefresh asks the other side for a whole picture, by PLI. It does nothing
// before something came from there.
func (s *Session) RequestRefresh() error {
	ssrc, known := s.receiver.from()
	if !known {
		return nil
	}
	return s.sayControl(&rtcp.PictureLossIndication{SenderSSRC: s.SSRC(), MediaSSRC: ssrc})
}
