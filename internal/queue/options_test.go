package queue

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
)

// at are the seconds at which events of a name came.
func (h *testHouse) at(name string) string {
	var list []string
	for _, e := range h.told.Events() {
		if g, ok := e.Event.(*event.Generic); ok && g.Name == name {
			list = append(list, fmt.Sprint(int(e.Time.Sub(h.voice.began)/time.Second)))
		}
	}
	return strings.Join(list, " ")
}

// Each option has its effect, and without it there is none.
func TestOptionsOfAQueue(t *testing.T) {
	heard := func(h *testHouse) string { return h.voice.heard() }
	called := func(h *testHouse) string { return h.called() }
	connected := func(h *testHouse) string { return h.at("AgentConnect") }
	went := func(h *testHouse) string { return h.plan.seen() }
	left := func(h *testHouse) string { return h.at("QueueCallerLeave") }
	const soon, nobody = "member => Test/soon1\n", "member => Test/no1\n"
	for _, c := range []struct {
		option, rest string
		got          func(*testHouse) string
		with, plain  string
	}{
		{"reportholdtime = yes\nqueue-reporthold = waited", soon, heard, "0:waited", ""},
		{"memberdelay = 3", soon, connected, "3", "0"},
		{"membergosub = welcome,s,1", soon, went, "Test/soon1=welcome,s,1", ""},
		{"membermacro = hello,you", soon, went, "Test/soon1 Macro(hello,you)", ""},
		{"queue-callerannounce = hello", soon, heard, "0:hello", ""},
		{"announce = whisper", soon, heard, "0:whisper", ""},
		{"penaltymemberslimit = 2", "member => Test/no1,0\nmember => Test/no2,5\ntimeout = 20\n", called, "0:no1 0:no2", "0:no1"},
		{"timeoutpriority = conf", nobody + "timeout = 30\n", left, "30", "20"},
		{"announce-position-only-up = yes", nobody + "announce-frequency = 4\nmin-announce-frequency = 4\ntimeout = 2\nretry = 2\n", heard, "4:queue-youarenext 5:queue-thankyou",
			"4:queue-youarenext 5:queue-thankyou 10:queue-youarenext 11:queue-thankyou 16:queue-youarenext 17:queue-thankyou"},
		{"announce-to-first-user = yes", nobody + "announce-frequency = 5\nmin-announce-frequency = 5\ntimeout = 30\n", heard, "0:queue-youarenext 1:queue-thankyou", ""},
		{"autopausebusy = yes\nautopause = yes", "member => Test/busy1\nretry = 6\n", called, "0:busy1", "0:busy1 6:busy1 12:busy1 18:busy1"},
	} {
		for _, with := range []bool{true, false} {
			text, want := "[s]\n"+c.rest, c.plain
			if with {
				text, want = text+c.option+"\n", c.with
			}
			t.Run(fmt.Sprintf("%s %t", strings.Fields(c.option)[0], with), func(t *testing.T) {
				in(t, text, "", func(t *testing.T, h *testHouse) {
					h.call(t, "s,,,,20")
					time.Sleep(19 * time.Second)
					if strings.Contains(c.option, "timeoutpriority") {
						time.Sleep(20 * time.Second)
					}
					if got := c.got(h); got != want {
						t.Errorf("%q, want %q", got, want)
					}
				})
			})
		}
	}
}

// A table for realtime, as Asterisk's own scripts make it, has the class in musiconhold.
func TestNamesOfTheMusicClass(t *testing.T) {
	for _, option := range []string{"musicclass", "music", "musiconhold"} {
		f, problems := Read(parse(t, "queues.conf", "[q]\n"+option+"=jazz\n"))
		if got := f.queues["q"].music; got != "jazz" || len(problems) > 0 {
			t.Errorf("%s: the class is %q, problems %v", option, got, problems)
		}
	}
}
