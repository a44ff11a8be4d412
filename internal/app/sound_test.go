package app

import (
	"testing"
	"testing/synctest"
	"time"
)

// keyed are extensions whose outcome depends on keys, and i and t around them.
const keyed = `
[test]
exten => read3,1,Read(x,,3,,1,3)
same => n,NoOp(${READSTATUS} ${x})
exten => reade,1,Read(x,,0,e,1,3)
same => n,NoOp(${READSTATUS} ${x})
exten => readt9,1,Read(x,,0,t(9),1,3)
same => n,NoOp(${READSTATUS} ${x})
exten => readt,1,Read(x,,0,t,1,3)
same => n,NoOp(${READSTATUS} ${x})
exten => readfile,1,Read(x,demo-thanks&beep,2,,2,1)
same => n,NoOp(${READSTATUS} ${x})
exten => readnone,1,Read(x,nosuch,2,,2,1)
same => n,NoOp(${READSTATUS} ${x})
exten => bgm,1,BackGround(demo-thanks,m)
same => n,NoOp(fell ${BACKGROUNDSTATUS})
exten => bg,1,BackGround(demo-thanks)
same => n,NoOp(fell ${BACKGROUNDSTATUS})
same => n,WaitExten(2)
exten => bgc,1,BackGround(demo-thanks,,,other)
same => n,NoOp(fell ${BACKGROUNDSTATUS})
exten => bgx,1,BackGround(nosuch)
same => n,NoOp(fell ${BACKGROUNDSTATUS})
exten => wd,1,WaitDigit(3,45)
same => n,NoOp(${WAITDIGITSTATUS} ${WAITDIGITRESULT})
exten => re,1,ReadExten(x,,test,,2)
same => n,NoOp(${READEXTENSTATUS} ${x})
exten => cp,1,ControlPlayback(demo-thanks,1000,6,4,9,0,7)
same => n,NoOp(${CPLAYBACKSTATUS} ${CPLAYBACKOFFSET} ${CPLAYBACKSTOPKEY})
exten => cpx,1,ControlPlayback(nosuch)
same => n,NoOp(${CPLAYBACKSTATUS} ${CPLAYBACKOFFSET})
exten => pb,1,Playback(nosuch&beep)
same => n,NoOp(${PLAYBACKSTATUS})
same => n,Playback(beep&demo-thanks)
same => n,NoOp(${PLAYBACKSTATUS})
same => n,Playback()
same => n,NoOp(never)
exten => auth,1,Authenticate(12)
same => n,NoOp(in)
exten => say,1,Set(SAY_DTMF_INTERRUPT=true)
same => n,SayDigits(1234567)
same => n,NoOp(fell)
exten => wfs,1,WaitForSilence(500,1,2)
same => n,NoOp(${WAITSTATUS})
exten => wfn,1,WaitForNoise(500,1,2)
same => n,NoOp(${WAITSTATUS})
exten => moh,1,MusicOnHold(,3)
same => n,NoOp(after)
exten => tone,1,Playtones(nosuchtone)
same => n,NoOp(never)
exten => 1,1,NoOp(at 1)
exten => 12,1,NoOp(at 12)
exten => 5,1,NoOp(at 5)
exten => i,1,NoOp(at i ${INVALID_EXTEN})
exten => t,1,NoOp(at t)
[other]
exten => 3,1,NoOp(other at 3)
exten => 44,1,NoOp(other at 44)
`

