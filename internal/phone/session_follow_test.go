package phone

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/sip"
)

const seeing = `
[tom]
type=endpoint
context=office
allow=!all,ulaw,h264
`

const filmed = "m=video 40010 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"

// The phone of the other leg is asked to have the pictures that this one has.
func TestPicturesOfTheOtherLeg(t *testing.T) {
	d, _ := exchanging(t, PJSIP, seeing)
	p := newSoftphone(t, d)
	c, err := d.Request(t.Context(), channel.Request{Destination: "tom/" + p.contact()})
	if err != nil {
		t.Fatal(err)
	}
	ended(t, c)
	if err := c.Leg().Call(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := p.expect(sip.Invite)
	p.respond(r, 200, "x", offer)
	await(t, c, event.Up)
	p.expect(sip.Ack)
	formats := ofKind(d.Model().Endpoints["tom"].Formats, "video")
	for _, step := range []struct {
		tells  []wish
		offer  string
		answer string
	}{
		{[]wish{{kind: "video", formats: formats, direction: sendOnly}}, "m=video [1-9]... a=sendonly", filmed + "a=recvonly\r\n"},
		{[]wish{{kind: "video", formats: formats, direction: sendRecv}}, "m=video [1-9]... a=sendrecv", filmed},
		{nil, "m=video 0 RTP/AVP", "m=video 0 RTP/AVP 96\r\n"},
	} {
		if err := c.Indicate(media.Frame{Kind: media.Control, Signal: media.Streams, Value: step.tells}); err != nil {
			t.Fatal(err)
		}
		asked := p.asked(sip.Invite)
		_, video, _ := strings.Cut(string(asked.Body), "m=video")
		port, direction, _ := strings.Cut(strings.TrimPrefix(step.offer, "m=video "), "... ")
		if direction == "" {
			if !strings.HasPrefix(video, " 0 ") {
				t.Errorf("asked for%s, want none", video)
			}
		} else if strings.HasPrefix(video, " 0 ") || !strings.Contains(video, direction) {
			t.Errorf("asked for m=video%s, want %s %s", video, port, direction)
		}
		p.sdp(asked, offer+step.answer)
		p.expect(sip.Ack)
	}
	s := c.Leg().(*session)
	if n := s.streams("video"); n != 0 {
		t.Errorf("%d streams of pictures are left", n)
	}
	_ = c.Indicate(media.Frame{Kind: media.Control, Signal: media.Streams}) // it is so already
	hangup(c)
	if next := p.first(func(m *sip.Message) bool { return m.IsRequest() }, "request"); next.Method != sip.Bye {
		t.Errorf("asked by\n%s, want BYE", next)
	}
}

// What a phone changes about its pictures is told, and nothing else is.
func TestPicturesAreTold(t *testing.T) {
	p, c, ok := called(t, seeing)
	p.numbered(ok, sip.Ack, 1, "")
	told := make(chan []wish, 4)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		for {
			f, err := c.Read(ctx)
			if err != nil {
				return
			}
			if list, is := f.Value.([]wish); is && f.Signal == media.Streams {
				told <- list
			}
		}
	}()
	for n, step := range []struct {
		video string
		want  string
	}{{filmed, "sendrecv"}, {filmed + "a=sendonly\r\n", "sendonly"}, {filmed + "a=sendonly\r\n", ""}, {"m=video 0 RTP/AVP 96\r\n", "none"}} {
		p.numbered(ok, sip.Invite, n+10, offer+step.video)
		p.answered(n + 10)
		p.numbered(ok, sip.Ack, n+10, "")
		if step.want == "" {
			continue // had it been told the next would not be what is heard
		}
		got := "none"
		select {
		case list := <-told:
			if len(list) > 0 {
				got = choose(list[0].direction == sendOnly, "sendonly", "sendrecv")
			}
		case <-time.After(5 * time.Second):
			got = "nothing"
		}
		if got != step.want {
			t.Errorf("told of %s, want %s", got, step.want)
		}
	}
}
