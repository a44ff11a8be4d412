package phone

import (
	"math"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
)

// faxTone is so much of the calling tone of a fax, in packets of 20 ms.
func faxTone(t *testing.T, length time.Duration) (packets []media.Frame) {
	t.Helper()
	to, err := media.NewTranslator(media.SLin, media.ULaw)
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at < int(length/(20*time.Millisecond)); at++ {
		b := make([]byte, 320)
		for i := range 160 {
			v := int16(8000 * math.Sin(2*math.Pi*1100*float64(at*160+i)/8000))
			b[2*i], b[2*i+1] = byte(v), byte(uint16(v)>>8)
		}
		f, ok, err := to.Translate(media.Frame{Kind: media.Voice, Format: media.SLin, Data: b, Samples: 160})
		if err != nil || !ok {
			t.Fatal(err)
		}
		packets = append(packets, f)
	}
	return packets
}

// A call that turns out to be a fax goes on at the extension for faxes, where there
// is one and the endpoint wants it.
func TestFaxDetect(t *testing.T) {
	for name, test := range map[string]struct {
		options string
		length  time.Duration
		exists  bool
		want    string
	}{
		"wanted":       {"fax_detect=yes", time.Second, true, "fax"},
		"too short":    {"fax_detect=yes", 300 * time.Millisecond, true, "s"},
		"not wanted":   {"", time.Second, true, "s"},
		"no extension": {"fax_detect=yes", time.Second, false, "s"},
	} {
		t.Run(name, func(t *testing.T) {
			s := sessionOf(t, test.options)
			s.driver.hooks.ExtensionExists = func(_, exten, _ string) bool { return test.exists && exten == "fax" }
			s.listenForFax()
			if want := test.options != ""; s.hearsFax() != want {
				t.Fatalf("it is listened for a fax: %v, want %v", s.hearsFax(), want)
			}
			for _, f := range faxTone(t, test.length) {
				s.deliver(f)
			}
			got := "s"
			if i, ok := s.ch.TakeInterrupt(); ok && i.Location != nil {
				got = i.Location.Exten
			}
			if got != test.want {
				t.Errorf("the call goes on at %q, want %q", got, test.want)
			}
			if from, _ := s.ch.Variable("FAXEXTEN"); test.want == "fax" && from != "s" {
				t.Errorf("FAXEXTEN is %q, want s", from)
			}
		})
	}
}

// It is listened for so long and no longer; then media may be relayed.
func TestFaxDetectTimeout(t *testing.T) {
	s := sessionOf(t, "fax_detect=yes\nfax_detect_timeout=1")
	s.listenForFax()
	s.faxEar.Load().until = time.Now().Add(-time.Millisecond)
	s.deliver(faxTone(t, 20*time.Millisecond)[0])
	if s.hearsFax() {
		t.Error("it is listened for a fax after its time")
	}
}

// faxdetect of sip.conf says what tells a fax.
func TestFaxDetectOfSIPConf(t *testing.T) {
	for text, want := range map[string][2]bool{"yes": {true, true}, "cng": {true, false}, "t38": {false, true}, "no": {}, "cng,t38": {true, true}} {
		v := &sipDraft{}
		if err := setFaxDetect(v, text); err != nil {
			t.Fatal(err)
		}
		if got := [2]bool{v.FaxDetect, v.Peer.FaxByT38}; got != want {
			t.Errorf("faxdetect=%s: %v, want %v", text, got, want)
		}
	}
}

// An endpoint with a range of ports has its media there, and gets 488 when they are
// all in use; they come back.
func TestPortRangeOfEndpoint(t *testing.T) {
	s := sessionOf(t, "rtp_port_start=31020\nrtp_port_end=31023")
	if port := s.audio.Port(); port < 31020 || port > 31023 {
		t.Errorf("the port is %d, want one of 31020 to 31023", port)
	}
	request := func() error {
		c, err := s.driver.Request(t.Context(), channel.Request{Destination: "tones"})
		if err == nil {
			t.Cleanup(func() { c.Hangup(channel.CauseNormalClearing); c.End() })
		}
		return err
	}
	if err := request(); err != nil {
		t.Fatal("the second pair:", err)
	}
	if err := request(); err == nil {
		t.Error("a third call has ports, where there are two pairs")
	}
	s.ch.Hangup(channel.CauseNormalClearing)
	s.ch.End()
	s.audio.Wait()
	if err := request(); err != nil {
		t.Error("the ports of a call that ended did not come back:", err)
	}
}