// What is wanted is what Asterisk 22 does with the same dialplan and keys.
func TestKeys(t *testing.T) {
	for _, c := range []struct{ exten, keys, want string }{
		{"read3", "12", "TIMEOUT 12"},
		{"read3", "123", "OK 123"},
		{"read3", "1#", "OK 1"},
		{"read3", "#", "OK "},
		{"reade", "#", "OK #"},
		{"reade", "1#", "OK 1"},
		{"readt9", "129", "OK 12"},
		{"readt9", "1#9", "OK 1#"},
		{"readt", "12#", "TIMEOUT 12#"},
		{"readfile", "12", "OK 12"},
		{"readnone", "", "ERROR "},
		{"bgm", "2", "fell SUCCESS"},
		{"bgm", "5", "at 5"},
		{"bg", "2", "at i 2"},
		{"bg", "5", "at 5"},
		{"bg", "1", "at 1"},
		{"bg", "12", "at 12"},
		{"bg", "", "fell SUCCESS; at t"},
		{"bgc", "3", "other at 3"},
		{"bgc", "4", "at i 4"},
		{"bgc", "5", "at 5"},
		{"bgx", "", "fell FAILED"},
		{"wd", "345", "DTMF 4"},
		{"wd", "3", "TIMEOUT "},
		{"re", "5", "OK 5"},
		{"re", "1", "OK 1"},
		{"re", "12", "OK 12"},
		{"re", "7", "INVALID i"},
		{"re", "12#", "OK 12"},
		{"re", "", "TIMEOUT t"},
		{"cp", "6", "SUCCESS -1 "},
		{"cp", "4", "SUCCESS -1 "},
		{"cpx", "", "ERROR -1"},
		{"pb", "", "FAILED; SUCCESS"},
		{"auth", "12#", "in"},
		{"auth", "12", "in"},
		{"auth", "99#", ""},
		{"say", "5", "at 5"},
		{"say", "2", "at i 2"},
		{"say", "", "fell"},
		{"wfs", "", "SILENCE"},
		{"wfn", "", "TIMEOUT"},
		{"moh", "", "after"},
		{"tone", "", ""},
	} {
		t.Run(c.exten+" "+c.keys, func(t *testing.T) {
			in(t, keyed, func(t *testing.T, x *exchange) {
				leg, _ := x.call(t, c.exten)
				press(leg, c.keys)
				time.Sleep(60 * time.Second)
				if got := x.heard(); got != c.want {
					t.Errorf("%s with %q: got %q, want %q", c.exten, c.keys, got, c.want)
				}
			})
		})
	}
}

func TestPlaybackTakesAsLongAsTheSound(t *testing.T) {
	in(t, keyed, func(t *testing.T, x *exchange) {
		began := time.Now()
		c, leg := x.call(t, "pb")
		<-c.LegContext().Done()
		if got, want := time.Since(began).Round(20*time.Millisecond), 6*time.Second; got != want {
			t.Errorf("played for %v, want %v", got, want)
		}
		if got, want := leg.samples(), 6*8000; got != want {
			t.Errorf("%d samples were sent, want %d", got, want)
		}
	})
}

func TestHangupEndsPlayback(t *testing.T) {
	in(t, keyed, func(t *testing.T, x *exchange) {
		c, leg := x.call(t, "pb")
		time.Sleep(time.Second)
		c.Hangup(16)
		synctest.Wait()
		before := leg.samples()
		time.Sleep(time.Second)
		if after := leg.samples(); after != before || before > 8000+160 {
			t.Errorf("%d samples at hang-up, %d a second later", before, after)
		}
	})
}

func TestControlPlaybackStops(t *testing.T) {
	in(t, keyed, func(t *testing.T, x *exchange) {
		c, _ := x.call(t, "cp")
		press(c, "69")
		time.Sleep(time.Second)
		// 0.58 s until the first key counts, 1 s skipped, 0.28 s until the second.
		if got, want := x.heard(), "USERSTOPPED 1880 9"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestControlPlaybackPauses(t *testing.T) {
	in(t, keyed, func(t *testing.T, x *exchange) {
		c, leg := x.call(t, "cp")
		press(c, "0")
		time.Sleep(20 * time.Second)
		if got := x.heard(); got != "" {
			t.Fatalf("the paused sound came to an end: %q", got)
		}
		press(c, "0")
		time.Sleep(10 * time.Second)
		if got, want := x.heard(), "SUCCESS -1 "; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if leg.samples() < 5*8000 {
			t.Errorf("only %d samples were sent", leg.samples())
		}
	})
}
