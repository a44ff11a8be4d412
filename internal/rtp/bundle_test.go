package rtp

import (
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"github.com/octothorpe/octothorpe/internal/media"
)

var (
	wide    = []Payload{{Type: 99, Format: media.H264}}
	another = []Payload{{Type: 99, Format: media.H264}, {Type: 100, Format: media.VP8}}
)

// newRider is a session of video that goes by another's port.
func newRider(t testing.TB, carrier *side, payloads []Payload) *side {
	t.Helper()
	return newSide(t, func(c *Config) {
		c.Ports, c.Carrier, c.Kind, c.Payloads, c.Raw = nil, carrier.Session, media.Video, payloads, true
	})
}

func idle(t testing.TB, sides ...*side) {
	t.Helper()
	for _, v := range sides {
		select {
		case f := <-v.frames:
			t.Errorf("%v of %s came to a session that it is not for", f.Kind, f.Format)
		default:
		}
	}
}

// marked is a packet with a MID in its header, as number 4, behind another extension.
func marked(p Packet, mid string) []byte {
	extension := append([]byte{0x10, 9, 0x40 | byte(len(mid)-1)}, mid...)
	for len(extension)%4 != 0 {
		extension = append(extension, 0)
	}
	b := append(make([]byte, headerSize), 0xbe, 0xde, 0, byte(len(extension)/4))
	b = append(append(b, extension...), p.Payload...)
	p.putHeader(b)
	b[0] = 0x90
	return b
}

func TestBundleTellsStreamsApart(t *testing.T) {
	a := newSide(t, nil)
	one, two := newRider(t, a, wide), newRider(t, a, another)
	far := listen(t)
	far.to = a.LocalAddr()
	a.SetRemote(far.addr(), far.addr())
	a.Bundle([]Member{{Session: a.Session, MID: "0"}, {Session: one.Session, MID: "1", Sources: []uint32{11}}, {Session: two.Session, MID: "second"}}, 4)
	if one.Port() != a.Port() || one.RemoteAddr() != far.addr() {
		t.Errorf("a rider is at port %d and sends to %s, want %d and %s", one.Port(), one.RemoteAddr(), a.Port(), far.addr())
	}
	picture := []byte{1, 2, 3, 4}
	for _, c := range []struct {
		name string
		sent []byte
		want *side
	}{
		{"by its payload type", (&Packet{Type: 0, SSRC: 7, Payload: media160}).bytes(), a},
		{"by the source that was announced", (&Packet{Type: 99, SSRC: 11, Payload: picture}).bytes(), one},
		{"by its MID", marked(Packet{Type: 99, SSRC: 12, Payload: picture}, "second"), two},
		{"by the source that came with a MID", (&Packet{Type: 99, SSRC: 12, Sequence: 1, Payload: picture}).bytes(), two},
		{"by a MID against what was announced", marked(Packet{Type: 99, SSRC: 11, Sequence: 1, Payload: picture}, "second"), two},
		{"by a payload type that one has", (&Packet{Type: 100, SSRC: 13, Payload: picture}).bytes(), two},
		{"by a MID that nobody has, and a source", marked(Packet{Type: 99, SSRC: 12, Sequence: 2, Payload: picture}, "third"), two},
	} {
		t.Run(c.name, func(t *testing.T) {
			far.write(t, c.sent)
			c.want.get(t)
			idle(t, a, one, two)
		})
	}
	before := a.counts.unmapped.Load()
	far.write(t, (&Packet{Type: 99, SSRC: 99, Payload: picture}).bytes())
	far.write(t, (&Packet{Type: 0, SSRC: 7, Sequence: 1, Payload: media160}).bytes())
	a.get(t)
	idle(t, a, one, two)
	if got := a.counts.unmapped.Load() - before; got != 1 {
		t.Errorf("%d packets were nobody's, want the one whose payload type is two streams'", got)
	}
}

func TestBundleSendsByOnePort(t *testing.T) {
	a := newSide(t, nil)
	one := newRider(t, a, wide)
	far := listen(t)
	a.SetRemote(far.addr(), far.addr())
	a.Bundle([]Member{{Session: a.Session}, {Session: one.Session}}, 0)
	if err := one.Write(media.Frame{Kind: media.VideoFrame, Format: media.H264, Data: []byte{5}}); err != nil {
		t.Fatal(err)
	}
	if p := far.packet(t); p.SSRC != one.SSRC() || p.Type != 99 {
		t.Errorf("source %x type %d, want %x and 99", p.SSRC, p.Type, one.SSRC())
	}
	one.Close()
	if err := a.Write(voice(media.ULaw, 1)); err != nil {
		t.Fatal(err)
	}
	if p := far.packet(t); p.SSRC != a.SSRC() {
		t.Errorf("source %x, want %x: a rider's end is not its carrier's", p.SSRC, a.SSRC())
	}
}

