package app

import (
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/config"
)

const greeted = `
[test]
exten => amd,1,AMD()
same => n,NoOp(${AMDSTATUS} ${AMDCAUSE})
exten => own,1,AMD(1000,,,3000,,,,,400)
same => n,NoOp(${AMDSTATUS} ${AMDCAUSE})
`

// sound is loud and silent by turns, in ms.
func sound(turns ...int) func(*channel.Channel) {
	return func(c *channel.Channel) {
		for i, ms := range turns {
			speak(c, time.Duration(ms)*time.Millisecond, i%2 == 1)
		}
	}
}

func TestAMD(t *testing.T) {
	for _, test := range []struct {
		name, exten string
		speech      func(*channel.Channel)
		want        string
	}{
		{"silence", "amd", sound(6000), "MACHINE INITIALSILENCE-2500-2500"},
		{"hello", "amd", sound(300, 400, 6000), "HUMAN HUMAN-800-800"},
		{"hello, who is it", "amd", sound(300, 400, 200, 400, 6000), "HUMAN HUMAN-800-800"},
		{"a long greeting", "amd", sound(300, 400, 100, 4000, 100), "MACHINE LONGGREETING-1500-1500"},
		{"many words", "amd", sound(300, 120, 100, 120, 100, 120, 100, 120, 6000), "MACHINE MAXWORDS-3-2"},
		{"clicks", "amd", sound(300, 40, 400, 40, 400, 40, 6000), "MACHINE INITIALSILENCE-2500-2500"},
		{"nothing is sent", "amd", func(*channel.Channel) {}, "MACHINE INITIALSILENCE-2500-2500"},
		{"noise now and then", "amd", sound(2000, 40, 2000, 40, 2000), "NOTSURE TOOLONG-5000"},
		{"hang-up", "amd", func(c *channel.Channel) { sound(500)(c); c.Hangup(16) }, ""},
		{"own silence", "own", sound(6000), "MACHINE INITIALSILENCE-1000-1000"},
		{"own word", "own", sound(300, 2000, 6000), "MACHINE MAXWORDLENGTH-400"},
	} {
		t.Run(test.name, func(t *testing.T) {
			in(t, greeted, func(t *testing.T, x *exchange) {
				leg, _ := x.call(t, test.exten)
				test.speech(leg)
				time.Sleep(10 * time.Second)
				if got := x.heard(); got != test.want {
					t.Errorf("got %q, want %q", got, test.want)
				}
			})
		})
	}
}

func TestReadAMD(t *testing.T) {
	f, err := config.Parse("amd.conf", []byte("[general]\ninitial_silence=100\nmaximum_number_of_words=7\nplayback_file=beep\nnonsense=1\ngreeting=x\n"), config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	l, problems := ReadAMD(f)
	if l.initialSilence != 100*time.Millisecond || l.words != 7 || l.file != "beep" || l.greeting != 1500*time.Millisecond || len(problems) != 2 {
		t.Errorf("read %+v with the problems %v", *l, problems)
	}
}
