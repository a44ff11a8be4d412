package exchange

import (
	"context"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/dialplan"
)

// A panic in an application, wherever it runs, ends the call that ran it, with a
// stack in the log, and no other.
func TestPanicEndsItsCallAlone(t *testing.T) {
	k := prepareTrial(t, `[house]
exten => lives,1,Answer()
same => n,Wait(600)
exten => boom,1,Panic()
exten => answered,1,Answer()
same => n,Panic()
exten => within,1,Exec(Panic())
exten => handler,1,Set(CHANNEL(hangup_handler_push)=boom,1)
exten => sub,1,NoOp(${EVAL_SUB(boom,1)})
exten => dial,1,Dial(Local/lives@house,,U(mad))
exten => predial,1,Dial(Local/lives@house,,b(house^boom^1))
exten => callee,1,Dial(Local/answered@house)
[mad]
exten => s,1,Panic()
[last]
exten => s,1,NoOp()
exten => h,1,Panic()
`)
	k.engine.AddApplication(dialplan.Application{Row: command.Row{Name: "Panic"}, Run: func(context.Context, *channel.Channel, string) error {
		panic("an application went mad")
	}})
	if err := k.Start(); err != nil {
		t.Fatal(err)
	}
	boss := k.login()
	boss.do("Action: Originate\nChannel: Local/lives@house/n\nApplication: Wait\nData: 600\nAsync: true")
	boss.until("Event: OriginateResponse")
	ana := k.phone("ana")
	ana.register()
	ana.call("lives")
	others := k.channels.Count()
	for i, place := range []string{"boom@house", "answered@house", "within@house", "handler@house", "sub@house", "dial@house", "predial@house", "callee@house", "s@last"} {
		boss.do("Action: Originate\nChannel: Local/" + place + "/n\nApplication: Wait\nData: 600\nAsync: true")
		boss.until("Event: OriginateResponse")
		k.eventually("the call of "+place+" is over", func() bool { return k.channels.Count() == others })
		k.eventually("the log tells of the panic at "+place, func() bool { // it is written on a goroutine of its own
			return strings.Count(k.logged(), "an application went mad") == i+1
		})
	}
	if status := ana.status("boom"); status != 603 {
		t.Errorf("a phone that calls it is answered %d, want 603", status)
	}
	ana.call("answered")
	<-ana.ended // by a BYE
	ana.talking.Add(-1)
	if !strings.Contains(k.logged(), "panic_test.go") {
		t.Error("the log has no stack")
	}
	if n := len(k.bridges.All()); n != 0 {
		t.Errorf("%d bridges are left, want none", n)
	}
	k.end()
}
