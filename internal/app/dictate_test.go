package app

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
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

func TestContactSum(t *testing.T) {
	for message, want := range map[string]bool{"1234181131010158": true, "1234183131010156": true, "1234181131015010": false, "123418113101501*": false} {
		if got := contactSum(message); got != want {
			t.Errorf("the checksum of %s is right: %v, want %v", message, got, want)
		}
	}
}

func TestAlarmReceiver(t *testing.T) {
	in(t, "[test]\nexten => s,1,AlarmReceiver()\n", func(t *testing.T, x *exchange) {
		folder := t.TempDir()
		f, err := config.Parse("alarmreceiver.conf", []byte("[general]\neventspooldir="+folder+"\nfdtimeout=10000\nsdtimeout=1000\ndb-family=alarms\neventcmd=touch "+folder+"/ran\nloudness=50\n"), config.Options{})
		if err != nil {
			t.Fatal(err)
		}
		s, problems := ReadAlarmReceiver(f)
		if len(problems) != 1 || s.loudness != 100 {
			t.Errorf("the loudness is %d with the problems %v", s.loudness, problems)
		}
		x.ConfigureAlarmReceiver(s)
		c, leg := x.call(t, "s")
		time.Sleep(5 * time.Second)
		if got := leg.samples(); got < 1600 || got > 2000 {
			t.Errorf("the handshake has %d samples, want 1600", got)
		}
		press(c, "1234181131010158")
		time.Sleep(3 * time.Second)
		if got := leg.samples(); got < 1600+7200 || got > 2000+7400 {
			t.Errorf("with the kiss-off there are %d samples, want 8800", got)
		}
		press(c, "1234181131010157") // a wrong checksum
		time.Sleep(3 * time.Second)
		press(c, "123")
		time.Sleep(3 * time.Second)
		press(c, "1234183131010156")
		time.Sleep(3 * time.Second)
		c.Hangup(16)
		<-c.CallContext().Done()
		files, err := filepath.Glob(filepath.Join(folder, "event-??????"))
		if err != nil || len(files) != 1 {
			t.Fatalf("there are the files %v (%v), want one", files, err)
		}
		text, err := os.ReadFile(files[0])
		want := "\n\n[metadata]\n\nPROTOCOL=ADEMCO_CONTACT_ID\nCHECKSUM=yes\nCALLINGFROM=<unknown>\nCALLERNAME=<unknown>\nTIMESTAMP=\n\n[events]\n\n1234181131010158\n1234183131010156\n"
		if err != nil || string(text) != want {
			t.Errorf("the file has %q (%v), want %q", text, err, want)
		}
		if got, _ := x.Database.Get("alarms", "calls-received"); got != "1" {
			t.Errorf("calls-received is %q", got)
		}
		if got, _ := x.Database.Get("alarms", "checksum-errors"); got != "1" {
			t.Errorf("checksum-errors is %q", got)
		}
	})
}
