package app

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

const flowing = `
[test]
exten => if,1,If($["a"="b"])
same => n,NoOp(then)
same => n,ElseIf($["a"="a"])
same => n,NoOp(elseif)
same => n,Else()
same => n,NoOp(else)
same => n,EndIf()
same => n,NoOp(after)
same => n,If(0)
same => n,NoOp(then2)
same => n,Else()
same => n,NoOp(else2)
same => n,If(1)
same => n,NoOp(then3)
same => n,ExitIf()
same => n,NoOp(not)
same => n,EndIf()
same => n,EndIf()
same => n,NoOp(after2)
same => n,ElseIf(1)
same => n,NoOp(stray)
exten => sys,1,System(true)
same => n,NoOp(${SYSTEMSTATUS})
same => n,System(exit 3)
same => n,NoOp(${SYSTEMSTATUS})
same => n,TrySystem()
same => n,NoOp(${SYSTEMSTATUS})
same => n,System()
same => n,NoOp(never)
exten => until,1,WaitUntil(abc)
same => n,NoOp(${WAITUNTILSTATUS})
same => n,WaitUntil(1)
same => n,NoOp(${WAITUNTILSTATUS})
same => n,WaitUntil(946684830)
same => n,NoOp(${WAITUNTILSTATUS})
exten => cond,1,WaitForCondition(#,#["#{x}"="1"],1,0.2)
same => n,NoOp(${WAITFORCONDITIONSTATUS})
same => n,WaitForCondition(#,#["1"="1"],1,0.2)
same => n,NoOp(${WAITFORCONDITIONSTATUS})
exten => lone,1,Signal(foo)
same => n,NoOp(${SIGNALSTATUS})
same => n,WaitForSignal(foo,1)
same => n,NoOp(${WAITFORSIGNALSTATUS})
exten => waiter,1,WaitForSignal(bar)
same => n,NoOp(${WAITFORSIGNALSTATUS} ${WAITFORSIGNALPAYLOAD})
exten => sender,1,Signal(bar,news)
same => n,NoOp(${SIGNALSTATUS})
exten => event,1,UserEvent(Foo,A: b,C:d,nocolon)
same => n,UserEvent()
same => n,NoOp(never)
exten => reach,1,ChannelRedirect(nosuch,test,far,1)
same => n,NoOp(${CHANNELREDIRECT_STATUS})
same => n,Bridge(nosuch)
same => n,NoOp(${BRIDGERESULT})
same => n,Bridge(${CHANNEL})
same => n,NoOp(${BRIDGERESULT})
same => n,Transfer(PJSIP/x)
same => n,NoOp(${TRANSFERSTATUS} ${TRANSFERSTATUSPROTOCOL})
same => n,SendText(hello)
same => n,NoOp(${SENDTEXTSTATUS})
same => n,ReceiveText(1)
same => n,NoOp(${RECEIVETEXTSTATUS})
same => n,ChanIsAvail(Nosuch/x)
same => n,NoOp(${AVAILCHAN}.${AVAILORIGCHAN}.${AVAILSTATUS}.${AVAILCAUSECODE})
same => n,Originate(Nosuch/x,app,Wait,1,,2)
same => n,NoOp(${ORIGINATE_STATUS})
same => n,SendDTMF(1w2)
same => n,NoOp(sent)
same => n,Originate(Nosuch/x,foo,Wait)
same => n,NoOp(never)
exten => hold,1,BridgeWait(room,participant,S(2))
same => n,NoOp(left)
same => n,BridgeWait(room,bogus)
same => n,NoOp(never)
exten => meet,1,Bridge(Test/1)
same => n,NoOp(${BRIDGERESULT})
exten => short,1,Bridge(Test/1,S(2))
same => n,NoOp(${BRIDGERESULT})
exten => last,1,Bridge(Test/1,xS(2))
same => n,NoOp(${BRIDGERESULT})
exten => bad,1,Bridge(Test/1,S(no))
same => n,NoOp(never)
exten => sit,1,Wait(100)
same => n,NoOp(sat)
exten => goaway,1,ChannelRedirect(Test/1,test,moved,1)
same => n,NoOp(${CHANNELREDIRECT_STATUS})
exten => moved,1,NoOp(moved)
same => n,Wait(100)
`

// What is wanted is what Asterisk 22 does with the same dialplan, but for
// ${CHANNEL} in Bridge, which is of this test.
func TestFlow(t *testing.T) {
	for _, c := range []struct{ exten, want string }{
		{"if", "elseif; after; else2; then3; after2; stray"},
		{"until", "FAILURE; PAST; OK"},
		{"cond", "TIMEOUT; TRUE"},
		{"lone", "FAILURE; TIMEOUT"},
		{"event", ""},
		{"reach", "NOCHANNEL; NONEXISTENT; LOOP; FAILURE 0; SUCCESS; FAILURE; ..0.; FAILED; sent"},
		{"hold", "left"},
	} {
		t.Run(c.exten, func(t *testing.T) {
			in(t, flowing, func(t *testing.T, x *exchange) {
				x.call(t, c.exten)
				time.Sleep(2 * time.Minute)
				if got := x.heard(); got != c.want {
					t.Errorf("%s:\n got %q\nwant %q", c.exten, got, c.want)
				}
			})
		})
	}
}

