package stasis

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
)

// silent is a leg of which nobody wants anything.
type silent struct{ snoopLeg }

// calls makes the channels of a test, in a house of their own.
func calls(t *testing.T, h *Hub) *channel.Registry {
	r := channel.NewRegistry(h.Bus, h.Logger, "")
	t.Cleanup(func() {
		if n := r.Count(); n != 0 {
			t.Errorf("%d channels are left", n)
		}
	})
	return r
}

// enter has a new leg in an application until the test ends or what it returns is called.
func (h *Hub) enterOne(t *testing.T, r *channel.Registry, id, app string) (leave func()) {
	t.Helper()
	c, err := r.New(channel.Config{Name: "Local/" + id, Technology: "Local", Leg: &silent{}, State: event.Up, UniqueID: id, Context: "default", Exten: "s"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = h.keep(ctx, c, app, []string{"one"})
		c.End()
	}()
	synctest.Wait()
	end := func() { cancel(); <-done }
	t.Cleanup(end)
	return end
}

var shares = Listening{Share: true}

// Each call is one client's until it leaves.
func TestShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := testHub(t, Keeping{})
		r := calls(t, h)
		one, _ := h.listen(t, shares, "app")
		two, _ := h.listen(t, shares, "app")
		same(t, one.heard())
		h.enterOne(t, r, "1", "app")
		leave := h.enterOne(t, r, "2", "app")
		same(t, one.heard(), "StasisStart 1")
		same(t, two.heard(), "StasisStart 2")
		h.state("1", "1", "2")
		same(t, one.heard(), "StateChange 1", "StateChange 1")
		same(t, two.heard(), "StateChange 2")
		leave()
		same(t, two.heard(), "StasisEnd 2")
		h.enterOne(t, r, "3", "app") // to who has fewer
		same(t, one.heard())
		same(t, two.heard(), "StasisStart 3")
		// What is about no call, all of them hear.
		if err := h.Subscribe("app", []string{"deviceState:Stasis:door"}); err != nil {
			t.Fatal(err)
		}
		h.Bus.Publish(&event.DeviceStateChange{Device: "Stasis:door", State: "BUSY"})
		same(t, one.heard(), "DeviceStateChanged")
		same(t, two.heard(), "DeviceStateChanged")
		// The calls of one that is lost go to the others.
		h.Unregister(two)
		same(t, one.heard(), "StasisStart 3")
		h.state("3", "1")
		same(t, one.heard(), "StateChange 3", "StateChange 1")
		// And those of the last one wait for the next.
		h.Unregister(one)
		three, _ := h.listen(t, shares, "app")
		same(t, three.heard(), "StasisStart 1", "StasisStart 3")
		// Who does not share has it alone.
		alone, _ := h.listen(t, Listening{}, "app")
		same(t, three.heard(), "ApplicationReplaced")
		h.state("1", "3")
		same(t, three.heard())
		same(t, alone.heard(), "StateChange 1", "StateChange 3")
		// Until somebody comes who does again.
		four, _ := h.listen(t, shares, "app")
		same(t, alone.heard(), "ApplicationReplaced")
		same(t, four.heard(), "StasisStart 1", "StasisStart 3")
	})
}

// A call of two halves counts as much as the next, and both are one client's.
func TestHalvesAreShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := testHub(t, Keeping{})
		r := calls(t, h)
		one, _ := h.listen(t, shares, "app")
		two, _ := h.listen(t, shares, "app")
		leg := func(id string) *channel.Channel {
			c, err := r.New(channel.Config{Name: "Local/" + id, Technology: "Local", Leg: &silent{}, UniqueID: id, Context: "default", Exten: "s"})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(c.End)
			return c
		}
		for _, id := range []string{"1", "2", "3", "4"} {
			c := leg(id)
			h.FollowMade("app", c, nil)
			h.FollowHalf("app", leg(id+";2"), c)
		}
		h.state("1", "1;2", "2", "2;2", "3", "3;2", "4", "4;2")
		same(t, one.heard(), "StateChange 1", "StateChange 1;2", "StateChange 3", "StateChange 3;2")
		same(t, two.heard(), "StateChange 2", "StateChange 2;2", "StateChange 4", "StateChange 4;2")
	})
}

