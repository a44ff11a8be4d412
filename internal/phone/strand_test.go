package phone

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/internal/rtp"
)

// streamsOffered are the streams of a phone with two pictures, text, and what nobody
// here takes; the answer of the reference to it, ports aside.
const (
	streamsOffered = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" +
		"m=audio 40000 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\n" +
		"m=video 40002 RTP/AVP 99 34 100\r\nb=AS:512\r\na=rtpmap:99 H264/90000\r\na=fmtp:99 profile-level-id=42e01f;packetization-mode=1\r\n" +
		"a=rtpmap:100 VP8/90000\r\na=sendonly\r\nm=video 40004 RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\n" +
		"m=text 40006 RTP/AVP 98\r\na=rtpmap:98 t140/1000\r\nm=application 40010 UDP/BFCP *\r\nm=image 40012 udptl t38\r\n"
	streamsAnswered = "m=audio PORT RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n" +
		"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=maxptime:140\r\na=sendrecv\r\n" +
		"m=video PORT RTP/AVP 34 99 100\r\na=rtpmap:34 H263/90000\r\na=rtpmap:99 H264/90000\r\n" +
		"a=fmtp:99 packetization-mode=1;profile-level-id=42E01F\r\na=rtpmap:100 VP8/90000\r\na=recvonly\r\n"
	secondPicture = "m=video PORT RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\na=sendrecv\r\n"
	notTaken      = "m=text 0 RTP/AVP 98\r\nm=application 0 UDP/BFCP *\r\nm=image 0 udptl t38\r\n"
)

const pictures = callPJSIP + `
[screen](!)
type=endpoint
context=incoming
allow=!all,ulaw,alaw,h263,h264,vp8
[one](screen)
[two](screen)
max_video_streams=2
[three](screen)
max_video_streams=2
aors=three
[three]
type=aor
contact=sip:three@PHONE
[mute](screen)
allow=!all,h264
`

var portOf = regexp.MustCompile(`(?m)^(m=\w+) [1-9]\d*`)

// streamsIn is what a description has from its first m= on, without ports.
func streamsIn(body []byte) string {
	text := portOf.ReplaceAllString(string(body), "$1 PORT")
	return text[strings.Index(text, "m="):]
}

