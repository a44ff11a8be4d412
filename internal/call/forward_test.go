package call_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// forwarding has a leg that wants to be called elsewhere and ends at once.
func forwarding(destination string, c *channeltest.Channel) {
	switch destination {
	case "away":
		c.Deliver(media.Frame{Kind: media.Control, Signal: media.Forward, Value: "home"})
		c.RemoteHangup(channel.CauseRedirected)
	case "home":
		time.Sleep(3 * time.Second)
		c.Accept()
	}
}

func TestForward(t *testing.T) {
	in(t, forwarding, func(t *testing.T, h *house) {
		caller := h.Leg(t, &channeltest.Leg{})
		d := h.NewDialer(caller.Channel)
		if _, err := d.Add(caller.Context(), "Test", channel.Request{Destination: "away"}, nil); err != nil {
			t.Fatal(err)
		}
		winner := d.Wait(caller.Context(), time.Second, call.Listener{Forward: func(a *call.Attempt, to string) {
			d.NoTimeout()
			if _, err := d.Replace(caller.Context(), a, to, "Test", channel.Request{Destination: to}, nil); err != nil {
				t.Error(err)
			}
		}})
		if winner == nil || winner.DialString != "home" || !winner.Forwarded || len(d.Attempts()) != 1 {
			t.Fatalf("the winner is %+v of %d", winner, len(d.Attempts()))
		}
		winner.Release().End()
		caller.End()
	})
}

// A call that nobody asked for is sent on, too.
func TestForwardOfACallThatIsMade(t *testing.T) {
	for _, c := range []struct{ to, want string }{{"Test/home", "home"}, {"Nowhere/home", ""}} {
		in(t, func(destination string, leg *channeltest.Channel) {
			if destination == "away" {
				leg.Deliver(media.Frame{Kind: media.Control, Signal: media.Forward, Value: c.to})
				leg.RemoteHangup(channel.CauseRedirected)
				return
			}
			forwarding(destination, leg)
		}, func(t *testing.T, h *house) {
			result, err := h.Originate(t.Context(), call.Origination{Device: "Test/away", Timeout: 10 * time.Second, Application: "Echo",
				Variables: []event.Variable{{Name: "X", Value: "1"}}}, nil)
			if answered := err == nil; answered != (c.want != "") {
				t.Fatalf("sent on to %s it ended with %v", c.to, err)
			}
			if c.want == "" {
				return
			}
			made := h.Made(c.want)
			by, _ := made.Variable("FORWARDERNAME")
			x, _ := made.Variable("X")
			if result.Reason != call.ReasonAnswer || result.Channel.Name != made.Name() || by != "Test/away" || x != "1" {
				t.Errorf("reason %d of %s, sent on by %q, X is %q", result.Reason, result.Channel.Name, by, x)
			}
			synctest.Wait()
		})
	}
}

// A phone that sends its calls to itself is not called for ever.
func TestForwardInACircle(t *testing.T) {
	called := 0
	in(t, func(_ string, c *channeltest.Channel) {
		called++
		c.Deliver(media.Frame{Kind: media.Control, Signal: media.Forward, Value: fmt.Sprint("round", called)})
		c.RemoteHangup(channel.CauseRedirected)
	}, func(t *testing.T, h *house) {
		caller := h.Leg(t, &channeltest.Leg{})
		caller.SetMaxForwards(5)
		d := h.NewDialer(caller.Channel)
		if _, err := d.Add(caller.Context(), "Test", channel.Request{Destination: "round0"}, nil); err != nil {
			t.Fatal(err)
		}
		winner := d.Wait(caller.Context(), time.Minute, call.Listener{Forward: func(a *call.Attempt, to string) {
			if called > 100 {
				t.Error("it goes on and on")
				d.Refuse(a, to)
				return
			}
			_, _ = d.Replace(caller.Context(), a, to, "Test", channel.Request{Destination: to}, nil)
		}})
		if winner != nil || called != 5 || d.Status() != "CHANUNAVAIL" {
			t.Errorf("called %d times with status %s, want 5 and CHANUNAVAIL", called, d.Status())
		}
		caller.End()
	})
}

// The caller is heard by a leg before it answers, also while legs are replaced.
func TestEarlyMediaWhileALegIsReplaced(t *testing.T) {
	in(t, forwarding, func(t *testing.T, h *house) {
		caller := h.Leg(t, &channeltest.Leg{})
		d := h.NewDialer(caller.Channel)
		if _, err := d.Add(caller.Context(), "Test", channel.Request{Destination: "away"}, nil); err != nil {
			t.Fatal(err)
		}
		over := make(chan struct{})
		go func() { // as the caller's reader does
			defer close(over)
			for range 100 {
				caller.Deliver(media.Frame{Kind: media.Voice, Format: media.ULaw, Data: make([]byte, 160), Samples: 160})
				time.Sleep(20 * time.Millisecond)
			}
		}()
		winner := d.Wait(caller.Context(), 0, call.Listener{Forward: func(a *call.Attempt, to string) {
			time.Sleep(time.Second)
			if _, err := d.Replace(caller.Context(), a, to, "Test", channel.Request{Destination: to}, nil); err != nil {
				t.Error(err)
			}
		}})
		<-over
		if winner == nil {
			t.Fatal("nobody answered")
		}
		winner.Release().End()
		caller.End()
	})
}

func TestForwardRefused(t *testing.T) {
	in(t, forwarding, func(t *testing.T, h *house) {
		caller := h.Leg(t, &channeltest.Leg{})
		d := h.NewDialer(caller.Channel)
		if _, err := d.Add(caller.Context(), "Test", channel.Request{Destination: "away"}, nil); err != nil {
			t.Fatal(err)
		}
		if winner := d.Wait(caller.Context(), time.Second, call.Listener{Forward: d.Refuse}); winner != nil {
			t.Fatalf("%+v answered", winner)
		}
		if a := d.Attempts()[0]; a.Outcome() != "BUSY" || a.Cause != 0 {
			t.Errorf("outcome %s with cause %d, want BUSY and 0", a.Outcome(), a.Cause)
		}
		caller.End()
	})
}

func TestSilence(t *testing.T) {
	in(t, func(string, *channeltest.Channel) {}, func(t *testing.T, h *house) {
		caller := h.Leg(t, &channeltest.Leg{})
		d := h.NewDialer(caller.Channel)
		if _, err := d.Add(caller.Context(), "Test", channel.Request{Destination: "mute"}, nil); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		d.Wait(caller.Context(), time.Minute, call.Listener{Silence: 2 * time.Second})
		if took := time.Since(began); took != 2*time.Second || !d.Silent() {
			t.Errorf("gave up after %v, silent %v", took, d.Silent())
		}
		d.GiveUp("NOANSWER", 0)
		caller.End()
	})
}