// TestRidersOfAPhoneWithoutBundles: it sends from a port for each stream to our one.
func TestRidersOfAPhoneWithoutBundles(t *testing.T) {
	a := newSide(t, nil)
	one, two := newRider(t, a, wide), newRider(t, a, wide)
	sound, first, second := listen(t), listen(t), listen(t)
	for _, w := range []*wire{sound, first, second} {
		w.to = a.LocalAddr()
	}
	a.SetRemote(sound.addr(), netip.AddrPort{})
	one.SetRemote(first.addr(), netip.AddrPort{})
	two.SetRemote(second.addr(), netip.AddrPort{})
	a.Bundle([]Member{{Session: a.Session}, {Session: one.Session}, {Session: two.Session}}, 0)
	for n, w := range []*wire{second, first} {
		w.send(t, Packet{Type: 99, SSRC: 1, Payload: []byte{byte(n)}})
	}
	if got := two.get(t); got.Data[0] != 0 {
		t.Error("the second stream got the first's")
	}
	if got := one.get(t); got.Data[0] != 1 {
		t.Error("the first stream got the second's")
	}
	if err := two.Write(media.Frame{Kind: media.VideoFrame, Format: media.H264, Data: []byte{5}}); err != nil {
		t.Fatal(err)
	}
	second.packet(t)
}

// feedbackFor reads until an RTCP packet that is no report comes.
func feedbackFor(t testing.TB, w *wire) rtcp.Packet {
	t.Helper()
	for {
		list, err := rtcp.Unmarshal(w.read(t))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range list {
			switch p.(type) {
			case *rtcp.ReceiverReport, *rtcp.SenderReport, *rtcp.SourceDescription:
			default:
				return p
			}
		}
	}
}

// TestFeedbackPassesARelay: two bundles, whose pictures are relayed; what one far end
// wants of them reaches the other, in its numbers.
func TestFeedbackPassesARelay(t *testing.T) {
	quiet := func(c *Config) { c.ReportEvery = -1 }
	a, b := newSide(t, quiet), newSide(t, quiet)
	refreshed := make(chan bool, 8)
	pictures := func(carrier *side) *side {
		return newSide(t, func(c *Config) {
			c.Ports, c.Carrier, c.Kind, c.Payloads, c.Raw, c.ReportEvery = nil, carrier.Session, media.Video, wide, true, -1
			c.Refresh = func() { refreshed <- true }
		})
	}
	va, vb := pictures(a), pictures(b)
	alice, bob := listen(t), listen(t)
	for _, c := range []struct {
		w    *wire
		a, v *side
	}{{alice, a, va}, {bob, b, vb}} {
		c.w.to = c.a.LocalAddr()
		c.a.SetRemote(c.w.addr(), c.w.addr())
		c.a.Bundle([]Member{{Session: c.a.Session, MID: "0"}, {Session: c.v.Session, MID: "1"}}, 4)
	}
	if _, err := Relay(va.Session, vb.Session, false); err != nil {
		t.Fatal(err)
	}
	alice.write(t, marked(Packet{Type: 99, SSRC: 77, Sequence: 500, Timestamp: 9, Payload: []byte{1, 2}}, "1"))
	raw := bob.read(t)
	var got Packet
	if err := got.Parse(raw); err != nil {
		t.Fatal(err)
	}
	if got.start != headerSize || raw[0] != 0x80 || string(got.Payload) != "\x01\x02" {
		t.Errorf("the relayed packet is % x, want one without the extension of the other side's numbers", raw)
	}
	tell := func(p rtcp.Packet) {
		t.Helper()
		text, err := rtcp.Marshal([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: 5}, p})
		if err != nil {
			t.Fatal(err)
		}
		bob.write(t, text)
	}
	tell(&rtcp.ReceiverEstimatedMaximumBitrate{SenderSSRC: 5, Bitrate: 300_000, SSRCs: []uint32{got.SSRC}})
	if p, ok := feedbackFor(t, alice).(*rtcp.ReceiverEstimatedMaximumBitrate); !ok || p.Bitrate != 300_000 || len(p.SSRCs) != 1 || p.SSRCs[0] != 77 {
		t.Errorf("alice got %+v, want a limit of 300 kbit/s for source 77", p)
	}
	tell(&rtcp.TransportLayerNack{SenderSSRC: 5, MediaSSRC: got.SSRC, Nacks: []rtcp.NackPair{{PacketID: got.Sequence - 1, LostPackets: 1}}})
	p, ok := feedbackFor(t, alice).(*rtcp.TransportLayerNack)
	if !ok || p.MediaSSRC != 77 || len(p.Nacks) != 1 || p.Nacks[0].PacketID != 499 || p.Nacks[0].LostPackets != 1 {
		t.Errorf("alice got %+v, want to send 499 and 500 of source 77 again", p)
	}
	tell(&rtcp.FullIntraRequest{SenderSSRC: 5, FIR: []rtcp.FIREntry{{SSRC: got.SSRC, SequenceNumber: 1}}})
	select {
	case <-refreshed:
	case <-time.After(5 * time.Second):
		t.Error("nobody heard that a whole picture is wanted")
	}
}
