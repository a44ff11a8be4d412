package exchange

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/logging"
	"github.com/octothorpe/octothorpe/internal/rtp"
)

// controlNames are the types of packets of RTCP (RFC 3550 §12.1, RFC 4585 §6.1), as they
// are called in the log.
var controlNames = map[uint8]string{200: "Sender Report", 201: "Receiver Report", 202: "Source Description", 203: "BYE", 204: "APP", 205: "RTPFB", 206: "PSFB"}

// tellControl writes a packet of RTCP to the log, in the words of the reference.
func (x *Exchange) tellControl(c rtp.Controlled) {
	for _, line := range controlLines(c) {
		logging.Verbosef(x.log, 0, "%s", line)
	}
}

// controlLines are the lines that tell of a packet.
func controlLines(c rtp.Controlled) (lines []string) {
	tell := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	if c.Way == rtp.Sent {
		tellReportSent(tell, c)
	} else {
		tellControlGot(tell, c)
	}
	return lines
}

// ntpParts are the seconds and microseconds of the time in a sender report.
func ntpParts(v *rtp.Report) (seconds, micros int64) {
	at := v.Time()
	return at.Unix(), int64(at.Nanosecond() / 1000)
}

func tellReportSent(tell func(string, ...any), c rtp.Controlled) {
	v, kind := c.Report, "RR"
	if v.Sender {
		kind = "SR"
	}
	tell("* Sent RTCP %s to %s", kind, c.Peer)
	tell("  Our SSRC: %d", v.SSRC)
	if v.Sender {
		seconds, micros := ntpParts(v)
		tell("  Sent(NTP): %d.%06d", seconds, micros)
		tell("  Sent(RTP): %d", v.Timestamp)
		tell("  Sent packets: %d", v.Packets)
		tell("  Sent octets: %d", v.Octets)
	}
	for _, b := range v.Blocks {
		tell("  Report block:")
		tell("    Their SSRC: %d", b.SSRC)
		tell("    Fraction lost: %d", b.FractionLost)
		tell("    Cumulative loss: %d", b.TotalLost)
		tell("    Highest seq no: %d", uint32(b.Cycles)<<16|uint32(b.HighestSequence))
		tell("    IA jitter (samp): %d", b.Jitter)
		tell("    IA jitter (secs): %.6f", inSeconds(b.Jitter, c.Clock))
		tell("    Their last SR: %d", b.LastSR)
		tell("    DLSR: %.4f (sec)", float64(b.Delay)/65536)
	}
}

func tellControlGot(tell func(string, ...any), c rtp.Controlled) {
	tell("")
	tell("RTCP from %s", c.Peer)
	tell("PT: %d (%s)", c.Type, cmp.Or(controlNames[c.Type], "Unknown"))
	tell("Reception reports: %d", c.Count)
	tell("SSRC of sender: %d", c.SSRC)
	switch v := c.Report; {
	case v != nil:
		tellReportGot(tell, c, v)
	case c.Type == 202:
		tell("Received an SDES from %s", c.Peer)
	case c.Type == 203:
		tell("Received a BYE from %s", c.Peer)
	case c.Type == 206 && (c.Count == 1 || c.Count == 4): // PLI, FIR
		tell("Received an RTCP Fast Update Request")
	}
}

func tellReportGot(tell func(string, ...any), c rtp.Controlled, v *rtp.Report) {
	if v.Sender {
		seconds, micros := ntpParts(v)
		tell("NTP timestamp: %d.%06d", seconds, micros)
		tell("RTP timestamp: %d", v.Timestamp)
		tell("SPC: %d\tSOC: %d", v.Packets, v.Octets)
	}
	for _, b := range v.Blocks {
		tell("  Fraction lost: %d", b.FractionLost)
		tell("  Packets lost so far: %d", b.TotalLost)
		tell("  Highest sequence number: %d", b.HighestSequence)
		tell("  Sequence number cycles: %d", b.Cycles)
		tell("  Interarrival jitter (samp): %d", b.Jitter)
		tell("  Interarrival jitter (secs): %.6f", inSeconds(b.Jitter, c.Clock))
		tell("  Last SR(our NTP): %d.%010d", b.LastSR>>16, uint64(b.LastSR&0xffff)<<16*4096)
		tell("  DLSR: %.4f (sec)", float64(b.Delay)/65536)
	}
	if v.RTT > 0 {
		tell("  RTT: %.4f(sec)", v.RTT.Seconds())
	}
	if v.Score > 0 {
		tell("  MES: %.1f", v.Score)
	}
}

// inSeconds is a time in ticks of a clock.
func inSeconds(ticks uint32, clock int) float64 {
	return float64(ticks) / float64(cmp.Or(clock, 8000))
}

// setRTCPStats answers as the reference does, which tells no more with it either: what
// it counts is in AMI's RTCPReceived and RTCPSent, and in "pjsip show channelstats".
func setRTCPStats(_ context.Context, r *command.ConsoleRequest) error {
	if len(r.Args) > 0 {
		return &command.UsageError{}
	}
	word := "Disabled"
	if strings.EqualFold(r.Words[3], "on") {
		word = "Enabled"
	}
	fmt.Fprintf(r.Out, "RTCP Stats %s\n", word)
	return nil
}
