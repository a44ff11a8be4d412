package rtp

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/pion/rtcp"
)

// A Report is an RTCP sender or receiver report (RFC 3550 §6.4) as it was sent
// or received.
type Report struct {
	Sent     bool // by us
	From, To netip.AddrPort
	SSRC     uint32
	// Sender tells a sender report; the next four are its.
	Sender    bool
	NTP       uint64
	Timestamp uint32
	Packets   uint32
	Octets    uint32
	Blocks    []ReportBlock
	RTT       time.Duration // that a received report gave; 0 if none
	Score     float64       // of the media experience, 0-100, that a report tells; 0 if none
}

// A ReportBlock says how one source is received.
type ReportBlock struct {
	SSRC            uint32
	FractionLost    uint8  // of 256, since the last report
	TotalLost       uint32 // of 24 bits
	HighestSequence uint16
	Cycles          uint16 // of the sequence number
	Jitter          uint32 // in ticks of the RTP clock
	LastSR          uint32
	Delay           uint32 // since then, in 1/65536 s
}

// ntpEpoch is 1970 in NTP's seconds.
const ntpEpoch = 2208988800

// Time is when a sender report was sent, by its sender's clock.
func (v *Report) Time() time.Time {
	seconds, part := int64(v.NTP>>32)-ntpEpoch, v.NTP&0xffffffff
	return time.Unix(seconds, int64(part*uint64(time.Second)>>32))
}

func ntp(t time.Time) uint64 {
	return uint64(t.Unix()+ntpEpoch)<<32 | uint64(t.Nanosecond())<<32/uint64(time.Second)
}

// reportBlock says how the other side is received, and begins a new interval.
func (s *Session) reportBlock(at int64) (block ReportBlock, quality float64, ok bool) {
	s.sender.mu.Lock()
	lastSR, received, rtts := s.sender.remote.middleNTP, s.sender.remote.middleReceived, s.sender.remote.rtts
	s.sender.mu.Unlock()
	clock := s.receivedClock()
	s.receiver.mu.Lock()
	defer s.receiver.mu.Unlock()
	st := &s.receiver.stream
	if !st.known {
		return block, 0, false
	}
	expected := st.expected() - st.expectedReported
	got := st.packets - st.receivedReported
	st.expectedReported, st.receivedReported = st.expected(), st.packets
	lost := int64(expected) - int64(got)
	if lost > 0 && expected > 0 {
		block.FractionLost = uint8(min(255, lost<<8/int64(expected)))
	}
	st.losses.Add(float64(max(0, lost)))
	quality = score(&st.losses, &st.jitters, &rtts)
	st.scores.Add(quality)
	block.SSRC = st.ssrc
	block.TotalLost = uint32(min(0x7fffff, st.lost()))
	block.HighestSequence, block.Cycles = uint16(st.highest), uint16(st.highest>>16)
	block.Jitter = uint32(st.jitter * float64(clock) / float64(time.Second))
	if lastSR != 0 {
		block.LastSR = lastSR
		block.Delay = uint32((at - received) * 65536 / int64(time.Second))
	}
	return block, quality, true
}

// receivedClock is the RTP clock rate of what the other side sends.
func (s *Session) receivedClock() int {
	for _, e := range s.route.Load().receive.list {
		if e.Use == Media {
			return e.clock()
		}
	}
	return 8000
}

// sendReport sends a sender report, or a receiver report where nothing was sent
// since the last one, with our name.
func (s *Session) sendReport(at int64) {
	_, to := s.way(s.route.Load(), true)
	if to == nil {
		return
	}
	v := Report{Sent: true, From: netip.AddrPortFrom(s.config.Local, s.port+1), To: *to, NTP: ntp(time.Now())}
	t := &s.sender
	t.mu.Lock()
	v.SSRC, v.Packets, v.Octets = t.ssrc, uint32(t.packets), uint32(t.octets)
	v.Sender = t.packets > 0 && at-t.last < 2*s.clock.every
	if v.Sender {
		v.Timestamp = t.next + uint32((at-t.due)*int64(t.clock)/int64(time.Second))
	}
	t.mu.Unlock()
	if b, quality, ok := s.reportBlock(at); ok {
		v.Blocks, v.Score = []ReportBlock{b}, quality
	}
	b, err := v.marshal(s.config.Name)
	if err == nil {
		err = s.sendControl(b, *to)
	}
	if err != nil {
		s.counts.failed.Add(1)
		return
	}
	s.config.Trace.reported(&v, s.receivedClock())
	if s.config.Reported != nil {
		s.config.Reported(v)
	}
}

// sendControl sends an RTCP datagram, which has room for a cipher.
func (s *Session) sendControl(b []byte, to netip.AddrPort) error {
	r, _ := s.way(s.route.Load(), true)
	if r.out != nil {
		var err error
		if b, err = r.out.SealRTCP(b); err != nil {
			if errors.Is(err, errNoKeys) {
				return nil
			}
			return fmt.Errorf("encipher rtcp: %w", err)
		}
	}
	return s.put(!r.mux, b, to)
}

