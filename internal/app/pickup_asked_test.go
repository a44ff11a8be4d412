package app

import (
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/local"
)

const pickedElsewhere = `
[test]
exten => rings,1,Ringing()
same => n,Wait(60)
exten => page,1,Page(Local/rings@test/n,q,30)
exten => follow,1,FollowMe(boss,d)
exten => screened,1,FollowMe(screened,d)
exten => take,1,PickupChan(Local/rings@test,p)
same => n,NoOp(nothing to take)
`

const bosses = `
[boss]
context=test
enable_callee_prompt=no
number=rings,30
[screened]
context=test
enable_callee_prompt=yes
takecall=1
declinecall=2
number=rings,30
`

// pickedUpOf has the leg that an extension rings be picked up.
func (x *exchange) pickedUpOf(t *testing.T, exten string) (caller, picker *channel.Channel) {
	t.Helper()
	x.configureFollowMe(t, bosses)
	x.Confer = x.confer
	x.Channels.Register(&local.Driver{Channels: x.Channels, Bridges: x.Bridges, Dialplan: localPlan{x}, Logger: x.Logger})
	caller, _ = x.call(t, exten)
	time.Sleep(time.Second)
	picker, _ = x.call(t, "take")
	time.Sleep(time.Second)
	return caller, picker
}

func TestPickupOfFollowMeAndPage(t *testing.T) {
	for _, exten := range []string{"follow", "page"} {
		for _, last := range []string{"caller", "picker"} {
			t.Run(exten+", "+last+" hangs up", func(t *testing.T) {
				in(t, pickedElsewhere, func(t *testing.T, x *exchange) {
					caller, picker := x.pickedUpOf(t, exten)
					if a, b := caller.Snapshot().BridgeID, picker.Snapshot().BridgeID; a == "" || a != b {
						t.Errorf("bridges %q and %q, want one", a, b)
					}
					one, other := caller, picker
					if last == "picker" {
						one, other = picker, caller
					}
					one.Hangup(channel.CauseNormalClearing)
					time.Sleep(time.Second)
					if got, want := other.HungUp(), exten != "page" || last == "caller"; got != want {
						t.Errorf("the other is hung up: %t, want %t", got, want)
					}
					other.Hangup(channel.CauseNormalClearing)
				})
			})
		}
	}
}

// Who picks a call up that FollowMe makes is asked like who was called.
func TestPickupOfFollowMeIsAsked(t *testing.T) {
	for _, test := range []struct {
		name string
		does func(x *exchange, picker *channel.Channel)
		want bool // that both talk
	}{
		{"takes it", func(_ *exchange, picker *channel.Channel) { press(picker, "1") }, true},
		{"declines", func(_ *exchange, picker *channel.Channel) { press(picker, "2") }, false},
		{"hangs up", func(_ *exchange, picker *channel.Channel) { picker.Hangup(channel.CauseNormalClearing) }, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			in(t, pickedElsewhere, func(t *testing.T, x *exchange) {
				caller, picker := x.pickedUpOf(t, "screened")
				if id := picker.Snapshot().BridgeID; id != "" {
					t.Error("the picker talks before it was asked")
				}
				test.does(x, picker)
				time.Sleep(2 * time.Second)
				a, b := caller.Snapshot().BridgeID, picker.Snapshot().BridgeID
				if got := a != "" && a == b; got != test.want {
					t.Errorf("both talk: %t, want %t", got, test.want)
				}
				if n := len(x.pickups.ringing); n != 0 {
					t.Errorf("%d legs are still offered", n)
				}
				caller.Hangup(channel.CauseNormalClearing)
				time.Sleep(time.Second)
				if !picker.HungUp() {
					t.Error("the picker goes on after the call")
				}
			})
		})
	}
}
