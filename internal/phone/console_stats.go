package phone

import (
	"fmt"
	"io"
)

// A statistic is what RTP and RTCP tell of one channel.
type statistic struct {
	Received, Sent                 uint64
	ReceiveLost, SendLost          uint64
	ReceivePercent, SendPercent    float64
	ReceiveJitter, SendJitter, RTT float64 // seconds
}

// measured is a Leg of this package that knows its statistics.
type measured interface{ Statistics() statistic }

// Statistics implements measured.
func (s *session) Statistics() statistic {
	if s.audio == nil {
		return statistic{}
	}
	v := s.audio.Stats()
	return statistic{Received: v.Packets, Sent: v.SentPackets, ReceiveLost: uint64(v.Lost), SendLost: uint64(max(0, v.RemoteLost)),
		ReceivePercent: percent(v.Lost, v.Packets), SendPercent: percent(v.RemoteLost, v.SentPackets),
		ReceiveJitter: v.Jitter.Seconds(), SendJitter: v.RemoteJitter.Seconds(), RTT: v.RTT.Seconds()}
}

// percent is how much is lost of what was sent: what came, and what did not.
func percent(lost int, came uint64) float64 {
	if lost <= 0 {
		return 0
	}
	return 100 * float64(lost) / (float64(lost) + float64(came))
}

func (d *Driver) statisticOf(name string) (statistic, bool) {
	if d.registry == nil {
		return statistic{}, false
	}
	c := d.registry.Find(name)
	if c == nil {
		return statistic{}, false
	}
	m, ok := c.Leg().(measured)
	if !ok {
		return statistic{}, false
	}
	return m.Statistics(), true
}

// channelStats prints "pjsip show channelstats" and "sip show channelstats".
func (d *Driver) channelStats(w io.Writer) error {
	names := d.channelNames("")
	if d.technology == SIP {
		return d.channelStatsSIP(w, names)
	}
	if len(names) == 0 {
		fmt.Fprint(w, "No objects found.\n\n")
		return nil
	}
	fmt.Fprint(w, "\n                                             ...........Receive......... .........Transmit..........\n",
		" BridgeId ChannelId ........ UpTime.. Codec.   Count    Lost Pct  Jitter   Count    Lost Pct  Jitter RTT....\n",
		" ===========================================================================================================\n\n")
	for _, name := range names {
		c := d.snapshot(name)
		s, _ := d.statisticOf(name)
		codec := d.formatOf(name)
		fmt.Fprintf(w, " %-8.8s %-18.18s %-8.8s %-6.6s %6d %7d %4.0f %7.3f %6d %7d %4.0f %7.3f %7.3f\n", c.BridgeID, name[len("PJSIP/"):],
			uptime(c), codec[1:len(codec)-1], s.Received, s.ReceiveLost, s.ReceivePercent, s.ReceiveJitter,
			s.Sent, s.SendLost, s.SendPercent, s.SendJitter, s.RTT)
	}
	fmt.Fprintf(w, "\nObjects found: %d\n\n", len(names))
	return nil
}

func (d *Driver) channelStatsSIP(w io.Writer, names []string) error {
	fmt.Fprintf(w, "%-15.15s  %-11.11s  %-8.8s %-10.10s  %-10.10s (     %%) %-6.6s %-10.10s  %-10.10s (     %%) %-6.6s\n",
		"Peer", "Call ID", "Duration", "Recv: Pack", "Lost", "Jitter", "Send: Pack", "Lost", "Jitter")
	for _, name := range names {
		c := d.snapshot(name)
		s, _ := d.statisticOf(name)
		fmt.Fprintf(w, "%-15.15s  %-11.11s  %-8.8s %-10.10d  %-10.10d (%5.2f%%) %-6.4f %-10.10d  %-10.10d (%5.2f%%) %-6.4f\n", d.hostOf(name), c.Protocol,
			uptime(c), s.Received, s.ReceiveLost, s.ReceivePercent, s.ReceiveJitter, s.Sent, s.SendLost, s.SendPercent, s.SendJitter)
	}
	fmt.Fprintf(w, "%d active SIP channel%s\n", len(names), choose(len(names) == 1, "", "s"))
	return nil
}
