package channel

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// A leg that is watched has what arrives on it in the log, but for its sound.
func TestWatch(t *testing.T) {
	var out bytes.Buffer
	r := NewRegistry(event.NewBus(), slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug - 8})), "")
	leg := func(name string) *Channel {
		c, err := r.New(Config{Name: name, Technology: "Test", Leg: &watchedLeg{}})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	arrive := func(c *Channel) {
		c.Deliver(media.Frame{Kind: media.Voice})
		c.Deliver(media.Frame{Kind: media.DTMFEnd, Digit: '5'})
		c.Deliver(media.Frame{Kind: media.Control, Signal: media.Answered})
	}
	before := leg("Test/before")
	arrive(before)
	if out.Len() > 0 {
		t.Fatalf("told before anybody watched: %s", out.String())
	}
	r.WatchNew(true)
	arrive(before)
	if out.Len() > 0 {
		t.Fatalf("told of a leg that was there before: %s", out.String())
	}
	c := leg("Test/new")
	arrive(c)
	if !before.Watch(true) || c.Watch(true) {
		t.Error("whether it is new to watch a leg is told wrongly")
	}
	c.Watch(false)
	arrive(c)
	before.End()
	var got []string
	for line := range strings.Lines(out.String()) {
		_, line, _ = strings.Cut(line, `msg="`)
		line, _, _ = strings.Cut(line, `"`)
		got = append(got, line)
	}
	want := []string{"<< [ TYPE: DTMF End (1) SUBCLASS: 5 (53) ] [Test/new]", "<< [ TYPE: Control (4) SUBCLASS: Answer (4) ] [Test/new]", "<< [ HANGUP (NULL) ] [Test/before]"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("told\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	c.End()
}

type watchedLeg struct{ Leg }

func (*watchedLeg) Hangup(int) {}
