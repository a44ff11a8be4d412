package queue

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
)

func TestWhoIsTransferredIntoAQueueInheritsThePlace(t *testing.T) {
	in(t, "[q]\nringinuse=no\nmember => Test/no,0,N,Test/lamp\n", "", func(t *testing.T, h *testHouse) {
		h.devices.put("Test/lamp", "INUSE")
		synctest.Wait()
		first, left := h.call(t, "q")
		time.Sleep(time.Second)
		h.call(t, "q")
		time.Sleep(2 * time.Second)
		first.SetLocation(channel.Location{Context: "office", Exten: "queue", Priority: 2})
		first.Yield(channel.CauseNormalClearing)
		<-left
		heir := h.x.Leg(t, &channeltest.Leg{})
		heir.SetLocation(first.Location())
		heir.SetVariable("ATTENDEDTRANSFER", first.Name())
		h.x.Go(heir.Name(), func() { defer heir.End(); _ = h.queueApp(heir.Context(), heir.Channel, "q") })
		time.Sleep(3 * time.Second)
		q := h.Find("q")
		q.mu.Lock()
		if len(q.entries) != 2 || q.entries[0].c != heir.Channel || q.entries[0].waited() != 6 {
			t.Errorf("%d wait, the first is %s for %d s", len(q.entries), q.entries[0].c.Name(), q.entries[0].waited())
		}
		q.mu.Unlock()
		heir.RemoteHangup(channel.CauseNormalClearing)
		time.Sleep(time.Second)
		if got, want := h.lines(t), "NONE|ENTERQUEUE|||1\nNONE|ENTERQUEUE|||2\nNONE|ABANDON|1|1|6"; got != want {
			t.Errorf("log: %s, want %s", got, want)
		}
	})
}

func TestAPlaceThatNobodyInheritsIsGivenUp(t *testing.T) {
	in(t, "[q]\nmember => Test/no\n", "", func(t *testing.T, h *testHouse) {
		c, left := h.call(t, "q")
		time.Sleep(time.Second)
		c.Yield(channel.CauseNormalClearing)
		<-left
		time.Sleep(3 * time.Second)
		if got := h.lines(t); !strings.HasSuffix(got, "NONE|ABANDON|1|1|3") {
			t.Error(got)
		}
		q := h.Find("q")
		q.mu.Lock()
		defer q.mu.Unlock()
		if len(q.entries) != 0 {
			t.Error("it waits still")
		}
	})
}
