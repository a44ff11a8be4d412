package app

import (
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
)

const handed = `
[test]
exten => wait,1,Wait(3600)
exten => ask,1,Dial(Test/answers)
exten => 200,1,Set(ASKED=yes)
same => n,Dial(Test/desk,30)
same => n,NoOp(${CHANNEL} ${DIALSTATUS} ${ASKED})
exten => h,1,NoOp(${CHANNEL} is over)
`

// talking makes a call of two: who transfers, and who is transferred.
func talking(t *testing.T, x *exchange) (transferee, transferer *channel.Channel) {
	t.Helper()
	transferee, _ = x.call(t, "ask")
	time.Sleep(time.Second)
	transferer = x.last()
	transferer.Deliver(media.Frame{Kind: media.Control, Signal: media.Answered})
	time.Sleep(time.Second)
	if transferee.BridgeID() == "" || transferee.BridgeID() != transferer.BridgeID() {
		t.Fatal("they do not talk")
	}
	return transferee, transferer
}

// last is the leg that was made last.
func (x *exchange) last() *channel.Channel {
	all := x.Channels.All()
	return all[len(all)-1]
}

// Who is transferred to a call that rings talks to who answers it, goes on after
// the Dial where nobody does, and ends it by hanging up.
func TestTransferToACallThatRings(t *testing.T) {
	for name, c := range map[string]struct {
		then func(transferee, desk *channel.Channel)
		want string
	}{
		"answered": {func(_, desk *channel.Channel) { desk.Deliver(media.Frame{Kind: media.Control, Signal: media.Answered}) }, ""},
		"nobody":   {func(_, _ *channel.Channel) { time.Sleep(40 * time.Second) }, "NOANSWER yes"},
		"gone":     {func(transferee, _ *channel.Channel) { transferee.Hangup(16) }, "gone"},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, handed, func(t *testing.T, x *exchange) {
				x.Channels.Register(&testDriver{channels: x.Channels})
				alice, first := talking(t, x)
				second, _ := x.call(t, "200")
				time.Sleep(time.Second)
				desk := x.last()
				if err := x.Calls.AttendedTransfer(first, second); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Second)
				if !first.HungUp() || alice.HungUp() || desk.HungUp() {
					t.Fatalf("ended: the transferer %v, the transferee %v, who is called %v", first.HungUp(), alice.HungUp(), desk.HungUp())
				}
				second.RemoteHangup(16) // its phone is gone, which means nothing
				c.then(alice, desk)
				time.Sleep(time.Second)
				switch {
				case !second.HungUp():
					t.Error("the leg that called goes on")
				case c.want == "" && (alice.BridgeID() == "" || alice.BridgeID() != desk.BridgeID()):
					t.Errorf("the transferee is in %q, who answered in %q", alice.BridgeID(), desk.BridgeID())
				case c.want == "gone" && !desk.HungUp():
					t.Error("it rings on for nobody")
				}
				heard := x.heard()
				if c.want == "NOANSWER yes" && heard != alice.Name()+" NOANSWER yes; "+alice.Name()+" is over" {
					t.Errorf("the dialplan did %s", heard)
				}
				if c.want == "" {
					desk.RemoteHangup(16)
					time.Sleep(time.Second)
					if !alice.HungUp() {
						t.Error("the transferee goes on without the other")
					}
				}
			})
		})
	}
}
