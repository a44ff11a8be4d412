package exchange

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// manyPhones writes a configuration in which all files name each other.
func manyPhones(t *testing.T, count int) string {
	t.Helper()
	dir := t.TempDir()
	files := map[string]*strings.Builder{}
	to := func(name, format string, args ...any) {
		if files[name] == nil {
			files[name] = &strings.Builder{}
		}
		_, _ = fmt.Fprintf(files[name], format, args...)
	}
	to("asterisk.conf", "[directories]\nastetcdir=%s\n", dir)
	to("extensions.conf", "[phones]\n")
	to("voicemail.conf", "[default]\n")
	to("queues.conf", "[sales]\n")
	for n := range count {
		to("pjsip.conf", "[p%[1]d]\ntype=endpoint\ncontext=phones\nauth=p%[1]d\naors=p%[1]d\nmailboxes=%[1]d@default\n[p%[1]d]\ntype=auth\nusername=p%[1]d\n"+
			"password=x\n[p%[1]d]\ntype=aor\nmax_contacts=1\n", n)
		to("extensions.conf", "exten => %[1]d,1,Dial(PJSIP/p%[1]d,20,tG(nowhere^s^1))\n same => n,VoiceMail(%[1]d@default,u)\nexten => %[1]d,hint,PJSIP/p%[1]d\n", n)
		to("voicemail.conf", "%[1]d => 1234,P,p%[1]d@@example.com\n", n)
		to("queues.conf", "member => PJSIP/q%d\n", n)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "asterisk.conf")
}

// What it takes to look at ten times as many phones is in proportion, also where each
// names what is not there. It is the processor's time that is measured.
func TestCheckTakesTimeInProportion(t *testing.T) {
	took := func(count int) time.Duration {
		path, least := manyPhones(t, count), time.Hour
		for range 2 {
			before := processorTime(t)
			list, err := Check(Options{Config: path})
			least = min(least, processorTime(t)-before)
			if err != nil || len(list) < 3*count {
				t.Fatalf("%d remarks of %d phones, %v", len(list), count, err)
			}
		}
		return least
	}
	few, many := took(1000), took(10_000)
	t.Logf("1,000 phones take %v, 10,000 take %v", few, many)
	if many > 30*few {
		t.Errorf("1,000 phones take %v, 10,000 take %v", few, many)
	}
}

func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		t.Fatal(err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}
