package phone

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/media"
)

const offerOfAPhone = "v=0\r\no=- 3 1 IN IP4 10.0.0.9\r\ns=call\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\n" +
	"m=audio 4000 RTP/AVP 9 8 0 96 101\r\na=rtpmap:96 opus/48000/2\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=sendonly\r\n" +
	"m=video 4002 RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\n"

func TestAgreeAndAnswer(t *testing.T) {
	offer, err := parseSDP([]byte(offerOfAPhone))
	if err != nil {
		t.Fatal(err)
	}
	e := &Endpoint{Technology: SIP}
	a, ok := e.settle(offer, []*media.Format{media.ULaw, media.ALaw}, false, false)
	if !ok || len(a.formats) != 2 || a.formats[0] != media.ULaw || a.keys != 101 || !a.held {
		t.Fatalf("agree = %+v, %v; want ulaw first, keys 101, held", a, ok)
	}
	if want := netip.MustParseAddrPort("10.0.0.9:4000"); a.remote != want {
		t.Errorf("media goes to %v, want %v", a.remote, want)
	}
	if a, _ := e.settle(offer, []*media.Format{media.ULaw, media.ALaw}, true, false); a.formats[0] != media.ALaw {
		t.Errorf("by their order the first is %v, want alaw", a.formats[0])
	}
	d := &description{id: 3, version: 3, owner: "-", session: "Asterisk", address: netip.MustParseAddr("10.0.0.1"),
		streams: []stream{a.answer(&offer.streams[0], 12000, a.theirs.mirrored()), offer.streams[1].declined()}, older: true}
	got := string(d.appendTo(nil))
	want := "v=0\r\no=- 3 3 IN IP4 10.0.0.1\r\ns=Asterisk\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\n" +
		"m=audio 12000 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n" +
		"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=maxptime:150\r\na=recvonly\r\n" +
		"m=video 0 RTP/AVP 99\r\n"
	if got != want {
		t.Errorf("answer:\n%s\nwant:\n%s", got, want)
	}
}

func TestBadDescriptionsAreErrors(t *testing.T) {
	for _, bad := range []string{"", "v=0\r\n", "hello", "v=0\r\no=- 1 1 IN IP4 1.1.1.1\r\nm=audio x RTP/AVP 0\r\n"} {
		if d, err := parseSDP([]byte(bad)); err == nil {
			t.Errorf("parseSDP(%.40q) = %+v, want an error", bad, d)
		}
	}
}

