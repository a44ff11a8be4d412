package phone

import (
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/internal/rtp"
)

// "pjsip show channelstats" counts what came and what went, and what was lost.
func TestChannelStatsCount(t *testing.T) {
	s := sessionOf(t, "")
	phone, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer phone.Close()
	ulaw := []rtp.Payload{{Type: 0, Use: rtp.Media, Format: media.ULaw}}
	s.audio.SetPayloads(ulaw, ulaw)
	s.audio.SetRemote(phone.LocalAddr().(*net.UDPAddr).AddrPort(), netip.AddrPort{})
	for range 2 {
		if err := s.audio.Write(media.Frame{Kind: media.Voice, Format: media.ULaw, Data: make([]byte, 160), Samples: 160}); err != nil {
			t.Fatal(err)
		}
	}
	for _, number := range []byte{1, 2, 4} { // 3 is lost
		packet := append([]byte{0x80, 0, 0, number, 0, 0, number, 0, 0, 0, 0, 7}, make([]byte, 160)...)
		if _, err := phone.WriteToUDPAddrPort(packet, s.audio.LocalAddr()); err != nil {
			t.Fatal(err)
		}
	}
	for end := time.Now().Add(10 * time.Second); s.audio.Stats().Packets < 3; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d packets came, want 3", s.audio.Stats().Packets)
		}
	}
	var out strings.Builder
	if err := s.driver.channelStats(&out); err != nil {
		t.Fatal(err)
	}
	line := ""
	for l := range strings.Lines(out.String()) {
		if strings.Contains(l, "tones-") {
			line = l
		}
	}
	if want := " ulaw        3       1   25   0.0"; !strings.Contains(line, want) {
		t.Errorf("%q has not %q", line, want)
	}
	if f := strings.Fields(line); len(f) < 9 || f[7] != "2" || f[8] != "0" {
		t.Errorf("sent: %q, want 2 and none lost", line)
	}
}
