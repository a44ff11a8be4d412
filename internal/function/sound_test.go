package function

import (
	"context"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// voice is a frame of 20 ms of a tone.
func voice(hz float64, amplitude float64, from int) media.Frame {
	samples := make([]int16, 160)
	for i := range samples {
		samples[i] = int16(amplitude * math.Sin(2*math.Pi*hz*float64(from+i)/8000))
	}
	return media.Frame{Kind: media.Voice, Format: media.SLin, Data: media.AppendLinear(nil, samples), Samples: 160}
}

// heardOn has a leg with a function set hear a tone for a second, and returns what the
// dialplan reads, without its first quarter.
func heardOn(t *testing.T, hz, amplitude float64, set ...string) []int16 {
	t.Helper()
	x := newExchange(t, "[probe]\nexten => s,1,NoOp()\n")
	c := x.leg(t, "s")
	defer c.End()
	for _, line := range set {
		name, value, _ := strings.Cut(line, "=")
		if err := x.Assign(t.Context(), c, name, value); err != nil {
			t.Fatal(err)
		}
	}
	var samples []int16
	for at := 0; at < 8000; at += 160 {
		c.Deliver(voice(hz, amplitude, at))
		f, err := c.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if at >= 2000 {
			samples = media.AppendSamples(samples, f.Data)
		}
	}
	return samples
}

// strength is how much of a frequency is in samples: 1 if nothing else is.
func strength(samples []int16, hz float64) float64 {
	var re, im, all float64
	for i, v := range samples {
		sin, cos := math.Sincos(2 * math.Pi * hz * float64(i) / 8000)
		re, im, all = re+float64(v)*cos, im+float64(v)*sin, all+float64(v)*float64(v)
	}
	return 2 * (re*re + im*im) / all / float64(len(samples))
}

func TestWhatIsHeard(t *testing.T) {
	for _, c := range []struct {
		set       []string
		hz        float64 // that is heard of 500 Hz
		magnitude int     // of one of 637
	}{
		{[]string{"VOLUME(RX)=3"}, 500, 1910},
		{[]string{"VOLUME(RX)=-2"}, 500, 318},
		{[]string{"VOLUME(RX)=0"}, 500, 637},
		{[]string{"VOLUME(TX)=4"}, 500, 637},
		{[]string{"SCRAMBLE()=rx"}, 3500, 637},
		{[]string{"SCRAMBLE()=both", "SCRAMBLE()=remove"}, 500, 637},
	} {
		t.Run(strings.Join(c.set, " "), func(t *testing.T) {
			samples := heardOn(t, 500, 1000, c.set...)
			if s := strength(samples, c.hz); s < 0.95 {
				t.Errorf("%.2f of it is %v Hz", s, c.hz)
			}
			if m := media.Magnitude(samples); math.Abs(float64(m-c.magnitude)) > 0.15*float64(c.magnitude) {
				t.Errorf("the magnitude is %d, want %d", m, c.magnitude)
			}
		})
	}
}

func TestVolumeByKeys(t *testing.T) {
	x := newExchange(t, "[probe]\nexten => s,1,NoOp()\n")
	c := x.leg(t, "s")
	defer c.End()
	if err := x.Assign(t.Context(), c, "VOLUME(RX,p)", "2"); err != nil {
		t.Fatal(err)
	}
	for _, key := range "**#" {
		c.Deliver(media.Frame{Kind: media.DTMFEnd, Digit: byte(key)})
	}
	if got := x.Expand(t.Context(), c, "${VOLUME(RX)} ${VOLUME(TX)}"); got != "3.000000 0.000000" {
		t.Errorf("the volumes are %s", got)
	}
}

func TestFramesAreDropped(t *testing.T) {
	for _, c := range []struct{ set, want string }{
		{"FRAME_DROP(RX)=DTMF_END,voice", "begin1 control"},
		{"FRAME_DROP(RX)=CONTROL", "begin1 end1 voice"},
		{"FRAME_DROP(RX)=HOLD", "begin1 end1 voice"},
		{"FRAME_DROP(RX)=UNHOLD", "begin1 end1 control voice"},
		{"FRAME_DROP(TX)=VOICE", "begin1 end1 control voice"},
		{"HOLD_INTERCEPT(set)=", "begin1 end1 voice"},
		{"FRAME_TRACE(white)=VOICE", "begin1 end1 control voice"},
	} {
		synctest.Test(t, func(t *testing.T) {
			x := newExchange(t, "[probe]\nexten => s,1,NoOp()\n")
			leg := x.leg(t, "s")
			defer leg.End()
			holds := 0
			defer x.channels.Bus.Subscribe(event.Kinds(event.KindHold), func(event.Stamped) { holds++ })()
			name, value, _ := strings.Cut(c.set, "=")
			if err := x.Assign(t.Context(), leg, name, value); err != nil {
				t.Fatal(err)
			}
			for _, f := range []media.Frame{{Kind: media.DTMFBegin, Digit: '1'}, {Kind: media.DTMFEnd, Digit: '1'},
				{Kind: media.Control, Signal: media.Hold}, voice(500, 1000, 0)} {
				leg.Deliver(f)
			}
			if got := drained(t, leg); got != c.want || holds != 1 {
				t.Errorf("with %s heard %q and %d holds, want %q and one", c.set, got, holds, c.want)
			}
		})
	}
}

// drained reads what waits on a leg: signals come before voice.
func drained(t *testing.T, c *channel.Channel) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	var got []string
	for {
		f, err := c.Read(ctx)
		if err != nil {
			return strings.Join(got, " ")
		}
		switch f.Kind {
		case media.DTMFBegin:
			got = append(got, "begin"+string(rune(f.Digit)))
		case media.DTMFEnd:
			got = append(got, "end"+string(rune(f.Digit)))
		case media.Control:
			got = append(got, "control")
		case media.Voice:
			got = append(got, "voice")
		}
	}
}

func TestTalkDetect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newExchange(t, "[probe]\nexten => s,1,NoOp()\n")
		c := x.leg(t, "s")
		var mu sync.Mutex
		var told []string
		defer x.channels.Bus.Subscribe(event.Kinds(event.KindChannelTalkingStart, event.KindChannelTalkingStop), func(s event.Stamped) {
			mu.Lock()
			defer mu.Unlock()
			switch e := s.Event.(type) {
			case *event.ChannelTalkingStart:
				told = append(told, "start")
			case *event.ChannelTalkingStop:
				told = append(told, fmt.Sprint("stop ", e.Duration))
			}
		})()
		speak := func(amplitude float64, d time.Duration) {
			for at := time.Duration(0); at < d; at += 20 * time.Millisecond {
				time.Sleep(20 * time.Millisecond)
				c.Deliver(voice(500, amplitude, 0))
			}
		}
		set := func(args, value string) {
			t.Helper()
			if err := x.Assign(t.Context(), c, "TALK_DETECT("+args+")", value); err != nil {
				t.Error(err)
			}
		}
		set("set", "")
		speak(0, time.Second)
		speak(1000, time.Second)
		speak(100, 2*time.Second)
		speak(1000, time.Second)
		speak(100, 3*time.Second)
		set("set", "500,50")
		speak(100, time.Second)
		speak(0, time.Second)
		set("remove", "")
		speak(1000, time.Second)
		if err := talkDetect(t.Context(), c, "remove", ""); err == nil {
			t.Error("it was removed twice")
		}
		if got, want := strings.Join(told, ", "), "start, stop 3.98s, start, stop 980ms"; got != want {
			t.Errorf("told %s, want %s", got, want)
		}
		c.End()
	})
}
