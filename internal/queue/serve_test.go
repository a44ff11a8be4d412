package queue

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/media"
)

func TestACallIsAccountedFor(t *testing.T) {
	in(t, "[q]\nsetinterfacevar=yes\nmember => Test/yes,3,Yvonne\n", "", func(t *testing.T, h *testHouse) {
		c, done := h.call(t, "q,c")
		if err := <-done; err != nil {
			t.Error(err)
		}
		const want = "NONE|ENTERQUEUE|||1\nYvonne|CONNECT|1|"
		got := h.lines(t)
		if !strings.HasPrefix(got, want) || !strings.HasSuffix(got, "Yvonne|COMPLETEAGENT|1|10|1") {
			t.Errorf("log: %s", got)
		}
		if got := variable(c, "QUEUESTATUS") + " " + variable(c, "MEMBERNAME") + " " + variable(c, "QUEUEWAIT") + " " + variable(c, "ANSWEREDTIME"); got != "CONTINUE Yvonne 1 10" {
			t.Error(got)
		}
		q := h.Find("Q")
		q.mu.Lock()
		defer q.mu.Unlock()
		if m := q.members[0]; q.completed != 1 || q.talkTime != 10 || m.calls != 1 || m.inCall != 0 || m.rung != 0 {
			t.Errorf("%+v, %+v", q.figures, m)
		}
	})
}

func TestWithoutCTheCallerGoesWithTheMember(t *testing.T) {
	in(t, "[q]\nmember => Test/yes\n", "", func(t *testing.T, h *testHouse) {
		if _, done := h.call(t, "q"); !errors.Is(<-done, errHangup) {
			t.Error("the dialplan goes on")
		}
	})
}

func TestWrapup(t *testing.T) {
	for line, want := range map[string]string{
		"[q]\nwrapuptime=7\nringinuse=no\nmember => Test/soon\n":                 "0:soon 17:soon",
		"[q]\nwrapuptime=7\nringinuse=no\nmember => Test/soon,0,,,,3\n":          "0:soon 13:soon",
		"[q]\nringinuse=no\nretry=60\nmember => Test/soon\n":                     "0:soon 10:soon",
		"[general]\nshared_lastcall=yes\n[q]\nringinuse=no\nmember => Test/soon": "0:soon 10:soon",
	} {
		in(t, line, "", func(t *testing.T, h *testHouse) {
			h.call(t, "q")
			time.Sleep(time.Second)
			_, done := h.call(t, "q")
			<-done
			if got := h.called(); got != want {
				t.Errorf("with %q called %s, want %s", line, got, want)
			}
		})
	}
}

func TestWhoMayNotJoin(t *testing.T) {
	for _, c := range []struct{ conf, set, want string }{
		{"joinempty=no", "INVALID", "JOINEMPTY"},
		{"joinempty=no", "UNAVAILABLE", "TIMEOUT"},
		{"joinempty=strict", "UNAVAILABLE", "JOINEMPTY"},
		{"joinempty=loose", "INVALID", "JOINEMPTY"},
		{"joinempty=inuse", "INUSE", "JOINEMPTY"},
		{"joinempty=inuse", "BUSY", "TIMEOUT"},
		{"joinempty=ringing,unknown", "RINGING", "JOINEMPTY"},
		{"joinempty=yes", "INVALID", "TIMEOUT"},
		{"leavewhenempty=yes", "INVALID", "LEAVEEMPTY"},
		{"leavewhenempty=no", "INVALID", "TIMEOUT"},
		{"leavewhenempty=unavailable", "UNAVAILABLE", "LEAVEEMPTY"},
	} {
		in(t, "[q]\nringinuse=no\n"+c.conf+"\nmember => Test/no,0,N,Test/lamp\n", "", func(t *testing.T, h *testHouse) {
			h.devices.put("Test/lamp", c.set)
			synctest.Wait()
			caller, done := h.call(t, "q,,,,3")
			<-done
			if got := variable(caller, "QUEUESTATUS"); got != c.want {
				t.Errorf("%s with %s: %s, want %s", c.conf, c.set, got, c.want)
			}
		})
	}
}

