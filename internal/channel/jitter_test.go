package channel_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/jitter"
	"github.com/octothorpe/octothorpe/internal/media"
)

// spoken is the i-th 20 ms of somebody's voice as it comes by RTP.
func spoken(i int) media.Frame {
	f := channeltest.Tone(media.ULaw, 1000)
	f.Timed, f.Timestamp = true, uint32(i*160)
	return f
}

func TestJitterBufferOfALeg(t *testing.T) {
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		c := x.Leg(t, &channeltest.Leg{Format: media.ULaw})
		type heard struct {
			place int
			after time.Duration
		}
		var mu sync.Mutex
		var list []heard
		start := time.Now()
		c.SetSink(func(f media.Frame) {
			mu.Lock()
			defer mu.Unlock()
			list = append(list, heard{int(f.Timestamp / 160), time.Since(start)})
		})
		g := jitter.Default(jitter.Fixed)
		changed := 0
		c.OnMediaChange(func() { changed++ })
		c.SetJitterBuffer(&g)
		if changed != 1 || !c.Tapped() {
			t.Errorf("the bridge was told %d times and the leg is tapped: %v; want once, and true", changed, c.Tapped())
		}
		for _, i := range []int{0, 2, 1, 3} {
			c.Deliver(spoken(i))
		}
		c.Deliver(media.Frame{Kind: media.DTMFBegin, Digit: '1', Timestamp: 99 * 160})
		time.Sleep(time.Second)
		synctest.Wait()
		want := []heard{{99, 0}, {0, 200 * time.Millisecond}, {1, 220 * time.Millisecond}, {2, 240 * time.Millisecond}, {3, 260 * time.Millisecond}}
		if len(list) != len(want) {
			t.Fatalf("heard %v, want %v", list, want)
		}
		for i := range want {
			if list[i] != want[i] {
				t.Errorf("heard %v, want %v", list[i], want[i])
			}
		}
		if got, s, ok := c.JitterBuffer(); !ok || got != g || s.Played != 4 {
			t.Errorf("the buffer is %+v, %+v, %v", got, s, ok)
		}

		list = nil
		c.Deliver(spoken(50))
		c.SetJitterBuffer(nil) // what waits is heard at once
		c.Deliver(spoken(40))
		if len(list) != 2 || list[0].place != 50 || list[1].place != 40 || list[1].after != time.Second {
			t.Errorf("heard %v after the buffer was gone, want 50 and 40 at once", list)
		}
		if _, _, ok := c.JitterBuffer(); ok || c.Tapped() {
			t.Error("there is a buffer still")
		}
		c.SetSink(nil)
	})
}

func TestPicturesWaitForTheirSound(t *testing.T) {
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		c := x.Leg(t, &channeltest.Leg{Format: media.ULaw})
		var kinds []media.FrameKind
		var after []time.Duration
		start := time.Now()
		c.SetSink(func(f media.Frame) { kinds, after = append(kinds, f.Kind), append(after, time.Since(start)) })
		g := jitter.Default(jitter.Fixed)
		g.SyncVideo = true
		c.SetJitterBuffer(&g)
		c.Deliver(spoken(0))
		c.Deliver(media.Frame{Kind: media.VideoFrame})
		time.Sleep(10 * time.Millisecond)
		c.Deliver(media.Frame{Kind: media.VideoFrame})
		time.Sleep(time.Second)
		synctest.Wait()
		if len(kinds) != 3 || after[0] != 200*time.Millisecond || after[1] != 200*time.Millisecond || after[2] != 210*time.Millisecond {
			t.Errorf("%v were heard and seen after %v", kinds, after)
		}
		c.SetSink(nil)
	})
}

// The technology's buffer comes with the first bridge, and gives way to that of the
// dialplan.
func TestJitterBufferComesWithABridge(t *testing.T) {
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		g := jitter.Default(jitter.Adaptive)
		c := x.LegWith(t, &channeltest.Leg{Format: media.ULaw}, &g)
		if _, _, ok := c.JitterBuffer(); ok {
			t.Error("it is there before the bridge")
		}
		c.SetBridge("b")
		if got, _, _ := c.JitterBuffer(); got != g {
			t.Errorf("in the bridge it is %+v, want %+v", got, g)
		}
		own := jitter.Default(jitter.Fixed)
		c.SetJitterBuffer(&own)
		c.SetBridge("c")
		if got, _, _ := c.JitterBuffer(); got != own {
			t.Errorf("the dialplan's became %+v", got)
		}
	})
}
