package exchange

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/rtp"
)

// A report of RTCP is in the log as the reference writes it: recorded with the packets of
// which the values are here.
func TestControlIsTold(t *testing.T) {
	peer := netip.MustParseAddrPort("127.0.0.1:7001")
	block := rtp.ReportBlock{SSRC: 4660, FractionLost: 12, TotalLost: 7, HighestSequence: 5, Jitter: 30, LastSR: 0x1234, Delay: 0x10000}
	sr := &rtp.Report{SSRC: 4660, Sender: true, NTP: 0xe0000000_80000000, Timestamp: 16000, Packets: 100, Octets: 16000, Blocks: []rtp.ReportBlock{block}}
	got := []string{"", "RTCP from 127.0.0.1:7001", "PT: 200 (Sender Report)", "Reception reports: 1", "SSRC of sender: 4660", "NTP timestamp: 1549107584.500000",
		"RTP timestamp: 16000", "SPC: 100\tSOC: 16000", "  Fraction lost: 12", "  Packets lost so far: 7", "  Highest sequence number: 5",
		"  Sequence number cycles: 0", "  Interarrival jitter (samp): 30", "  Interarrival jitter (secs): 0.003750",
		"  Last SR(our NTP): 0.1250909224960", "  DLSR: 1.0000 (sec)"}
	timed := *sr
	timed.RTT, timed.Score = 21*time.Millisecond, 20
	sent := []string{"* Sent RTCP SR to 127.0.0.1:7001", "  Our SSRC: 4660", "  Sent(NTP): 1549107584.500000", "  Sent(RTP): 16000", "  Sent packets: 100",
		"  Sent octets: 16000", "  Report block:", "    Their SSRC: 4660", "    Fraction lost: 12", "    Cumulative loss: 7", "    Highest seq no: 5",
		"    IA jitter (samp): 30", "    IA jitter (secs): 0.003750", "    Their last SR: 4660", "    DLSR: 1.0000 (sec)"}
	for _, c := range []struct {
		name string
		told rtp.Controlled
		want []string
	}{
		{"a report that came", rtp.Controlled{Way: rtp.Got, Peer: peer, Type: 200, Count: 1, SSRC: 4660, Report: sr, Clock: 8000}, got},
		{"with a round trip", rtp.Controlled{Way: rtp.Got, Peer: peer, Type: 200, Count: 1, SSRC: 4660, Report: &timed, Clock: 8000},
			append(slices.Clone(got), "  RTT: 0.0210(sec)", "  MES: 20.0")},
		{"a report that went", rtp.Controlled{Way: rtp.Sent, Peer: peer, Type: 200, Count: 1, SSRC: 4660, Report: sr, Clock: 8000}, sent},
		{"a name", rtp.Controlled{Way: rtp.Got, Peer: peer, Type: 202, Count: 1, SSRC: 9}, []string{"", "RTCP from 127.0.0.1:7001",
			"PT: 202 (Source Description)", "Reception reports: 1", "SSRC of sender: 9", "Received an SDES from 127.0.0.1:7001"}},
		{"a wish for a whole picture", rtp.Controlled{Way: rtp.Got, Peer: peer, Type: 206, Count: 1, SSRC: 9}, []string{"", "RTCP from 127.0.0.1:7001",
			"PT: 206 (PSFB)", "Reception reports: 1", "SSRC of sender: 9", "Received an RTCP Fast Update Request"}},
	} {
		if got := controlLines(c.told); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
}
