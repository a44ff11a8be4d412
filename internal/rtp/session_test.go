package rtp

import (
	"net/netip"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/octothorpe/octothorpe/internal/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var loopback = netip.MustParseAddr("127.0.0.1")

var narrow = []Payload{
	{Type: 0, Format: media.ULaw},
	{Type: 8, Format: media.ALaw},
	{Type: 101, Use: Events, Clock: 8000},
}

// side is a session with what it delivers.
type side struct {
	*Session
	frames chan media.Frame
}

func newSide(t testing.TB, change func(*Config)) *side {
	t.Helper()
	ports, err := NewPorts(33000, 39999)
	if err != nil {
		t.Fatal(err)
	}
	v := &side{frames: make(chan media.Frame, 1000)}
	c := Config{Ports: ports, Local: loopback, Payloads: narrow, Deliver: func(f media.Frame) { v.frames <- f }}
	if change != nil {
		change(&c)
	}
	if v.Session, err = New(c); err != nil {
		t.Fatal(err)
	}
	v.Start()
	t.Cleanup(func() {
		v.Close()
		v.Wait()
	})
	return v
}

// join points two sessions at each other.
func join(a, b *side) {
	a.SetRemote(b.LocalAddr(), netip.AddrPort{})
	b.SetRemote(a.LocalAddr(), netip.AddrPort{})
}

// get waits for the next frame.
func (v *side) get(t testing.TB) media.Frame {
	t.Helper()
	select {
	case f := <-v.frames:
		return f
	case <-time.After(5 * time.Second):
		t.Fatal("no frame came")
		return media.Frame{}
	}
}

func voice(format *media.Format, fill byte) media.Frame {
	data := make([]byte, format.BytesIn(format.Rate/50))
	for i := range data {
		data[i] = fill
	}
	return media.Frame{Kind: media.Voice, Format: format, Data: data, Samples: format.Rate / 50}
}

func TestVoiceArrives(t *testing.T) {
	tests := []struct {
		payload Payload
		samples int
	}{
		{Payload{Type: 0, Format: media.ULaw}, 160},
		{Payload{Type: 9, Format: media.G722}, 320},
		{Payload{Type: 3, Format: media.GSM}, 160},
		{Payload{Type: 118, Format: media.SLin16}, 320},
	}
	for _, test := range tests {
		t.Run(test.payload.Format.Name, func(t *testing.T) {
			with := func(c *Config) { c.Payloads = []Payload{test.payload} }
			a, b := newSide(t, with), newSide(t, with)
			join(a, b)
			sent := voice(test.payload.Format, 7)
			sent.Data[0] = 0xd5
			if err := a.Write(sent); err != nil {
				t.Fatal(err)
			}
			got := b.get(t)
			if got.Kind != media.Voice || got.Format != sent.Format || got.Samples != test.samples || string(got.Data) != string(sent.Data) {
				t.Errorf("got %v %v %d samples %d bytes, want what was sent", got.Kind, got.Format, got.Samples, len(got.Data))
			}
		})
	}
}

func TestWriteRefusesWhatTheOtherSideDoesNotKnow(t *testing.T) {
	a := newSide(t, nil)
	if err := a.Write(voice(media.G722, 0)); err == nil {
		t.Error("g722 was sent to a side that takes G.711 only")
	}
}

// TestHeaders looks at what is on the wire: one source, sequence without gaps,
// time that follows the media and, after a pause, the wall clock.
func TestHeaders(t *testing.T) {
	a := newSide(t, nil)
	wire := listen(t)
	a.SetRemote(wire.addr(), netip.AddrPort{})
	write := func(n int) {
		for range n {
			if err := a.Write(voice(media.ULaw, 1)); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(3)
	time.Sleep(300 * time.Millisecond)
	write(2)
	var p [5]Packet
	for i := range p {
		p[i] = wire.packet(t)
		if i > 0 && (p[i].Sequence != p[i-1].Sequence+1 || p[i].SSRC != p[i-1].SSRC) {
			t.Errorf("packet %d: sequence %d after %d, source %x after %x", i, p[i].Sequence, p[i-1].Sequence, p[i].SSRC, p[i-1].SSRC)
		}
		if want := i == 0 || i == 3; p[i].Marker != want {
			t.Errorf("packet %d: marker %v, want %v", i, p[i].Marker, want)
		}
	}
	for _, pair := range [][2]int{{0, 1}, {1, 2}, {3, 4}} {
		if step := p[pair[1]].Timestamp - p[pair[0]].Timestamp; step != 160 {
			t.Errorf("timestamp step %v is %d, want 160", pair, step)
		}
	}
	if step := p[3].Timestamp - p[0].Timestamp; step < 2400 || step > 4000 {
		t.Errorf("timestamp stepped %d in 300 ms, want about 2400", step)
	}
}

func TestPtimeCutsAndCollects(t *testing.T) {
	for _, ms := range []int{10, 30, 60} {
		a := newSide(t, nil)
		wire := listen(t)
		a.SetRemote(wire.addr(), netip.AddrPort{})
		a.SetPayloads([]Payload{{Type: 0, Format: media.ULaw, Ptime: time.Duration(ms) * time.Millisecond}}, nil)
		for range 6 {
			if err := a.Write(voice(media.ULaw, 1)); err != nil {
				t.Fatal(err)
			}
		}
		for range 120 / ms {
			if p := wire.packet(t); len(p.Payload) != 8*ms {
				t.Errorf("packet of %d bytes, want %d ms", len(p.Payload), ms)
			}
		}
		if sent := a.Stats().SentPackets; sent != uint64(120/ms) {
			t.Errorf("%d packets sent, want %d", sent, 120/ms)
		}
	}
}

func TestHoldDropsAndCounts(t *testing.T) {
	a, b := newSide(t, nil), newSide(t, nil)
	join(a, b)
	a.SetDirection(RecvOnly)
	if err := a.Write(voice(media.ULaw, 1)); err != nil {
		t.Fatal(err)
	}
	a.SetDirection(SendRecv)
	if err := a.Write(voice(media.ULaw, 2)); err != nil {
		t.Fatal(err)
	}
	if got := b.get(t); got.Data[0] != 2 {
		t.Errorf("frame %d arrived, want the one after the hold", got.Data[0])
	}
	if n := a.Stats().Held; n != 1 {
		t.Errorf("%d frames counted as held, want 1", n)
	}
}

func TestTimeouts(t *testing.T) {
	for _, held := range []bool{false, true} {
		fired := make(chan bool, 10)
		a := newSide(t, func(c *Config) { c.TimedOut = func(held bool) { fired <- held } })
		if held {
			a.SetDirection(Inactive)
			a.SetTimeouts(0, 50*time.Millisecond)
		} else {
			a.SetTimeouts(50*time.Millisecond, 0)
		}
		select {
		case got := <-fired:
			if got != held {
				t.Errorf("timed out with held %v, want %v", got, held)
			}
		case <-time.After(5 * time.Second):
			t.Fatal("no timeout")
		}
		if len(fired) != 0 {
			t.Error("timed out twice")
		}
	}
}

func TestKeepalive(t *testing.T) {
	a := newSide(t, nil)
	wire := listen(t)
	a.SetRemote(wire.addr(), netip.AddrPort{})
	a.SetDirection(Inactive)
	a.SetKeepalive(20 * time.Millisecond)
	for range 2 {
		if p := wire.packet(t); p.Type != NoiseType || len(p.Payload) != 1 {
			t.Errorf("payload type %d of %d bytes, want comfort noise", p.Type, len(p.Payload))
		}
	}
}

func TestReportsTellBothSides(t *testing.T) {
	reports := make(chan Report, 100)
	every := func(c *Config) { c.ReportEvery = 50 * time.Millisecond }
	a := newSide(t, func(c *Config) {
		every(c)
		c.Reported = func(r Report) { reports <- r }
	})
	b := newSide(t, every)
	join(a, b)
	deadline := time.After(5 * time.Second)
	speak := time.NewTicker(10 * time.Millisecond)
	defer speak.Stop()
	for sent, trip := false, false; !sent || !trip; {
		select {
		case <-speak.C:
			_ = a.Write(voice(media.ULaw, 1))
			_ = b.Write(voice(media.ULaw, 1))
		case r := <-reports:
			sent = sent || r.Sent && r.Sender && len(r.Blocks) == 1 && r.Blocks[0].SSRC == b.SSRC()
			trip = trip || !r.Sent && r.RTT > 0 && r.SSRC == b.SSRC()
		case <-deadline:
			t.Fatalf("sender report with a block sent: %v, round trip time known: %v", sent, trip)
		}
	}
	v := a.Stats()
	if v.RTTs.Count == 0 || v.RTT <= 0 || v.RTT > time.Second || v.RemoteJitters.Count == 0 || v.RemoteSSRC != b.SSRC() {
		t.Errorf("stats do not know the other side: %+v", v)
	}
	if v.Scores.Count == 0 || v.Scores.Last < 85 || v.RemoteScores.Count == 0 || v.RemoteScores.Last < 85 {
		t.Errorf("a call without loss scores %.1f here and %.1f there", v.Scores.Last, v.RemoteScores.Last)
	}
}

// TestPortComesBack has a pair of its own between 31000 and 32000, where no test has others choose ports.
func TestPortComesBack(t *testing.T) {
	ports, err := NewPorts(31810, 31811)
	if err != nil {
		t.Fatal(err)
	}
	c := Config{Ports: ports, Local: loopback, Deliver: func(media.Frame) {}}
	for i := range 5 {
		s, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := New(c); err == nil {
			t.Error("one pair was given twice")
		}
		if i%2 == 0 {
			s.Start()
		}
		s.Close()
		s.Close()
		s.Wait()
	}
}
