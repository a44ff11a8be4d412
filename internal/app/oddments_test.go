package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
)

const odd = `
[test]
exten => zap,1,Zapateller(nocallerid)
same => n,NoOp(${ZAPATELLERSTATUS})
same => n,Set(CALLERID(num)=5)
same => n,Zapateller(nocallerid)
same => n,NoOp(${ZAPATELLERSTATUS})
exten => odd,1,SendImage(x)
same => n,SendURL(http://x/)
same => n,NoOp(${SENDIMAGESTATUS} ${SENDURLSTATUS})
same => n,Set(V=1)
same => n,ImportVar(N=${CHANNEL},V)
same => n,ImportVar(M=nosuch,V)
same => n,NoOp(${N}<${M}>)
same => n,BlindTransfer(x)
same => n,NoOp(${BLINDTRANSFERSTATUS})
exten => mp3,1,MP3Player(song)
same => n,NoOp(after)
exten => store,1,StoreDTMF(RX,keys,3)
same => n,Wait(5)
same => n,NoOp(${keys})
same => n,StoreDTMF(remove)
same => n,Wait(5)
same => n,NoOp(${keys})
exten => tone,1,WaitForTone(2600,300,10,2)
same => n,NoOp(${WAITFORTONESTATUS})
exten => notone,1,WaitForTone(2600,300,2)
same => n,NoOp(${WAITFORTONESTATUS})
exten => badtone,1,WaitForTone(x)
same => n,NoOp(${WAITFORTONESTATUS})
exten => watch,1,Set(TONE_DETECT(2600,300,g(test^got^1))=)
same => n,Wait(8)
same => n,NoOp(not)
exten => count,1,Set(TONE_DETECT(2600,300)=)
same => n,Wait(8)
same => n,NoOp(${TONE_DETECT(rx)} ${TONE_DETECT(tx)})
exten => unset,1,Set(TONE_DETECT(2600)=)
same => n,Set(TONE_DETECT(0,,x)=)
same => n,Wait(8)
same => n,NoOp(<${TONE_DETECT(rx)}>)
exten => got,1,NoOp(got)
`

// whistle has a leg hear 2600 Hz three times for 400 ms, and speech between.
func whistle(t *testing.T, c *channel.Channel) {
	t.Helper()
	for range 3 {
		src := media.PitchTone(2600, 400*time.Millisecond, 0).Play()
		for {
			f, err := src.Next()
			if err != nil {
				break
			}
			c.Deliver(f)
			time.Sleep(20 * time.Millisecond)
		}
		speak(c, 500*time.Millisecond, true)
	}
}

func TestOddments(t *testing.T) {
	for _, test := range []struct {
		exten string
		far   func(*testing.T, *channel.Channel)
		want  string
	}{
		{"zap", nil, "ZAPPED; NOTHING"},
		{"odd", nil, "UNSUPPORTED UNSUPPORTED; 1<>; INVALID"},
		{"store", func(_ *testing.T, c *channel.Channel) { press(c, "12345"); time.Sleep(4 * time.Second); press(c, "6") }, "123; 123"},
		{"tone", whistle, "SUCCESS"},
		{"notone", func(_ *testing.T, c *channel.Channel) { speak(c, 3*time.Second, true) }, "TIMEOUT"},
		{"badtone", nil, "ERROR"},
		{"watch", whistle, "got"},
		{"count", whistle, "3 0"},
		{"unset", whistle, "<>"},
	} {
		t.Run(test.exten, func(t *testing.T) {
			in(t, strings.ReplaceAll(odd, "^", ","), func(t *testing.T, x *exchange) {
				x.withFunctions()
				for _, f := range x.Functions() {
					x.engine.AddFunction(f)
				}
				c, _ := x.call(t, test.exten)
				if test.far != nil {
					test.far(t, c)
				}
				time.Sleep(20 * time.Second)
				if got := x.heard(); got != test.want {
					t.Errorf("got %q, want %q", got, test.want)
				}
			})
		})
	}
}

// TestMP3Player plays what a program writes; the test's own stands for mpg123.
func TestMP3Player(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	x := newExchange(t, odd)
	run := func() (samples int, said string) {
		c, leg := x.call(t, "mp3")
		<-c.CallContext().Done()
		return leg.samples(), x.heard()
	}
	if samples, said := run(); samples != 0 || said != "after" {
		t.Errorf("without the program %d samples are heard, and then %q", samples, said)
	}
	script := "#!/bin/sh\n[ \"$9 ${10}\" = '8000 --' ] || exit 1\n/usr/bin/head -c 1600 /dev/zero\n"
	if err := os.WriteFile(filepath.Join(dir, "mpg123"), []byte(script), 0o700); err != nil { //nolint:gosec // it is to be run
		t.Fatal(err)
	}
	if samples, said := run(); samples != 800 || said != "after; after" {
		t.Errorf("%d samples are heard, and then %q", samples, said)
	}
	if err := x.Channels.Shutdown(t.Context(), 16); err != nil {
		t.Error(err)
	}
}

func TestMorseTones(t *testing.T) {
	total := 0
	for _, tone := range morseTones("PARIS ", 60*time.Millisecond, 800, 0) {
		for src := tone.Play(); ; {
			f, err := src.Next()
			if err != nil {
				break
			}
			total += f.Samples
		}
	}
	if want := 50 * 60 * 8; total != want { // the word by which speeds are measured has 50 dits
		t.Errorf("PARIS lasts %d samples, want %d", total, want)
	}
}

// What is wanted is what Asterisk 22 said.
func TestSayFiles(t *testing.T) {
	for args, want := range map[string]string{
		"123": "digits/1&digits/2&digits/3", "a1b2#*": "letters/a&digits/1&letters/b&digits/2&digits/pound&digits/star",
		"-45,digits": "digits/minus&digits/4&digits/5", "abC1 ?.,alpha": "letters/a&letters/b&letters/c&digits/1&letters/space&letters/ascii63&letters/dot",
		"a b.c,phonetic": "phonetic/a_p&letters/space&phonetic/b_p&letters/dot&phonetic/c_p",
		"123,number":     "digits/1&digits/hundred&digits/20&digits/3", "-17,number": "digits/minus&digits/17", "0,number": "digits/0",
		"1.25,money": "digits/1&letters/dollar_&and&digits/20&digits/5&cents", "0.01,money": "digits/1&cent",
		"21,ordinal": "digits/20&digits/h-1", "1000,ordinal": "digits/1&digits/h-thousand", "10,nosuch": "", "": "",
	} {
		if got, _ := sayFiles(args); got != want {
			t.Errorf("SAYFILES(%s) is %s, want %s", args, got, want)
		}
	}
}

func TestToneScanHearsAVoice(t *testing.T) {
	for exten, want := range map[string]string{"voice": "VOICE", "none": "TIMEOUT"} {
		t.Run(exten, func(t *testing.T) {
			in(t, "[test]\nexten => voice,1,ToneScan(,3,,v)\nsame => n,NoOp(${TONESCANSTATUS})\nexten => none,1,ToneScan(,3)\nsame => n,NoOp(${TONESCANSTATUS})\n",
				func(t *testing.T, x *exchange) {
					leg, _ := x.call(t, exten)
					speak(leg, 2*time.Second, true)
					time.Sleep(5 * time.Second)
					if got := x.heard(); got != want {
						t.Errorf("got %q, want %q", got, want)
					}
				})
		})
	}
}