// marshal makes the compound packet, with room for a cipher.
func (v *Report) marshal(name string) ([]byte, error) {
	var blocks []rtcp.ReceptionReport
	for _, b := range v.Blocks {
		blocks = append(blocks, rtcp.ReceptionReport{SSRC: b.SSRC, FractionLost: b.FractionLost, TotalLost: b.TotalLost,
			LastSequenceNumber: uint32(b.Cycles)<<16 | uint32(b.HighestSequence), Jitter: b.Jitter,
			LastSenderReport: b.LastSR, Delay: b.Delay})
	}
	if name == "" {
		name = fmt.Sprintf("%08x", v.SSRC)
	}
	packets := []rtcp.Packet{nil, rtcp.NewCNAMESourceDescription(v.SSRC, name)}
	if v.Sender {
		packets[0] = &rtcp.SenderReport{SSRC: v.SSRC, NTPTime: v.NTP, RTPTime: v.Timestamp,
			PacketCount: v.Packets, OctetCount: v.Octets, Reports: blocks}
	} else {
		packets[0] = &rtcp.ReceiverReport{SSRC: v.SSRC, Reports: blocks}
	}
	b, err := rtcp.Marshal(packets)
	if err != nil {
		return nil, fmt.Errorf("make rtcp report: %w", err)
	}
	return append(make([]byte, 0, len(b)+cipherRoom), b...), nil
}

// receiveControl takes an RTCP datagram.
func (s *Session) receiveControl(b []byte, from netip.AddrPort, at int64) {
	r := s.route.Load()
	if r.in != nil {
		var err error
		if b, err = r.in.OpenRTCP(b); err != nil {
			s.unopened(err)
			return
		}
	}
	packets, err := rtcp.Unmarshal(b)
	if err != nil {
		s.counts.malformed.Add(1)
		return
	}
	if !s.controls(r, from) {
		s.counts.strange.Add(1)
		return
	}
	arrived := time.Now()
	bundle := s.bundle.Load()
	for _, p := range packets {
		hearer := s
		if bundle != nil {
			if other := bundle.hearer(p); other != nil {
				hearer = other
			}
		}
		hearer.heard(p, from, arrived, at)
	}
}

// heard takes one RTCP packet of a datagram.
func (s *Session) heard(p rtcp.Packet, from netip.AddrPort, arrived time.Time, at int64) {
	s.clock.heard(at)
	v := Report{From: from, To: netip.AddrPortFrom(s.config.Local, s.port+1)}
	var blocks []rtcp.ReceptionReport
	switch p := p.(type) {
	case *rtcp.SenderReport:
		v.Sender, v.SSRC, v.NTP, v.Timestamp, v.Packets, v.Octets = true, p.SSRC, p.NTPTime, p.RTPTime, p.PacketCount, p.OctetCount
		blocks = p.Reports
	case *rtcp.ReceiverReport:
		v.SSRC, blocks = p.SSRC, p.Reports
	default:
		s.config.Trace.heard(p, from, nil, 0)
		s.feedback(p)
		return
	}
	for _, b := range blocks {
		v.Blocks = append(v.Blocks, ReportBlock{SSRC: b.SSRC, FractionLost: b.FractionLost, TotalLost: b.TotalLost,
			HighestSequence: uint16(b.LastSequenceNumber), Cycles: uint16(b.LastSequenceNumber >> 16),
			Jitter: b.Jitter, LastSR: b.LastSenderReport, Delay: b.Delay})
	}
	clock := s.sender.view(&v, arrived, at)
	s.config.Trace.heard(p, from, &v, clock)
	if s.config.Reported != nil {
		s.config.Reported(v)
	}
}

// controls tells if RTCP from an address is the other side's, and follows it. Before RTP has
// come anybody's is heard, and nobody's is followed: who only listens may be elsewhere than SDP says.
func (s *Session) controls(r *route, from netip.AddrPort) bool {
	if from == r.control || r.ice && r.in != nil {
		return true
	}
	if r.ice {
		at := s.controlTarget.Load()
		return at != nil && *at == from
	}
	heard := s.heardFrom.Load()
	known := s.config.Strict == StrictOff || !r.remote.IsValid() || isAt(s.target.Load(), from) || heard != nil && *heard == from.Addr()
	if known && r.symmetric {
		learned := from // a copy, that only a change allocates
		s.controlTarget.Store(&learned)
	}
	return known || heard == nil
}

// isAt reports whether two ports are at one address.
func isAt(a *netip.AddrPort, b netip.AddrPort) bool { return a != nil && a.Addr() == b.Addr() }

// view keeps what a report says of how we are received, and returns the clock of what
// we send.
func (t *sender) view(v *Report, arrived time.Time, at int64) (clock int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if v.Sender {
		t.remote.middleNTP, t.remote.middleReceived = uint32(v.NTP>>16), at
	}
	for _, b := range v.Blocks {
		if b.SSRC != t.ssrc {
			continue
		}
		t.remote.take(b, t.clock)
		v.RTT = t.remote.roundTrip(b, arrived)
		v.Score = score(&t.remote.losses, &t.remote.jitters, &t.remote.rtts)
		t.remote.scores.Add(v.Score)
	}
	return t.clock
}

// take notes loss and jitter; clock is that of what we send.
func (r *remoteView) take(b ReportBlock, clock int) {
	r.lost = int(int32(b.TotalLost<<8) >> 8) // 24 bits, signed
	r.losses.Add(float64(max(0, r.lost)))
	if clock == 0 {
		clock = 8000
	}
	r.jitter = time.Duration(b.Jitter) * time.Second / time.Duration(clock)
	r.jitters.Add(r.jitter.Seconds())
}

// roundTrip notes how long a report of ours was under way, there and back; 0 if a
// block does not tell.
func (r *remoteView) roundTrip(b ReportBlock, arrived time.Time) time.Duration {
	trip := int32(uint32(ntp(arrived)>>16) - b.LastSR - b.Delay)
	if b.LastSR == 0 || trip < 0 || trip > 60<<16 { // clocks that run apart
		return 0
	}
	r.rtt = time.Duration(trip) * time.Second / 65536
	r.rtts.Add(r.rtt.Seconds())
	return r.rtt
}