func TestTheLastMemberWhoGoesTakesTheCallersAlong(t *testing.T) {
	in(t, "[q]\nringinuse=no\nleavewhenempty=yes\nmember => Test/no,0,N,Test/lamp\n", "", func(t *testing.T, h *testHouse) {
		h.devices.put("Test/lamp", "INUSE")
		synctest.Wait()
		began := time.Now()
		c, done := h.call(t, "q")
		time.Sleep(3 * time.Second)
		h.pauseSome("q", "Test/no", "", true)
		<-done
		if got := variable(c, "QUEUESTATUS"); got != "LEAVEEMPTY" || time.Since(began) != 3*time.Second {
			t.Errorf("%s after %s", got, time.Since(began))
		}
		if got := h.lines(t); !strings.HasSuffix(got, "NONE|EXITEMPTY|1|1|3") {
			t.Error(got)
		}
	})
}

func TestAnnouncements(t *testing.T) {
	for _, c := range []struct{ name, conf, want string }{
		{"position", "announce-frequency=10\nannounce-position=yes",
			"0:queue-thereare 1:2 2:queue-callswaiting 3:queue-thankyou 15:queue-thereare 16:2 17:queue-callswaiting 18:queue-thankyou"},
		{"more", "announce-frequency=60\nannounce-position=more\nannounce-position-limit=1",
			"0:queue-quantity1 1:1 2:queue-quantity2 3:queue-thankyou"},
		{"limit", "announce-frequency=60\nannounce-position=limit\nannounce-position-limit=1", ""},
		{"periodic", "periodic-announce-frequency=10\nperiodic-announce=one,two", "10:one 20:two"},
		{"early", "periodic-announce-frequency=20\nperiodic-announce-startdelay=4\nperiodic-announce=one", "4:one 24:one"},
		{"relative", "periodic-announce-frequency=10\nrelative-periodic-announce=yes\nperiodic-announce=one", "10:one 21:one"},
		{"hold time", "announce-frequency=60\nannounce-position=no\nannounce-holdtime=once\nannounce-round-seconds=10",
			"0:queue-holdtime 1:30 2:queue-seconds 3:queue-thankyou"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in(t, "[q]\nringinuse=no\n"+c.conf+"\nmember => Test/no,0,N,Test/lamp\n", "", func(t *testing.T, h *testHouse) {
				h.devices.put("Test/lamp", "INUSE")
				synctest.Wait()
				q := h.Find("q")
				first := h.x.Leg(t, &channeltest.Leg{})
				e := q.newEntry(first.Channel)
				q.mu.Lock()
				q.insert(e, 0)
				q.mu.Unlock()
				_, done := h.call(t, "q,,,,28")
				<-done
				if got := h.voice.heard(); got != c.want {
					t.Errorf("heard %s, want %s", got, c.want)
				}
			})
		})
	}
}

func TestKeysLeadOut(t *testing.T) {
	in(t, "[q]\nringinuse=no\ncontext=exits\nmember => Test/no,0,N,Test/lamp\n[r]\ncontext=exits\nmember => Test/no2\n", "", func(t *testing.T, h *testHouse) {
		h.devices.put("Test/lamp", "INUSE")
		synctest.Wait()
		for _, queue := range []string{"q", "r"} { // while it waits; while a member is called
			c, done := h.call(t, queue)
			time.Sleep(time.Second)
			for _, key := range "935" { // 9 is nothing
				c.Deliver(media.Frame{Kind: media.DTMFEnd, Digit: byte(key)})
			}
			if err := <-done; err != nil {
				t.Error(err)
			}
			if got := h.plan.seen(); !strings.HasSuffix(got, "exits,35,1") {
				t.Error(got)
			}
		}
		if got := h.lines(t); !strings.Contains(got, "NONE|EXITWITHKEY|35|1|1|1") || !strings.Contains(got, "Test/no2|RINGCANCELED|1000") {
			t.Error(got)
		}
	})
}

