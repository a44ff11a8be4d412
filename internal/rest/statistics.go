package rest

import (
	"math"
	"net/http"
	"strconv"

	"github.com/octothorpe/octothorpe/internal/rest/stasis"
	"github.com/octothorpe/octothorpe/internal/rtp"
)

// A measured leg knows how its audio goes over the network; ok is false while there is none.
type measured interface{ RTPStatistics() (v rtp.Stats, ok bool) }

// rtpStatistics tells how the audio of a channel goes: RTPstat. Jitters and round trips are in seconds.
func rtpStatistics(_ *Server, r *request) answer {
	c := r.channel()
	if c == nil {
		return noChannel
	}
	m, ok := c.Leg().(measured)
	if !ok && c.Technology() != "UnicastRTP" { // whose packets the reference does not count
		return refusal(http.StatusForbidden, "Unsupported channel type")
	}
	var v rtp.Stats
	if ok {
		v, ok = m.RTPStatistics()
	}
	if !ok {
		return refusal(http.StatusNotFound, "RTP info not found")
	}
	b := []byte{'{'}
	for _, n := range []struct {
		name  string
		value uint64
	}{{"txcount", v.SentPackets}, {"rxcount", v.Packets}, {"txploss", uint64(max(0, v.RemoteLost))}, {"rxploss", uint64(max(0, v.Lost))},
		{"local_ssrc", uint64(v.LocalSSRC)}, {"remote_ssrc", uint64(v.RemoteSSRC)}, {"txoctetcount", v.SentOctets}, {"rxoctetcount", v.Octets}} {
		b = strconv.AppendUint(append(b, `"`+n.name+`":`...), n.value, 10)
		b = append(b, ',')
	}
	b = stasis.AppendText(append(b, `"channel_uniqueid":`...), c.UniqueID())
	fraction := func(name string, value float64) {
		b = appendFraction(append(b, `,"`+name+`":`...), value)
	}
	series := func(prefix, name string, s *rtp.Series) {
		fraction(prefix+"max"+name, s.Max)
		fraction(prefix+"min"+name, s.Min)
		fraction(prefix+"normdev"+name, s.Mean())
		fraction(prefix+"stdev"+name, s.Deviation())
	}
	fraction("txjitter", v.Jitter.Seconds())
	fraction("rxjitter", v.RemoteJitter.Seconds())
	series("remote_", "jitter", &v.RemoteJitters)
	series("local_", "jitter", &v.Jitters)
	series("remote_", "rxploss", &v.RemoteLosses)
	series("local_", "rxploss", &v.Losses)
	fraction("rtt", v.RTT.Seconds())
	series("", "rtt", &v.RTTs)
	b = strconv.AppendInt(append(b, `,"txmes":`...), int64(v.Scores.Last), 10) // whole, as the reference has it
	b = strconv.AppendInt(append(b, `,"rxmes":`...), int64(v.RemoteScores.Last), 10)
	series("remote_", "mes", &v.RemoteScores)
	series("local_", "mes", &v.Scores)
	return said(append(b, '}'))
}

// appendFraction appends a number that programs see to be one with a fraction, also where it is whole.
func appendFraction(b []byte, x float64) []byte {
	if x == math.Trunc(x) {
		return strconv.AppendFloat(b, x, 'f', 1, 64)
	}
	return strconv.AppendFloat(b, x, 'g', -1, 64)
}
