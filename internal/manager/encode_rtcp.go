package manager

import (
	"fmt"

	"github.com/octothorpe/octothorpe/internal/event"
)

// rtcp writes a report of RTCP.
func (w *writer) rtcp(v *event.RTCPReport, sent bool) {
	w.field("To", v.To.String())
	w.field("From", v.From.String())
	if !sent {
		w.field("RTT", fmt.Sprintf("%.4f", v.RTT.Seconds()))
	}
	if v.Score > 0 {
		w.field("MES", fmt.Sprintf("%.1f", v.Score))
	}
	w.field("SSRC", fmt.Sprintf("0x%08x", v.SSRC))
	if v.Sender {
		w.field("PT", "200(SR)")
	} else {
		w.field("PT", "201(RR)")
	}
	w.number("ReportCount", len(v.Blocks))
	if v.Sender {
		w.field("SentNTP", fmt.Sprintf("%d.%06d", v.NTP.Unix(), v.NTP.Nanosecond()/1000))
		w.field("SentRTP", fmt.Sprint(v.Timestamp))
		w.field("SentPackets", fmt.Sprint(v.Packets))
		w.field("SentOctets", fmt.Sprint(v.Octets))
	}
	for i, b := range v.Blocks {
		field := func(name string, value any) { w.field(fmt.Sprintf("Report%d%s", i, name), fmt.Sprint(value)) }
		field("SourceSSRC", fmt.Sprintf("0x%08x", b.SSRC))
		field("FractionLost", b.FractionLost)
		field("CumulativeLost", b.TotalLost)
		field("HighestSequence", b.HighestSequence)
		field("SequenceNumberCycles", b.Cycles)
		field("IAJitter", b.Jitter)
		field("LSR", b.LastSR)
		field("DLSR", fmt.Sprintf("%.4f", b.Delay.Seconds()))
	}
}