func TestWhoHangsUpHasAbandoned(t *testing.T) {
	in(t, "[q]\nmember => Test/no\n", "", func(t *testing.T, h *testHouse) {
		c, done := h.call(t, "q")
		time.Sleep(3 * time.Second)
		c.RemoteHangup(channel.CauseNormalClearing)
		if err := <-done; err == nil {
			t.Error("the dialplan goes on")
		}
		if got := h.lines(t); !strings.HasSuffix(got, "NONE|ENTERQUEUE|||1\nTest/no|RINGCANCELED|3000\nNONE|ABANDON|1|1|3") {
			t.Error(got)
		}
	})
}

func TestMembersComeBack(t *testing.T) {
	in(t, "[general]\npersistentmembers=yes\n[q]\n", "", func(t *testing.T, h *testHouse) {
		h.Find("q").Add(NewMember{Interface: "Test/a", Name: "Ann", Penalty: 4, Paused: true, Reason: "tea", Wrapup: 9 * time.Second}, "CLI")
		const want = "Test/a;4;1;Ann;Test/a;tea;9"
		if got := h.base.kept["/Queue/PersistentMembers/q"]; got != want {
			t.Errorf("kept %q, want %q", got, want)
		}
		h.Find("q").remove(h.Find("q").Member("Test/a")) // as by a new start
		h.Restore()
		m := h.Find("q").Member("test/A")
		if m == nil || m.name != "Ann" || m.penalty != 4 || !m.paused || m.reason != "tea" || m.wrapup != 9*time.Second || !m.dynamic {
			t.Errorf("%+v", m)
		}
	})
}

func TestAReloadKeepsWhatHappened(t *testing.T) {
	const conf = "[q]\nmember => Test/a,1\nmember => Test/b\n[gone]\n"
	in(t, conf, "", func(t *testing.T, h *testHouse) {
		q := h.Find("q")
		q.Member("Test/a").calls = 5
		h.setPenalty("q", "Test/b", 7)
		q.Add(NewMember{Interface: "Test/d"}, "CLI")
		f, _ := Read(parse(t, "queues.conf", "[q]\nstrategy=linear\nmember => Test/a,2\nmember => Test/b\nmember => Test/c\n"))
		h.Configure(f, Everything, "")
		var got []string
		for _, m := range q.members {
			got = append(got, strings.TrimPrefix(m.iface, "Test/")+number(m.penalty)+number(m.calls))
		}
		if strings.Join(got, " ") != "a25 b70 d00 c00" || q.settings.strategy != linear {
			t.Error(got, q.settings.strategy)
		}
		if h.Find("gone") != nil {
			t.Error("a queue that the file has no more is there")
		}
	})
}

func TestAutopause(t *testing.T) {
	for conf, want := range map[string]string{
		"autopause=yes\nmember => Test/no":                      "true false",
		"autopause=all\nmember => Test/no":                      "true true",
		"autopause=no\nmember => Test/no":                       "false false",
		"autopause=yes\nmember => Test/busy":                    "false",
		"autopause=yes\nautopausebusy=yes\nmember => Test/busy": "true",
	} {
		in(t, "[q]\ntimeout=1\n"+conf+"\n[r]\nmember => Test/no\n", "", func(t *testing.T, h *testHouse) {
			_, done := h.call(t, "q,,,,2")
			<-done
			var got []string
			for _, q := range h.All() {
				for _, m := range q.members {
					if q.name == "q" || m.iface == q.house.Find("q").members[0].iface {
						got = append(got, map[bool]string{true: "true", false: "false"}[m.paused])
					}
				}
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%s: paused %s, want %s", conf, got, want)
			}
		})
	}
}

// With H a caller's * gives up the members who are called, and the caller stays.
func TestAStarGivesUpTheMembers(t *testing.T) {
	for options, want := range map[string]string{"rH": "0:no1 4:no1", "r": "0:no1"} {
		in(t, "[q]\ntimeout=15\nretry=1\nmember => Test/no1\n", "", func(t *testing.T, h *testHouse) {
			c, done := h.call(t, "q,"+options+",,,10")
			time.Sleep(3 * time.Second)
			c.Deliver(media.Frame{Kind: media.DTMFEnd, Digit: '*'})
			<-done
			if got := h.called(); got != want {
				t.Errorf("%s: called %s, want %s", options, got, want)
			}
		})
	}
}
