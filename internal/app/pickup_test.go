package app

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
)

// testDriver makes legs that ring for ever.
type testDriver struct {
	channels *channel.Registry
	made     []*channel.Channel
}

func (d *testDriver) Technology() string        { return "Test" }
func (d *testDriver) DeviceState(string) string { return "NOT_INUSE" }
func (d *testDriver) Request(_ context.Context, q channel.Request) (*channel.Channel, error) {
	c, err := d.channels.New(channel.Config{Name: fmt.Sprintf("Test/%s-%d", q.Destination, len(d.made)), Technology: "Test",
		Leg: &testLeg{}, State: event.Ringing, Context: "test", Requestor: q.Requestor, Outgoing: true})
	d.made = append(d.made, c)
	return c, err
}

const picked = `
[test]
exten => 200,1,Dial(Test/desk,30)
same => n,NoOp(${DIALSTATUS})
exten => take,1,Pickup(200@test)
same => n,NoOp(nothing to take)
exten => none,1,Wait(1)
same => n,Pickup()
same => n,NoOp(nothing to take)
exten => takechan,1,PickupChan(Test/desk)
same => n,NoOp(nothing to take)
exten => talk,1,NoOp(${WHO} ${GIVEN})
exten => takes,1,Set(WHO=picker)
same => n,PickupChan(Test/desk)
same => n,NoOp(nothing to take)
exten => retry,1,RetryDial(beep,1,2,Test/desk,2)
same => n,NoOp(${DIALSTATUS})
exten => avail,1,ChanIsAvail(Nosuch/x&Test/desk)
same => n,NoOp(${AVAILCHAN}.${AVAILORIGCHAN}.${AVAILSTATUS}.${AVAILCAUSECODE})
`

func TestPickup(t *testing.T) {
	for _, exten := range []string{"take", "takechan"} {
		t.Run(exten, func(t *testing.T) {
			in(t, picked, func(t *testing.T, x *exchange) {
				d := &testDriver{channels: x.Channels}
				x.Channels.Register(d)
				caller, heardByCaller := x.call(t, "200")
				time.Sleep(time.Second)
				picker, _ := x.call(t, exten)
				late, _ := x.call(t, exten)
				time.Sleep(time.Second)
				if id := caller.Snapshot().BridgeID; id == "" || id != picker.Snapshot().BridgeID && id != late.Snapshot().BridgeID {
					t.Fatalf("bridges %q, %q and %q", id, picker.Snapshot().BridgeID, late.Snapshot().BridgeID)
				}
				if rang := d.made[0].Snapshot(); rang.HangupCause != channel.CauseAnsweredElsewhere {
					t.Errorf("the desk ended with %d", rang.HangupCause)
				}
				if got, want := x.heard(), "nothing to take"; got != want {
					t.Errorf("got %q, want %q: who came too late", got, want)
				}
				if picker.Snapshot().BridgeID == "" {
					picker = late
				}
				before := heardByCaller.samples()
				speak(picker, time.Second, true)
				if got := heardByCaller.samples() - before; got != 8000 {
					t.Errorf("the caller heard %d samples, want 8000", got)
				}
				caller.Hangup(16)
				time.Sleep(time.Second)
				if !picker.HungUp() {
					t.Error("the picker goes on after the call")
				}
			})
		})
	}
}

// takenByGroup has somebody take by group what rings for a caller, once both are prepared.
func (x *exchange) takenByGroup(t *testing.T, prepare func(rings, picker *channel.Channel)) (caller *channel.Channel, heardByCaller *testLeg, picker *channel.Channel, heard *testLeg) {
	t.Helper()
	d := &testDriver{channels: x.Channels}
	x.Channels.Register(d)
	caller, heardByCaller = x.call(t, "200")
	time.Sleep(time.Second)
	synctest.Wait()
	picker, heard = x.call(t, "none")
	prepare(d.made[0], picker)
	d.made[0].Change(func(s *event.Channel) { s.CallGroup = 1 })
	picker.Change(func(s *event.Channel) { s.PickupGroup = 1 })
	time.Sleep(3 * time.Second)
	synctest.Wait()
	return caller, heardByCaller, picker, heard
}

// Both are told who the other is before they are answered.
func TestWhoIsConnectedByAPickup(t *testing.T) {
	in(t, picked, func(t *testing.T, x *exchange) {
		party := func(number string) (p event.Party) {
			p.Number.Valid, p.Number.Text = true, number
			return p
		}
		caller, _, picker, _ := x.takenByGroup(t, func(rings, picker *channel.Channel) {
			rings.SetConnected(party("201"))
			picker.SetCaller(party("203"))
		})
		if got, want := caller.Connected().Number.Text, "203"; got != want {
			t.Errorf("the caller is connected to %q, want %q", got, want)
		}
		if got, want := picker.Connected().Number.Text, "201"; got != want {
			t.Errorf("the picker is connected to %q, want %q", got, want)
		}
		picker.Hangup(16)
	})
}

// Who takes a call hears what BRIDGE_PLAY_SOUND names, and hears it once.
func TestASoundForWhoTakesACall(t *testing.T) {
	in(t, picked, func(t *testing.T, x *exchange) {
		_, heardByCaller, picker, heard := x.takenByGroup(t, func(_, picker *channel.Channel) { HearsOfPickup(picker, "beep") })
		if got := heard.samples(); got == 0 {
			t.Error("the picker heard nothing")
		}
		if got := heardByCaller.samples(); got != 0 {
			t.Errorf("the caller heard %d samples of the picker's sound", got)
		}
		if got, _ := picker.Variable("BRIDGE_PLAY_SOUND"); got != "" {
			t.Errorf("the sound is still to be played: %s", got)
		}
		picker.Hangup(16)
	})
}

