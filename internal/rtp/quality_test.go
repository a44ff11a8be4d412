package rtp

import (
	"testing"
	"time"
)

func TestQuality(t *testing.T) {
	v := Stats{LocalSSRC: 4026531840, RemoteSSRC: 7, Packets: 500, SentPackets: 400, Lost: 5, RemoteLost: 2,
		Jitter: 1500 * time.Microsecond, RemoteJitter: 2 * time.Millisecond, RTT: 30 * time.Millisecond}
	v.Jitters.Add(0.001)
	v.Jitters.Add(0.003)
	for _, test := range []struct{ name, want string }{
		{"all_jitter", "minrxjitter=000.001000;maxrxjitter=000.003000;avgrxjitter=000.002000;stdevrxjitter=000.001000;" +
			"mintxjitter=000.000000;maxtxjitter=000.000000;avgtxjitter=000.000000;stdevtxjitter=000.000000;"},
		{"local_ssrc", "4026531840"}, {"rxcount", "500"}, {"txploss", "2"}, {"rxjitter", "0.001500"}, {"rtt", "0.030000"},
		{"local_maxjitter", "0.003000"}, {"local_normdevjitter", "0.002000"}, {"maxrtt", "0.000000"}, {"remote_minrxploss", "0.000000"},
	} {
		if got, ok := v.Item(test.name); !ok || got != test.want {
			t.Errorf("%s is %q %v, want %q", test.name, got, ok, test.want)
		}
	}
	if _, ok := v.Item("nonsense"); ok {
		t.Error("nonsense is a statistic")
	}
	const start = "ssrc=4026531840;themssrc=7;lp=5;rxjitter=0.001500;rxcount=500;txjitter=0.002000;txcount=400;rlp=2;rtt=0.030000;rxmes="
	if got := v.QOS(); len(got) < len(start) || got[:len(start)] != start {
		t.Errorf("QOS %s", got)
	}
}

// TestScore falls with loss, jitter and delay, and stays within its bounds.
func TestScore(t *testing.T) {
	good := score(0, 1000, time.Millisecond, 20*time.Millisecond)
	if good < 90 {
		t.Errorf("a good call scores %.1f", good)
	}
	for name, worse := range map[string]float64{
		"loss":   score(50, 950, time.Millisecond, 20*time.Millisecond),
		"jitter": score(0, 1000, 60*time.Millisecond, 20*time.Millisecond),
		"delay":  score(0, 1000, time.Millisecond, 500*time.Millisecond),
	} {
		if worse >= good-2 {
			t.Errorf("with %s it scores %.1f, without %.1f", name, worse, good)
		}
	}
	if all := score(900, 100, time.Second, time.Second); all != 0 {
		t.Errorf("a call of noise scores %.1f", all)
	}
}
