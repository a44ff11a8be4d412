package local_test

import (
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/local"
	"github.com/octothorpe/octothorpe/internal/media"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// house is an exchange with Local channels whose second halves do what the test says.
type house struct {
	*channeltest.Exchange
	bridges *bridge.Registry
	driver  *local.Driver
	run     func(two *channel.Channel) // what a dialplan does; the leg is ended afterwards
}

func (h *house) Exists(context, exten, _ string) bool { return context == "test" && exten != "gone" }

func (h *house) Start(two *channel.Channel) {
	h.Go(two.Name(), func() {
		defer two.End()
		if h.run != nil {
			h.run(two)
		}
	})
}

func in(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		h := &house{Exchange: x, bridges: bridge.NewRegistry(x.Registry)}
		h.driver = &local.Driver{Channels: x.Registry, Bridges: h.bridges, Dialplan: h, Logger: slog.New(slog.DiscardHandler)}
		x.Register(h.driver)
		test(t, h)
	})
}

// request makes a Local channel and returns its first half.
func (h *house) request(t *testing.T, destination string, requestor *channel.Channel) *channel.Channel {
	t.Helper()
	one, err := h.Request(t.Context(), "Local", channel.Request{Destination: destination, Requestor: requestor})
	if err != nil {
		t.Fatal(err)
	}
	return one
}

// second returns the other half.
func (h *house) second(one *channel.Channel) *channel.Channel {
	name := one.Name()
	return h.Find(name[:len(name)-1] + "2")
}

func sit(c *channel.Channel) { <-c.Context().Done() }

// Who is called from the second half learns for which formats the first was made.
func TestFormatsThatWereAskedFor(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		one, err := h.Request(t.Context(), "Local", channel.Request{Destination: "100@test", Formats: []*media.Format{media.ULaw, media.VP9}})
		if err != nil {
			t.Fatal(err)
		}
		two := h.second(one)
		of, ok := two.Leg().(channel.Offering)
		if !ok || len(of.Offered()) != 2 || of.Offered()[1] != media.VP9 {
			t.Error("the second half does not offer what was asked for")
		}
		one.End()
		two.End()
	})
}

func TestHalves(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		caller := h.Leg(t, &channeltest.Leg{})
		caller.SetAccountCode("acc")
		one := h.request(t, "100@test", caller.Channel)
		two := h.second(one)
		if one.Name() != "Local/100@test-00000000;1" || two == nil {
			t.Fatalf("halves %q and %v", one.Name(), two)
		}
		if one.State() != event.Down || two.State() != event.Ring {
			t.Errorf("states %v and %v, want Down and Ring", one.State(), two.State())
		}
		if one.LinkedID() != caller.UniqueID() || two.LinkedID() != caller.UniqueID() {
			t.Errorf("linked IDs %s and %s, want %s", one.LinkedID(), two.LinkedID(), caller.UniqueID())
		}
		for _, c := range []*channel.Channel{one, two} {
			if s := c.Snapshot(); s.AccountCode != "" || // who dials passes it on
				s.Context != "test" || s.Exten != "100" {
				t.Errorf("%s: account %q at %s@%s", c.Name(), s.AccountCode, s.Exten, s.Context)
			}
		}
		if next := h.request(t, "100@test/n", nil); next.Name() != "Local/100@test-00000001;1" {
			t.Errorf("the next is %s", next.Name())
		} else {
			next.End()
		}
		one.End()
		caller.End()
		if n := h.Count(); n != 0 {
			t.Errorf("%d legs are left of channels that were never called", n)
		}
	})
}

func TestRefusals(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		var refused *channel.RequestError
		for _, nowhere := range []string{"gone@test", "@test", ""} {
			one := h.request(t, nowhere, nil)
			if err := one.Leg().Call(t.Context()); err == nil {
				t.Errorf("%q was called", nowhere)
			}
			one.End()
		}
		h.SetMaxCalls(1)
		other, err := h.New(channel.Config{Name: "Test/other", Leg: &channeltest.Leg{}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.Request(t.Context(), "Local", channel.Request{Destination: "100@test"}); !errors.As(err, &refused) || refused.Cause != channel.CauseCongestion {
			t.Errorf("with room for one half: %v", err)
		}
		other.End()
		if n := h.Count(); n != 0 {
			t.Errorf("%d legs are left", n)
		}
	})
}

