package state

import (
	"context"
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
		b.SetHints([]Hint{{"100", "default", "PJSIP/100&Custom:lamp"}}, false)
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

// As testdata/reference/hints-reload.txtar of package manager recorded it.
func TestHintsAreToldWhenThePlanChanges(t *testing.T) {
	bus := event.NewBus()
	var got []string
	defer bus.Subscribe(event.Kinds(event.KindExtensionStatus), func(s event.Stamped) {
		got = append(got, s.Event.(*event.ExtensionStatus).Exten)
	})()
	b := NewBoard(bus, func(string) string { return NotInUse })
	one, two := Hint{"1", "default", "PJSIP/100"}, Hint{"2", "default", "PJSIP/100"}
	for _, step := range []struct {
		what  string
		hints []Hint
		anew  bool
		want  string
	}{
		{"the first", []Hint{one}, true, ""},
		{"one more", []Hint{one, two}, false, "2"},
		{"one less", []Hint{two}, false, ""},
		{"other devices", []Hint{{"2", "default", "PJSIP/101"}}, false, "2"},
		{"a reload", []Hint{one, two}, true, "1 2"},
	} {
		got = nil
		if b.SetHints(step.hints, step.anew); strings.Join(got, " ") != step.want {
			t.Errorf("%s: told %q, want %q", step.what, got, step.want)
		}
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
