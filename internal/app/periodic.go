package app

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// hookAnswer is how long the dialplan of a hook may take to answer.
const hookAnswer = 30 * time.Second

// A periodicHook runs an extension beside a call again and again: both ends of it hear
// what the extension says.
type periodicHook struct {
	house *House
	c     *channel.Channel
	id    string
	to    channel.Location
	every time.Duration

	mu      sync.Mutex // a leaf
	last    time.Time  // when it ran, or began to wait
	off     bool
	running bool
}

type periodicKey string

// hookContext is where the other half of a hook's leg is, and the one that speaks into the call.
const hookContext = "__func_periodic_hook_context__"

// hookSteps are the dialplan of hookContext: at most one leg of each hook speaks. beep is
// an extension for hooks that have no more to say.
var hookSteps = map[string][]string{
	"hook": {"Set(EncodedChannel=${HOOK_CHANNEL})", "Set(GROUP_NAME=${EncodedChannel}${HOOK_ID})", "Set(GROUP(periodic-hook)=${GROUP_NAME})",
		"ExecIf($[${GROUP_COUNT(${GROUP_NAME}@periodic-hook)} > 1]?Hangup())", "Set(ChannelToSpy=${URIDECODE(${EncodedChannel})})",
		"ChanSpy(${ChannelToSpy},qEB)"},
	"beep": {"Answer()", "Playback(beep)", "Hangup()"},
}

// hookPlan makes hookContext, where it is not there.
func (h *House) hookPlan() error {
	if h.Dialplan.Exists(channel.Location{Context: hookContext, Exten: "hook", Priority: 1}, "") {
		return nil
	}
	return h.Extend(hookContext, "func_periodic_hook", hookSteps)
}

// periodicBegin is the reading of PERIODIC_HOOK: it puts a hook on the leg and tells its ID.
func (h *House) periodicBegin(_ context.Context, c *channel.Channel, args string) (string, error) {
	if c == nil {
		return "", errors.New("PERIODIC_HOOK needs a channel")
	}
	place, rest, _ := strings.Cut(args, ",")
	exten, interval, _ := strings.Cut(rest, ",")
	every, err := seconds(interval)
	switch {
	case place == "" || exten == "":
		return "", errors.New("PERIODIC_HOOK(context,extension,interval)")
	case err != nil || every < time.Second:
		return "", fmt.Errorf("invalid hook interval: %q", interval)
	}
	if err := h.hookPlan(); err != nil {
		return "", err
	}
	p := &periodicHook{house: h, c: c, id: strconv.FormatUint(h.hooks.Add(1)-1, 10), every: every, last: time.Now(),
		to: channel.Location{Context: place, Exten: exten, Priority: 1}}
	c.Filter(p.passes)
	c.SetValue(periodicKey(p.id), p)
	return p.id, nil
}

// periodicSwitch is Set(PERIODIC_HOOK(id)=off).
func (h *House) periodicSwitch(_ context.Context, c *channel.Channel, id, value string) error {
	if c == nil {
		return errors.New("PERIODIC_HOOK needs a channel")
	}
	p, ok := c.Value(periodicKey(strings.TrimSpace(id))).(*periodicHook)
	if !ok {
		return fmt.Errorf("hook with ID %q not found on channel %s", id, c.Name())
	}
	off := config.False(value)
	if !off && !config.True(value) {
		return fmt.Errorf("PERIODIC_HOOK: %q is neither on nor off", value)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.off, p.last = off, time.Now()
	return nil
}

// passes looks at the clock with each piece of voice, as time without voice does not count.
func (p *periodicHook) passes(_ channel.Direction, f media.Frame) (media.Frame, bool) {
	if f.Kind != media.Voice {
		return f, true
	}
	p.mu.Lock()
	due := !p.off && !p.running && time.Since(p.last) >= p.every
	if due {
		p.last, p.running = time.Now(), true
	}
	p.mu.Unlock()
	if due {
		p.house.Channels.Go("periodic hook of "+p.c.Name(), p.run)
	}
	return f, true
}

// run calls the extension, with a leg that speaks into the call.
func (p *periodicHook) run() {
	o := call.Origination{Device: "Local/hook@" + hookContext, Timeout: hookAnswer, To: p.to,
		Variables: []event.Variable{{Name: "HOOK_CHANNEL", Value: p.c.Name()}, {Name: "HOOK_ID", Value: p.id}}}
	if _, err := p.house.Calls.Originate(p.c.LegContext(), o, nil); err != nil {
		p.house.Logger.Warn("a periodic hook was not run", "channel", p.c.Name(), "hook", p.id, "error", err)
	}
	p.mu.Lock()
	p.running = false
	p.mu.Unlock()
}

// periodic is the row of PERIODIC_HOOK.
func (h *House) periodic() Function {
	return Function{Row: command.Row{Name: "PERIODIC_HOOK", Module: "func_periodic_hook", Synopsis: "Run an extension beside a call every few seconds",
		Syntax: "PERIODIC_HOOK(context,extension,interval)"},
		Read: h.periodicBegin, Write: h.periodicSwitch}
}
