package app

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
)

func TestAlarmSum(t *testing.T) {
	for message, want := range map[string]bool{"1234181131010158": true, "1234183131010156": true, "1234181131015010": false, "123418113101501*": false} {
		if got := alarmSum(message); got != want {
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
		want := "\n\n[metadata]\n\nPROTOCOL=ADEMCO_CONTACT_ID\nCHECKSUM=yes\n" + nobody + "\n[events]\n\n1234181131010158\n1234183131010156\n"
		if got := onlyAlarms(t, folder); got != want {
			t.Errorf("the file has %q, want %q", got, want)
		}
		if got, _ := x.Database.Get("alarms", "calls-received"); got != "1" {
			t.Errorf("calls-received is %q", got)
		}
		if got, _ := x.Database.Get("alarms", "checksum-errors"); got != "1" {
			t.Errorf("checksum-errors is %q", got)
		}
	})
}

// The first message of a call says in which format the panel sends.
func TestAlarmFormats(t *testing.T) {
	for _, test := range []struct {
		name, options string
		sent          []string
		want          string // of the file
		counted       map[string]string
	}{
		{"Express 4+1", "", []string{"12341784", "43211793"}, "PROTOCOL=ADEMCO_EXPRESS_4_1\nCHECKSUM=yes\n" + nobody + "\n[events]\n\n12341784\n43211793\n", nil},
		{"Express 4+2", "", []string{"123427899"}, "PROTOCOL=ADEMCO_EXPRESS_4_2\nCHECKSUM=yes\n" + nobody + "\n[events]\n\n123427899\n", nil},
		{"High Speed", "", []string{"123455789123451C"}, "PROTOCOL=ADEMCO_HIGH_SPEED\nCHECKSUM=yes\n" + nobody + "\n[events]\n\n123455789123451C\n", nil},
		{"Super Fast has no checksum", "", []string{"123456789123451", "432156789123452"},
			"PROTOCOL=ADEMCO_SUPER_FAST\nCHECKSUM=no\n" + nobody + "\n[events]\n\n123456789123451\n432156789123452\n", nil},
		{"a format stays", "", []string{"1234187891234511", "4321177891234512"},
			"PROTOCOL=ADEMCO_CONTACT_ID\nCHECKSUM=yes\n" + nobody + "\n[events]\n\n1234187891234511\n", map[string]string{"format-errors": "1"}},
		{"after noise", "", []string{"123456", "1234187891234511"},
			"PROTOCOL=ADEMCO_CONTACT_ID\nCHECKSUM=yes\n" + nobody + "\n[events]\n\n1234187891234511\n", map[string]string{"ack-retries": "1"}},
		{"no known format", "", []string{"1234347891234513"},
			"PROTOCOL=UNKNOWN_FORMAT\nCHECKSUM=yes\n" + nobody + "\n[events]\n\n", map[string]string{"format-errors": "1", "no-events-received": "1"}},
		{"without sections", "no_group_meta=yes\n", []string{"1234187891234511", "4321187891234511"},
			"PROTOCOL=ADEMCO_CONTACT_ID\nCHECKSUM=yes\n" + nobody + "\nevent=1234187891234511\nevent=4321187891234511\n", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			in(t, "[test]\nexten => s,1,AlarmReceiver()\n", func(t *testing.T, x *exchange) {
				folder := t.TempDir()
				x.ConfigureAlarmReceiver(alarmsOf(t, "[general]\neventspooldir="+folder+"\nfdtimeout=10000\nsdtimeout=1000\ndb-family=alarms\n"+test.options))
				c, _ := x.call(t, "s")
				time.Sleep(5 * time.Second)
				for _, message := range test.sent {
					press(c, message)
					time.Sleep(3 * time.Second)
				}
				c.Hangup(16)
				<-c.CallContext().Done()
				want := test.want
				if test.options == "" {
					want = "\n\n[metadata]\n\n" + want
				}
				if got := onlyAlarms(t, folder); got != want {
					t.Errorf("the file has %q, want %q", got, want)
				}
				for _, key := range []string{"checksum-errors", "format-errors", "ack-retries", "no-events-received"} {
					if got, _ := x.Database.Get("alarms", key); got != test.counted[key] {
						t.Errorf("%s is %q, want %q", key, got, test.counted[key])
					}
				}
			})
		})
	}
}

// nobody is what files say of a panel without a number, at a time that tests do not know.
const nobody = "CALLINGFROM=<unknown>\nCALLERNAME=<unknown>\nTIMESTAMP=\n"

func alarmsOf(t *testing.T, text string) *alarmSettings {
	t.Helper()
	f, err := config.Parse("alarmreceiver.conf", []byte(text), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, problems := ReadAlarmReceiver(f)
	if len(problems) != 0 {
		t.Errorf("there are the problems %v", problems)
	}
	return s
}

// onlyAlarms reads the one file of events that there is.
func onlyAlarms(t *testing.T, folder string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "event-??????"))
	if err != nil || len(files) != 1 {
		t.Fatalf("there are the files %v (%v), want one", files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
