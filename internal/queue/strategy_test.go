package queue

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// Each caller waits for seven seconds: attempts of one second, a second between two.
func TestStrategies(t *testing.T) {
	for _, c := range []struct{ strategy, members, callers, want string }{
		{"ringall", "no1 no2", "1", "0:no1 0:no2 2:no1 2:no2 4:no1 4:no2 6:no1 6:no2"},
		{"linear", "no1 no2 no3", "1", "0:no1 2:no2 4:no3 6:no1"},
		{"linear", "no1 no2 no3", "2", "0:no1 2:no2 4:no3 6:no1 7:no1 9:no2 11:no3 13:no1"},
		{"rrmemory", "no1 no2 no3", "2", "0:no1 2:no2 4:no3 6:no1 7:no2 9:no3 11:no1 13:no2"},
		{"rrordered", "no1 no2 no3", "1", "0:no1 2:no2 4:no3 6:no1"},
		{"linear", "busy1 no2 busy3", "1", "0:busy1 0:no2 2:busy3 2:busy1 2:no2 4:busy1 4:no2 6:busy3 6:busy1 6:no2"},
		{"ringall", "no1,2 no2,1 no3,1", "1", "0:no2 0:no3 2:no2 2:no3 4:no2 4:no3 6:no2 6:no3"},
		{"linear", "no1,2 no2,1", "1", "0:no2 2:no2 4:no2 6:no2"},
		{"fewestcalls", "no1 no2", "1", "0:no1 2:no1 4:no1 6:no1"},
	} {
		t.Run(c.strategy+" "+c.members, func(t *testing.T) {
			conf := "[q]\nstrategy=" + c.strategy + "\ntimeout=1\nretry=1\n"
			for _, m := range strings.Fields(c.members) {
				conf += "member => Test/" + m + "\n"
			}
			in(t, conf, "", func(t *testing.T, h *testHouse) {
				for range int(c.callers[0] - '0') {
					_, done := h.call(t, "q,,,,7")
					if err := <-done; err != nil {
						t.Error(err)
					}
				}
				if got := h.called(); got != c.want {
					t.Errorf("called %s, want %s", got, c.want)
				}
			})
		})
	}
}

func TestThoseWhoTookCallsComeLast(t *testing.T) {
	for strategy, want := range map[string]string{
		"fewestcalls": "0:soon1 20:soon2 40:soon1 60:soon2",
		"leastrecent": "0:soon1 20:soon2 40:soon1 60:soon2",
	} {
		in(t, "[q]\nstrategy="+strategy+"\nmember => Test/soon1\nmember => Test/soon2\n", "", func(t *testing.T, h *testHouse) {
			for range 4 {
				_, done := h.call(t, "q")
				<-done
				time.Sleep(10 * time.Second)
			}
			if got := h.called(); got != want {
				t.Errorf("%s called %s, want %s", strategy, got, want)
			}
		})
	}
}

func TestRandomCallsEverybody(t *testing.T) {
	for _, strategy := range []string{"random", "wrandom"} {
		in(t, "[q]\nstrategy="+strategy+"\ntimeout=1\nretry=1\nmember => Test/no1\nmember => Test/no2\nmember => Test/no3\n", "", func(t *testing.T, h *testHouse) {
			_, done := h.call(t, "q,,,,400")
			<-done
			for _, m := range []string{"no1", "no2", "no3"} {
				if n := strings.Count(h.called(), m); n < 30 || n > 110 {
					t.Errorf("%s called %s %d times of 200", strategy, m, n)
				}
			}
		})
	}
}

// With wrandom a penalty makes a member rarer, and does not keep it out.
func TestWeightedRandomHeedsPenalties(t *testing.T) {
	in(t, "[q]\nstrategy=wrandom\ntimeout=1\nretry=1\nmember => Test/no1,0\nmember => Test/no2,3\n", "", func(t *testing.T, h *testHouse) {
		_, done := h.call(t, "q,,,,400")
		<-done
		often, rarely := strings.Count(h.called(), "no1"), strings.Count(h.called(), "no2")
		if rarely == 0 || often < 3*rarely {
			t.Errorf("called the one without a penalty %d times, the other %d", often, rarely)
		}
	})
}