// A leg that Bridge fetches goes on where it was, or with x not at all.
func TestBridgeOptions(t *testing.T) {
	for _, c := range []struct{ exten, want string }{
		{"short", "SUCCESS; sat"},
		{"last", "SUCCESS"},
		{"bad", "sat"},
	} {
		t.Run(c.exten, func(t *testing.T) {
			in(t, flowing, func(t *testing.T, x *exchange) {
				x.call(t, "sit")
				time.Sleep(time.Second)
				x.call(t, c.exten)
				time.Sleep(2 * time.Minute)
				got := strings.Split(x.heard(), "; ")
				slices.Sort(got)
				if got := strings.Join(got, "; "); got != c.want {
					t.Errorf("%s:\n got %q\nwant %q", c.exten, got, c.want)
				}
			})
		})
	}
}

// TestSystem runs programs, so it is not in virtual time.
func TestSystem(t *testing.T) {
	x := newExchange(t, flowing)
	c, _ := x.call(t, "sys")
	<-c.CallContext().Done()
	if got, want := x.heard(), "SUCCESS; APPERROR; FAILURE"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if err := x.Channels.Shutdown(t.Context(), 16); err != nil {
		t.Error(err)
	}
}

func TestSignalWakesWaiters(t *testing.T) {
	in(t, flowing, func(t *testing.T, x *exchange) {
		x.call(t, "waiter")
		time.Sleep(time.Second)
		x.call(t, "sender")
		time.Sleep(time.Second)
		got := x.heard()
		if got != "SIGNALED news; SUCCESS" && got != "SUCCESS; SIGNALED news" {
			t.Errorf("got %q", got)
		}
	})
}

func TestUserEvent(t *testing.T) {
	in(t, flowing, func(t *testing.T, x *exchange) {
		var told []*event.UserEvent
		stop := x.Channels.Bus.Subscribe(event.Kinds(event.KindUserEvent), func(s event.Stamped) {
			told = append(told, s.Event.(*event.UserEvent)) //nolint:forcetypeassert // the only kind that is asked for
		})
		x.call(t, "event")
		time.Sleep(time.Second)
		stop()
		if len(told) != 1 || told[0].Name != "Foo" || len(told[0].Fields) != 2 || told[0].Fields[1] != (event.Variable{Name: "C", Value: "d"}) {
			t.Errorf("told %+v", told)
		}
	})
}

func TestBridgeJoinsAnotherLeg(t *testing.T) {
	in(t, flowing, func(t *testing.T, x *exchange) {
		one, first := x.call(t, "sit")
		two, second := x.call(t, "meet")
		time.Sleep(time.Second)
		if id := one.Snapshot().BridgeID; id == "" || id != two.Snapshot().BridgeID {
			t.Fatalf("bridges %q and %q", id, two.Snapshot().BridgeID)
		}
		speak(one, time.Second, true)
		speak(two, 500*time.Millisecond, true)
		if a, b := second.samples(), first.samples(); a != 8000 || b != 4000 {
			t.Errorf("%d and %d samples crossed, want 8000 and 4000", a, b)
		}
		one.Hangup(16)
		time.Sleep(time.Second)
		if got, want := x.heard(), "SUCCESS"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestChannelRedirect(t *testing.T) {
	in(t, flowing, func(t *testing.T, x *exchange) {
		one, _ := x.call(t, "sit")
		time.Sleep(time.Second)
		x.call(t, "goaway")
		time.Sleep(time.Second)
		if got := x.heard(); got != "SUCCESS; moved" && got != "moved; SUCCESS" {
			t.Errorf("got %q", got)
		}
		if got := one.Location().Exten; got != "moved" {
			t.Errorf("the leg is at %q", got)
		}
	})
}

func TestHoldingRoomIsShared(t *testing.T) {
	in(t, flowing, func(t *testing.T, x *exchange) {
		one, _ := x.call(t, "hold")
		two, _ := x.call(t, "hold")
		time.Sleep(time.Second)
		if id := one.Snapshot().BridgeID; id == "" || id != two.Snapshot().BridgeID {
			t.Errorf("bridges %q and %q", id, two.Snapshot().BridgeID)
		}
		time.Sleep(10 * time.Second)
		if n := len(x.Bridges.All()); n != 0 {
			t.Errorf("%d bridges are left", n)
		}
	})
}

// A frame that can't be translated does not end a Wait.
func TestWaitPassesOverWhatCannotBeTranslated(t *testing.T) {
	in(t, flowing, func(t *testing.T, x *exchange) {
		c, _ := x.call(t, "sit")
		c.SetReadFormat(media.SLin)
		time.Sleep(time.Second)
		c.Deliver(media.Frame{Kind: media.Voice, Format: media.G729, Data: make([]byte, 20), Samples: 160})
		time.Sleep(2 * time.Minute)
		if got := x.heard(); got != "sat" {
			t.Errorf("heard %q, want sat", got)
		}
	})
}
