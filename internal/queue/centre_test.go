package queue

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
)

// An hour of a call centre, in virtual time: a thousand agents in three queues, five
// thousand callers of whom some give up. Each of them is accounted for to the call.
func TestEveryCallOfACallCentreIsAccountedFor(t *testing.T) {
	const agents, calls = 1000, 5000
	var conf strings.Builder
	for i, strategy := range []string{"rrmemory", "leastrecent", "fewestcalls"} {
		fmt.Fprintf(&conf, "[q%d]\nstrategy=%s\nringinuse=no\ntimeout=15\nretry=2\nwrapuptime=10\n", i, strategy)
		for n := range agents {
			if n%3 == i || n%10 == 0 { // some serve in all
				fmt.Fprintf(&conf, "member => Test/agent%d\n", n)
			}
		}
	}
	in(t, conf.String(), "", func(t *testing.T, h *testHouse) {
		chance := rand.New(rand.NewPCG(1, 2))
		var callers sync.WaitGroup
		ids := map[string]bool{}
		for i := range calls {
			time.Sleep(time.Duration(chance.IntN(2*3600_000/calls)) * time.Millisecond)
			c, done := h.call(t, fmt.Sprintf("q%d,r,,,300", i%3))
			ids[c.UniqueID()] = true
			patience := time.Duration(5+chance.IntN(1200)) * time.Second
			if chance.IntN(4) == 0 {
				patience = time.Duration(1+chance.IntN(8)) * time.Second
			}
			callers.Go(func() {
				select {
				case <-done:
				case <-time.After(patience):
					c.RemoteHangup(channel.CauseNormalClearing)
					<-done
				}
			})
		}
		callers.Wait()
		synctest.Wait()
		h.Log.Close()
		text, err := os.ReadFile(h.log)
		if err != nil {
			t.Fatal(err)
		}
		account(t, h, ids, string(text))
	})
}

// account checks that each call has come once, gone once, and was connected as often as its
// end says, and that the figures of the queues are those of the log.
func account(t *testing.T, h *testHouse, ids map[string]bool, log string) {
	t.Helper()
	came, connected, gone := map[string]int{}, map[string]int{}, map[string]string{}
	completed := 0
	for _, line := range strings.Split(strings.TrimSpace(log), "\n") {
		f := strings.Split(line, "|")
		id, what := f[1], f[4]
		switch what {
		case "ENTERQUEUE":
			came[id]++
		case "CONNECT":
			connected[id]++
		case "COMPLETEAGENT", "COMPLETECALLER", "ABANDON", "EXITWITHTIMEOUT":
			if was, again := gone[id]; again {
				t.Errorf("%s has gone by %s and by %s", id, was, what)
			}
			gone[id] = what
			if strings.HasPrefix(what, "COMPLETE") {
				completed++
			}
		case "RINGNOANSWER", "RINGCANCELED":
		default:
			t.Errorf("what is %s", line)
		}
	}
	for id := range ids {
		served := strings.HasPrefix(gone[id], "COMPLETE")
		if came[id] != 1 || gone[id] == "" || served != (connected[id] == 1) {
			t.Errorf("%s came %d times, was connected %d times and went by %q", id, came[id], connected[id], gone[id])
		}
	}
	sum, taken := 0, 0
	for _, q := range h.All() {
		q.mu.Lock()
		sum += q.completed + q.abandoned
		for _, m := range q.members {
			taken += m.calls
			if m.rung != 0 || m.inCall != 0 {
				t.Errorf("%s is rung %d times and in %d calls", m.iface, m.rung, m.inCall)
			}
		}
		if len(q.entries) > 0 {
			t.Errorf("%d wait still in %s", len(q.entries), q.name)
		}
		q.mu.Unlock()
	}
	if len(came) != len(ids) || sum != len(ids) || taken != completed {
		t.Errorf("%d of %d came, %d are in the figures; members took %d calls of %d", len(came), len(ids), sum, taken, completed)
	}
	if completed < len(ids)/2 || completed > len(ids)*99/100 {
		t.Errorf("%d of %d were served, which tests too little", completed, len(ids))
	}
}
