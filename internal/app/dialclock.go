package app

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/config"
)

// timeLeft is the name that stands for saying how long the call may still last.
const timeLeft = "timeleft"

// callClock is what the parties of a call of limited length are told about it:
// L(ms:warning:repeat) of Dial and Bridge, and the caller's LIMIT_… variables.
type callClock struct {
	warning, repeat       time.Duration // from the beginning until the first warning; between two
	connect, warn, expire string        // sounds; "" is none
	toCaller, toCalled    bool
}

// newCallClock reads the variables. left is what is left of the call at the first warning.
func newCallClock(c *channel.Channel, length, left, repeat time.Duration) callClock {
	value := func(name string) string { text, _ := c.Variable(name); return text }
	k := callClock{repeat: repeat, connect: value("LIMIT_CONNECT_FILE"), warn: value("LIMIT_WARNING_FILE"),
		expire: value("LIMIT_TIMEOUT_FILE"), toCalled: config.True(value("LIMIT_PLAYAUDIO_CALLEE"))}
	if left > 0 && left < length {
		k.warning = length - left
	}
	if k.warn == "" {
		k.warn = timeLeft
	}
	caller := value("LIMIT_PLAYAUDIO_CALLER")
	k.toCaller = caller == "" || config.True(caller) || !k.toCalled // somebody is to hear it
	return k
}

// timed has the bridge of a call end when the time of S or L is up, and both
// parties told of it as L says. stop is for a call that ends before.
func (d *dialing) timed(b *bridge.Bridge, peer *channel.Channel) (stop func()) {
	if d.length <= 0 {
		return func() {}
	}
	ctx, cancel := context.WithCancel(d.c.Context())
	began := time.Now()
	var first sync.Once // puts one of them out; the other follows, as the call is one of two
	for _, c := range []*channel.Channel{d.c, peer} {
		told := c == d.c && d.clock.toCaller || c == peer && d.clock.toCalled
		d.c.Registry().Go(c.Name(), func() {
			if d.keepTime(ctx, b, c, told, began) {
				first.Do(func() { b.Kick(c) })
			}
		})
	}
	return cancel
}

// keepTime tells one of the two how the time goes by, and reports whether it is up.
func (d *dialing) keepTime(ctx context.Context, b *bridge.Bridge, c *channel.Channel, told bool, began time.Time) bool {
	end := time.NewTimer(d.length)
	defer end.Stop()
	var warn <-chan time.Time
	if told && d.clock.warning > 0 {
		t := time.NewTimer(d.clock.warning)
		defer t.Stop()
		warn = t.C
	}
	if told && d.clock.connect != "" {
		d.say(b, c, d.clock.connect, began)
	}
	for {
		select {
		case <-ctx.Done():
			return false
		case <-b.Over():
			return false
		case <-warn:
			d.say(b, c, d.clock.warn, began)
			warn = nil
			if d.clock.repeat > 0 {
				warn = time.After(time.Until(d.nextWarning(began)))
			}
		case <-end.C:
			if told && d.clock.expire != "" {
				d.playAside(b, c, []string{d.clock.expire})
			}
			return true
		}
	}
}

// nextWarning is when the next warning is due: not before now.
func (d *dialing) nextWarning(began time.Time) time.Time {
	past := time.Since(began.Add(d.clock.warning))
	return began.Add(d.clock.warning + past.Truncate(d.clock.repeat) + d.clock.repeat)
}

// say plays what a party is told now. A sound that there is not is warned of.
func (d *dialing) say(b *bridge.Bridge, c *channel.Channel, sound string, began time.Time) {
	names := []string{sound}
	if sound == timeLeft {
		names = leftPrompts(d.length-time.Since(began), c.Snapshot().Language)
	}
	d.playAside(b, c, names)
}

// leftPrompts are the prompts of a time: whole seconds, from two minutes on
// minutes and what is left.
func leftPrompts(left time.Duration, language string) []string {
	seconds := int(left / time.Second)
	names := []string{"vm-youhave"}
	if seconds >= 120 {
		names = append(append(names, numberPrompts(seconds/60, language, "")...), "queue-minutes")
		seconds %= 60
	}
	if seconds > 0 {
		names = append(append(names, numberPrompts(seconds, language, "")...), "queue-seconds")
	}
	return names
}

// playAside plays prompts to one leg of a bridge, apart from the others.
func (d *dialing) playAside(b *bridge.Bridge, c *channel.Channel, names []string) {
	ctx, back, ok := b.Away(c)
	if !ok {
		return
	}
	defer back()
	for _, name := range names {
		language := c.Snapshot().Language
		src, err := d.house.Sounds.Open(name, language, c)
		if err != nil {
			d.house.Logger.Warn("the sound can't be played", "channel", c.Name(), "sound", name, "error", err)
			continue
		}
		d.house.tellPlayback(c, name, language, src)
		err = c.Pace(ctx, src)
		if closer, ok := src.(io.Closer); ok {
			_ = closer.Close()
		}
		if err != nil {
			return
		}
	}
}
