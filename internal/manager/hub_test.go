package manager

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
)

func tick(k *trial, n int) {
	k.bus.Publish(&event.UserEvent{Name: "Tick", Fields: []event.Variable{{Name: "N", Value: fmt.Sprint(n)}}})
}

// A client that comes back is told exactly what it missed, before what is new.
func TestSinceLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newTrial(t, "")
		defer k.end()
		first := k.login("boss", "secret", "Events: off")
		first.send("Action: Events", "EventMask: user", "Sequence: yes")
		first.want("Events: On")
		var last string
		for n := range 3 {
			tick(k, n)
			last = value(first.want(fmt.Sprintf("N: %d", n)), "Sequence")
		}
		_ = first.Close()
		synctest.Wait()
		for n := 3; n < 2000; n++ {
			tick(k, n)
		}
		again := k.login("boss", "secret", "Events: off")
		again.send("Action: Events", "EventMask: user", "Since: "+last)
		again.want("Response: Success", "Missed: 1997")
		tick(k, 2000)
		for n := 3; n <= 2000; n++ {
			last = value(again.want("Event: UserEvent", fmt.Sprintf("N: %d", n)), "Sequence")
		}
		again.send("Action: Events", "EventMask: user", "Since: "+last)
		again.want("Missed: 0")
	})
}

// What can't be told is an error, and the session is as it was.
func TestSinceThatCantBeTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newTrial(t, "[general](+)\neventhistory=100000,60\n")
		defer k.end()
		c := k.login("boss", "secret", "Events: off")
		tick(k, 1)
		epoch := k.hub.epoch
		for since, want := range map[string]string{"x": string(errSince), epoch + "-99": string(errSince), "0123456789ab-1": string(errSinceEpoch)} {
			c.send("Action: Events", "EventMask: user", "Since: "+since)
			c.want("Response: Error", "Message: "+want)
		}
		time.Sleep(time.Minute + time.Second)
		tick(k, 2) // pushes the first out: it is too old
		c.send("Action: Events", "EventMask: user", "Since: "+epoch+"-0")
		c.want("Message: " + string(errSinceGone))
		for n := range 1000 {
			tick(k, n) // they have no room
		}
		c.send("Action: Events", "EventMask: user", "Since: "+epoch+"-2")
		c.want("Message: " + string(errSinceGone))
		c.send("Action: Ping") // no event came although the mask was given
		c.want("Ping: Pong")
	})
}

// Nobody asks for what is past: nothing is kept.
func TestNoHistoryUnlessAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newTrial(t, "")
		defer k.end()
		tick(k, 1)
		if k.bus.Wants(event.KindUserEvent) || k.hub.kept.on {
			t.Error("events are encoded for nobody")
		}
	})
}

// Listeners that read nothing cost what the stream costs, once, and are cut off; who
// reads is told everything, in order.
func TestStalledListenersShareTheirMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newTrial(t, "[general](+)\nqueuelimit=100000,600\n")
		defer k.end()
		for range 20 {
			k.login("boss", "secret", "Events: user")
		}
		reader := k.login("boss", "secret", "Events: user")
		const events = 3000
		var told sync.WaitGroup
		told.Go(func() {
			for n := range events {
				tick(k, n)
				if n%100 == 99 {
					time.Sleep(10 * time.Millisecond)
				}
			}
		})
		for n := range events {
			reader.want(fmt.Sprintf("N: %d", n))
		}
		told.Wait()
		synctest.Wait()
		if k.Slow() != 20 || len(k.Sessions()) != 1 {
			t.Errorf("%d were cut off and %d are left, want 20 and 1", k.Slow(), len(k.Sessions()))
		}
	})
}

// Who takes nothing for the time of queuelimit is cut off, however little waits.
func TestListenerThatSleeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newTrial(t, "[general](+)\nqueuelimit=1000000,7\n")
		defer k.end()
		k.login("boss", "secret", "Events: user")
		tick(k, 1)
		time.Sleep(6 * time.Second)
		if k.Slow() != 0 {
			t.Error("it was cut off too early")
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if k.Slow() != 1 {
			t.Error("it was not cut off")
		}
	})
}

