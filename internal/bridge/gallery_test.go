package bridge_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// pane is a leg whose call comes with streams of pictures, and to which more can be added.
type pane struct {
	channeltest.Leg
	ch *channel.Channel

	mu     sync.Mutex // a leaf
	own    []*media.Format
	wanted []string
}

func (p *pane) Pictures() []channel.Picture {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []channel.Picture
	for _, f := range p.own {
		list = append(list, channel.Picture{Formats: []*media.Format{f}})
	}
	return list
}

func (p *pane) ShowPictures(list []*channel.Picture) {
	var text []string
	for _, one := range list {
		if one == nil {
			text = append(text, "-")
		} else {
			text = append(text, one.Formats[0].Name)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wanted = append(p.wanted, strings.Join(text, " "))
}

func (p *pane) PictureNumber(place int) (uint8, bool) {
	return media.StreamNumber(media.Video, len(p.Pictures())+place), true
}

// asked is what the leg was asked to show, one after the other, since this was last asked.
func (p *pane) asked() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer func() { p.wanted = nil }()
	return strings.Join(p.wanted, "; ")
}

// seen are the streams by which pictures came, and how many.
func (p *pane) seen() string {
	var list []string
	for _, f := range p.Heard() {
		if f.Kind == media.VideoFrame {
			_, place := media.StreamOf(f.Stream)
			list = append(list, fmt.Sprint(place))
		}
	}
	return strings.Join(list, " ")
}

// shows has the leg send a picture by one of its streams.
func (p *pane) shows(place int) {
	f := media.H264
	p.ch.Deliver(media.Frame{Kind: media.VideoFrame, Format: f, Data: []byte{1}, Stream: media.StreamNumber(media.Video, place)})
	synctest.Wait()
}

// panes puts legs into a bridge that have a stream for each of their formats.
func (h *house) panes(t *testing.T, b *bridge.Bridge, own ...[]*media.Format) (list []*pane) {
	t.Helper()
	for _, formats := range own {
		p := &pane{own: formats, Leg: channeltest.Leg{Format: media.SLin}}
		h.paned++
		c, err := h.New(channel.Config{Name: fmt.Sprintf("Pane/%d", h.paned), Technology: "Test", Leg: p, State: event.Up})
		if err != nil {
			t.Fatal(err)
		}
		p.ch = c
		h.Go(c.Name(), func() {
			_ = b.Join(c.Context(), c, bridge.JoinOptions{})
			if c.HungUp() {
				c.End()
			}
		})
		synctest.Wait()
		list = append(list, p)
	}
	return list
}

// With sfu each sees all streams of all others, which end when they leave; and who is not there
// any more sees nobody.
func TestAllSeeAll(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		b := h.create(t, bridge.Options{Keep: true, Video: "sfu"})
		legs := h.panes(t, b, []*media.Format{media.H264}, []*media.Format{media.VP8}, []*media.Format{media.H263, media.H265}, nil)
		expect := func(when string, get func(*pane) string, want ...string) {
			t.Helper()
			for i, p := range legs {
				if got := get(p); got != want[i] {
					t.Errorf("%s: leg %d: %q, want %q", when, i, got, want[i])
				}
			}
		}
		if got := b.Snapshot(); got.Technology != bridge.SoftMix || got.VideoMode != "sfu" {
			t.Errorf("the bridge is %s with video %s", got.Technology, got.VideoMode)
		}
		expect("all came", (*pane).asked, "vp8; vp8 h263 h265", "h264; h264 h263 h265", "h264 vp8", "h264 vp8 h263 h265")
		legs[2].shows(1)
		legs[0].shows(0)
		legs[0].shows(1) // that is a stream in which it sees another
		expect("two show something", (*pane).seen, "3", "3 1", "2", "3 0")

		b.Kick(legs[1].ch)
		synctest.Wait()
		expect("one left", (*pane).asked, "- h263 h265", "- - -", "h264 -", "h264 - h263 h265")
		legs[1].shows(0)
		expect("who left shows something", (*pane).seen, "3", "3 1", "2", "3 0")

		legs[3].mu.Lock()
		legs[3].own = []*media.Format{media.VP9}
		legs[3].mu.Unlock()
		legs[3].ch.MediaChanged()
		synctest.Wait()
		expect("one shows something now", (*pane).asked, "vp9 h263 h265", "", "h264 vp9", "")
		for _, p := range legs {
			p.ch.Hangup(16)
		}
		synctest.Wait()
	})
}

// Of many in a mix all see one whom a client chose, that one, too.
func TestOneIsSeen(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		b := h.create(t, bridge.Options{Keep: true, Video: "talker"})
		one := []*media.Format{media.H264}
		legs := h.panes(t, b, one, one, one)
		b.SetVideo(legs[1].ch.UniqueID())
		for _, p := range legs {
			p.shows(0)
		}
		var got []string
		for _, p := range legs {
			got = append(got, p.seen())
			p.ch.Hangup(16)
		}
		synctest.Wait()
		if want := []string{"0", "0", "0"}; !slices.Equal(got, want) {
			t.Errorf("the streams in which legs see pictures: %q, want %q", got, want)
		}
	})
}
