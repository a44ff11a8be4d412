package app

import (
	"testing"
	"time"
)

// With transmit_silence a leg that waits or is recorded hears silence, and nothing of
// it stays; a tone that it hears already goes on.
func TestTransmitSilence(t *testing.T) {
	for _, c := range []struct {
		steps  string
		silent bool
		want   int // samples at 8 kHz that the leg hears in the first three seconds
	}{
		{"exten => s,1,Wait(1)\n", false, 0},
		{"exten => s,1,Wait(1)\n", true, 8000},
		{"exten => s,1,Record(x.wav,0,1,q)\n", true, 8000},
		{"exten => s,1,PlayTones(440)\nsame => n,Wait(1)\n", true, 24000},
	} {
		in(t, "[test]\n"+c.steps+"same => n,WaitExten(5)\n", func(t *testing.T, x *exchange) {
			x.Channels.Silence = c.silent
			_, leg := x.call(t, "s")
			time.Sleep(3 * time.Second)
			if got := leg.samples(); got < c.want-320 || got > c.want+320 {
				t.Errorf("%q with silence %t: %d samples, want %d", c.steps, c.silent, got, c.want)
			}
		})
	}
}
