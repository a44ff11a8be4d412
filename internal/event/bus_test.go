package event

import (
	"fmt"
	"sync"
	"testing"
)

func TestEventsComeInOneOrderToAll(t *testing.T) {
	bus := NewBus()
	var one, two []uint64
	defer bus.Subscribe(All, func(s Stamped) { one = append(one, s.Seq) })()
	defer bus.Subscribe(Kinds(KindVarSet), func(s Stamped) { two = append(two, s.Seq) })()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 100 {
				bus.Publish(&VarSet{Name: "x"})
			}
		})
	}
	all.Wait()
	if len(one) != 400 || fmt.Sprint(one) != fmt.Sprint(two) {
		t.Fatalf("%d and %d events", len(one), len(two))
	}
	for i, seq := range one {
		if seq != uint64(i+1) {
			t.Fatalf("event %d has the number %d", i, seq)
		}
	}
}

func TestWhatIsWithheldIsNotHeard(t *testing.T) {
	bus := NewBus()
	heard := 0
	defer bus.Subscribe(All, func(Stamped) { heard++ })()
	bus.Withhold(KindTestEvent)
	defer bus.Subscribe(All, func(Stamped) { heard++ })()
	bus.Publish(&TestEvent{})
	if bus.Wants(KindTestEvent) || heard != 0 {
		t.Errorf("wanted %v, heard %d times", bus.Wants(KindTestEvent), heard)
	}
	if bus.Publish(&VarSet{}); heard != 2 {
		t.Errorf("another kind was heard %d times, want 2", heard)
	}
}

func TestListenersHearTheirKinds(t *testing.T) {
	bus := NewBus()
	var got []Kind
	cancel := bus.Subscribe(Kinds(KindHangup, KindGeneric), func(s Stamped) { got = append(got, s.Kind()) })
	if !bus.Wants(KindHangup) || !bus.Wants(KindGeneric) || bus.Wants(KindVarSet) {
		t.Error("Wants does not say what is listened to")
	}
	bus.Publish(&Hangup{})
	bus.Publish(&VarSet{})
	bus.Publish(&Generic{})
	cancel()
	cancel()
	bus.Publish(&Hangup{})
	if fmt.Sprint(got) != fmt.Sprint([]Kind{KindHangup, KindGeneric}) {
		t.Errorf("heard %v", got)
	}
	if bus.Wants(KindHangup) {
		t.Error("somebody still listens")
	}
}

// After cancel has returned the encoder is not called, so that its owner may free
// what it uses: run with -race this fails if it is.
func TestNothingIsHeardAfterCancel(t *testing.T) {
	bus := NewBus()
	stop := make(chan struct{})
	var publisher sync.WaitGroup
	publisher.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				bus.Publish(&Hangup{})
			}
		}
	})
	for range 1000 {
		over := false
		cancel := bus.Subscribe(All, func(Stamped) {
			if over {
				t.Error("called after cancel")
			}
		})
		cancel()
		over = true
	}
	close(stop)
	publisher.Wait()
}

func TestWhatNobodyWantsCostsNothing(t *testing.T) {
	bus := NewBus()
	defer bus.Subscribe(Kinds(KindHangup), func(Stamped) {})()
	e := &VarSet{Name: "x"}
	if n := testing.AllocsPerRun(100, func() {
		if bus.Wants(KindVarSet) {
			t.Error("nobody listens to VarSet")
		}
		bus.Publish(e)
	}); n != 0 {
		t.Errorf("%v allocations for an event that nobody wants", n)
	}
	if bus.seq != 0 {
		t.Errorf("%d events were counted that were not told", bus.seq)
	}
}

func TestEveryKindIsItsOwn(t *testing.T) {
	for k := Kind(0); k < kinds; k++ {
		set := Kinds(k)
		for other := Kind(0); other < kinds; other++ {
			if set.Has(other) != (k == other) {
				t.Fatalf("the set of %d has %d: %v", k, other, set.Has(other))
			}
		}
		if !All.Has(k) {
			t.Errorf("All has no %d", k)
		}
	}
	if int(kinds) > 64*len(Set{}) {
		t.Errorf("%d kinds do not fit a set", kinds)
	}
}
