package app

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/dialplan"
	"github.com/octothorpe/octothorpe/internal/local"
)

// Option v sets variables and writes to functions, as on Asterisk 22.
func TestOriginateWritesToFunctions(t *testing.T) { synctest.Test(t, originateWritesToFunctions) }

func originateWritesToFunctions(t *testing.T) {
	x := newExchange(t, `
[test]
exten => go,1,Originate(Local/wait@test,exten,test,up,1,5,v(PLAIN=one^KEEP(a)=two^NOSUCH(x)=1))
exten => wait,1,Answer
same => n,Wait(1)
exten => up,1,NoOp(${PLAIN} ${KEEP(a)})
`)
	x.Channels.Register(&local.Driver{Channels: x.Channels, Bridges: x.Bridges, Dialplan: localPlan{x}, Logger: x.Logger})
	x.engine.AddFunction(dialplan.Function{Row: command.Row{Name: "KEEP"},
		Read: func(_ context.Context, c *channel.Channel, args string) (string, error) {
			value, _ := c.Variable("kept-" + args)
			return value, nil
		},
		Write: func(_ context.Context, c *channel.Channel, args, value string) error {
			c.SetVariable("kept-"+args, value)
			return nil
		}})
	x.call(t, "go")
	time.Sleep(10 * time.Second)
	synctest.Wait()
	if got, want := x.heard(), "one two"; got != want {
		t.Errorf("heard %q, want %q", got, want)
	}
}

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

// Options c and n give a caller, or without an argument the caller's own.
func TestOriginateTellsItsCaller(t *testing.T) {
	in(t, `[test]
exten => go,1,Set(CALLERID(all)="Bell Labs" <1311>)
same => n,Originate(Local/far@test,app,Wait,1,,5,cn)
same => n,Originate(Local/far@test,app,Wait,1,,5,c(1800)n(Assistance))
same => n,Hangup()
exten => far,1,NoOp(${CALLERID(all)})
same => n,Answer()
same => n,Wait(5)
`, func(t *testing.T, x *exchange) {
		x.withFunctions()
		x.Channels.Register(&local.Driver{Channels: x.Channels, Bridges: x.Bridges, Dialplan: localPlan{x}, Logger: x.Logger})
		x.call(t, "go")
		time.Sleep(time.Minute)
		if got, want := x.heard(), `"Bell Labs" <1311>; "Assistance" <1800>`; got != want {
			t.Errorf("heard %q, want %q", got, want)
		}
	})
}
