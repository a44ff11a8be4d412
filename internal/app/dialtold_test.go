package app

import (
	"bytes"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/local"
	"github.com/octothorpe/octothorpe/internal/logging"
)

// What is wanted is what Asterisk 22 writes for the same devices.
func TestTheLogTellsWhatDialDoes(t *testing.T) {
	const plan = `
[test]
exten => up,1,Answer()
same => n,Wait(60)
exten => hang,1,Hangup(17)
exten => gone,1,Wait(0.2)
exten => sent,1,Proceeding()
same => n,Wait(0.3)
same => n,Hangup(1)
exten => rings,1,Ringing()
same => n,Wait(0.1)
same => n,Progress()
same => n,Wait(10)
exten => busy,1,Wait(0.3)
same => n,Busy(5)
exten => full,1,Congestion(5)
exten => go,1,Dial(`
	for _, c := range []struct{ devices, want string }{
		{"Local/up@test,5,gS(1)", "Called Local/up@test; Local/up@test-00000000;1 answered Test/1"},
		{"Local/rings@test&Local/nosuch@test,2", "Called Local/rings@test; Couldn't call Local/nosuch@test; Local/rings@test-00000000;1 is ringing; " +
			"Local/rings@test-00000000;1 is making progress passing it to Test/1; Nobody picked up in 2000 ms"},
		{"Local/nosuch@test,2", "Couldn't call Local/nosuch@test; Everyone is busy/congested at this time (0:0/0/0)"},
		{"Local/hang@test,2", "Called Local/hang@test; Everyone is busy/congested at this time (1:1/0/0)"},
		{"Local/gone@test&Local/busy@test,2", "Called Local/gone@test; Called Local/busy@test; Local/busy@test-00000001;1 is busy; " +
			"Everyone is busy/congested at this time (2:1/0/1)"},
		{"Local/sent@test,2", "Called Local/sent@test; Local/sent@test-00000000;1 is proceeding passing it to Test/1; Everyone is busy/congested at this time (1:0/0/1)"},
		{"Local/full@test,2", "Called Local/full@test; Local/full@test-00000000;1 is circuit-busy; Everyone is busy/congested at this time (1:0/1/0)"},
		{"Nosuch/x&Local/busy@test,2", "Unable to create channel of type 'Nosuch' (cause 66 - Channel not implemented); Called Local/busy@test; " +
			"Local/busy@test-00000000;1 is busy; Everyone is busy/congested at this time (2:1/0/1)"},
	} {
		in(t, plan+c.devices+")\n", func(t *testing.T, x *exchange) {
			var log bytes.Buffer
			x.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: logging.Verbose}))
			x.Calls.Logger = x.Logger
			x.Channels.Register(&local.Driver{Channels: x.Channels, Bridges: x.Bridges, Dialplan: localPlan{x}, Logger: slog.New(slog.DiscardHandler)})
			call, _ := x.call(t, "go")
			<-call.CallContext().Done()
			if got := strings.Join(messages(log.String()), "; "); got != c.want {
				t.Errorf("Dial(%s)\n got %s\nwant %s", c.devices, got, c.want)
			}
		})
	}
}

// messages are those of the lines of a log.
func messages(log string) (list []string) {
	for _, m := range regexp.MustCompile(`msg=(?:"([^"]*)"|(\S*))`).FindAllStringSubmatch(log, -1) {
		list = append(list, m[1]+m[2])
	}
	return list
}
