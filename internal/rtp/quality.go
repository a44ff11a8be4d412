package rtp

import (
	"fmt"
	"strconv"
	"time"
)

// The texts of channel variables and of CHANNEL(rtcp,…), as Asterisk 22 writes
// them. Jitter and round trips are in seconds.

// score says how good a stream sounds to a person, from 0 to 100: a simple form of
// the E-model (ITU-T G.107) of loss, jitter and delay.
func score(lost, received float64, jitter, rtt time.Duration) float64 {
	const (
		best      = 93.2
		delayKnee = 160.0 // ms from which delay is felt
		lossCost  = 2.5   // points for each percent
	)
	loss := 0.0
	if lost+received > 0 {
		loss = 100 * lost / (lost + received)
	}
	delay := float64(rtt.Milliseconds()) + 2*float64(jitter.Milliseconds()) + 10
	r := best - delay/40
	if delay >= delayKnee {
		r = best - (delay-120)/10
	}
	return max(0, min(100, r-lossCost*loss))
}

// scores are those of what is received and of what the other side receives.
func (v *Stats) scores() (here, there float64) {
	return score(float64(v.Lost), float64(v.Packets), v.Jitter, v.RTT),
		score(float64(v.RemoteLost), float64(v.SentPackets), v.RemoteJitter, v.RTT)
}

// QOS is the value of RTPAUDIOQOS and RTPVIDEOQOS, and of CHANNEL(rtcp,all).
func (v *Stats) QOS() string {
	here, there := v.scores()
	return fmt.Sprintf("ssrc=%d;themssrc=%d;lp=%d;rxjitter=%f;rxcount=%d;txjitter=%f;txcount=%d;rlp=%d;rtt=%f;rxmes=%f;txmes=%f",
		v.LocalSSRC, v.RemoteSSRC, v.Lost, v.Jitter.Seconds(), v.Packets, v.RemoteJitter.Seconds(), v.SentPackets,
		v.RemoteLost, v.RTT.Seconds(), there, here)
}

// JitterQOS is the value of RTPAUDIOQOSJITTER.
func (v *Stats) JitterQOS() string {
	return v.Jitters.quality("rxjitter") + v.RemoteJitters.quality("txjitter")
}

// LossQOS is the value of RTPAUDIOQOSLOSS.
func (v *Stats) LossQOS() string {
	return v.Losses.quality("rxlost") + v.RemoteLosses.quality("txlost")
}

// RTTQOS is the value of RTPAUDIOQOSRTT.
func (v *Stats) RTTQOS() string { return v.RTTs.quality("rtt") }

// MESQOS is the value of RTPAUDIOQOSMES. Only the present scores are kept.
func (v *Stats) MESQOS() string {
	here, there := v.scores()
	var received, sent Series
	received.Add(here)
	sent.Add(there)
	return received.quality("rxmes") + sent.quality("txmes")
}

func (s *Series) quality(name string) string {
	return fmt.Sprintf("min%[1]s=%010.6[2]f;max%[1]s=%010.6[3]f;avg%[1]s=%010.6[4]f;stdev%[1]s=%010.6[5]f;",
		name, s.Min, s.Max, s.Mean(), s.Deviation())
}

// Item returns a statistic by its name in CHANNEL(rtcp,name); ok is false if
// there is no such name.
func (v *Stats) Item(name string) (value string, ok bool) {
	switch name {
	case "all":
		return v.QOS(), true
	case "all_jitter":
		return v.JitterQOS(), true
	case "all_loss":
		return v.LossQOS(), true
	case "all_rtt":
		return v.RTTQOS(), true
	case "all_mes":
		return v.MESQOS(), true
	case "local_ssrc":
		return strconv.FormatUint(uint64(v.LocalSSRC), 10), true
	case "remote_ssrc":
		return strconv.FormatUint(uint64(v.RemoteSSRC), 10), true
	case "txcount":
		return strconv.FormatUint(v.SentPackets, 10), true
	case "rxcount":
		return strconv.FormatUint(v.Packets, 10), true
	case "txploss":
		return strconv.Itoa(v.RemoteLost), true
	case "rxploss":
		return strconv.Itoa(v.Lost), true
	}
	x, ok := v.measure(name)
	if !ok {
		return "", false
	}
	return strconv.FormatFloat(x, 'f', 6, 64), true
}

// measure finds the statistics that are fractions.
func (v *Stats) measure(name string) (float64, bool) {
	here, there := v.scores()
	switch name {
	case "txjitter":
		return v.RemoteJitter.Seconds(), true
	case "rxjitter":
		return v.Jitter.Seconds(), true
	case "rtt":
		return v.RTT.Seconds(), true
	case "txmes":
		return here, true
	case "rxmes":
		return there, true
	}
	for _, group := range []struct {
		prefix, suffix string
		series         *Series
	}{
		{"remote_", "jitter", &v.RemoteJitters}, {"local_", "jitter", &v.Jitters},
		{"remote_", "rxploss", &v.RemoteLosses}, {"local_", "rxploss", &v.Losses}, {"", "rtt", &v.RTTs},
	} {
		switch name {
		case group.prefix + "max" + group.suffix:
			return group.series.Max, true
		case group.prefix + "min" + group.suffix:
			return group.series.Min, true
		case group.prefix + "normdev" + group.suffix:
			return group.series.Mean(), true
		case group.prefix + "stdev" + group.suffix:
			return group.series.Deviation(), true
		}
	}
	return 0, false
}
