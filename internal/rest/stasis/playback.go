package stasis

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/octothorpe/octothorpe/internal/app"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
)

// playbacks are those that are queued or run, by their IDs.
type playbacks struct {
	mu  sync.Mutex // a leaf
	all map[string]*Playback
}

// The states of a playback.
const (
	queued     = "queued"
	playing    = "playing"
	paused     = "paused"
	continuing = "continuing"
	done       = "done"
	failed     = "failed"
)

// A Playback is a list of sounds that a leg is to hear.
type Playback struct {
	ID       string
	Media    []string // URIs: sound:x, number:42 …
	Language string
	Offset   int64 // ms at which it begins
	Skip     int64 // ms of a step forward or back

	leg  *Leg
	hub  *Hub
	room string // the bridge to whose legs it is played, or ""

	asQueued []byte

	mu      sync.Mutex // a leaf
	state   string
	at      int // in Media
	stopped bool
	stop    context.CancelCauseFunc // while it runs
}

var errStopped = errors.New("the playback was stopped")

// ErrExists is returned where a client chose an ID that is taken.
var ErrExists = errors.New("there is one already")

// Play has the leg hear a playback, after those that wait already.
func (l *Leg) Play(p *Playback) error {
	p.leg, p.hub, p.state = l, l.hub, queued
	p.asQueued = p.Append(nil)
	h := l.hub
	h.playbacks.mu.Lock()
	taken := h.playbacks.all[p.ID] != nil
	if !taken {
		h.playbacks.all[p.ID] = p
	}
	h.playbacks.mu.Unlock()
	if taken {
		return ErrExists
	}
	err := l.queue(order{run: p.run, dropped: func() { p.end(failed) }})
	if err != nil {
		p.forget()
	}
	return err
}

func (p *Playback) forget() {
	p.hub.playbacks.mu.Lock()
	delete(p.hub.playbacks.all, p.ID)
	p.hub.playbacks.mu.Unlock()
}

// Playback returns the playback of an ID, or nil.
func (h *Hub) Playback(id string) *Playback {
	h.playbacks.mu.Lock()
	defer h.playbacks.mu.Unlock()
	return h.playbacks.all[id]
}

// AsQueued is the Playback as it was when it was queued: the leg may have begun since.
func (p *Playback) AsQueued() []byte { return p.asQueued }

// Append appends the Playback.
func (p *Playback) Append(b []byte) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	b = member(append(b, '{'), "id", p.ID)
	b = member(b, "media_uri", p.Media[p.at])
	if p.at+1 < len(p.Media) {
		b = member(b, "next_media_uri", p.Media[p.at+1])
	}
	target := "channel:" + p.leg.Channel.UniqueID()
	if p.room != "" {
		target = "bridge:" + p.room
	}
	b = member(member(b, "target_uri", target), "language", p.Language)
	return append(member(b, "state", p.state), '}')
}

func (p *Playback) tell(kind string) {
	p.hub.tellOf(p.leg, kind, func(b []byte) []byte { return p.Append(key(b, "playback")) })
}

func (p *Playback) set(state string) {
	p.mu.Lock()
	p.state = state
	p.mu.Unlock()
}

// end tells that the playback is over.
func (p *Playback) end(state string) {
	p.set(state)
	p.tell("PlaybackFinished")
	p.forget()
}

// run plays it on the leg.
func (p *Playback) run(ctx context.Context) {
	within, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	p.mu.Lock()
	p.stop = stop
	stopped := p.stopped
	p.mu.Unlock()
	if stopped { // before it began
		p.end(done)
		return
	}
	state := done
	p.leg.aside(within, func(ctx context.Context) {
		for i := range p.Media {
			err := p.play(ctx, i)
			if ctx.Err() != nil && within.Err() == nil { // its bridge is gone
				state = failed
				break
			}
			if err != nil && within.Err() == nil {
				state = failed
				p.hub.Logger.Warn("a sound can't be played", "channel", p.leg.Channel.Name(), "media", p.Media[i], "error", err)
				break
			}
			if within.Err() != nil {
				break
			}
			if i+1 < len(p.Media) {
				p.set(continuing)
				p.tell("PlaybackContinuing")
			}
		}
	})
	if ctx.Err() != nil {
		state = failed
	}
	p.end(state)
}

// play plays one URI of it.
func (p *Playback) play(ctx context.Context, i int) error {
	p.mu.Lock()
	p.at, p.state = i, playing
	p.mu.Unlock()
	p.tell("PlaybackStarted")
	scheme, rest, _ := strings.Cut(p.Media[i], ":")
	c, house := p.leg.Channel, p.hub.House
	say := func(prompts []string) error {
		_, err := house.SayUntil(ctx, c, prompts, "")
		return err
	}
	switch scheme {
	case "sound":
		return house.PlayMoved(ctx, c, rest, p.Language, app.Control{Skip: p.Skip, Start: p.Offset})
	case "recording":
		path, err := p.hub.recordingPath(rest)
		if err != nil {
			return err
		}
		return house.PlayMoved(ctx, c, path, p.Language, app.Control{Skip: p.Skip, Start: p.Offset})
	case "number":
		n, err := strconv.Atoi(rest)
		if err != nil {
			return fmt.Errorf("number: %w", err)
		}
		return say(house.Speech.Number(n, p.Language, ""))
	case "digits":
		return say(app.DigitPrompts(rest))
	case "characters":
		return say(app.LetterPrompts(rest))
	case "tone":
		return p.tone(ctx, c, rest)
	}
	return fmt.Errorf("%q is no media that can be played", scheme)
}

// tone plays a tone of the leg's country, or of the one that tonezone= names, if that has it.
func (p *Playback) tone(ctx context.Context, c *channel.Channel, name string) error {
	name, option, _ := strings.Cut(name, ";")
	sounds := p.hub.House.Sounds
	src, err := channel.Source(nil), errNoZone
	if country, ok := strings.CutPrefix(option, "tonezone="); ok {
		src, err = sounds.Tone(name+"/"+country, c)
	}
	if err != nil {
		src, err = sounds.Tone(name, c)
	}
	if err != nil {
		return err
	}
	return c.Pace(ctx, src)
}

var errNoZone = errors.New("no country is named")

// ErrNotPlaying is Control's error for what can't be moved in.
var ErrNotPlaying = errors.New("it does not play")

// Control moves in what is played: pause, unpause, restart, forward, reverse.
func (p *Playback) Control(operation string) error {
	p.mu.Lock()
	state := p.state
	way := operation
	switch {
	case state != playing && state != paused:
		p.mu.Unlock()
		if operation == "restart" { // what has not begun is at its beginning
			return nil
		}
		return ErrNotPlaying
	case operation == "pause":
		p.state = paused
	case operation == "unpause":
		p.state, way = playing, "pause" // which is a switch
	}
	changed := p.state != state
	p.mu.Unlock()
	if !changed && (operation == "pause" || operation == "unpause") {
		return nil
	}
	if operation == "unpause" {
		p.tell("PlaybackStarted")
	}
	p.leg.Channel.Hand(media.Frame{Kind: media.Control, Signal: media.Playing, Value: way})
	return nil
}

// Stop ends it.
func (p *Playback) Stop() {
	p.mu.Lock()
	p.stopped = true
	stop := p.stop
	p.mu.Unlock()
	if stop != nil {
		stop(errStopped)
	}
}

// noSteps is how a sound is played that nobody moves in.
var noSteps app.Control
