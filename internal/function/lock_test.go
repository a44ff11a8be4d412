package function

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
)

func inLocks(t *testing.T, test func(t *testing.T, one, two *channel.Channel, read func(c *channel.Channel, function string) string)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		x := newExchange(t, "[probe]\nexten => s,1,NoOp()\n")
		one, two := x.leg(t, "one"), x.leg(t, "two")
		test(t, one, two, func(c *channel.Channel, function string) string {
			return x.Expand(c.Context(), c, "${"+function+"}")
		})
		one.End()
		two.End()
	})
}

func TestLockWaitsForTheOwner(t *testing.T) {
	inLocks(t, func(t *testing.T, one, two *channel.Channel, read func(*channel.Channel, string) string) {
		if got := read(one, "LOCK(a)"); got != "1" {
			t.Fatalf("a free lock: %q", got)
		}
		if got := read(two, "TRYLOCK(a)"); got != "0" {
			t.Errorf("TRYLOCK of a taken lock: %q", got)
		}
		if got := read(two, "UNLOCK(a)"); got != "0" {
			t.Errorf("UNLOCK of somebody else's lock: %q", got)
		}
		began := time.Now()
		time.AfterFunc(time.Second, func() { read(one, "UNLOCK(a)") })
		if got, took := read(two, "LOCK(a)"), time.Since(began); got != "1" || took != time.Second {
			t.Errorf("LOCK: %q after %v, want 1 after 1s", got, took)
		}
		began = time.Now()
		if got, took := read(one, "LOCK(a)"), time.Since(began); got != "0" || took != lockWait {
			t.Errorf("LOCK: %q after %v, want 0 after %v", got, took, lockWait)
		}
	})
}

func TestHangupEndsAWaitForALock(t *testing.T) {
	inLocks(t, func(t *testing.T, one, two *channel.Channel, read func(*channel.Channel, string) string) {
		read(one, "LOCK(a)")
		began := time.Now()
		time.AfterFunc(time.Second, func() { two.Hangup(channel.CauseNormalClearing) })
		if got, took := read(two, "LOCK(a)"), time.Since(began); got != "0" || took != time.Second {
			t.Errorf("LOCK: %q after %v, want 0 after 1s", got, took)
		}
	})
}

// An interface may read a function of a leg that has just ended.
func TestALegThatHasEndedHoldsNoLock(t *testing.T) {
	inLocks(t, func(t *testing.T, one, two *channel.Channel, read func(*channel.Channel, string) string) {
		one.End()
		read(one, "TRYLOCK(a)")
		if got := read(two, "TRYLOCK(a)"); got != "1" {
			t.Errorf("the lock: %q", got)
		}
	})
}

func TestALegThatEndsGivesItsLocksBack(t *testing.T) {
	inLocks(t, func(t *testing.T, one, two *channel.Channel, read func(*channel.Channel, string) string) {
		for i := range 3 {
			read(one, fmt.Sprintf("LOCK(%d)", i))
			read(one, fmt.Sprintf("LOCK(%d)", i))
		}
		one.End()
		for i := range 3 {
			if got := read(two, fmt.Sprintf("TRYLOCK(%d)", i)); got != "1" {
				t.Errorf("lock %d: %q", i, got)
			}
		}
	})
}