func TestUniqueIDsThatAClientChose(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		for _, c := range []struct{ one, other, want string }{{"a", "b", "b"}, {"c", "", "c;2"}} {
			one, err := h.Request(t.Context(), "Local", channel.Request{Destination: "100@test", UniqueID: c.one, OtherUniqueID: c.other})
			if err != nil {
				t.Fatal(err)
			}
			if got := h.second(one).UniqueID(); one.UniqueID() != c.one || got != c.want {
				t.Errorf("%q and %q, want %q and %q", one.UniqueID(), got, c.one, c.want)
			}
			one.End()
		}
	})
}

func TestDeviceState(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		for destination, want := range map[string]string{"100@test": "NOT_INUSE", "100@test/n": "NOT_INUSE", "gone@test": "INVALID", "100": "INVALID", "": "INVALID"} {
			if got := h.driver.DeviceState(destination); got != want {
				t.Errorf("%q is %s, want %s", destination, got, want)
			}
		}
		one := h.request(t, "100@test", nil)
		if got := h.driver.DeviceState("100@test"); got != "INUSE" {
			t.Errorf("in a call it is %s", got)
		}
		one.End()
	})
}

func TestTheSecondHalfInherits(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		got := ""
		h.run = func(two *channel.Channel) {
			for _, name := range []string{"plain", "once", "ever", "own"} {
				v, _ := two.Variable(name)
				got += name + "=" + v + " "
			}
			next := h.Leg(t, &channeltest.Leg{})
			next.InheritVariables(two)
			for _, name := range []string{"plain", "once", "ever", "own"} {
				v, _ := next.Variable(name)
				got += name + "=" + v + " "
			}
			next.End()
		}
		caller := h.Leg(t, &channeltest.Leg{})
		caller.SetVariable("plain", "p")
		caller.SetVariable("_once", "o")
		caller.SetVariable("__ever", "e")
		caller.SetMaxForwards(7)
		one := h.request(t, "100@test", caller.Channel)
		one.InheritVariables(caller.Channel)
		one.SetVariable("own", "x") // as Originate sets them
		one.SetMaxForwards(6)
		two := h.second(one)
		if err := one.Leg().Call(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		want := "plain= once=o ever=e own=x plain= once= ever=e own= "
		if got != want {
			t.Errorf("it has\n%q, want\n%q", got, want)
		}
		if n := two.MaxForwards(); n != 6 {
			t.Errorf("it may dial on %d times, want 6", n)
		}
		one.End()
		caller.End()
	})
}

func TestEachHalfIsTheOthersPeer(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		h.run = sit
		one := h.request(t, "100@test", nil)
		two := h.second(one)
		caller := event.Party{Number: event.Number{Valid: true, Text: "11"}, Name: event.Name{Valid: true, Text: "Jo"}}
		called := event.Party{Number: event.Number{Valid: true, Text: "22"}}
		one.SetCaller(called)
		one.SetConnected(caller)
		if err := one.Leg().Call(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s := two.Snapshot(); s.Caller != caller || s.Connected != called {
			t.Errorf("the second half has caller %+v and is connected to %+v", s.Caller, s.Connected)
		}
		one.End()
	})
}

func TestAnswerGoesOneWay(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		h.run = func(two *channel.Channel) {
			time.Sleep(time.Second)
			_ = two.Signal(media.Ringing)
			time.Sleep(time.Second)
			_ = two.Answer()
			sit(two)
		}
		one := h.request(t, "100@test", nil)
		two := h.second(one)
		if err := one.Leg().Call(t.Context()); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		for _, want := range []struct {
			signal media.Signal
			after  time.Duration
			state  event.ChannelState
		}{{media.Ringing, time.Second, event.Ringing}, {media.Answered, 2 * time.Second, event.Up}} {
			f, err := one.Read(one.Context())
			if err != nil || f.Signal != want.signal || time.Since(began) != want.after || one.State() != want.state {
				t.Errorf("%v after %v in state %v, %v; want %+v", f.Signal, time.Since(began), one.State(), err, want)
			}
		}
		synctest.Wait()
		if two.State() != event.Up {
			t.Errorf("the second half is %v", two.State())
		}
		one.End()
	})
}

