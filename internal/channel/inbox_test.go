package channel_test

import (
	"fmt"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/media"
)

func voice(n int) media.Frame {
	return media.Frame{Kind: media.Voice, Format: media.SLin, Data: []byte{byte(n)}, Samples: 1}
}

func TestReadTakesSignalsFirstAndTheNewestMedia(t *testing.T) {
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		c := x.Leg(t, &channeltest.Leg{})
		for n := range 20 {
			c.Deliver(voice(n))
		}
		c.Signal(media.Ringing)
		c.Deliver(media.Frame{Kind: media.DTMFEnd, Digit: '5'})
		c.Unread(media.Frame{Kind: media.DTMFEnd, Digit: '4'})
		got := ""
		for range 19 {
			f, err := c.Read(c.Context())
			if err != nil {
				t.Fatal(err)
			}
			switch f.Kind {
			case media.Voice:
				got += fmt.Sprint(f.Data[0], " ")
			case media.DTMFEnd:
				got += string(f.Digit) + " "
			default:
				got += f.Signal.String() + " "
			}
		}
		if want := "4 Ringing 5 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 "; got != want {
			t.Errorf("read %q, want %q", got, want)
		}
		c.End()
	})
}

// Frames that arrive while a leg enters a bridge are neither lost nor overtaken.
func TestNothingIsLostWhenASinkIsSet(t *testing.T) {
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		c := x.Leg(t, &channeltest.Leg{})
		const count = 200_000
		var mu sync.Mutex
		var got []int
		sink := func(f media.Frame) {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, f.Cause)
		}
		var sender sync.WaitGroup
		done := make(chan struct{})
		sender.Go(func() {
			defer close(done)
			for n := range count {
				c.Deliver(media.Frame{Kind: media.Control, Cause: n})
			}
		})
		for over := false; !over; {
			select {
			case <-done:
				over = true
			default:
			}
			c.SetSink(sink)
			if !over {
				c.SetSink(nil) // bridges come and go
			}
		}
		sender.Wait()
		for n := 1; n < len(got); n++ {
			if got[n] <= got[n-1] {
				t.Fatalf("frame %d came after frame %d", got[n], got[n-1])
			}
		}
		if lost := count - len(got); uint64(lost) != c.DroppedSignals() {
			t.Errorf("%d frames are missing, %d were counted", lost, c.DroppedSignals())
		}
		c.End()
	})
}

// pieces is a source of a number of frames of 20 ms.
type pieces struct {
	left   int
	closed bool
}

func (p *pieces) Next() (media.Frame, error) {
	if p.left == 0 {
		return media.Frame{}, io.EOF
	}
	p.left--
	return channeltest.Tone(media.SLin, 1000), nil
}

func (p *pieces) Close() error { p.closed = true; return nil }

func TestHangupEndsASoundAtOnce(t *testing.T) {
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		c := x.Leg(t, &channeltest.Leg{})
		began := time.Now()
		time.AfterFunc(time.Second-time.Millisecond, func() { c.Hangup(channel.CauseNormalClearing) })
		err := c.Pace(c.Context(), &pieces{left: 1000})
		if took := time.Since(began); took != time.Second-time.Millisecond {
			t.Errorf("the sound ended after %v, want 999ms", took)
		}
		if causeOf(c.Context()) != channel.CauseNormalClearing || err == nil {
			t.Errorf("Pace: %v", err)
		}
		if n := len(c.Far.Heard()); n != 50 {
			t.Errorf("%d frames were heard, want 50", n)
		}
		c.End()
	})
}

func TestAnotherSoundEndsTheFirst(t *testing.T) {
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		c := x.Leg(t, &channeltest.Leg{})
		one, two := &pieces{left: 1000}, &pieces{left: 10}
		c.StartSource(one)
		time.Sleep(90 * time.Millisecond)
		c.StartSource(two)
		if !one.closed {
			t.Error("the first sound was not closed")
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if !two.closed || two.left != 0 {
			t.Errorf("the second sound: closed %v, %d frames left", two.closed, two.left)
		}
		if n := len(c.Far.Heard()); n != 5+10 {
			t.Errorf("%d frames were heard, want 15", n)
		}
		c.StartSource(&pieces{left: 1000})
		time.Sleep(50 * time.Millisecond)
		c.End()
		n := len(c.Far.Heard())
		time.Sleep(time.Second)
		if more := len(c.Far.Heard()); more != n {
			t.Errorf("%d frames after the end", more-n)
		}
	})
}

func TestReadFormat(t *testing.T) {
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		c := x.Leg(t, &channeltest.Leg{Format: media.ULaw})
		c.SetReadFormat(media.SLin)
		c.Deliver(media.Frame{Kind: media.Voice, Format: media.ULaw, Data: make([]byte, 160), Samples: 160})
		f, err := c.Read(c.Context())
		if err != nil || f.Format != media.SLin || len(f.Data) != 320 || f.Samples != 160 {
			t.Errorf("read %v with %d bytes, %v", f.Format, len(f.Data), err)
		}
		if err := c.Write(f); err != nil {
			t.Fatal(err)
		}
		if heard := c.Far.Heard(); len(heard) != 1 || heard[0].Format != media.ULaw || len(heard[0].Data) != 160 {
			t.Errorf("the far end heard %+v", heard)
		}
		c.End()
	})
}

func TestTapsHearBothWaysInTurn(t *testing.T) {
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		c := x.Leg(t, &channeltest.Leg{})
		changes := 0
		c.OnMediaChange(func() { changes++ })
		var order []string
		tap := func(name string) func(channel.Direction, media.Frame) media.Frame {
			return func(d channel.Direction, f media.Frame) media.Frame {
				order = append(order, fmt.Sprint(name, d))
				f.Data = append([]byte(name), f.Data...)
				return f
			}
		}
		first := c.Tap(tap("a"))
		second := c.Tap(tap("b"))
		c.Deliver(media.Frame{Kind: media.Voice, Format: media.SLin})
		_ = c.Write(media.Frame{Kind: media.Voice, Format: media.SLin})
		if f, _ := c.Read(c.Context()); string(f.Data) != "ba" {
			t.Errorf("read %q, want ba", f.Data)
		}
		if got := fmt.Sprint(order); got != "[a0 b0 a1 b1]" {
			t.Errorf("taps were called %s", got)
		}
		first()
		if !c.Tapped() {
			t.Error("one tap is left")
		}
		second()
		second()
		if c.Tapped() {
			t.Error("no tap is left")
		}
		if changes != 5 {
			t.Errorf("the media changed %d times, want 5", changes)
		}
		c.End()
	})
}

// broken is a source that panics.
type broken struct{}

func (broken) Next() (media.Frame, error) { panic("a broken file") }

func TestASoundThatPanicsEndsItsCallAlone(t *testing.T) {
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		c := x.Leg(t, &channeltest.Leg{})
		c.StartSource(broken{})
		synctest.Wait()
		if cause, ok := c.Far.HungUp(); !ok || cause != channel.CauseTemporaryFailure {
			t.Errorf("the leg ended with cause %d, %v; want 41", cause, ok)
		}
	})
}
