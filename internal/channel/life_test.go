package channel_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func causeOf(ctx context.Context) int {
	var hangup *channel.HangupError
	if !errors.As(context.Cause(ctx), &hangup) {
		return -1
	}
	return hangup.Cause
}

func TestHangupEndsLegAndStepNotTheCall(t *testing.T) {
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		c := x.Leg(t, &channeltest.Leg{})
		step := c.Context()
		c.Hangup(channel.CauseUserBusy)
		if got := causeOf(c.LegContext()); got != channel.CauseUserBusy {
			t.Errorf("the leg ended with cause %d, want %d", got, channel.CauseUserBusy)
		}
		if got := causeOf(step); got != channel.CauseUserBusy {
			t.Errorf("the step ended with cause %d, want %d", got, channel.CauseUserBusy)
		}
		if err := c.CallContext().Err(); err != nil {
			t.Errorf("the call ended before the channel: %v", err)
		}
		c.End()
		if got := causeOf(c.CallContext()); got != channel.CauseUserBusy {
			t.Errorf("the call ended with cause %d, want %d", got, channel.CauseUserBusy)
		}
	})
}

func TestFirstCauseOfHangupWins(t *testing.T) {
	for _, c := range []struct {
		name   string
		hangUp func(c *channel.Channel)
		want   int
	}{
		{"inside first", func(c *channel.Channel) { c.Hangup(17); c.RemoteHangup(16); c.Hangup(34) }, 17},
		{"far end first", func(c *channel.Channel) { c.RemoteHangup(21); c.Hangup(16) }, 21},
		{"set before", func(c *channel.Channel) { c.SetCause(19); c.Hangup(0) }, 19},
		{"far end does not know", func(c *channel.Channel) { c.SetCause(19); c.RemoteHangup(channel.CauseUntold) }, 19},
		{"nobody says", func(c *channel.Channel) {}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
				hangups := channeltest.Listen(t, x.Bus, event.KindHangup)
				leg := x.Leg(t, &channeltest.Leg{})
				c.hangUp(leg.Channel)
				leg.End()
				leg.End()
				if got, ok := leg.Far.HungUp(); !ok || got != c.want {
					t.Errorf("the technology ended with cause %d, %v; want %d", got, ok, c.want)
				}
				told := hangups.Events()
				if len(told) != 1 || told[0].Event.(*event.Hangup).Cause != c.want { //nolint:forcetypeassert // the only kind
					t.Errorf("told %+v, want one Hangup with cause %d", told, c.want)
				}
			})
		})
	}
}

func TestFarEndIsToldToHangUpOnce(t *testing.T) {
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		requests := channeltest.Listen(t, x.Bus, event.KindHangupRequest)
		c := x.Leg(t, &channeltest.Leg{})
		c.Hangup(16)
		c.RemoteHangup(17)
		c.RemoteHangup(18)
		if n := len(requests.Events()); n != 1 {
			t.Errorf("%d HangupRequests, want 1", n)
		}
		c.End()
		c.RemoteHangup(19)
		if n := len(requests.Events()); n != 1 {
			t.Errorf("%d HangupRequests after the end, want 1", n)
		}
	})
}

// Who owns a leg that its far end ends may tell of its end at once: the request is told before.
func TestTheRequestIsToldBeforeTheOwnerHearsOfIt(t *testing.T) {
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		c := x.Leg(t, &channeltest.Leg{})
		told := 0
		defer x.Bus.Subscribe(event.Kinds(event.KindHangupRequest), func(event.Stamped) {
			told++
			if c.HungUp() {
				t.Error("the leg had ended already")
			}
		})()
		c.RemoteHangup(channel.CauseNormalClearing)
		if told != 1 || !c.HungUp() {
			t.Errorf("%d HangupRequests, and hung up: %v", told, c.HungUp())
		}
	})
}

func TestHangupEndsARead(t *testing.T) {
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		c := x.Leg(t, &channeltest.Leg{})
		began := time.Now()
		time.AfterFunc(time.Second, func() { c.Hangup(channel.CauseUserBusy) })
		_, err := c.Read(c.Context())
		var hangup *channel.HangupError
		if !errors.As(err, &hangup) || hangup.Cause != channel.CauseUserBusy {
			t.Errorf("Read: %v, want a hang-up with cause 17", err)
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("Read ended after %v, want 1s", took)
		}
		c.End()
	})
}

