package phone

import (
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/sip"
)

// observer tells the SIP transactions of calls as events.
type observer struct{ driver *Driver }

// Observes implements sip.Observer.
func (o observer) Observes() bool { return o.driver.bus.Wants(event.KindSIPTransaction) }

// Observe implements sip.Observer.
func (o observer) Observe(t sip.Outcome) {
	s, ok := t.Data.(*session)
	if !ok || s.ch == nil {
		return // no call: a registration, a qualification
	}
	e := &event.SIPTransaction{Channel: s.ch.Snapshot(), Client: t.Client, Method: t.Method, CallID: t.CallID, Number: t.Number,
		Status: t.Status, Reason: t.Reason, Peer: t.Peer.Remote, Repeats: t.Repeats, Began: t.Began, Ended: t.Ended}
	if t.Peer.Transport != nil {
		e.Network = t.Peer.Transport.Network
	}
	if t.Err != nil {
		e.Reason = t.Err.Error()
	}
	o.driver.bus.Publish(e)
}

// tellMedia tells the numbers of the audio, if any was agreed upon.
func (s *session) tellMedia() {
	bus := s.driver.bus
	if !bus.Wants(event.KindMediaStatistics) {
		return
	}
	s.mu.Lock()
	began := s.talking
	s.mu.Unlock()
	if began.IsZero() {
		return
	}
	v := s.audio.Stats()
	e := &event.MediaStatistics{Channel: s.ch.Snapshot(), Medium: "audio", Local: s.audio.LocalAddr(), Remote: s.audio.RemoteAddr(), Began: began,
		PacketsSent: v.SentPackets, OctetsSent: v.SentOctets, PacketsReceived: v.Packets, OctetsReceived: v.Octets,
		Lost: v.Lost, RemoteLost: v.RemoteLost, Jitter: v.Jitter, RemoteJitter: v.RemoteJitter, RoundTrip: v.RTT}
	if f := s.format.Load(); f != nil {
		e.Codec = f.Name
	}
	bus.Publish(e)
}

// began notes when media was agreed upon first; s.mu is held.
func (s *session) began() {
	if s.talking.IsZero() {
		s.talking = time.Now()
	}
}
