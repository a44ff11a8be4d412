package app

import (
	"log/slog"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/local"
)

// configureFollowMe reads a followme.conf.
func (x *exchange) configureFollowMe(t *testing.T, text string) {
	t.Helper()
	f, err := config.Parse("followme.conf", []byte(text), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	profiles, problems := ReadFollowMe(f)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	x.ConfigureFollowMe(profiles)
}

func TestFollowMe(t *testing.T) {
	const conf = `
[general]
enable_callee_prompt=yes
takecall=1
declinecall=22
[me]
context=test
number=busy,5
number=late&yes,10
[no]
context=test
number=no
[nobody]
context=test
number=rings,1
number=busy
[box]
context=test
number=up60,3
number=yes,10
[atonce]
context=test
enable_callee_prompt=no
number=up
`
	const plan = `
[test]
exten => busy,1,Busy()
exten => rings,1,Ringing()
same => n,Wait(60)
exten => late,1,Wait(2)
same => n,Answer()
same => n,Wait(60)
exten => up,1,Answer()
same => n,Wait(1)
exten => up60,1,Answer()
same => n,Wait(60)
exten => yes,1,Answer()
same => n,Wait(3)
same => n,SendDTMF(1)
same => n,Wait(1)
exten => no,1,Answer()
same => n,Wait(3)
same => n,SendDTMF(22)
same => n,Wait(5)
exten => h,1,NoOp()
exten => go,1,FollowMe(`
	for _, c := range []struct {
		args, want string
		after      time.Duration // in whole seconds
	}{
		{"me,d", "hung up", 4 * time.Second},     // asked for three seconds, then they talk for one
		{"atonce,d", "hung up", 1 * time.Second}, // they talk at once
		{"no,d", "goes on", 3 * time.Second},
		{"nobody,d", "goes on", 1 * time.Second},
		{"unknown,d", "goes on", 0},
		// The first is asked still when its time is over: what becomes of it is nothing to the second.
		{"box,d", "hung up", 7 * time.Second}, {"box,dl", "hung up", 7 * time.Second}, {"box,d", "hung up", 7 * time.Second},
		{"box,dl", "hung up", 7 * time.Second}, {"box,d", "hung up", 7 * time.Second}, {"box,dl", "hung up", 7 * time.Second},
	} {
		in(t, plan+c.args+")\nsame => n,Set(DIALSTATUS=on)\n", func(t *testing.T, x *exchange) {
			x.configureFollowMe(t, conf)
			x.Channels.Register(&local.Driver{Channels: x.Channels, Bridges: x.Bridges, Dialplan: localPlan{x}, Logger: slog.New(slog.DiscardHandler)})
			began := time.Now()
			call, _ := x.call(t, "go")
			<-call.CallContext().Done()
			got := "hung up"
			if on, _ := call.Variable("DIALSTATUS"); on == "on" {
				got = "goes on"
			}
			if after := time.Since(began).Truncate(time.Second); got != c.want || after != c.after {
				t.Errorf("FollowMe(%s): the caller %s after %v, want %s after %v", c.args, got, after, c.want, c.after)
			}
		})
	}
}
