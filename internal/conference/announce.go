package conference

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// announcements is how many wait to be said; what comes beyond is not said, and logged.
const announcements = 64

// An announcer is a room's own voice: a pair of channels of which nobody is told, like
// the halves of a Local channel. What is played to the one is heard in the bridge in
// which the other is. Its goroutine is owned by the room, which ends it.
type announcer struct {
	room *room
	near *channel.Channel
	jobs chan announcement
}

// announcement are sounds that all are to hear.
type announcement struct {
	sounds []string
	after  func() // called when they were heard; may be nil
}

// half is the leg of one of the two.
type half struct {
	other atomic.Pointer[channel.Channel]
}

// The methods of channel.Leg.
func (e *half) Call(context.Context) error { return nil }
func (e *half) Answer() error              { return nil }
func (e *half) Indicate(media.Frame) error { return nil } // nobody is there to be told
func (e *half) WriteFormat() *media.Format { return nil } // whatever comes
func (e *half) Hangup(int) {
	if c := e.other.Load(); c != nil {
		c.RemoteHangup(channel.CauseNormalClearing)
	}
}

func (e *half) Write(f media.Frame) error {
	if c := e.other.Load(); c != nil {
		c.Deliver(f)
	}
	return nil
}

// announce makes the announcer of a room and puts it into the bridge.
func (r *room) announce() (*announcer, error) {
	h := r.house
	name := fmt.Sprintf("CBAnn/%s-%08x", r.name, h.NextNumber())
	var legs [2]half
	var pair [2]*channel.Channel
	for i, end := range []string{";1", ";2"} {
		var err error
		pair[i], err = h.Channels.New(channel.Config{Name: name + end, Technology: "CBAnn", Leg: &legs[i], State: event.Up,
			Language: r.profile.language, Internal: true, Standing: true, Context: "default", Exten: "s"})
		if err != nil {
			if i == 1 {
				pair[0].End()
			}
			return nil, err
		}
	}
	legs[0].other.Store(pair[1])
	legs[1].other.Store(pair[0])
	if err := r.host(pair[1], &bridge.Voice{}); err != nil {
		pair[0].End()
		return nil, err
	}
	a := &announcer{room: r, near: pair[0], jobs: make(chan announcement, announcements)}
	h.Channels.Go(pair[0].Name(), a.run)
	return a, nil
}

// host keeps a leg of the exchange's own in the bridge until the leg is hung up or the bridge ends.
func (r *room) host(c *channel.Channel, v *bridge.Voice) error {
	v.Deaf.Store(c.Technology() == "CBAnn") // it has nobody to hear for
	stay, err := r.bridge.Enter(c, bridge.JoinOptions{Voice: v, Counted: true})
	if err != nil {
		c.End()
		return err
	}
	r.house.Channels.Go(c.Name(), func() {
		_ = stay(c.Context())
		c.Hangup(channel.CauseNormalClearing)
		c.End()
	})
	return nil
}

// run says what there is to be said until the room ends.
func (a *announcer) run() {
	defer a.near.End()
	for {
		select {
		case <-a.near.LegContext().Done():
			return
		case job := <-a.jobs:
			for _, sound := range job.sounds {
				a.play(sound)
			}
			if job.after != nil {
				job.after()
			}
		}
	}
}

func (a *announcer) play(sound string) {
	v, language := a.room.house.Voice, a.room.profile.language
	if sound == "" {
		return
	}
	src, err := v.Open(sound, language, a.near)
	if err != nil {
		a.room.house.Logger.Warn("the sound can't be played", "conference", a.room.name, "sound", sound, "error", err)
		return
	}
	v.Tell(a.near, sound, language, src)
	_ = a.near.Pace(a.near.Context(), src) // the room has ended
	if closer, ok := src.(io.Closer); ok {
		_ = closer.Close()
	}
}

// say has all hear sounds, after those that wait.
func (a *announcer) say(sounds ...string) { a.sayThen(nil, sounds...) }

// sayThen is say that calls after once they were heard.
func (a *announcer) sayThen(after func(), sounds ...string) {
	select {
	case a.jobs <- announcement{sounds, after}:
	default:
		a.room.house.Logger.Warn("a conference has more to announce than can be heard", "conference", a.room.name, "sounds", sounds)
		if after != nil {
			after()
		}
	}
}

// end ends the announcer.
func (a *announcer) end() { a.near.Hangup(channel.CauseNormalClearing) }
