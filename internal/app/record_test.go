package app

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
)

const recorded = `
[test]
exten => rec,1,Record(take%d.wav,0,5)
same => n,NoOp(${RECORD_STATUS})
exten => any,1,Record(take.ulaw,0,5,yq)
same => n,NoOp(${RECORD_STATUS})
exten => quiet,1,Record(take.sln,2,20,q)
same => n,NoOp(${RECORD_STATUS})
exten => kept,1,Record(take.wav,0,20,qk)
exten => lost,1,Record(take.wav,0,20,q)
exten => bad,1,Record(take.nofmt,0,5)
same => n,NoOp(${RECORD_STATUS})
exten => none,1,Record(take,0,5)
same => n,NoOp(never)
exten => noise,1,WaitForNoise(500,1,5)
same => n,NoOp(${WAITSTATUS})
exten => silence,1,WaitForSilence(500,1,2)
same => n,NoOp(${WAITSTATUS})
exten => echo,1,Echo()
same => n,NoOp(echoed)
`

// speak sends a leg µ-law for a time: a loud tone, or silence.
func speak(c *channel.Channel, d time.Duration, loud bool) {
	octet := byte(0xff)
	if loud {
		octet = 0x80
	}
	for ; d > 0; d -= 20 * time.Millisecond {
		data := make([]byte, 160)
		for i := range data {
			data[i] = octet
			if loud && i%2 == 1 {
				data[i] = 0x00
			}
		}
		c.Deliver(media.Frame{Kind: media.Voice, Format: media.ULaw, Data: data, Samples: 160})
		time.Sleep(20 * time.Millisecond)
	}
}

func TestRecord(t *testing.T) {
	for _, c := range []struct {
		exten, keys string
		loud, quiet time.Duration
		hangup      bool
		want, file  string
		length      time.Duration // of the file, ±100 ms; less than 0 is no file
	}{
		{exten: "rec", loud: 8 * time.Second, want: "TIMEOUT", file: "take0.wav", length: 5 * time.Second},
		{exten: "rec", loud: 2 * time.Second, keys: "1#", want: "DTMF", file: "take0.wav", length: 1700 * time.Millisecond},
		{exten: "any", loud: 2 * time.Second, keys: "5", want: "DTMF", file: "take.ulaw", length: 2 * time.Second},
		{exten: "quiet", loud: 3 * time.Second, quiet: 4 * time.Second, want: "SILENCE", file: "take.sln", length: 4 * time.Second},
		{exten: "kept", loud: 2 * time.Second, hangup: true, file: "take.wav", length: 2 * time.Second},
		{exten: "lost", loud: 2 * time.Second, hangup: true, file: "take.wav", length: -1},
		{exten: "bad", want: "ERROR", file: "take.nofmt", length: -1},
		{exten: "none", want: "", file: "take", length: -1},
		{exten: "noise", loud: 2 * time.Second, want: "NOISE", length: -1},
		{exten: "noise", quiet: 8 * time.Second, want: "TIMEOUT", length: -1},
		{exten: "silence", loud: 5 * time.Second, want: "TIMEOUT", length: -1},
		{exten: "silence", quiet: 2 * time.Second, want: "SILENCE", length: -1},
	} {
		t.Run(c.exten, func(t *testing.T) {
			in(t, recorded, func(t *testing.T, x *exchange) {
				leg, _ := x.call(t, c.exten)
				speak(leg, c.loud, true)
				speak(leg, c.quiet, false)
				press(leg, c.keys)
				if c.hangup {
					leg.Hangup(16)
				}
				time.Sleep(30 * time.Second)
				if got := x.heard(); got != c.want {
					t.Errorf("%s: got %q, want %q", c.exten, got, c.want)
				}
				checkLength(t, x.Recordings, c.file, c.length)
			})
		})
	}
}

// What is wanted of a leg that has recorded nothing is what Asterisk 22 says.
func TestRecordingInfo(t *testing.T) {
	in(t, `[test]
exten => s,1,NoOp(<${RECORDING_INFO(duration)}>)
same => n,Record(take.wav,0,5,q)
same => n,NoOp(${RECORDING_INFO(duration)}<${RECORDING_INFO(size)}>)
`, func(t *testing.T, x *exchange) {
		for _, f := range x.Functions() {
			x.engine.AddFunction(f)
		}
		leg, _ := x.call(t, "s")
		time.Sleep(10 * time.Millisecond) // virtual: no frame comes in the instant in which Record begins or ends
		speak(leg, 8*time.Second, true)
		if got, want := x.heard(), "<>; 5000<>"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// Two legs that record at once get a file each.
func TestRecordAtOnce(t *testing.T) {
	in(t, recorded, func(t *testing.T, x *exchange) {
		for _, length := range []time.Duration{2 * time.Second, 4 * time.Second} {
			leg, _ := x.call(t, "rec")
			go func() {
				speak(leg, length, true)
				press(leg, "#")
			}()
		}
		time.Sleep(30 * time.Second)
		if got := x.heard(); got != "DTMF; DTMF" {
			t.Errorf("got %q, want DTMF twice", got)
		}
		files, err := filepath.Glob(filepath.Join(x.Recordings, "take*.wav"))
		if err != nil || len(files) != 2 {
			t.Fatalf("the files are %q, %v; want 2", files, err)
		}
		x.call(t, "rec")
		time.Sleep(30 * time.Second)
		if _, err := os.Stat(filepath.Join(x.Recordings, "take2.wav")); err != nil {
			t.Errorf("the third: %v", err)
		}
	})
}

func checkLength(t *testing.T, folder, file string, want time.Duration) {
	t.Helper()
	if want < 0 {
		if _, err := os.Stat(filepath.Join(folder, file)); file != "" && err == nil {
			t.Errorf("%s is there", file)
		}
		return
	}
	r, err := media.OpenRead(os.DirFS(folder), file)
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = r.Close() }()
	got := time.Duration(r.Length()) * time.Second / time.Duration(r.Format().Rate)
	if got < want-100*time.Millisecond || got > want+100*time.Millisecond {
		t.Errorf("%s lasts %v, want %v", file, got, want)
	}
}

func TestEcho(t *testing.T) {
	in(t, recorded, func(t *testing.T, x *exchange) {
		c, leg := x.call(t, "echo")
		speak(c, time.Second, true)
		c.Deliver(media.Frame{Kind: media.Control, Signal: media.VideoUpdate})
		press(c, "1#")
		time.Sleep(time.Second)
		if got := leg.samples(); got != 8000 {
			t.Errorf("%d samples came back, want 8000", got)
		}
		if leg.digits != "1" {
			t.Errorf("the keys %q came back, want 1", leg.digits)
		}
		if leg.pictures != 1 {
			t.Errorf("a whole picture was asked for %d times, want once, as the leg has asked", leg.pictures)
		}
		if got := x.heard(); got != "echoed" {
			t.Errorf("got %q", got)
		}
	})
}
