package app

import (
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/local"
)

const predialled = `
[called]
exten => ans,1,Wait(100)
[test]
exten => start,1,Dial(Local/ans@called/n,2,B(own(CALLER))b(theirs(called)))
same => n,Hangup()
same => n(own),NoOp(${ARG1} at ${EXTEN}@${CONTEXT})
same => n,Return()
same => n(theirs),NoOp(${ARG1} at ${EXTEN}@${CONTEXT})
same => n,Return()
`

// A subroutine of b is found from where the caller is: the called leg stands elsewhere.
func TestSubroutineBeforeDialling(t *testing.T) {
	in(t, predialled, func(t *testing.T, x *exchange) {
		x.Channels.Register(&local.Driver{Channels: x.Channels, Bridges: x.Bridges, Dialplan: localPlan{x}, Logger: x.Logger})
		x.call(t, "start")
		time.Sleep(time.Minute)
		if got, want := x.heard(), "CALLER at start@test; called at start@test"; got != want {
			t.Errorf("the legs ran %q, want %q", got, want)
		}
		for _, left := range x.Channels.All() {
			left.Hangup(16)
		}
		time.Sleep(time.Second)
	})
}
