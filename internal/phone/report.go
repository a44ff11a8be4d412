package phone

import (
	"net/netip"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/rtp"
)

// reported tells of a report of RTCP that was sent or came.
func (s *session) reported(v rtp.Report) {
	bus := s.driver.bus
	if s.ch == nil || !bus.Wants(event.KindRTCPSent) && !bus.Wants(event.KindRTCPReceived) {
		return
	}
	r := event.RTCPReport{From: v.From, To: v.To, SSRC: v.SSRC, Sender: v.Sender, Timestamp: v.Timestamp, Packets: v.Packets, Octets: v.Octets,
		RTT: v.RTT}
	if v.Sender {
		r.NTP = v.Time()
	}
	if s.driver.technology == PJSIP { // Asterisk 16 has no score
		r.Score = v.Score
	}
	for _, b := range v.Blocks {
		r.Blocks = append(r.Blocks, event.RTCPBlock{SSRC: b.SSRC, FractionLost: b.FractionLost, TotalLost: b.TotalLost, HighestSequence: b.HighestSequence,
			Cycles: b.Cycles, Jitter: b.Jitter, LastSR: b.LastSR, Delay: time.Duration(b.Delay) * time.Second / 65536})
	}
	ours := &r.To
	if v.Sent {
		ours = &r.From
	}
	s.mu.Lock()
	if s.local != nil && ours.Addr().IsUnspecified() {
		*ours = netip.AddrPortFrom(s.local.address, ours.Port())
	}
	s.mu.Unlock()
	if v.Sent {
		bus.Publish(&event.RTCPSent{Channel: s.ch.Snapshot(), RTCPReport: r})
		return
	}
	bus.Publish(&event.RTCPReceived{Channel: s.ch.Snapshot(), RTCPReport: r})
}

// learned tells tests whose media is taken.
func (s *session) learned(step rtp.Learning, from netip.AddrPort) {
	state := "STRICT_RTP_LEARN"
	if step == rtp.Dropped {
		state = "STRICT_RTP_CLOSED"
	}
	s.driver.testEvent(state, "res_rtp_asterisk.c", "ast_rtp_read", event.Variable{Name: "Source", Value: from.String()})
}
