package bridge_test

import (
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/media"
)

// tones has every signal be heard as 20 ms of the same sound, over and over.
type tones struct{ tone media.Frame }

func (s tones) For(*channel.Channel, media.Frame) channel.Source { return s }

func (s tones) Next() (media.Frame, error) { return s.tone, nil }

// once is a source of one frame.
type once struct{ frames []media.Frame }

func (s *once) Next() (media.Frame, error) {
	if len(s.frames) == 0 {
		return media.Frame{}, io.EOF
	}
	f := s.frames[0]
	s.frames = s.frames[1:]
	return f, nil
}

// Who hears the ringing tone hears it until the other is heard.
func TestVoiceEndsTheRingingTone(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		h.Sounds = tones{channeltest.Tone(media.SLin, 1)}
		b := h.create(t, bridge.Options{Type: "stasis", Keep: true})
		caller := h.join(t, b, &channeltest.Leg{Format: media.SLin, Dumb: true}, bridge.JoinOptions{})
		called := h.join(t, b, &channeltest.Leg{Format: media.SLin}, bridge.JoinOptions{})
		heard := func() int { return len(caller.Far.Heard()) }
		called.Deliver(media.Frame{Kind: media.Control, Signal: media.Ringing})
		time.Sleep(time.Second)
		synctest.Wait()
		if heard() < 45 {
			t.Errorf("%d frames of the tone were heard in a second", heard())
		}
		called.Deliver(channeltest.Tone(media.SLin, 2))
		synctest.Wait()
		before := heard()
		time.Sleep(time.Second)
		synctest.Wait()
		if got := heard() - before; got > 1 { // one may have been on its way
			t.Errorf("%d frames of the tone were heard beside the voice", got)
		}

		// What is not the ringing tone goes on.
		caller.StartSource(&once{frames: []media.Frame{channeltest.Tone(media.SLin, 3), channeltest.Tone(media.SLin, 3), channeltest.Tone(media.SLin, 3)}})
		called.Deliver(channeltest.Tone(media.SLin, 2))
		before = heard()
		time.Sleep(time.Second)
		synctest.Wait()
		if got := heard() - before; got < 2 {
			t.Errorf("%d frames of another sound were heard beside the voice", got)
		}
	})
}