// Of a flood of streams the first are read, and what the others say is not taken
// for theirs.
func TestManyStreams(t *testing.T) {
	d, err := parseSDP([]byte("v=0\r\no=- 1 1 IN IP4 1.1.1.1\r\ns=-\r\nc=IN IP4 1.1.1.1\r\nt=0 0\r\n" + strings.Repeat("m=audio 1 RTP/AVP 0\r\n", 40) +
		"c=IN IP4 2.2.2.2\r\na=sendonly\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	last := d.streams[len(d.streams)-1]
	if len(d.streams) != maxStreams || last.direction != sendRecv || last.address != netip.MustParseAddr("1.1.1.1") {
		t.Errorf("%d streams, the last %s at %s; want %d, sendrecv at 1.1.1.1", len(d.streams), directionNames[last.direction], last.address, maxStreams)
	}
}

func FuzzSDP(f *testing.F) {
	f.Add([]byte(offerOfAPhone))
	f.Fuzz(func(t *testing.T, body []byte) {
		d, err := parseSDP(body)
		if err != nil {
			return
		}
		e := &Endpoint{Technology: PJSIP, MaxAudio: 3, MaxVideo: 3}
		if a, ok := e.settle(d, media.Formats(), true, false); ok {
			list := make([]stream, len(d.streams))
			for i := range list {
				list[i] = d.streams[i].declined()
			}
			a.all(func(one *agreed) bool {
				list[one.index] = one.answer(&d.streams[one.index], 10000, sendRecv)
				return true
			})
			d.streams = list
			d.address = netip.MustParseAddr("10.0.0.1")
			if _, err := parseSDP(d.appendTo(nil)); err != nil && !strings.ContainsAny(d.owner+d.session, "\x00\v\f\u0085\u00a0") {
				t.Errorf("our own answer is unreadable: %v\n%s", err, d.appendTo(nil))
			}
		}
	})
}

const offerOfClocks = "v=0\r\no=- 3 1 IN IP4 10.0.0.9\r\ns=x\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\n" +
	"m=audio 4000 RTP/AVP 0 97 101 103\r\na=rtpmap:97 opus/48000/2\r\n" +
	"a=fmtp:97 maxplaybackrate=24000; maxaveragebitrate=510000;useinbandfec=1\r\na=rtpmap:101 telephone-event/8000\r\n" +
	"a=rtpmap:103 telephone-event/48000\r\n"

// The keys of each clock rate go along, those of the first format first, as
// Asterisk 22 answers.
func TestKeysOfEachClock(t *testing.T) {
	offer, err := parseSDP([]byte(offerOfClocks))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		ours []*media.Format
		want string
	}{
		{[]*media.Format{media.Opus, media.ULaw}, "m=audio 9 RTP/AVP 97 0 103 101\r\na=rtpmap:97 opus/48000/2\r\na=fmtp:97 maxplaybackrate=24000\r\n"},
		{[]*media.Format{media.ULaw, media.Opus}, "m=audio 9 RTP/AVP 0 97 101 103\r\na=rtpmap:0 PCMU/8000\r\n"},
		{[]*media.Format{media.ULaw}, "m=audio 9 RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\n"},
		{[]*media.Format{media.Opus}, "m=audio 9 RTP/AVP 97 103\r\na=rtpmap:97 opus/48000/2\r\na=fmtp:97 maxplaybackrate=24000\r\n"},
	} {
		a, ok := offer.streams[0].agree(test.ours, false)
		if !ok {
			t.Fatal("nothing in common")
		}
		answer := a.answer(&offer.streams[0], 9, sendRecv)
		if got := string(answer.appendTo(nil, false, netip.Addr{})); !strings.HasPrefix(got, test.want) {
			t.Errorf("answer:\n%s\nwant it to begin:\n%s", got, test.want)
		}
	}
	offered := offerAudio([]*media.Format{media.Opus, media.ULaw, media.ALaw}, nil, 9, true, sendRecv)
	want := "m=audio 9 RTP/AVP 107 0 8 101 102\r\na=rtpmap:107 opus/48000/2\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n" +
		"a=rtpmap:101 telephone-event/48000\r\na=fmtp:101 0-16\r\na=rtpmap:102 telephone-event/8000\r\na=fmtp:102 0-16\r\n" +
		"a=ptime:20\r\na=maxptime:60\r\na=sendrecv\r\n"
	if got := string(offered.appendTo(nil, false, netip.Addr{})); got != want {
		t.Errorf("offer:\n%s\nwant:\n%s", got, want)
	}
}

// A phone that holds the old way, by an address of zeros, is answered as if it had
// said sendonly, as Asterisk 22 does: whatever its attribute says.
func TestHoldByZeros(t *testing.T) {
	for _, zeros := range []string{"IN IP4 0.0.0.0", "IN IP6 ::"} {
		for attribute, want := range map[string]string{"": "recvonly", "a=sendrecv\r\n": "recvonly", "a=sendonly\r\n": "recvonly",
			"a=recvonly\r\n": "inactive", "a=inactive\r\n": "inactive"} {
			offer, err := parseSDP([]byte("v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=x\r\nc=" + zeros + "\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n" + attribute))
			if err != nil {
				t.Fatal(err)
			}
			a, ok := offer.streams[0].agree(media.Formats(), true)
			if !ok || !a.held || a.remote.IsValid() {
				t.Fatalf("%s %q: agreed %t, held %t, remote %v", zeros, attribute, ok, a.held, a.remote)
			}
			if got := directionNames[a.theirs.mirrored()]; got != want {
				t.Errorf("%s %q is answered %s, not %s", zeros, attribute, got, want)
			}
		}
	}
}
