package app

import (
	"strings"
	"testing"
	"time"
)

// What Asterisk 22 played to the caller and the called leg of a call of limited
// length, and when, in seconds from the answer.
func TestWhatIsSaidOfACallsLength(t *testing.T) {
	for _, c := range []struct {
		name, variables, limit string
		caller, called         string
		ended                  float64 // the caller, in tenths of a second at most after that
	}{
		{"nothing", "", "5000", "", "", 5},
		{"a warning", "", "5000:2999", "vm-youhave digits/2 queue-seconds", "", 5},
		{"the last word is heard", "", "3000:1900", "vm-youhave digits/1 queue-seconds", "", 3},
		{"minutes from two on", "", "122000:121000", "vm-youhave digits/2 queue-minutes digits/1 queue-seconds", "", 122},
		{"seconds below", "", "91000:90000", "vm-youhave digits/90 queue-seconds", "", 91},
		{"a warning later than the end", "", "5000:6000", "", "", 5},
		{"no numbers", "", "5000:x:y", "", "", 5},
		{"again and again", "LIMIT_WARNING_FILE=beep", "5000:3000:1200", "beep beep beep", "", 5},
		{"once", "LIMIT_WARNING_FILE=beep", "5000:3000:0", "beep", "", 5},
		{"to both", "LIMIT_PLAYAUDIO_CALLEE=yes&LIMIT_WARNING_FILE=beep", "5000:3000", "beep", "beep", 5},
		{"to the called alone", "LIMIT_PLAYAUDIO_CALLEE=yes&LIMIT_PLAYAUDIO_CALLER=no&LIMIT_WARNING_FILE=beep", "5000:3000", "", "beep", 5},
		{"to none is to the caller", "LIMIT_PLAYAUDIO_CALLER=no&LIMIT_WARNING_FILE=beep", "5000:3000", "beep", "", 5},
		{"connected and over", "LIMIT_CONNECT_FILE=timeleft&LIMIT_TIMEOUT_FILE=beep", "5000", "vm-youhave digits/5 queue-seconds beep", "", 5.3},
		{"a sound that there is not", "LIMIT_WARNING_FILE=nosuch", "5000:3000", "", "", 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			plan := "[test]\nexten => sit,1,Wait(1000)\nexten => go,1,NoOp\n"
			for _, variable := range strings.Split(c.variables, "&") {
				if variable != "" {
					plan += " same => n,Set(" + variable + ")\n"
				}
			}
			in(t, plan+" same => n,Bridge(Test/1,L("+c.limit+"))\n same => n,NoOp(over)\n", func(t *testing.T, x *exchange) {
				x.call(t, "sit")
				time.Sleep(time.Second)
				began := time.Now()
				x.call(t, "go")
				for x.heard() == "" || !strings.HasSuffix(x.heard(), "over") {
					time.Sleep(100 * time.Millisecond)
				}
				if took := time.Since(began).Seconds(); took < c.ended || took > c.ended+0.5 {
					t.Errorf("it took %.1f s, want %.1f", took, c.ended)
				}
				if got := x.to("Test/2"); got != c.caller {
					t.Errorf("the caller heard %q, want %q", got, c.caller)
				}
				if got := x.to("Test/1"); got != c.called {
					t.Errorf("the called heard %q, want %q", got, c.called)
				}
			})
		})
	}
}
