package app

import (
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/local"
)

// The subroutine before a call that is made asynchronously runs, though the caller
// is gone by then.
func TestOriginateOutlivesItsCaller(t *testing.T) {
	in(t, `[test]
exten => go,1,Originate(Local/far@test,app,Wait,1,,5,ab(test^sub^1))
same => n,Hangup()
exten => sub,1,NoOp(before the call)
same => n,Return()
exten => far,1,Answer()
same => n,Wait(5)
`, func(t *testing.T, x *exchange) {
		x.Channels.Register(&local.Driver{Channels: x.Channels, Bridges: x.Bridges, Dialplan: localPlan{x}, Logger: x.Logger})
		x.call(t, "go")
		time.Sleep(time.Minute)
		if got, want := x.heard(), "before the call"; got != want {
			t.Errorf("heard %q, want %q", got, want)
		}
	})
}
