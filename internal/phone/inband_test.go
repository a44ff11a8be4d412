package phone

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/internal/rtp"
)

// sessionOf makes a leg towards an endpoint with more options, which calls nobody.
func sessionOf(t *testing.T, options string) *session {
	t.Helper()
	m, _ := load(t, PJSIP, "[udp]\ntype=transport\nbind=127.0.0.1:0\n[tones]\ntype=endpoint\naors=tones\nallow=!all,ulaw\n"+options+
		"\n[tones]\ntype=aor\ncontact=sip:tones@127.0.0.1:9\n")
	m.Transports[0].anyPort()
	ports, err := rtp.NewPorts(20000, 30000)
	if err != nil {
		t.Fatal(err)
	}
	bus := event.NewBus()
	d := New(Config{Model: m, Bus: bus, MediaSettings: MediaSettings{Ports: ports}, Registry: channel.NewRegistry(bus, slog.New(slog.DiscardHandler), "")})
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	c, err := d.Request(t.Context(), channel.Request{Destination: "tones"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Hangup(channel.CauseNormalClearing)
		c.End()
		_ = d.Stop(context.Background())
	})
	return c.Leg().(*session)
}

// hear delivers a tone for a key, coded as a phone codes it, and returns the
// keys and how much voice passed on to the channel.
func hear(t *testing.T, s *session, key byte) (keys string, voice int) {
	t.Helper()
	s.ch.SetSink(func(f media.Frame) {
		switch f.Kind {
		case media.DTMFEnd:
			keys += string(rune(f.Digit))
		case media.Voice:
			voice++
		}
	})
	defer s.ch.SetSink(nil)
	to, err := media.NewTranslator(media.SLin, media.ULaw)
	if err != nil {
		t.Fatal(err)
	}
	played, err := media.DTMFTone(key, 100*time.Millisecond, 100*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	tone := played.Play()
	for {
		f, err := tone.Next()
		if errors.Is(err, io.EOF) {
			return keys, voice
		}
		if err != nil {
			t.Fatal(err)
		}
		coded, ok, err := to.Translate(f)
		if err != nil || !ok {
			t.Fatalf("translate: %v %v", ok, err)
		}
		s.deliver(coded)
	}
}

func TestKeysAsTones(t *testing.T) {
	for _, c := range []struct {
		options string
		want    string
	}{
		{"dtmf_mode=inband", "5"},
		{"dtmf_mode=auto", "5"}, // without telephone-event in the other side's description
		{"dtmf_mode=rfc4733", ""},
		{"dtmf_mode=info", ""},
	} {
		t.Run(c.options, func(t *testing.T) {
			keys, voice := hear(t, sessionOf(t, c.options), '5')
			if keys != c.want {
				t.Errorf("keys %q, want %q", keys, c.want)
			}
			if c.want == "" && voice != 10 || c.want != "" && (voice > 6 || voice < 2) {
				t.Errorf("%d of 10 frames of voice passed; the tone of a key that is told is muted, nothing else", voice)
			}
		})
	}
}