func TestFramesCrossBothWays(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		h.run = sit
		one := h.request(t, "100@test", nil)
		two := h.second(one)
		if err := one.Leg().Call(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, way := range [][2]*channel.Channel{{one, two}, {two, one}} {
			from, to := way[0], way[1]
			_ = from.Write(media.Frame{Kind: media.Voice, Format: media.G722, Data: []byte{1}})
			if f, err := to.Read(to.Context()); err != nil || f.Format != media.G722 || len(f.Data) != 1 {
				t.Errorf("voice became %+v, %v", f, err)
			}
			_ = from.BeginDigit('7')
			_ = from.EndDigit('7', 90*time.Millisecond)
			begin, _ := to.Read(to.Context())
			end, _ := to.Read(to.Context())
			if begin.Kind != media.DTMFBegin || end.Kind != media.DTMFEnd || end.Digit != '7' || end.Duration != 90*time.Millisecond {
				t.Errorf("the key became %+v and %+v", begin, end)
			}
			_ = from.Leg().(channel.TextSender).SendText("hello") //nolint:forcetypeassert // it is one
			if f, _ := to.Read(to.Context()); f.Kind != media.TextFrame || string(f.Data) != "hello" {
				t.Errorf("the text became %+v", f)
			}
		}
		one.End()
	})
}

// Hold is music from this exchange, unless the option m lets it through.
func TestHoldAndTheOptionM(t *testing.T) {
	for destination, want := range map[string]error{"100@test": channel.ErrNotIndicated, "100@test/m": nil, "100@test/nm": nil} {
		in(t, func(t *testing.T, h *house) {
			h.run = sit
			one := h.request(t, destination, nil)
			if err := one.Leg().Call(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := one.Leg().Indicate(media.Frame{Signal: media.Hold}); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", destination, err, want)
			}
			one.End()
		})
	}
}

func TestHangupOfEitherHalfEndsBoth(t *testing.T) {
	for _, first := range []int{1, 2} {
		t.Run(fmt.Sprint(first), func(t *testing.T) {
			in(t, func(t *testing.T, h *house) {
				h.run = func(two *channel.Channel) { two.SetVariable("DIALSTATUS", "BUSY"); sit(two) }
				told := channeltest.Listen(t, h.Bus, event.KindHangup)
				one := h.request(t, "100@test", nil)
				two := h.second(one)
				if err := one.Leg().Call(t.Context()); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				ending := []*channel.Channel{one, two}[first-1]
				ending.Hangup(channel.CauseUserBusy)
				synctest.Wait()
				if first == 1 {
					one.End()
				} else {
					if !one.HungUp() {
						t.Fatal("the first half lives on")
					}
					if got, _ := one.Variable("CHANLOCALSTATUS"); got != "BUSY" {
						t.Errorf("CHANLOCALSTATUS is %q, want BUSY", got)
					}
					one.End()
				}
				synctest.Wait()
				for _, s := range told.Events() {
					e := s.Event.(*event.Hangup) //nolint:forcetypeassert // the only kind
					if e.Cause != channel.CauseUserBusy {
						t.Errorf("%s ended with cause %d, want 17", e.Channel.Name, e.Cause)
					}
				}
				if n := len(told.Events()); n != 2 || h.Count() != 0 {
					t.Errorf("%d halves ended, %d are left", n, h.Count())
				}
			})
		})
	}
}

// Who dials hears that the call has begun before the dialplan of the second half runs.
func TestTheCallIsToldBeforeItsDialplanRuns(t *testing.T) {
	in(t, func(t *testing.T, h *house) {
		ran, told := false, 0
		h.run = func(two *channel.Channel) { ran = true; _ = two.Answer(); sit(two) }
		one := h.request(t, "100@test", nil)
		err := one.Call(t.Context(), func(c *event.Channel) {
			synctest.Wait() // whoever can run has
			told++
			if ran || c.State != event.Down {
				t.Errorf("the call is told in state %v, the dialplan has run %v", c.State, ran)
			}
		})
		synctest.Wait()
		if err != nil || told != 1 || !ran || one.State() != event.Up {
			t.Errorf("error %v, told %d times, the dialplan has run %v, state %v", err, told, ran, one.State())
		}
		one.End()
		lost := h.request(t, "gone@test", nil)
		if err := lost.Call(t.Context(), func(*event.Channel) { t.Error("a call that failed is told") }); err == nil {
			t.Error("an extension that there is not was called")
		}
		lost.End()
	})
}