// An answer comes behind the events that were before it, and before those that follow.
func TestAnswersAndEventsKeepTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newTrial(t, "")
		defer k.end()
		c := k.login("boss", "secret", "Events: user")
		tick(k, 1)
		go c.post("Action: UserEvent", "UserEvent: Mine", "ActionID: 7")
		c.want("N: 1")
		c.want("Message: Event Sent", "ActionID: 7")
		c.want("UserEvent: Mine")
	})
}

// A mask, a filter and their change move a session from one stream to another without
// a gap.
func TestChangeOfMindLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newTrial(t, "")
		defer k.end()
		c := k.login("boss", "secret", "Events: user")
		const rounds = 200
		go func() {
			for n := range rounds {
				tick(k, n)
				c.post("Action: Events", "EventMask: "+[]string{"user", "user,call"}[n%2])
			}
		}()
		for next, answers := 0, 0; next < rounds || answers < rounds; {
			m := c.message()
			if !strings.HasPrefix(m, "Event:") {
				answers++
				continue
			}
			if value(m, "N") != fmt.Sprint(next) {
				t.Fatalf("%q, want number %d", m, next)
			}
			next++
		}
	})
}

// A user who asks too much is told so, over all its sessions, and may go on later.
func TestRateLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newTrial(t, "")
		defer k.end()
		one, two := k.login("clerk", "pencil"), k.login("clerk", "pencil")
		for i, c := range []*caller{one, two, one} {
			c.send("Action: Ping")
			if m := c.message(); value(m, "Ping") != "Pong" {
				t.Errorf("ping %d: %q", i, m)
			}
		}
		two.send("Action: Ping")
		two.want("Response: Error", "Message: Rate limit exceeded")
		time.Sleep(time.Second)
		two.send("Action: Ping")
		two.want("Ping: Pong")
		for _, f := range k.Figures() { // the logins are actions, too
			if f.User == "clerk" && (f.Limited != 1 || f.Done != 6 || f.Sessions != 2) {
				t.Errorf("figures %+v", f)
			}
		}
	})
}

// WaitEvent keeps events back until it is called.
func TestWaitEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newTrial(t, "")
		defer k.end()
		c := k.login("boss", "secret", "Events: user")
		began := time.Now()
		time.AfterFunc(time.Second, func() { tick(k, 1) })
		c.send("Action: WaitEvent", "Timeout: 5", "ActionID: w")
		c.want("Message: Waiting for Event completed.", "ActionID: w")
		c.want("N: 1")
		c.want("Event: WaitEventComplete", "ActionID: w")
		if took := time.Since(began); took < time.Second || took > 2*time.Second {
			t.Errorf("it took %v", took)
		}
		c.send("Action: WaitEvent", "Timeout: 5")
		c.want("Response: Success")
		c.want("Event: WaitEventComplete")
		if took := time.Since(began); took < 6*time.Second {
			t.Errorf("without an event it ended after %v", took)
		}
		c.send("Action: WaitEvent")
		c.send("Action: Ping") // ends it
		c.want("Response: Success")
		c.want("Event: WaitEventComplete")
		c.want("Ping: Pong")
	})
}

// What happens once a client has the answer to its login, or to a new mask, it is told.
func TestEventsBeginWithTheAnswer(t *testing.T) {
	k := newTrial(t, "")
	defer k.end()
	for n := range 300 {
		c := k.login("boss", "secret", "Events: user")
		tick(k, n)
		c.want(fmt.Sprintf("N: %d", n))
		c.send("Action: Events", "EventMask: call,user")
		c.want("Events: On")
		tick(k, n)
		c.want(fmt.Sprintf("N: %d", n))
		_ = c.Close()
	}
}