func TestInterruptEndsTheStepOnly(t *testing.T) {
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		c := x.Leg(t, &channeltest.Leg{})
		step := c.Context()
		to := channel.Location{Context: "a", Exten: "b", Priority: 3}
		if err := c.Interrupt(channel.Interrupt{Location: &to}); err != nil {
			t.Fatal(err)
		}
		if cause := context.Cause(step); !errors.Is(cause, channel.ErrInterrupted) {
			t.Errorf("the step ended by %v", cause)
		}
		if c.LegContext().Err() != nil || !c.Interrupted() {
			t.Errorf("leg context %v, interrupted %v", c.LegContext().Err(), c.Interrupted())
		}
		i, ok := c.TakeInterrupt()
		if !ok || i.Location == nil || *i.Location != to {
			t.Errorf("TakeInterrupt: %+v, %v", i, ok)
		}
		if err := c.Context().Err(); err != nil {
			t.Errorf("the next step is over already: %v", err)
		}
		if _, ok := c.TakeInterrupt(); ok {
			t.Error("an interrupt was taken twice")
		}
		c.Hangup(16)
		if err := c.Interrupt(channel.Interrupt{}); err == nil {
			t.Error("a leg that is hung up was interrupted")
		}
		c.End()
	})
}

// What a leg holds is given back also where it is taken after the leg's end, as
// an interface may do.
func TestAtEndIsCalledOnceInTurnAndAfterTheEnd(t *testing.T) {
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		c := x.Leg(t, &channeltest.Leg{})
		var order []int
		c.AtEnd(func() { order = append(order, 1) })
		c.AtEnd(func() { order = append(order, 2) })
		c.End()
		c.End()
		c.AtEnd(func() { order = append(order, 3) })
		if len(order) != 3 || order[0] != 2 || order[1] != 1 || order[2] != 3 {
			t.Errorf("called %v, want [2 1 3]", order)
		}
	})
}

func TestAPanicEndsItsCallAlone(t *testing.T) {
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		c, other := x.Leg(t, &channeltest.Leg{}), x.Leg(t, &channeltest.Leg{})
		x.Go(c.Name(), func() { panic("an application went wrong") })
		synctest.Wait()
		if got, ok := c.Far.HungUp(); !ok || got != channel.CauseTemporaryFailure {
			t.Errorf("the leg ended with cause %d, %v; want 41", got, ok)
		}
		if other.HungUp() {
			t.Error("another leg was hung up")
		}
		other.End()
	})
}

// A snapshot that was handed out must not change, whoever changes the channel:
// run with -race this fails if one is written to.
func TestSnapshotsAreImmutable(t *testing.T) {
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		x.ShowVariables([]string{"v"})
		c := x.Leg(t, &channeltest.Leg{})
		c.SetVariable("v", "old")
		before := c.Snapshot()
		kept := *before
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for range 200 {
					c.SetVariable("v", "new")
					c.SetCaller(event.Party{Number: event.Number{Valid: true, Text: "1"}})
					c.Step(channel.Location{Context: "c", Exten: "e", Priority: 2}, "NoOp", "x")
				}
			})
			all.Go(func() {
				for range 200 {
					if s := c.Snapshot(); s.Name != kept.Name || len(s.Vars) != 1 || s.Context == "c" && s.Exten != "e" {
						t.Errorf("torn snapshot %+v", s)
						return
					}
				}
			})
		}
		all.Wait()
		if before.Vars[0].Value != "old" || before.Context != kept.Context || before.Caller != kept.Caller {
			t.Errorf("the old snapshot changed: %+v", before)
		}
		if now := c.Snapshot(); now.Vars[0].Value != "new" || now.Exten != "e" {
			t.Errorf("the new snapshot is %+v", now)
		}
		c.End()
	})
}

func TestStatesAreToldWhenTheyChange(t *testing.T) {
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		states := channeltest.Listen(t, x.Bus, event.KindNewstate)
		c, err := x.New(channel.Config{Name: "Test/a", Technology: "Test", Leg: &channeltest.Leg{}})
		if err != nil {
			t.Fatal(err)
		}
		c.SetState(event.Ringing)
		c.SetState(event.Ringing)
		if err := c.Answer(); err != nil {
			t.Fatal(err)
		}
		if err := c.Answer(); err != nil {
			t.Errorf("a second answer: %v", err)
		}
		if got, want := states.String(), "Newstate Test/a; Newstate Test/a"; got != want {
			t.Errorf("told %q, want %q", got, want)
		}
		if c.State() != event.Up {
			t.Errorf("state %v", c.State())
		}
		c.End()
	})
}