// What a client makes over its WebSocket is its own.
func TestOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := testHub(t, Keeping{})
		r := calls(t, h)
		one, _ := h.listen(t, shares, "app")
		two, _ := h.listen(t, shares, "app")
		for _, id := range []string{"1", "2", "3"} {
			c, err := r.New(channel.Config{Name: "Local/" + id, Technology: "Local", Leg: &silent{}, UniqueID: id, Context: "default", Exten: "s"})
			if err != nil {
				t.Fatal(err)
			}
			h.FollowMade("app", c, two)
			h.state(id)
			c.Hangup(16)
			c.End()
		}
		same(t, one.heard())
		if got := two.heard(); len(got) < 6 || got[0] != "StateChange 1" {
			t.Errorf("it hears %q", got)
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		if a := h.apps["app"]; len(a.owners) != 0 || a.clients[0].legs+a.clients[1].legs != 0 {
			t.Errorf("%v are left, of %+v and %+v", a.owners, a.clients[0], a.clients[1])
		}
	})
}

// A bridge is of those whose legs are in it.
func TestSharedBridge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := testHub(t, Keeping{})
		r := calls(t, h)
		clients := []*tape{}
		for range 3 {
			k, _ := h.listen(t, shares, "app")
			clients = append(clients, k)
		}
		for _, id := range []string{"1", "2", "3"} {
			h.enterOne(t, r, id, "app")
		}
		for _, k := range clients {
			k.heard()
		}
		for _, id := range []string{"1", "2"} {
			h.followRoom(h.Leg(id), "app", "bridge:b")
		}
		b := &event.Bridge{ID: "b"}
		h.Bus.Publish(&event.BridgeEnter{Bridge: b, Channel: h.Leg("1").Snapshot()})
		h.Bus.Publish(&event.BridgeDestroy{Bridge: b})
		same(t, clients[0].heard(), "EnteredBridge 1", "BridgeDestroyed")
		same(t, clients[1].heard(), "EnteredBridge 1", "BridgeDestroyed")
		same(t, clients[2].heard())
	})
}

// A client that counts its events has some time to come back to its calls.
func TestSharedResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := testHub(t, Keeping{Bytes: 1 << 20, Time: time.Minute, Grace: 10 * time.Second})
		r := calls(t, h)
		counts := Listening{Share: true, Sequence: true}
		one, _ := h.listen(t, counts, "app")
		two, _ := h.listen(t, counts, "app")
		h.enterOne(t, r, "1", "app")
		h.enterOne(t, r, "2", "app")
		place := one.place(t)
		h.Unregister(one)
		h.state("1", "2")
		h.enterOne(t, r, "3", "app") // to who is there
		time.Sleep(5 * time.Second)
		synctest.Wait()
		same(t, two.heard(), "ApplicationRegistered", "StasisStart 2", "StateChange 2", "StasisStart 3")
		counts.Since = place
		one, b := h.listen(t, counts, "app")
		same(t, missed(t, b), "StateChange 1")
		time.Sleep(10 * time.Second)
		synctest.Wait()
		h.state("1")
		place = one.place(t)
		same(t, one.heard(), "StateChange 1")
		same(t, two.heard())
		// It does not come back in time.
		h.Unregister(one)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		same(t, two.heard(), "StasisStart 1")
		if _, err := h.Register([]string{"app"}, Listening{Share: true, Since: place}, &tape{}); err == nil {
			t.Error("it has its place still")
		}
	})
}

// A call waits for an application whose client comes back soon.
func TestGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := testHub(t, Keeping{Grace: 10 * time.Second})
		r := calls(t, h)
		k, _ := h.listen(t, Listening{}, "app")
		h.Unregister(k)
		h.enterOne(t, r, "1", "app")
		time.Sleep(9 * time.Second)
		k, _ = h.listen(t, Listening{}, "app")
		synctest.Wait()
		same(t, k.heard(), "StasisStart 1")
		h.Unregister(k)
		// The call keeps the application, but others wait no longer than they are to.
		h.enterOne(t, r, "2", "app")
		leave := h.enterOne(t, r, "3", "app")
		leave() // hung up
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if c := r.Find("2"); c != nil {
			t.Error("the call waits still")
		}
		same(t, h.Names(), "app")
		// Who never was is not waited for.
		h.enterOne(t, r, "4", "nobody")
		if r.Find("4") != nil {
			t.Error("a call waits for nobody")
		}
	})
}
