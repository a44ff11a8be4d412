package rtp

import (
	"math"
	"strings"
	"testing"
	"time"
)

func series(values ...float64) Series {
	var s Series
	for _, v := range values {
		s.Add(v)
	}
	return s
}

// TestScore has what Asterisk 22 reckoned with reports that it was sent, and with
// losses of its own: the values of CHANNEL(rtcp,rxmes) and txmes.
func TestScore(t *testing.T) {
	tests := []struct {
		lost, jitters, rtts []float64
		want                float64
	}{
		{[]float64{0}, []float64{0}, nil, 88.087887},
		{[]float64{0, 0}, []float64{0, 0.01}, nil, 88.087887},
		{[]float64{0, 0, 10}, []float64{0, 0.01, 0.01}, nil, 84.753291},
		{[]float64{0, 0, 10, 10}, []float64{0, 0.01, 0.01, 0.1}, nil, 82.609091},
		{[]float64{0, 0, 10, 10, 10}, []float64{0, 0.01, 0.01, 0.1, 0.01}, []float64{0.100128}, 79.279281},
		{[]float64{0, 0, 10, 10, 10, 30}, []float64{0, 0.01, 0.01, 0.1, 0.01, 0.01}, []float64{0.100128, 0.300140}, 66.277944},
		{[]float64{0, 0, 0}, []float64{0.1, 0.2, 2}, nil, 88.076364},
		{[]float64{0, 0, 0, 0}, []float64{0.1, 0.2, 2, 10}, nil, 87.812073},
		{[]float64{0, 0, 0, 0, 4, 8, 8}, []float64{0.1, 0.2, 2, 10, 0.01, 0.01, 0.01}, []float64{0.130157, 1.500152}, 23.390526},
		{[]float64{300}, []float64{0.01}, []float64{0.1}, 20},
		{[]float64{0, 21}, []float64{0.0028}, []float64{0.100128, 0.300140}, 65.268355},
		{[]float64{19}, []float64{0.0005}, nil, 56.714823},
	}
	for _, test := range tests {
		lost, jitters, rtts := series(test.lost...), series(test.jitters...), series(test.rtts...)
		if got := score(&lost, &jitters, &rtts); math.Abs(got-test.want) > 0.001 { // round trips are told in microseconds
			t.Errorf("lost %v, jitters %v, round trips %v: %.6f, want %.6f", test.lost, test.jitters, test.rtts, got, test.want)
		}
	}
}

// statistics are of a call that lost 19 packets on its way in, and of which the
// other side reported twice.
func statistics() Stats {
	return Stats{LocalSSRC: 4026531840, RemoteSSRC: 7, Packets: 249, SentPackets: 250, Lost: 19, RemoteLost: 8, Clock: 8000,
		Jitter: 500 * time.Microsecond, RemoteJitter: 10 * time.Millisecond, RTT: 130157 * time.Microsecond,
		Jitters: series(0, 0.001), RemoteJitters: series(0.03, 0.01), Losses: series(19), RemoteLosses: series(0, 8),
		RTTs: series(0.130157), Scores: series(56.714823), RemoteScores: series(88.087887, 84.396601)}
}

// TestTexts: the form is that of the two releases, blanks and oddities included.
func TestTexts(t *testing.T) {
	v := statistics()
	tests := []struct {
		form Form
		want []Text
	}{
		{Form22, []Text{
			{"", "ssrc=4026531840;themssrc=7;lp=19;rxjitter=0.010000;rxcount=249;txjitter=0.000500;txcount=250;rlp=8;rtt=0.130157;" +
				"rxmes=84.396601;txmes=56.714823"},
			{"JITTER", "minrxjitter=000.000000;maxrxjitter=000.001000;avgrxjitter=000.000500;stdevrxjitter=000.000500;" +
				"mintxjitter=000.010000;maxtxjitter=000.030000;avgtxjitter=000.020000;stdevtxjitter=000.010000;"},
			{"LOSS", "  minrxlost=019.000000;  maxrxlost=019.000000;  avgrxlost=019.000000;  stdevrxlost=000.000000;" +
				"  mintxlost=000.000000;  maxtxlost=008.000000;  avgtxlost=004.000000;  stdevtxlost=004.000000;"},
			{"RTT", "     minrtt=000.130157;     maxrtt=000.130157;     avgrtt=000.130157;     stdevrtt=000.000000;"},
			{"MES", "   minrxmes=056.714823;   maxrxmes=056.714823;   avgrxmes=056.714823;   stdevrxmes=000.000000;" +
				"   mintxmes=084.396601;   maxtxmes=088.087887;   avgtxmes=086.242244;   stdevtxmes=001.845643;"},
		}},
		{Form16, []Text{
			{"", "ssrc=4026531840;themssrc=7;lp=19;rxjitter=0.000000;rxcount=249;txjitter=0.000500;txcount=250;rlp=8;rtt=0.130157"},
			{"JITTER", "minrxjitter=0.000000;maxrxjitter=0.001000;avgrxjitter=0.000500;stdevrxjitter=0.022361;" +
				"reported_minjitter=80.000000;reported_maxjitter=240.000000;reported_avgjitter=160.000000;reported_stdevjitter=8.944272;"},
			{"LOSS", "minrxlost=19.000000;maxrxlost=19.000000;avgrxlost=19.000000;stdevrxlost=0.000000;" +
				"reported_minlost=0.000000;reported_maxlost=8.000000;reported_avglost=4.000000;reported_stdevlost=2.000000;"},
			{"RTT", "minrtt=0.130157;maxrtt=0.130157;avgrtt=0.130157;stdevrtt=0.000000;"},
		}},
	}
	for _, test := range tests {
		got := v.Texts(test.form)
		if len(got) != len(test.want) {
			t.Errorf("form %d has %d texts, want %d", test.form, len(got), len(test.want))
			continue
		}
		for i, want := range test.want {
			if got[i] != want {
				t.Errorf("form %d:\n got %q\nwant %q", test.form, got[i], want)
			}
		}
	}
	v.RemoteJitters.Add(1000) // 8,000,000 ticks
	if got := v.Texts(Form16)[0].Value; !strings.Contains(got, ";rxjitter=122.000000;") {
		t.Errorf("form of 16: %s", got)
	}
}

func TestItems(t *testing.T) {
	v := statistics()
	for name, want := range map[string]string{
		"all": v.Texts(Form22)[0].Value, "all_jitter": v.Texts(Form22)[1].Value, "all_mes": v.Texts(Form22)[4].Value,
		"local_ssrc": "4026531840", "remote_ssrc": "7", "rxcount": "249", "txcount": "250", "txploss": "8", "rxploss": "19",
		"txjitter": "0.000500", "rxjitter": "0.010000", "rtt": "0.130157", "txmes": "56.714823", "rxmes": "84.396601",
		"local_maxjitter": "0.001000", "remote_maxjitter": "0.030000", "local_normdevjitter": "0.000500", "remote_stdevrxploss": "4.000000",
		"local_minrxploss": "19.000000", "maxrtt": "0.130157", "remote_maxmes": "88.087887", "local_minmes": "56.714823",
	} {
		if got, ok := v.Item(name); !ok || got != want {
			t.Errorf("%s is %q %v, want %q", name, got, ok, want)
		}
	}
	for _, name := range []string{"nonsense", "all_", "maxmes", ""} {
		if got, ok := v.Item(name); ok {
			t.Errorf("%q is a statistic: %q", name, got)
		}
	}
}