func TestAnswerOfALegThatIsHungUp(t *testing.T) {
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		leg := &channeltest.Leg{}
		c, err := x.New(channel.Config{Name: "Test/a", Technology: "Test", Leg: leg, State: event.Ring})
		if err != nil {
			t.Fatal(err)
		}
		c.Hangup(16)
		var hangup *channel.HangupError
		if err := c.Answer(); !errors.As(err, &hangup) || leg.Answered() {
			t.Errorf("Answer: %v, answered %v", err, leg.Answered())
		}
		c.End()
	})
}

func TestNamesAndIDsAreUnique(t *testing.T) {
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		c := x.Leg(t, &channeltest.Leg{})
		if _, err := x.New(channel.Config{Name: "TEST/1", Leg: &channeltest.Leg{}}); err == nil {
			t.Error("a second channel of a name was made")
		}
		if _, err := x.New(channel.Config{Name: "Test/b", UniqueID: c.UniqueID(), Leg: &channeltest.Leg{}}); err == nil {
			t.Error("a second channel of a unique ID was made")
		}
		c.Rename("Test/other")
		if x.Find("test/OTHER") != c.Channel || x.Find("Test/1") != nil || x.Find(c.UniqueID()) != c.Channel {
			t.Error("the registry does not follow the new name")
		}
		c.End()
		if x.Find("Test/other") != nil || x.Find(c.UniqueID()) != nil || x.Count() != 0 {
			t.Error("the registry still knows a channel that ended")
		}
	})
}

func TestLimitOfCalls(t *testing.T) {
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		x.SetMaxCalls(1)
		c := x.Leg(t, &channeltest.Leg{})
		if _, err := x.New(channel.Config{Name: "Test/b", Leg: &channeltest.Leg{}}); !errors.Is(err, channel.ErrFull) {
			t.Errorf("above the limit: %v, want ErrFull", err)
		}
		called, err := x.New(channel.Config{Name: "Test/c", Leg: &channeltest.Leg{}, Outgoing: true})
		if err != nil {
			t.Errorf("a leg that is dialled for a call: %v", err)
		}
		c.End()
		called.SetRunsDialplan(true) // as one does that was originated
		if _, err := x.New(channel.Config{Name: "Test/d", Leg: &channeltest.Leg{}}); !errors.Is(err, channel.ErrFull) {
			t.Errorf("above the limit: %v, want ErrFull", err)
		}
		called.End()
		x.Leg(t, &channeltest.Leg{}).End()
	})
}

func TestOverload(t *testing.T) {
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		why := errors.New("the machine is busy")
		x.SetOverload(func() error { return why })
		if _, err := x.New(channel.Config{Name: "Test/b", Leg: &channeltest.Leg{}}); !errors.Is(err, channel.ErrFull) || !errors.Is(err, why) {
			t.Errorf("while it is overloaded: %v, want ErrFull and why", err)
		}
		x.SetOverload(nil)
		x.Leg(t, &channeltest.Leg{}).End()
	})
}

func TestAbandonedReadOfAFrame(t *testing.T) {
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		c := x.Leg(t, &channeltest.Leg{})
		c.Deliver(media.Frame{Kind: media.DTMFEnd, Digit: '1'})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := c.Read(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Read under a context that is over: %v", err)
		}
		if f, err := c.Read(c.Context()); err != nil || f.Digit != '1' {
			t.Errorf("Read: %+v, %v; the key was lost", f, err)
		}
		c.End()
	})
}

// An absolute timeout that strikes while a redirect waits does not undo it.
func TestWhatReplacesAnInterrupt(t *testing.T) {
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		c := x.Leg(t, &channeltest.Leg{})
		var dropped []string
		interrupt := func(name string) channel.Interrupt {
			return channel.Interrupt{Location: &channel.Location{Exten: name}, Dropped: func() { dropped = append(dropped, name) }}
		}
		for _, i := range []channel.Interrupt{interrupt("a"), interrupt("b"), {}} {
			if err := c.Interrupt(i); err != nil {
				t.Fatal(err)
			}
		}
		if i, ok := c.TakeInterrupt(); !ok || i.Location == nil || i.Location.Exten != "b" {
			t.Errorf("taken: %+v, %v; want b", i, ok)
		}
		if err := c.InterruptSoon(interrupt("c")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if cause := context.Cause(c.Context()); !errors.Is(cause, channel.ErrInterrupted) {
			t.Errorf("the step ended by %v", cause)
		}
		c.End()
		if len(dropped) != 2 || dropped[0] != "a" || dropped[1] != "c" {
			t.Errorf("dropped %v, want [a c]", dropped)
		}
	})
}