func TestRulesBringMembersIn(t *testing.T) {
	rules := "[grow]\npenaltychange => 3,5\npenaltychange => 6,+10,6\n"
	in(t, "[q]\nstrategy=linear\ntimeout=1\nretry=1\ndefaultrule=grow\nmember => Test/no1,0\nmember => Test/no2,5\nmember => Test/no3,12\n", rules, func(t *testing.T, h *testHouse) {
		c, done := h.call(t, "q,,,,11", "QUEUE_MAX_PENALTY", "1", "QUEUE_MIN_PENALTY", "0")
		<-done
		const want = "0:no1 2:no1 4:no1 6:no1 8:no3 10:no3" // a change counts from the attempt after its second on
		if got := h.called(); got != want {
			t.Errorf("called %s, want %s", got, want)
		}
		if got := variable(c, "QUEUE_MAX_PENALTY") + " " + variable(c, "QUEUE_MIN_PENALTY"); got != "15 6" {
			t.Errorf("penalties are %s", got)
		}
		c, done = h.call(t, "q,,,,9", "QUEUE_MAX_PENALTY", "1")
		<-done
		if got := variable(c, "QUEUE_MAX_PENALTY") + " " + variable(c, "QUEUE_MIN_PENALTY"); got != "15 " {
			t.Errorf("penalties of one who came without the least are %q", got)
		}
	})
}

func TestTheHeavierQueueComesFirst(t *testing.T) {
	in(t, "[light]\nmember => Test/yes,0,Y,Test/lamp\n[heavy]\nweight=1\nmember => Test/yes,0,Y,Test/lamp\n", "", func(t *testing.T, h *testHouse) {
		h.devices.put("Test/lamp", "INUSE")
		h.alter("", "Test/yes", "RINGINUSE", "0", "QueueMemberRinginuse", "ringinuse", func(m *Member) { m.ringInUse = false })
		h.call(t, "light")
		time.Sleep(time.Second)
		heavy, _ := h.call(t, "heavy")
		time.Sleep(time.Second)
		h.devices.put("Test/lamp", "NOT_INUSE")
		time.Sleep(2 * time.Second)
		if heavy.BridgeID() == "" {
			t.Errorf("the caller of the heavier queue waits still: %s", h.told)
		}
	})
}

func TestPlacesByPriority(t *testing.T) {
	q := &Queue{settings: &Settings{}}
	for _, c := range []struct {
		priority, wanted int
		want             string
	}{
		{0, 0, "0"}, {0, 0, "0 1"}, {5, 0, "2 0 1"}, {5, 0, "2 3 0 1"}, {0, 3, "2 3 4 0 1"}, {0, 1, "2 3 5 4 0 1"}, {9, 4, "6 2 3 5 4 0 1"},
	} {
		e := &entry{q: q, priority: c.priority, most: noMost, original: len(q.entries)}
		q.insert(e, c.wanted)
		var got []string
		for _, e := range q.entries {
			got = append(got, fmt.Sprint(e.original))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("after priority %d at %d: %s, want %s", c.priority, c.wanted, got, c.want)
		}
	}
}

func TestWhoWaitsLongestComesFirst(t *testing.T) {
	in(t, "[general]\nforce_longest_waiting_caller=yes\n[a]\nretry=1\nmember => Test/yes,0,Y,Test/lamp\n[b]\nretry=1\nringinuse=no\nmember => Test/yes,0,Y,Test/lamp\n", "", func(t *testing.T, h *testHouse) {
		h.devices.put("Test/lamp", "INUSE")
		h.setRingInUse("", "Test/yes", false)
		older, _ := h.call(t, "b")
		time.Sleep(time.Second)
		younger, _ := h.call(t, "a")
		time.Sleep(time.Second)
		h.devices.put("Test/lamp", "NOT_INUSE")
		time.Sleep(2 * time.Second)
		if older.BridgeID() == "" || younger.BridgeID() != "" {
			t.Errorf("the older is in %q, the younger in %q", older.BridgeID(), younger.BridgeID())
		}
	})
}
