package phone

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/sip"
)

// What a phone calls G726-32 is another packing with g726_non_standard, in its offers
// and answers and in ours.
func TestG726NonStandard(t *testing.T) {
	for option, want := range map[string]*media.Format{"no": media.G726, "yes": media.G726AAL2} {
		s := sessionOf(t, "allow=!all,g726,g726aal2\ng726_non_standard="+option)
		d, err := parseSDP([]byte("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 96\r\na=rtpmap:96 G726-32/8000\r\n"))
		if err != nil {
			t.Fatal(err)
		}
		a, ok := s.agrees(d, s.endpoint.Formats)
		if !ok || a.formats[0] != want {
			t.Fatalf("g726_non_standard=%s: G726-32 is taken for %v, want %s", option, a.formats, want.Name)
		}
		way := sip.Source{Remote: netip.MustParseAddrPort("127.0.0.1:9"), Transport: s.driver.stack.Transports()[0]}
		offer := string(s.describe(way, nil, []*media.Format{media.G726AAL2}, sendRecv).appendTo(nil))
		if got := strings.Contains(offer, " AAL2-G726-32/8000"); got != (option == "no") {
			t.Errorf("g726_non_standard=%s: g726aal2 is offered as\n%s", option, offer)
		}
	}
}
