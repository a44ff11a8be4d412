package app

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

func TestDictate(t *testing.T) {
	in(t, "[test]\nexten => s,1,Dictate(,one)\n same => n,NoOp(done)\nexten => ask,1,Dictate()\n same => n,NoOp(named)\n", func(t *testing.T, x *exchange) {
		x.Spool = t.TempDir()
		size := func() int64 {
			t.Helper()
			info, err := os.Stat(filepath.Join(x.Spool, "dictate", "one.raw"))
			if err != nil {
				t.Fatal(err)
			}
			return info.Size()
		}
		c, leg := x.call(t, "s")
		time.Sleep(time.Second)
		press(c, "1*") // record
		speak(c, time.Second, true)
		press(c, "*")
		before := size()
		if before < 16000 || before > 24000 {
			t.Errorf("a second of dictation is %d bytes", before)
		}
		speak(c, time.Second, true)
		if size() != before {
			t.Error("it was recorded while it rested")
		}
		press(c, "*")
		speak(c, time.Second, true)
		press(c, "1")
		if now := size(); now < before+16000 {
			t.Errorf("after a second more it is %d bytes, was %d", now, before)
		}
		played := leg.samples()
		press(c, "2*") // twice as fast
		time.Sleep(10 * time.Second)
		if got, want := int64(leg.samples()-played), size()/2/2; got < want-1000 || got > want+3000 {
			t.Errorf("%d samples were played, want about %d", got, want)
		}
		press(c, "18")
		if size() != 0 {
			t.Errorf("%d bytes are left after it was emptied", size())
		}
		press(c, "0#")
		synctest.Wait()
		if got := x.heard(); got != "done" {
			t.Errorf("the dialplan went on to %q", got)
		}

		c, _ = x.call(t, "ask")
		press(c, "42#")
		press(c, "#")
		synctest.Wait()
		if _, err := os.Stat(filepath.Join(x.Spool, "dictate", "42.raw")); err != nil {
			t.Error(err)
		}
		if got := x.heard(); got != "done; named" {
			t.Errorf("the dialplan went on to %q", got)
		}
	})
}
