package monitor

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// inPair is in, with the events of Monitor noted.
func inPair(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	in(t, func(t *testing.T, w *world) {
		defer w.Bus.Subscribe(event.Kinds(event.KindGeneric), func(s event.Stamped) {
			e := s.Event.(*event.Generic)
			w.note(e.Name + " " + e.Channel.Name)
		})()
		test(t, w)
	})
}

func TestMonitorKeepsBothVoicesApart(t *testing.T) {
	inPair(t, func(t *testing.T, w *world) {
		c := w.Leg(t, &channeltest.Leg{Format: media.SLin})
		if err := w.monitorApp(t.Context(), c.Channel, "sln,a/one"); err != nil {
			t.Fatal(err)
		}
		talk(t, c, time.Second, 4000, 0)
		talk(t, c, time.Second, 4000, 2000) // half of this file is silence
		if err := w.pausePair(c.Channel, true); err != nil {
			t.Fatal(err)
		}
		talk(t, c, time.Second, 4000, 2000)
		if err := w.pausePair(c.Channel, false); err != nil {
			t.Fatal(err)
		}
		talk(t, c, time.Second, 4000, 0)
		w.rename(c.Channel, "b/two")
		w.stopPair(c.Channel)
		if got, want := w.noted(), "MonitorStart Test/1; MonitorStop Test/1"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
		w.near("b/two-in.sln", 0, 3*time.Second, 2546)
		w.near("b/two-out.sln", 0, 2*time.Second, 1273/2)
		if _, err := os.Stat(filepath.Join(w.Spool, "a/one-in.sln")); err == nil {
			t.Error("the old name is there, too")
		}
		if err := w.pausePair(c.Channel, true); err == nil {
			t.Error("what is not recorded was paused")
		}
	})
}

func TestMonitorMakesOneFileOfBoth(t *testing.T) {
	inPair(t, func(t *testing.T, w *world) {
		c := w.Leg(t, &channeltest.Leg{Format: media.SLin})
		if err := w.monitorApp(t.Context(), c.Channel, "sln,mix,m"); err != nil {
			t.Fatal(err)
		}
		talk(t, c, time.Second, 4000, 2000)
		c.Hangup(16)
		c.End()
		if got, want := w.noted(), "MonitorStart Test/1; MonitorStop Test/1"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
		w.near("mix.sln", 0, time.Second, 3820)
		files, err := filepath.Glob(filepath.Join(w.Spool, "*"))
		if err != nil || len(files) != 1 {
			t.Errorf("%v, %v: want the one file", files, err)
		}
	})
}

func TestMonitorWaitsForABridge(t *testing.T) {
	inPair(t, func(t *testing.T, w *world) {
		c := w.Leg(t, &channeltest.Leg{Format: media.SLin})
		if err := w.monitorApp(t.Context(), c.Channel, "sln,later,bo"); err != nil {
			t.Fatal(err)
		}
		if got := w.noted(); got != "" {
			t.Errorf("%s, before there is a bridge", got)
		}
		w.Bridged(t.Context(), c.Channel)
		talk(t, c, time.Second, 4000, 2000)
		w.stopPair(c.Channel)
		w.near("later-in.sln", 0, time.Second, 2546)
		if _, err := os.Stat(filepath.Join(w.Spool, "later-out.sln")); err == nil {
			t.Error("what the leg heard was recorded, too")
		}
	})
}

// Who stops a recording that is about to begin waits until it has, or can't.
func TestARecordingIsStoppedAsItBegins(t *testing.T) {
	inPair(t, func(t *testing.T, w *world) {
		c := w.Leg(t, &channeltest.Leg{Format: media.SLin})
		p := &pair{house: w.House, c: c.Channel, extension: "sln", begun: w.path("x"), base: w.path("x"), opened: make(chan struct{}), done: make(chan struct{})}
		if !w.reserve(p) || w.reserve(p) {
			t.Fatal("the leg has no recording, or two")
		}
		stopped := make(chan struct{})
		w.Go("stop", func() { defer close(stopped); w.stopPair(c.Channel) })
		synctest.Wait()
		if err := p.begin(wanted{}); err != nil {
			t.Fatal(err)
		}
		<-stopped
		if got, want := w.noted(), "MonitorStart Test/1; MonitorStop Test/1"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
		if err := w.monitor(c.Channel, "\x00", "sln", wanted{}); err == nil || w.pairOf(c.Channel) != nil {
			t.Errorf("error %v: the leg is recorded to a file that can't be", err)
		}
	})
}
