package state

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
)

func TestAggregate(t *testing.T) {
	for _, c := range []struct {
		states []string
		want   string
	}{
		{nil, Unavailable},
		{[]string{NotInUse, Unavailable}, NotInUse},
		{[]string{InUse, NotInUse}, InUse},
		{[]string{Ringing, InUse}, RingInUse},
		{[]string{Busy, Busy}, Busy},
		{[]string{Unavailable, Invalid}, Unavailable},
	} {
		if got := Aggregate(c.states); got != c.want {
			t.Errorf("Aggregate(%v) = %s, want %s", c.states, got, c.want)
		}
	}
}

func TestHintFollowsItsDevices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := event.NewBus()
		var got []string
		defer bus.Subscribe(event.Kinds(event.KindExtensionStatus), func(s event.Stamped) {
			e := s.Event.(*event.ExtensionStatus)
			got = append(got, e.Exten+" "+e.StatusText)
		})()
		ctx, cancel := context.WithCancel(t.Context())
		device := NotInUse
		b := NewBoard(bus, func(string) string { return device })
		done := make(chan struct{})
		go func() { defer close(done); b.Run(ctx) }()
		settle := func() { time.Sleep(2 * settling); synctest.Wait() } // virtual time
		b.SetHints([]Hint{{"100", "default", "PJSIP/100&Custom:lamp"}})
		settle()
		b.SetCustom("Custom:lamp", InUse)
		settle()
		b.SetCustom("Custom:lamp", InUse)
		settle()
		b.SetCustom("Custom:lamp", NotInUse)
		settle()
		device = Busy // for less than a moment
		b.Touch("PJSIP/100")
		device = NotInUse
		b.Touch("PJSIP/100")
		settle()
		cancel()
		<-done
		want := []string{"100 InUse", "100 Idle"}
		if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
			t.Errorf("events %q, want %q", got, want)
		}
	})
}

// Names that strangers make up do not fill the memory; what is in use, or of a
// hint, or a user's stays.
func TestDevicesAreBounded(t *testing.T) {
	busy := "Local/busy@x"
	b := NewBoard(event.NewBus(), func(device string) string {
		if device == busy {
			return InUse
		}
		return NotInUse
	})
	b.SetHints([]Hint{{"100", "default", "PJSIP/100"}})
	b.SetCustom("Custom:lamp", NotInUse)
	b.Touch(busy)
	b.Refresh()
	for i := range 3 * maxDevices {
		b.Touch(fmt.Sprintf("Local/%d@x", i))
		b.Refresh()
		if n := len(b.last); n > maxDevices {
			t.Fatalf("%d devices after %d", n, i)
		}
	}
	kept := map[string]bool{}
	for _, d := range b.Devices() {
		kept[d.Device] = true
	}
	for _, device := range []string{busy, "PJSIP/100", "Custom:lamp"} {
		if !kept[device] {
			t.Errorf("%s is forgotten", device)
		}
	}
}

func TestHintsThatAreGoneAreForgotten(t *testing.T) {
	b := NewBoard(event.NewBus(), func(string) string { return NotInUse })
	for i := range 10 {
		b.SetHints([]Hint{{fmt.Sprint(i), "default", "PJSIP/100"}})
		b.Refresh()
	}
	if n := len(b.shown); n != 1 {
		t.Errorf("%d hints are remembered, want 1", n)
	}
}

func TestAggregateAsOnTheReference(t *testing.T) {
	data, err := os.ReadFile("testdata/aggregate.txt")
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]string{Invalid: Unavailable, Unknown: NotInUse} // as a hint shows them
	n := 0
	for _, line := range strings.Split(string(data), "\n") {
		pair, want, ok := strings.Cut(line, "=")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		n++
		got := Aggregate(strings.Split(pair, "+"))
		if s := shown[got]; s != "" {
			got = s
		}
		if got != want {
			t.Errorf("%s: %s, want %s", pair, got, want)
		}
	}
	if n != 72 {
		t.Errorf("%d pairs, want 72", n)
	}
}
