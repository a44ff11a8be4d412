package rtp

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// score says how good a stream sounds to a person, from 20 to 90: the mean opinion
// score of the E-model (ITU-T G.107 Annex B) times 20. A report's series say how it
// is received, in packets and seconds. The weights, and that jitter counts next to
// nothing, are what Asterisk 22 was seen to reckon with.
func score(lost, jitters, rtts *Series) float64 {
	delay := 1000*rtts.Mean() + 2*jitters.Last*jitters.Deviation()/3 + 10 // ms
	r := 93.2 - 2*lost.Mean()
	if delay < 160 {
		r -= delay / 40
	} else {
		r -= (delay - 120) / 10
	}
	opinion := 1.0
	switch {
	case r > 100:
		opinion = 4.5
	case r > 0:
		opinion = 1 + 0.035*r + r*(r-60)*(100-r)*7e-6
	}
	return 20 * opinion
}

// A Form is how texts on quality are written.
type Form uint8

// The forms.
const (
	Form22 Form = iota // of Asterisk 22
	Form16             // of chan_sip in Asterisk 16
)

// A Text is a part of the quality: Name is what follows RTPAUDIOQOS in the name of
// its channel variable.
type Text struct{ Name, Value string }

// TextNames is how many texts there are at most.
const TextNames = 5

// Texts returns how many texts a form has. Their names are in the same order in all.
func (f Form) Texts() int {
	if f == Form16 {
		return TextNames - 1
	}
	return TextNames
}

// Texts returns the values of RTPAUDIOQOS and its kin. Jitter and round trips are
// in seconds, but those that the other side reports in ticks of the clock in Form16.
func (v *Stats) Texts(f Form) []Text {
	if f == Form16 {
		ticks := float64(max(v.Clock, 1))
		return []Text{{"", v.summary(float64(uint32(v.RemoteJitters.Last*ticks) / 65536))},
			{"JITTER", v.Jitters.sixteen("%srxjitter", 1, true) + v.RemoteJitters.sixteen("reported_%sjitter", ticks, true)},
			{"LOSS", v.Losses.sixteen("%srxlost", 1, true) + v.RemoteLosses.sixteen("reported_%slost", 1, true)},
			{"RTT", v.RTTs.sixteen("%srtt", 1, false)}}
	}
	return []Text{{"", fmt.Sprintf("%s;rxmes=%f;txmes=%f", v.summary(v.RemoteJitter.Seconds()), v.RemoteScores.Last, v.Scores.Last)},
		{"JITTER", v.Jitters.quality("rxjitter") + v.RemoteJitters.quality("txjitter")},
		{"LOSS", v.Losses.quality("rxlost") + v.RemoteLosses.quality("txlost")},
		{"RTT", v.RTTs.quality("rtt")},
		{"MES", v.Scores.quality("rxmes") + v.RemoteScores.quality("txmes")}}
}

// summary begins RTPAUDIOQOS. Here rxjitter and rxmes are of what the other side
// receives, in the other texts of what we receive: so Asterisk has it.
func (v *Stats) summary(rxjitter float64) string {
	return fmt.Sprintf("ssrc=%d;themssrc=%d;lp=%d;rxjitter=%f;rxcount=%d;txjitter=%f;txcount=%d;rlp=%d;rtt=%f",
		v.LocalSSRC, v.RemoteSSRC, v.Lost, rxjitter, v.Packets, v.Jitter.Seconds(), v.SentPackets, v.RemoteLost, v.RTT.Seconds())
}

// quality writes a series in the form of Asterisk 22: names are filled up to one length.
func (s *Series) quality(name string) string {
	fill := strings.Repeat(" ", max(0, len("rxjitter")-len(name)))
	return fmt.Sprintf("%[1]smin%[2]s=%010.6[3]f;%[1]smax%[2]s=%010.6[4]f;%[1]savg%[2]s=%010.6[5]f;%[1]sstdev%[2]s=%010.6[6]f;",
		fill, name, s.Min, s.Max, s.Mean(), s.Deviation())
}

// sixteen writes a series in the form of Asterisk 16, where some deviations are
// told by their square root.
func (s *Series) sixteen(name string, unit float64, root bool) string {
	deviation := s.Deviation() * unit
	if root {
		deviation = math.Sqrt(deviation)
	}
	var b strings.Builder
	for _, item := range []struct {
		what  string
		value float64
	}{{"min", s.Min * unit}, {"max", s.Max * unit}, {"avg", s.Mean() * unit}, {"stdev", deviation}} {
		fmt.Fprintf(&b, name+"=%f;", item.what, item.value)
	}
	return b.String()
}

// Item returns a statistic by its name in CHANNEL(rtcp,name); ok is false if
// there is no such name.
func (v *Stats) Item(name string) (value string, ok bool) {
	for _, t := range v.Texts(Form22) {
		if all := "all_" + strings.ToLower(t.Name); name == strings.TrimSuffix(all, "_") {
			return t.Value, true
		}
	}
	switch name {
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
	switch name {
	case "txjitter":
		return v.Jitter.Seconds(), true
	case "rxjitter":
		return v.RemoteJitter.Seconds(), true
	case "rtt":
		return v.RTT.Seconds(), true
	case "txmes":
		return v.Scores.Last, true
	case "rxmes":
		return v.RemoteScores.Last, true
	}
	for _, group := range []struct {
		prefix, suffix string
		series         *Series
	}{
		{"remote_", "jitter", &v.RemoteJitters}, {"local_", "jitter", &v.Jitters},
		{"remote_", "rxploss", &v.RemoteLosses}, {"local_", "rxploss", &v.Losses}, {"", "rtt", &v.RTTs},
		{"remote_", "mes", &v.RemoteScores}, {"local_", "mes", &v.Scores},
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
