package app

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

const moving = `
[test]
exten => play,1,Playback(demo-thanks)
same => n,NoOp(${PLAYBACKSTATUS})
exten => control,1,ControlPlayback(demo-thanks,1000,,,,5)
same => n,NoOp(${CPLAYBACKSTATUS} ${CPLAYBACKOFFSET})
exten => wait,1,Wait(3)
same => n,NoOp(waited)
`

// ask sends the action ControlPlayback and returns the answer.
func (x *exchange) ask(t *testing.T, leg, control string) string {
	t.Helper()
	answer := ""
	r := &command.ActionRequest{Get: func(key string) string { return map[string]string{"Channel": leg, "Control": control}[key] },
		Reply: func(response, message string, _ ...command.Field) {
			answer = strings.TrimSpace(response + " " + message)
		}}
	if err := x.Actions()[0].Run(t.Context(), r); err != nil {
		return err.Error()
	}
	return answer
}

// TestMoveFromOutside has a client of AMI move in a prompt of 5.4 seconds, a second
// after each other. The events and variables are those of Asterisk 22.
func TestMoveFromOutside(t *testing.T) {
	for _, test := range []struct {
		exten, ways, told, said string
		after                   time.Duration
	}{
		{"play", "", "", "SUCCESS", 5400 * time.Millisecond},
		{"play", "Forward", "FastForward 3000", "SUCCESS", 2400 * time.Millisecond},
		{"play", "forward reverse", "FastForward 3000, Rewind 3000", "SUCCESS", 5400 * time.Millisecond},
		{"play", "stop", "Break", "SUCCESS", time.Second},
		{"play", "pause", "Break", "SUCCESS", time.Second},
		{"control", "pause pause", "Break, Pause, Unpause", "SUCCESS -1", 6400 * time.Millisecond},
		{"control", "restart", "Break, Restart", "SUCCESS -1", 6400 * time.Millisecond},
		{"control", "forward", "FastForward 1000", "SUCCESS -1", 4400 * time.Millisecond},
		{"control", "reverse stop", "Rewind 1000, Break, Stop", "REMOTESTOPPED 1020", 2 * time.Second},
		{"wait", "pause", "", "waited", 3 * time.Second},
	} {
		t.Run(test.exten+" "+test.ways, func(t *testing.T) {
			in(t, moving, func(t *testing.T, x *exchange) {
				var mu sync.Mutex
				var told []string
				t.Cleanup(x.Channels.Bus.Subscribe(event.Kinds(event.KindTestEvent), func(s event.Stamped) {
					e := s.Event.(*event.TestEvent) //nolint:forcetypeassert // the only kind that is asked for
					if len(e.Fields) < 2 || e.Fields[1].Name != "Control" {
						return
					}
					text := e.Fields[1].Value
					if len(e.Fields) > 2 {
						text += " " + e.Fields[2].Value
					}
					mu.Lock()
					defer mu.Unlock()
					told = append(told, text)
				}))
				c, _ := x.call(t, test.exten)
				began := time.Now()
				for _, way := range strings.Fields(test.ways) {
					time.Sleep(time.Second)
					if got := x.ask(t, c.Name(), way); got != "Success" {
						t.Errorf("%s was answered %q", way, got)
					}
				}
				<-c.CallContext().Done()
				if took := time.Since(began); took < test.after-50*time.Millisecond || took > test.after+100*time.Millisecond {
					t.Errorf("it took %v, want %v", took, test.after)
				}
				mu.Lock()
				defer mu.Unlock()
				if got := strings.Join(told, ", "); got != test.told {
					t.Errorf("told %q, want %q", got, test.told)
				}
				if got := x.heard(); got != test.said {
					t.Errorf("then %q, want %q", got, test.said)
				}
			})
		})
	}
}

func TestMoveIsRefused(t *testing.T) {
	in(t, moving, func(t *testing.T, x *exchange) {
		c, _ := x.call(t, "wait")
		for _, ask := range [][3]string{{"nosuch", "pause", "No such channel"}, {"", "pause", "Channel not specified"},
			{c.Name(), "", "Control not specified"}, {c.Name(), "zap", "Unknown control type"}} {
			if got := x.ask(t, ask[0], ask[1]); got != ask[2] {
				t.Errorf("%q of %q was answered %q, want %q", ask[1], ask[0], got, ask[2])
			}
		}
	})
}
