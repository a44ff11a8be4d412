package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/local"
)

const privatePlan = `[test]
exten => 1,1,Dial(Local/771@test/n,,Pg)
 same => n,NoOp(${DIALSTATUS})
exten => 2,1,Dial(Local/772@test/n,,P(home)g)
 same => n,NoOp(${DIALSTATUS})
exten => 3,1,Dial(Local/773@test/n,,Pg)
 same => n,NoOp(${DIALSTATUS})
exten => 4,1,Dial(Local/774@test/n,,Pg)
 same => n,NoOp(${DIALSTATUS})
exten => 5,1,Dial(Local/775@test/n,,Pg)
 same => n,NoOp(${DIALSTATUS})
exten => 15,1,Dial(Local/775@test/n,,p)
 same => n,NoOp(${DIALSTATUS})
exten => 12,1,Dial(Local/772@test/n,,pn)
 same => n,NoOp(${DIALSTATUS})
exten => 13,1,Dial(Local/773@test/n,,pNg)
 same => n,NoOp(${DIALSTATUS})
exten => _77X,1,Answer()
 same => n,Wait(8)
 same => n,SendDTMF(${EXTEN:2})
 same => n,Wait(90)
`

// private makes a call of who says a name when asked and returns when it is over,
// with DIALSTATUS.
func (x *exchange) private(t *testing.T, exten, number string) (caller string, status string) {
	t.Helper()
	x.mu.Lock()
	x.said, x.played, x.toWhom = nil, nil, nil
	x.mu.Unlock()
	leg := &testLeg{}
	c := x.idle(t, leg)
	if number != "" {
		c.SetCaller(event.Party{Number: event.Number{Valid: true, Text: number}})
	}
	c.SetLocation(channel.Location{Context: "test", Exten: exten, Priority: 1})
	x.engine.Start(c)
	for c.CallContext().Err() == nil && x.heard() == "" {
		speak(c, 100*time.Millisecond, true)
	}
	status = x.heard()
	c.Hangup(16)
	time.Sleep(time.Second)
	return c.Name(), status
}

// What Asterisk 22 plays, keeps and answers where the called party is asked.
func TestPrivacy(t *testing.T) {
	const asked, all = "beep auth-thankyou vm-dialout", "priv-callpending priv-callerintros/"
	for _, c := range []struct {
		exten, number  string
		caller, called string
		status         string
		kept           string // in the database
		again          string // the status of a second call; "-" if the called party is asked again
		forgotten      bool   // what was recorded
	}{
		{"2", "122", asked, all + "122 priv-callee-options", "NOANSWER", "privacy/home/122=deny", "NOANSWER", false},
		{"3", "123", asked, all + "123 priv-callee-options", "TORTURE", "privacy/3/123=torture", "TORTURE", false},
		{"4", "124", asked, all + "124 priv-callee-options", "DONTCALL", "privacy/4/124=kill", "DONTCALL", false},
		{"5", "125", asked, all + "125 priv-callee-options", "NOANSWER", "privacy/5/125=allow", "ANSWER", false},
		{"1", "121", asked, all + "121 priv-callee-options", "ANSWER", "privacy/1/121=allow", "ANSWER", false},
		{"1", "", asked, all + "NOCALLERID_1Test=1 priv-callee-options", "ANSWER", "", "-", true},
		{"12", "131", asked, all + "131 screen-callee-options", "NOANSWER", "", "-", true},
		{"15", "135", asked, all + "135 screen-callee-options vm-sorry " + all + "135 screen-callee-options vm-sorry " +
			all + "135 screen-callee-options vm-sorry", "ANSWER", "", "-", false},
		{"13", "133", "", "", "ANSWER", "", "ANSWER", false},
		{"13", "", asked, all + "NOCALLERID_13Test=1 screen-callee-options", "TORTURE", "", "-", true},
	} {
		t.Run(c.exten+" of "+c.number, func(t *testing.T) {
			in(t, privatePlan, func(t *testing.T, x *exchange) {
				x.Channels.Register(&local.Driver{Channels: x.Channels, Bridges: x.Bridges, Dialplan: localPlan{x}, Logger: x.Logger})
				caller, status := x.private(t, c.exten, c.number)
				if status != c.status {
					t.Errorf("DIALSTATUS is %q, want %q", status, c.status)
				}
				if got := x.to(caller); got != c.caller {
					t.Errorf("the caller heard %q, want %q", got, c.caller)
				}
				if got := x.to("Local/77" + c.exten[len(c.exten)-1:] + "@test-00000000;1"); got != c.called {
					t.Errorf("the called heard %q, want %q", got, c.called)
				}
				if got := x.kept(); got != c.kept {
					t.Errorf("kept is %q, want %q", got, c.kept)
				}
				files, _ := filepath.Glob(filepath.Join(x.Recordings, introductions, "*.sln"))
				if c.caller != "" && (len(files) == 0) != c.forgotten {
					t.Errorf("the introductions are %q", files)
				}
				for _, file := range files {
					if info, err := os.Stat(file); err != nil || info.Size() < 2*8000*3 || info.Size() > 2*8000*5 {
						t.Errorf("%s is not some 4 s long: %v %v", file, info, err)
					}
				}
				if c.again == "-" {
					return
				}
				_, status = x.private(t, c.exten, c.number)
				if len(x.played) > 0 || status != c.again {
					t.Errorf("the second time %q was played and DIALSTATUS %q, want %q", x.played, status, c.again)
				}
			})
		})
	}
}

func (x *exchange) kept() string {
	var list []string
	for key, value := range x.Database.(testDatabase) {
		list = append(list, key+"="+value)
	}
	return strings.Join(list, " ")
}