// Who is in a pickup group takes what rings for a call group of the same number or name.
func TestPickupByGroup(t *testing.T) {
	for _, test := range []struct {
		name         string
		rings, takes event.Channel
		taken        bool
	}{
		{"numbers", event.Channel{CallGroup: 1 << 3}, event.Channel{PickupGroup: 1<<3 | 1<<5}, true},
		{"other numbers", event.Channel{CallGroup: 1 << 3}, event.Channel{PickupGroup: 1 << 4, CallGroup: 1 << 3}, false},
		{"names", event.Channel{NamedCallGroups: "desk, sales"}, event.Channel{NamedPickupGroups: "sales, shop"}, true},
		{"part of a name", event.Channel{NamedCallGroups: "desk, sales"}, event.Channel{NamedPickupGroups: "sale"}, false},
		{"number for a name", event.Channel{CallGroup: 1 << 3}, event.Channel{NamedPickupGroups: "3"}, false},
		{"none", event.Channel{}, event.Channel{}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			in(t, picked, func(t *testing.T, x *exchange) {
				d := &testDriver{channels: x.Channels}
				x.Channels.Register(d)
				caller, _ := x.call(t, "200")
				time.Sleep(time.Second)
				synctest.Wait()
				d.made[0].Change(func(s *event.Channel) {
					s.CallGroup, s.NamedCallGroups = test.rings.CallGroup, test.rings.NamedCallGroups
				})
				picker, _ := x.call(t, "none")
				picker.Change(func(s *event.Channel) {
					s.PickupGroup, s.CallGroup, s.NamedPickupGroups = test.takes.PickupGroup, test.takes.CallGroup, test.takes.NamedPickupGroups
				})
				time.Sleep(2 * time.Second)
				if got := caller.Snapshot().BridgeID != ""; got != test.taken {
					t.Errorf("taken is %t, want %t", got, test.taken)
				}
			})
		})
	}
}

func TestPickupOfNothing(t *testing.T) {
	in(t, picked, func(t *testing.T, x *exchange) {
		x.Channels.Register(&testDriver{channels: x.Channels})
		x.call(t, "200")
		time.Sleep(40 * time.Second) // it rings no more
		x.call(t, "take")
		time.Sleep(time.Second)
		if got, want := x.heard(), "NOANSWER; nothing to take"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if n := len(x.pickups.ringing); n != 0 {
			t.Errorf("%d legs are still said to ring", n)
		}
	})
}

func TestRetryDialAndChanIsAvail(t *testing.T) {
	in(t, picked, func(t *testing.T, x *exchange) {
		d := &testDriver{channels: x.Channels}
		x.Channels.Register(d)
		c, _ := x.call(t, "retry")
		began := time.Now()
		<-c.LegContext().Done()
		// Three times two seconds, and between them 0.3 s of beep and a second of music.
		if got, want := time.Since(began).Round(100*time.Millisecond), 8600*time.Millisecond; got != want {
			t.Errorf("it took %v, want %v", got, want)
		}
		if len(d.made) != 3 {
			t.Errorf("%d calls, want 3", len(d.made))
		}
		x.call(t, "avail")
		time.Sleep(time.Second)
		if got, want := x.heard(), "NOANSWER; Test/desk-3.Test/desk.0&0.0"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// Who picks up a call that was originated goes where that call was to go, with its variables.
func TestPickupOfOriginated(t *testing.T) {
	for name, o := range map[string]call.Origination{
		"exten":       {To: channel.Location{Context: "test", Exten: "talk", Priority: 1}},
		"application": {Application: "Set", Data: "RAN=picker here"},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, picked, func(t *testing.T, x *exchange) {
				d := &testDriver{channels: x.Channels}
				x.Channels.Register(d)
				o.Device, o.Timeout = "Test/desk", time.Minute
				o.Caller = event.Party{Number: event.Number{Valid: true, Text: "700"}}
				o.Variables = []event.Variable{{Name: "GIVEN", Value: "here"}}
				done := make(chan call.Originated, 1)
				go func() {
					got, _ := x.Calls.Originate(t.Context(), o, nil)
					done <- got
				}()
				synctest.Wait()
				picker, _ := x.call(t, "takes")
				synctest.Wait()
				if got := <-done; got.Reason != call.ReasonAnswer || got.Channel.Name != picker.Name() {
					t.Errorf("originated %+v, want the picker to have answered", got)
				}
				if rang := d.made[0]; !rang.HungUp() || rang.HangupCause() != channel.CauseAnsweredElsewhere {
					t.Errorf("the desk rings on, or ended with %d", rang.HangupCause())
				}
				<-picker.LegContext().Done()
				if got := picker.Connected().Number.Text; got != "700" {
					t.Errorf("the picker talks to %q, want 700", got)
				}
				got := x.heard()
				if name == "application" {
					got, _ = picker.Variable("RAN")
				}
				if want := "picker here"; got != want {
					t.Errorf("it ran with %q, want %q", got, want)
				}
			})
		})
	}
}

// What was originated and is given up is nobody's to take.
func TestPickupOfOriginatedTooLate(t *testing.T) {
	in(t, picked, func(t *testing.T, x *exchange) {
		d := &testDriver{channels: x.Channels}
		x.Channels.Register(d)
		o := call.Origination{Device: "Test/desk", Timeout: time.Second, Application: "NoOp", Data: "run"}
		if _, err := x.Calls.Originate(t.Context(), o, nil); !errors.Is(err, call.ErrNotAnswered) {
			t.Fatalf("got %v, want that nobody answered", err)
		}
		picker, _ := x.call(t, "takechan")
		<-picker.LegContext().Done()
		if got, want := x.heard(), "nothing to take"; got != want {
			t.Errorf("heard %q, want %q", got, want)
		}
	})
}
