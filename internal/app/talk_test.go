package app

import (
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
)

const talked = `
[test]
exten => any,1,BackgroundDetect(demo-thanks,500,100)
same => n,NoOp(nothing)
exten => short,1,BackgroundDetect(demo-thanks,500,100,1000)
same => n,NoOp(nothing)
exten => early,1,BackgroundDetect(demo-thanks,500,100,,600)
same => n,NoOp(nothing)
exten => talk,1,NoOp(talk ${TALK_DETECTED})
exten => 7,1,NoOp(seven)
`

func TestBackgroundDetect(t *testing.T) {
	for _, test := range []struct {
		name, exten string
		speech      func(*channel.Channel)
		want        string
	}{
		{"silence", "any", func(c *channel.Channel) { speak(c, 2*time.Second, false) }, "nothing"},
		{"a word", "any", func(c *channel.Channel) { speak(c, 700*time.Millisecond, true); speak(c, time.Second, false) }, "talk 700"},
		{"a click", "any", func(c *channel.Channel) { speak(c, 40*time.Millisecond, true); speak(c, time.Second, false) }, "nothing"},
		{"a speech", "short", func(c *channel.Channel) { speak(c, 2*time.Second, true); speak(c, time.Second, false) }, "nothing"},
		{"too late", "early", func(c *channel.Channel) {
			speak(c, 600*time.Millisecond, false)
			speak(c, 700*time.Millisecond, true)
			speak(c, time.Second, false)
		}, "nothing"},
		{"a key", "any", func(c *channel.Channel) { press(c, "7") }, "seven"},
	} {
		t.Run(test.name, func(t *testing.T) {
			in(t, talked, func(t *testing.T, x *exchange) {
				leg, _ := x.call(t, test.exten)
				test.speech(leg)
				time.Sleep(30 * time.Second)
				if got := x.heard(); got != test.want {
					t.Errorf("got %q, want %q", got, test.want)
				}
			})
		})
	}
}
