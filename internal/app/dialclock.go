package app

import (
	"context"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/event"
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
	k := &keeping{dialing: d, bridge: b, began: time.Now()}
	legs := []*channel.Channel{d.c, peer}
	if !d.clock.speaks() {
		legs = legs[1:]
	}
	for _, c := range legs {
		told := c == d.c && d.clock.toCaller || c == peer && d.clock.toCalled
		heard := func() {}
		if told {
			k.hearing.Add(1)
			heard = sync.OnceFunc(k.hearing.Done)
		}
		d.c.Registry().Go(c.Name(), func() {
			defer heard()
			if k.keep(ctx, c, told, heard) {
				k.hearing.Wait()
				k.first.Do(func() { b.Kick(c) })
			}
		})
	}
	return cancel
}

// speaks tells whether anything is said, and not only the call ended.
func (k callClock) speaks() bool { return k.warning > 0 || k.connect != "" || k.expire != "" }

// keeping is the time of one call, kept for each leg on a goroutine of its own.
type keeping struct {
	*dialing
	bridge  *bridge.Bridge
	began   time.Time
	first   sync.Once      // puts one leg out; the other follows, as the call is one of two
	hearing sync.WaitGroup // those who are to hear that the time is up, until they do
}

// keep tells one leg how the time goes by, and reports whether it is up. heard is
// called once the leg hears that.
func (k *keeping) keep(ctx context.Context, c *channel.Channel, told bool, heard func()) bool {
	end := time.NewTimer(k.length)
	defer end.Stop()
	var warn <-chan time.Time
	if told && k.clock.warning > 0 {
		t := time.NewTimer(k.clock.warning)
		defer t.Stop()
		warn = t.C
	}
	if told && k.clock.connect != "" {
		k.say(c, k.clock.connect)
	}
	for {
		select {
		case <-ctx.Done():
			return false
		case <-k.bridge.Over():
			return false
		case <-warn:
			k.say(c, k.clock.warn)
			warn = nil
			if k.clock.repeat > 0 {
				warn = time.After(time.Until(k.nextWarning()))
			}
		case <-end.C:
			k.tellEnd(c)
			if told && k.clock.expire != "" {
				k.playAside(c, []string{k.clock.expire}, heard)
			}
			heard()
			return true
		}
	}
}

// tellEnd publishes the test event of a time that is up.
func (k *keeping) tellEnd(c *channel.Channel) {
	if k.clock.speaks() {
		c.TestEvent("BRIDGE_TIMELIMIT", "bridge_builtin_interval_features.c", "bridge_features_duration_callback",
			event.Variable{Name: "Channel1", Value: c.Name()})
		return
	}
	c.TestEvent("HANGUP_TIME", "channel.c", "ast_waitfor_nandfds", event.Variable{Name: "Channel", Value: c.Name()})
}

// nextWarning is when the next warning is due: not before now.
func (k *keeping) nextWarning() time.Time {
	past := time.Since(k.began.Add(k.clock.warning))
	return k.began.Add(k.clock.warning + past.Truncate(k.clock.repeat) + k.clock.repeat)
}

// say plays what a party is told now. A sound that there is not is warned of.
func (k *keeping) say(c *channel.Channel, sound string) {
	names := []string{sound}
	if sound == timeLeft {
		names = k.leftPrompts(k.length-time.Since(k.began), c.Snapshot().Language)
	}
	k.playAside(c, names, nil)
}

// leftPrompts are the prompts of a time: whole seconds, from two minutes on
// minutes and what is left.
func (k *keeping) leftPrompts(left time.Duration, language string) []string {
	seconds := int(left / time.Second)
	names := []string{"vm-youhave"}
	if seconds >= 120 {
		names = append(append(names, k.house.Speech.Number(seconds/60, language, "")...), "queue-minutes")
		seconds %= 60
	}
	if seconds > 0 {
		names = append(append(names, k.house.Speech.Number(seconds, language, "")...), "queue-seconds")
	}
	return names
}

// playAside plays prompts to one leg of the bridge, apart from the other. begun,
// if not nil, is called when it is aside.
func (k *keeping) playAside(c *channel.Channel, names []string, begun func()) {
	ctx, back, ok := k.bridge.Away(c)
	if !ok {
		return
	}
	defer back()
	if begun != nil {
		begun()
	}
	for _, name := range names {
		if k.house.playBeside(ctx, c, name) != nil {
			return
		}
	}
}
