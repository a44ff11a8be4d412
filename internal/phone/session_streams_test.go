package phone

import (
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/sip"
)

// Streams are added behind those that there are, and declined in their places.
func TestStreamsAreAddedAndTakenAway(t *testing.T) {
	d, legs := exchanging(t, PJSIP, callPJSIP+"[tom]\ntype=endpoint\ncontext=incoming\nallow=!all,ulaw,h264\nmax_video_streams=3\n")
	p := newSoftphone(t, d)
	p.invite("999", "tom", "X-Test: yes")
	c := ended(t, <-legs)
	if err := c.Answer(); err != nil {
		t.Fatal(err)
	}
	p.numbered(p.answered(p.cseq), sip.Ack, p.cseq, "")
	acknowledged(t, c)
	const picture = "m=video PORT RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\na=sendrecv\r\n"
	sound := "m=audio PORT RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\na=maxptime:140\r\na=sendrecv\r\n"
	const answered = "m=video 40002 RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\n"
	for _, step := range []struct {
		wanted, got   int
		offer, answer string
	}{
		{5, 3, picture + picture + picture, answered + answered + answered}, // more than it may have
		{1, 1, picture + strings.Repeat("m=video 0 RTP/AVP 99\r\n", 2), answered + strings.Repeat("m=video 0 RTP/AVP 99\r\n", 2)},
		{2, 1, picture + strings.Repeat("m=video 0 RTP/AVP 99\r\n", 2) + picture, answered + strings.Repeat("m=video 0 RTP/AVP 99\r\n", 3)},
	} {
		n := make(chan int, 1)
		go func() {
			got, err := c.Leg().(channel.Streamer).SetStreams(t.Context(), media.Video, step.wanted)
			if err != nil {
				t.Error(err)
			}
			n <- got
		}()
		r := p.asked(sip.Invite)
		body := strings.Replace(streamsIn(r.Body), "RTP/AVP 0 101\r\n", "RTP/AVP 0\r\n", 1)
		body = strings.Replace(body, "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n", "", 1)
		if body != sound+step.offer {
			t.Errorf("%d wanted: the offer is\n%s\nwant\n%s", step.wanted, body, sound+step.offer)
		}
		p.sdp(r, offer+step.answer)
		if got := within(t, n); got != step.got {
			t.Errorf("%d wanted: there are %d, want %d", step.wanted, got, step.got)
		}
		p.asked(sip.Ack)
	}
	if _, err := c.Leg().(channel.Streamer).SetStreams(t.Context(), media.Text, 1); err == nil {
		t.Error("text was taken")
	}
}

// Who asks for a whole picture is heard by the other leg, and told by INFO.
func TestPicturesAreAskedFor(t *testing.T) {
	d, legs := exchanging(t, PJSIP, callPJSIP+"[tom]\ntype=endpoint\ncontext=incoming\nallow=!all,ulaw,h264\n")
	p := newSoftphone(t, d)
	p.invite("999", "tom", "X-Test: yes")
	c := ended(t, <-legs)
	if err := c.Answer(); err != nil {
		t.Fatal(err)
	}
	p.numbered(p.answered(p.cseq), sip.Ack, p.cseq, "")
	acknowledged(t, c)
	if err := c.Indicate(media.Frame{Signal: media.VideoUpdate}); err != nil {
		t.Fatal(err)
	}
	r := p.asked(sip.Info)
	if got := r.Get("Content-Type"); got != "application/media_control+xml" || !strings.Contains(string(r.Body), "<picture_fast_update/>") {
		t.Errorf("INFO with %s:\n%s", got, r.Body)
	}
}
