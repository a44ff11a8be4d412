package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
)

const outside = `
[test]
exten => code,1,DISA(1234,inside)
exten => free,1,DISA(no-password,inside,"Joe" <77>)
exten => pound,1,DISA(no-password,inside,,,p)
exten => file,1,DISA(FILE,nowhere)
[inside]
ignorepat => 9
exten => 200,1,NoOp(two ${CALLERID(num)} ${CHANNEL(accountcode)})
exten => _9XX.,1,NoOp(nine ${EXTEN})
exten => i,1,NoOp(invalid ${INVALID_EXTEN})
[none]
exten => 5,1,NoOp(five)
`

func TestDISA(t *testing.T) {
	file := filepath.Join(t.TempDir(), "codes")
	if err := os.WriteFile(file, []byte("; codes\n\n11,none\n22,inside,\"Ann\" <88>\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ exten, keys, want string }{
		{"code", "1234#200", "two  1234"},
		{"code", "124#200", ""},
		{"code", "1234#201", "invalid 201"},
		{"free", "200", "two 77 "},
		{"free", "91234", "nine 91234"},
		{"free", "2", ""},
		{"pound", "912#", "invalid 912"},
		{"pound", "9123#", "nine 9123"},
		{"file", "11#5", "five"},
		{"file", "22#200", "two 88 22"},
		{"file", "33#200", ""},
	} {
		t.Run(test.exten+" "+test.keys, func(t *testing.T) {
			in(t, strings.ReplaceAll(outside, "FILE", file), func(t *testing.T, x *exchange) {
				x.withFunctions()
				leg, _ := x.call(t, test.exten)
				press(leg, test.keys)
				time.Sleep(40 * time.Second)
				if got := x.heard(); got != test.want {
					t.Errorf("got %q, want %q", got, test.want)
				}
				if !leg.HungUp() {
					t.Error("the call goes on")
				}
			})
		})
	}
}

// namedTones notes which tones were asked for.
type namedTones struct {
	Sounds
	names []string
}

func (n *namedTones) Tone(name string, c *channel.Channel) (channel.Source, error) {
	n.names = append(n.names, name)
	return n.Sounds.Tone("busy", c)
}

func TestTheDialToneOfDISAStuttersWhereMessagesWait(t *testing.T) {
	for exten, want := range map[string]string{"with": "dialrecall", "none": "dial", "free": "dial"} {
		t.Run(exten, func(t *testing.T) {
			in(t, `
[test]
exten => with,1,DISA(no-password,inside,,100@default)
exten => none,1,DISA(no-password,inside,,200@default)
exten => free,1,DISA(no-password,inside)
`, func(t *testing.T, x *exchange) {
				tones := &namedTones{Sounds: x.Sounds}
				x.Sounds = tones
				x.Waiting = func(mailbox string) bool { return mailbox == "100@default" }
				leg, _ := x.call(t, exten)
				time.Sleep(time.Second)
				leg.Hangup(channel.CauseNormalClearing)
				time.Sleep(time.Second)
				if len(tones.names) != 1 || tones.names[0] != want {
					t.Errorf("tones %v, want %s", tones.names, want)
				}
			})
		})
	}
}
