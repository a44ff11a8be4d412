package call_test

import (
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

func TestTheFirstToAnswerWins(t *testing.T) {
	behave := func(destination string, c *channeltest.Channel) {
		switch destination {
		case "slow":
			time.Sleep(3 * time.Second)
			c.Accept()
		case "quick":
			time.Sleep(2 * time.Second)
			c.Accept()
		case "busy":
			c.Signal(media.Busy)
		}
	}
	in(t, behave, func(t *testing.T, h *house) {
		caller := h.Leg(t, &channeltest.Leg{})
		d := h.NewDialer(caller.Channel)
		for _, destination := range []string{"slow", "quick", "busy"} {
			if _, err := d.Add(caller.Context(), "Test", channel.Request{Destination: destination}, nil); err != nil {
				t.Fatal(err)
			}
		}
		began := time.Now()
		winner := d.Wait(caller.Context(), 10*time.Second, call.Listener{})
		if winner == nil || winner.DialString != "quick" || time.Since(began) != 2*time.Second {
			t.Fatalf("the winner is %+v after %v", winner, time.Since(began))
		}
		d.GiveUp("CANCEL", channel.CauseAnsweredElsewhere)
		statuses := ""
		for _, a := range d.Attempts() {
			statuses += a.DialString + " " + a.Status + " "
		}
		if want := "slow CANCEL quick ANSWER busy BUSY "; statuses != want || d.Status() != "ANSWER" {
			t.Errorf("%q and %s, want %q and ANSWER", statuses, d.Status(), want)
		}
		if cause, ended := h.Made("slow").Far.HungUp(); !ended || cause != channel.CauseAnsweredElsewhere {
			t.Errorf("the slow one was ended %v with cause %d", ended, cause)
		}
		winner.Release().End()
		caller.End()
	})
}

func TestStatusOfSeveral(t *testing.T) {
	behave := func(destination string, c *channeltest.Channel) {
		switch destination[:4] {
		case "busy":
			c.Signal(media.Busy)
		case "cong":
			c.Signal(media.Congestion)
		case "away":
			c.RemoteHangup(channel.CauseSubscriberAbsent)
		}
	}
	for _, c := range []struct {
		destinations []string
		want         string
	}{
		{[]string{"busy"}, "BUSY"},
		{[]string{"cong", "busy"}, "BUSY"},
		{[]string{"away", "cong"}, "CONGESTION"},
		{[]string{"away"}, "CHANUNAVAIL"},
		{[]string{"busy", "ring"}, "NOANSWER"},
	} {
		in(t, behave, func(t *testing.T, h *house) {
			caller := h.Leg(t, &channeltest.Leg{})
			d := h.NewDialer(caller.Channel)
			for _, destination := range c.destinations {
				if _, err := d.Add(caller.Context(), "Test", channel.Request{Destination: destination}, nil); err != nil {
					t.Fatal(err)
				}
			}
			if winner := d.Wait(caller.Context(), time.Second, call.Listener{}); winner != nil {
				t.Errorf("%v: %s won", c.destinations, winner.DialString)
			}
			d.GiveUp("NOANSWER", channel.CauseNoAnswer)
			if got := d.Status(); got != c.want {
				t.Errorf("%v: %s, want %s", c.destinations, got, c.want)
			}
			caller.End()
		})
	}
}

// A leg may say more than a dialer that does something else can keep; that it is
// gone is not lost among it.
func TestTheEndOfALegIsHeardThroughNoise(t *testing.T) {
	behave := func(_ string, c *channeltest.Channel) {
		for range 1000 {
			c.Signal(media.SrcUpdate)
		}
		c.RemoteHangup(channel.CauseUserBusy)
	}
	in(t, behave, func(t *testing.T, h *house) {
		caller := h.Leg(t, &channeltest.Leg{})
		d := h.NewDialer(caller.Channel)
		a, err := d.Add(caller.Context(), "Test", channel.Request{Destination: "noisy"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second) // the caller hears something else first
		began := time.Now()
		if winner := d.Wait(caller.Context(), time.Minute, call.Listener{}); winner != nil || a.Status != "BUSY" || time.Since(began) != 0 {
			t.Errorf("winner %v, status %q after %v; want BUSY at once", winner, a.Status, time.Since(began))
		}
		caller.End()
	})
}

func TestTheCallerIsHeardWhileItWaits(t *testing.T) {
	in(t, nil, func(t *testing.T, h *house) {
		caller := h.Leg(t, &channeltest.Leg{})
		d := h.NewDialer(caller.Channel)
		if _, err := d.Add(caller.Context(), "Test", channel.Request{Destination: "a"}, nil); err != nil {
			t.Fatal(err)
		}
		called := h.Made("a")
		called.Signal(media.Progress)
		time.AfterFunc(time.Second, func() {
			called.Deliver(channeltest.Tone(media.SLin, 1000)) // early media, both ways
			caller.Deliver(channeltest.Tone(media.SLin, 1000))
			caller.Deliver(media.Frame{Kind: media.DTMFEnd, Digit: '*'})
		})
		began := time.Now()
		d.Wait(caller.Context(), time.Minute, call.Listener{Caller: func(f media.Frame) bool { return f.Digit == '*' }})
		if took := time.Since(began); took != time.Second {
			t.Errorf("gave up after %v, want 1s", took)
		}
		if in, out := len(caller.Far.Heard()), len(called.Far.Heard()); in != 1 || out != 1 {
			t.Errorf("%d and %d frames crossed, want 1 and 1", in, out)
		}
		d.GiveUp("CANCEL", 0)
		caller.End()
	})
}

// What tells that a leg is called has the leg as it was before: some answer at once.
func TestBeginOfALegThatAnswersAtOnce(t *testing.T) {
	in(t, nil, func(t *testing.T, h *house) {
		begun := channeltest.Listen(t, h.Bus, event.KindDialBegin)
		var called *event.Channel
		d := h.NewDialer(nil)
		d.Called = func(_ *call.Attempt, peer *event.Channel) *event.Channel {
			called = peer
			return peer
		}
		if _, err := d.Add(t.Context(), "Test", channel.Request{Destination: "x"}, func(c *channel.Channel) error {
			far := h.Made("x")
			far.Far.OnCall = func() error {
				c.SetState(event.Up)
				far.Signal(media.Answered)
				return nil
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		winner := d.Wait(t.Context(), time.Second, call.Listener{})
		if winner == nil || winner.Channel.State() != event.Up {
			t.Fatalf("the winner is %+v", winner)
		}
		list := begun.Events()
		if len(list) != 1 || called == nil || list[0].Event.(*event.DialBegin).Peer != called || called.State != event.Down {
			t.Errorf("told is %v of %+v", list, called)
		}
		winner.Release().End()
	})
}