// As many streams are taken as the endpoint has room for, the others are declined in
// their places.
func TestStreamsOfAnOffer(t *testing.T) {
	for _, test := range []struct{ user, want string }{
		{"two", streamsAnswered + secondPicture + notTaken},
		{"one", streamsAnswered + "m=video 0 RTP/AVP 99\r\n" + notTaken},
		{"mute", "m=audio 0 RTP/AVP 0 8 101\r\nm=video PORT RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\n" +
			"a=fmtp:99 packetization-mode=1;profile-level-id=42E01F\r\na=recvonly\r\nm=video 0 RTP/AVP 99\r\n" + notTaken},
	} {
		t.Run(test.user, func(t *testing.T) {
			d, legs := exchanging(t, PJSIP, strings.ReplaceAll(pictures, "PHONE", "127.0.0.1:9"))
			p := newSoftphone(t, d)
			p.inviteBy(streamsOffered, "1", test.user, "X-One: first")
			leg := ended(t, <-legs)
			if err := leg.Answer(); err != nil {
				t.Fatal(err)
			}
			if got := streamsIn(p.until(200).Body); got != test.want {
				t.Errorf("the answer is\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

// The call that is made for another has as many streams, with what the other said of
// their formats; pictures and their times go from phone to phone as they are, by the
// core and past it.
func TestPicturesGoFromPhoneToPhone(t *testing.T) {
	phone := newUDP(t)
	screen := newUDP(t)
	var p *softphone
	text := strings.ReplaceAll(pictures, "PHONE", phone.LocalAddr().String())
	d, legs := exchanging(t, PJSIP, text)
	p = newSoftphone(t, d)
	p.inviteBy(strings.NewReplacer("video 40004", "video "+portText(screen), "sendonly", "sendrecv").Replace(streamsOffered), "1", "two", "X-One: first")
	caller := ended(t, <-legs)
	if err := caller.Answer(); err != nil {
		t.Fatal(err)
	}
	p.until(200)
	called, err := d.Request(context.Background(), channel.Request{Destination: "three", Requestor: caller, Formats: []*media.Format{media.ULaw}})
	if err != nil {
		t.Fatal(err)
	}
	ended(t, called)
	if err := called.Leg().Call(context.Background()); err != nil {
		t.Fatal(err)
	}
	q := &softphone{t: t, conn: phone, buffer: make([]byte, 65536)}
	invite := q.asked("INVITE")
	want := "m=audio PORT RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n" +
		"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=maxptime:140\r\na=sendrecv\r\n" +
		"m=video PORT RTP/AVP 34 99 100\r\na=rtpmap:34 H263/90000\r\na=rtpmap:99 H264/90000\r\n" +
		"a=fmtp:99 packetization-mode=1;profile-level-id=42E01F\r\na=rtpmap:100 VP8/90000\r\na=sendrecv\r\n" +
		"m=video PORT RTP/AVP 99 34 100\r\na=rtpmap:99 H264/90000\r\na=rtpmap:34 H263/90000\r\na=rtpmap:100 VP8/90000\r\na=sendrecv\r\n"
	if got := streamsIn(invite.Body); got != want {
		t.Errorf("the offer is\n%s\nwant\n%s", got, want)
	}
	from, to := caller.Leg().(*session), called.Leg().(*session)
	to.take(agreed{index: 0, keys: 101, kind: "audio", formats: []*media.Format{media.ULaw}, payloads: map[*media.Format]int{media.ULaw: 0},
		more: []agreed{{kind: "video", index: 2, place: 1, keys: -1, formats: []*media.Format{media.H264}, payloads: map[*media.Format]int{media.H264: 110},
			remote: screen.LocalAddr().(*net.UDPAddr).AddrPort()}}})
	if to.strandOf(streamNumber("video", 0)) != nil {
		t.Error("a stream that was not answered is there yet")
	}
	line := from.strandOf(streamNumber("video", 1))
	if line == nil {
		t.Fatal("the caller's second picture has no stream")
	}
	caller.SetSink(func(f media.Frame) {
		if err := called.Write(f); err != nil {
			t.Error(err)
		}
	})
	send := func(sequence uint16, stamp uint32) (n uint16, at uint32) {
		t.Helper()
		b := append([]byte{0x80, 0x80 | 99}, make([]byte, 10)...)
		binary.BigEndian.PutUint16(b[2:], sequence)
		binary.BigEndian.PutUint32(b[4:], stamp)
		b = append(b, "picture"...)
		if _, err := screen.WriteToUDPAddrPort(b, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(line.rtp.Port()))); err != nil {
			t.Fatal(err)
		}
		buffer := make([]byte, 1500)
		_ = screen.SetReadDeadline(time.Now().Add(5 * time.Second))
		size, err := screen.Read(buffer)
		if err != nil {
			t.Fatal(err)
		}
		var got rtp.Packet
		if err := got.Parse(buffer[:size]); err != nil || got.Type != 110 || !got.Marker || string(got.Payload) != "picture" {
			t.Fatalf("got %+v (%v), want the picture as type 110", got, err)
		}
		return got.Sequence, got.Timestamp
	}
	n1, t1 := send(100, 5000)
	n2, t2 := send(101, 8000)
	if n2 != n1+1 || t2-t1 != 3000 {
		t.Errorf("by the core: %d at %d, then %d at %d", n1, t1, n2, t2)
	}
	stop, ok := from.RelayTo(to)
	if !ok {
		t.Fatal("the calls are not relayed")
	}
	defer stop()
	n3, t3 := send(102, 11000)
	if n4, t4 := send(103, 14000); n4 != n3+1 || t4-t3 != 3000 {
		t.Errorf("past the core: %d at %d, then %d at %d", n3, t3, n4, t4)
	}
}

func newUDP(t *testing.T) *net.UDPConn {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func portText(c *net.UDPConn) string { return itoa(c.LocalAddr().(*net.UDPAddr).Port) }
