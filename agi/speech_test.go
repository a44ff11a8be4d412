package agi

import (
	"fmt"
	"testing"
	"time"
)

// TestSpeechRecognize reads replies as a real Asterisk 22 has given them.
func TestSpeechRecognize(t *testing.T) {
	for line, want := range map[string]string{
		`200 result=1 (speech) endpos=0 results=1 score0=87 text0="hello world" grammar0=gr`:                                        "{speech  [{hello world 87 gr}]} <nil>",
		`200 result=1 (speech) endpos=0 results=2 score0=42 text0="hollow" grammar0=gr2 score1=90 text1="he "said" hi" grammar1=gr`: `{speech  [{hollow 42 gr2} {he "said" hi 90 gr}]} <nil>`,
		`200 result=1 (speech) endpos=0 results=0 `:                                                                                 "{speech  []} <nil>",
		`200 result=1 (digit) digit=# endpos=0`:                                                                                     "{digit # []} <nil>",
		`200 result=1 (timeout) endpos=0`:                                                                                           "{timeout  []} <nil>",
		`200 result=1 (hangup) endpos=0`:                                                                                            "{hangup  []} agi: hung up",
		`200 result=0`:                                                                                                              "{  []} agi: the command failed: SPEECH RECOGNIZE",
		`511 Command Not Permitted on a dead channel`:                                                                               "{  []} agi: the call is hung up",
	} {
		reply, err := ParseReply(line)
		if err != nil {
			t.Fatal(err)
		}
		s := Pipe(Environment{}, func(command string) Reply {
			if command != `SPEECH RECOGNIZE beep 3 800` {
				t.Errorf("asked was %s", command)
			}
			return reply
		})
		got, err := s.SpeechRecognize(t.Context(), "beep", 3*time.Second, 800)
		if text := fmt.Sprintf("%v %v", got, err); text != want {
			t.Errorf("%s: %s, want %s", line, text, want)
		}
	}
}
