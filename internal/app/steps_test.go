package app

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/media"
)

// What can't be recorded leaves files alone, and a number that is wrong neither memory nor disk full.
func TestRecordUntilRefuses(t *testing.T) {
	in(t, "[test]\nexten => s,1,Wait(60)\n", func(t *testing.T, x *exchange) {
		leg, _ := x.call(t, "s")
		kept := filepath.Join(x.Recordings, "kept.nosuch")
		if err := os.WriteFile(kept, []byte("text"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, opened, err := x.RecordUntil(t.Context(), leg, Recording{File: "kept", Format: "nosuch", Limit: time.Second}); opened || err == nil {
			t.Errorf("an unknown format was recorded: opened %v, %v", opened, err)
		}
		if text, err := os.ReadFile(kept); string(text) != "text" {
			t.Errorf("the file holds %q, %v", text, err)
		}
		if _, opened, err := x.RecordUntil(t.Context(), leg, Recording{File: "long", Format: "wav", Offset: 1 << 60}); !opened || err == nil {
			t.Errorf("a recording behind so much silence: opened %v, %v", opened, err)
		}
	})
}

// A key during the beep ends all before there is a recording, if it is one that ends recordings.
func TestRecordUntilBeep(t *testing.T) {
	for keys, want := range map[string]Recorded{"#": {Key: '#'}, "1": {EndPos: 8000}} {
		in(t, "[test]\nexten => s,1,NoOp()\n", func(t *testing.T, x *exchange) {
			leg := x.idle(t, &testLeg{})
			go func() {
				time.Sleep(100 * time.Millisecond)
				leg.Deliver(media.Frame{Kind: media.DTMFEnd, Digit: '#', Duration: 80 * time.Millisecond})
				time.Sleep(200 * time.Millisecond)
				speak(leg, 2*time.Second, true)
			}()
			done, _, err := x.RecordUntil(t.Context(), leg, Recording{File: "beeped", Format: "wav", Keys: keys, Limit: time.Second, Beep: true})
			_, missing := os.Stat(filepath.Join(x.Recordings, "beeped.wav"))
			done.EndPos = (done.EndPos + 200) / 1000 * 1000 // a frame that comes as the time is up may count or not
			if early := errors.Is(err, ErrBeforeRecording); done != want || early != (keys == "#") || (missing != nil) != early {
				t.Errorf("keys %s: %+v, %v, file %v; want %+v", keys, done, err, missing, want)
			}
			time.Sleep(5 * time.Second) // until all is said
		})
	}
}
