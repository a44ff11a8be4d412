package external

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/media"
)

// What a program has sent is heard frame by frame, and what it wants to know is told when
// what stands before was heard.
func TestPlayout(t *testing.T) {
	frames := func(n int) []byte { return bytes.Repeat([]byte{1}, 160*n) }
	for name, c := range map[string]struct {
		do   func(p *playout) []notice
		want string // what is heard, and told, tick by tick
	}{
		"frames":                 {func(p *playout) []notice { return p.put(frames(2)) }, "160|160|"},
		"what is no whole frame": {func(p *playout) []notice { return p.put(frames(2)[:200]) }, "160|40|"},
		"a file in pieces": {func(p *playout) []notice {
			p.buffer(true)
			p.put(frames(1)[:100])
			p.put(frames(1)[:100])
			told := p.buffer(false)
			p.mark(notice{"MEDIA_BUFFERING_COMPLETED", "x"})
			return told
		}, "160|160|MEDIA_BUFFERING_COMPLETED x"},
		"a mark between": {func(p *playout) []notice {
			p.put(frames(1))
			p.mark(notice{"MEDIA_MARK_PROCESSED", "a"})
			return p.put(frames(1))
		}, "160|MEDIA_MARK_PROCESSED a 160|"},
		"all is heard":           {func(p *playout) []notice { p.report(); return p.put(frames(1)) }, "160|QUEUE_DRAINED"},
		"nothing while it rests": {func(p *playout) []notice { p.pause(true); return p.put(frames(1)) }, ""},
		"nothing after a flush":  {func(p *playout) []notice { p.put(frames(9)); p.mark(notice{"x", ""}); return p.flush() }, ""},
		"too much":               {func(p *playout) []notice { told := p.put(frames(mostFrames + 5)); return append(told, p.flush()...) }, "MEDIA_XOFF MEDIA_XON|"},
	} {
		t.Run(name, func(t *testing.T) {
			p := &playout{format: media.ULaw, size: 160}
			var all []string
			tell := func(data []byte, told []notice) {
				var words []string
				for _, n := range told {
					words = append(words, strings.TrimSpace(n.event+" "+n.id))
				}
				if data != nil {
					words = append(words, fmt.Sprint(len(data)))
				}
				all = append(all, strings.Join(words, " "))
			}
			if told := c.do(p); len(told) > 0 {
				tell(nil, told)
			}
			for range 3 {
				tell(p.next())
			}
			got := strings.TrimRight(strings.Join(all, "|"), "|")
			if got != strings.TrimRight(c.want, "|") {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// The program is told to stop once, and to go on once it may.
func TestPlayoutFlows(t *testing.T) {
	p := &playout{format: media.ULaw, size: 160}
	told := p.put(make([]byte, 160*mostFrames))
	if len(told) != 1 || told[0].event != "MEDIA_XOFF" || p.state().frames != mostFrames {
		t.Fatalf("it was told %v with %d frames", told, p.state().frames)
	}
	for n := mostFrames - 1; n >= 0; n-- {
		data, told := p.next()
		if want := n == goOnBelow-1; data == nil || (len(told) == 1) != want {
			t.Fatalf("with %d left it was told %v", n, told)
		}
	}
}
