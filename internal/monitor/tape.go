package monitor

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// A tape is one recording of a leg.
type tape struct {
	house   *House
	c       *channel.Channel
	hook    *channel.Hook
	id      string
	name    string // the file of the mix, whole
	flags   command.Flags
	command string // run at the end
	copies  []Deposit
	mixed   *writer
	one     [2]*writer // of one direction alone; nil where it is not wanted
	gain    [2]float64
	muted   [2]atomic.Bool
	bridged bool          // it records only while the leg is in a bridge
	sync    bool          // S
	beep    time.Duration // between two; 0 for none
	done    chan struct{} // closed when its files are whole; copies and the command come after
}

// begin begins a recording. The leg's owner need not be the caller.
func (h *House) begin(c *channel.Channel, file, options, post string) (*tape, error) {
	t := &tape{house: h, c: c, flags: command.ParseFlags(options), command: post, gain: [2]float64{1, 1}, done: make(chan struct{})}
	t.bridged, t.sync, t.beep = t.flags.Has('b'), t.flags.Has('S'), between(t.flags)
	t.gains()
	var err error
	if t.flags.Has('D') {
		t.name = h.path(cut(file) + ".raw")
		t.mixed, err = stereo(t.name, t.flags.Has('a'))
	} else {
		t.name = h.path(file)
		t.mixed, err = open(t.name, t.flags.Has('a'))
	}
	if err != nil {
		return nil, err
	}
	for d, letter := range [2]byte{channel.In: 'r', channel.Out: 't'} {
		name, ok := t.flags[letter]
		if !ok || name == "" {
			continue
		}
		if t.one[d], err = open(h.path(name), t.flags.Has('a')); err != nil {
			t.close()
			return nil, err
		}
	}
	t.deposits()
	t.id = fmt.Sprintf("0x%x", 0x7f0000000000+16*h.ids.Add(1))
	t.hook = c.Hook(t.rate())
	h.mu.Lock()
	if h.running == nil {
		h.running = map[*channel.Channel][]*tape{}
	}
	h.running[c] = append([]*tape{t}, h.running[c]...)
	h.mu.Unlock()
	h.Channels.Go(c.Name(), t.run)
	if t.beep > 0 {
		c.TestEvent("PERIODIC_HOOK_ENABLED", "func_periodic_hook.c", "hook_on", event.Variable{Name: "Channel", Value: c.Name()})
		h.Channels.Go(c.Name(), func() { h.beeps(c, t.hook, t.beep) })
	}
	return t, nil
}

// gains reads the volumes of the options.
func (t *tape) gains() {
	for d, letter := range [2]byte{channel.In: 'V', channel.Out: 'v'} {
		for _, l := range []byte{'W', letter} {
			n, err := strconv.Atoi(strings.TrimSpace(t.flags[l]))
			switch {
			case err != nil || n < -4 || n > 4:
			case n > 0: // each step doubles
				t.gain[d] = float64(int(1) << n)
			case n < 0:
				t.gain[d] = 1 / float64(int(1)<<-n)
			}
		}
	}
}

// rate is the highest of the files'.
func (t *tape) rate() int {
	rate := 8000
	for _, w := range []*writer{t.mixed, t.one[0], t.one[1]} {
		if w != nil && w.file != nil {
			rate = max(rate, w.file.Format().Rate)
		}
	}
	if media.LinearAt(rate) == nil {
		return 8000
	}
	return rate
}

func (t *tape) close() {
	for _, w := range []*writer{t.mixed, t.one[0], t.one[1]} {
		if err := w.close(); err != nil {
			t.house.Logger.Error("a recording is not whole", "channel", t.c.Name(), "file", t.name, "error", err)
		}
	}
}

// run is the recording and what follows it, on a goroutine of its own.
func (t *tape) run() {
	t.record()
	t.deposit(t.c)
	if t.flags.Has('d') {
		_ = os.Remove(t.name)
	}
	t.c.TestEvent("MIXMONITOR_END", "app_mixmonitor.c", "mixmonitor_thread", event.Variable{Name: "File", Value: cut(t.name)})
	if t.command != "" {
		t.after()
	}
}

// record writes what is heard to the end. Then the files are whole.
func (t *tape) record() {
	defer close(t.done)
	for {
		s, err := t.hook.Next(context.Background()) // it ends with the leg
		if err != nil {
			break
		}
		if err := t.take(s); err != nil {
			t.house.Logger.Error("a recording broke off", "channel", t.c.Name(), "file", t.name, "error", err)
			t.hook.Close()
			break
		}
	}
	t.close()
	t.house.forget(t)
}

// after runs the command, which ends by itself.
func (t *tape) after() {
	if out, err := exec.Command("/bin/sh", "-c", t.command).CombinedOutput(); err != nil { //nolint:gosec,noctx // it is the dialplan's
		t.house.Logger.Warn("the command after a recording failed", "file", t.name, "command", t.command, "error", err, "output", string(out))
	}
}

// take writes 20 ms.
func (t *tape) take(s channel.Sound) error {
	if t.bridged && t.c.BridgeID() == "" || !s.Heard[channel.In] && !s.Heard[channel.Out] {
		return nil
	}
	for d := range s.Samples {
		switch {
		case t.muted[d].Load():
			clear(s.Samples[d])
		case t.gain[d] != 1:
			media.Gain(s.Samples[d], t.gain[d])
		}
	}
	if err := t.mixed.write(t.hook.Rate(), s.Samples[channel.In], s.Samples[channel.Out]); err != nil {
		return err
	}
	for d, w := range t.one {
		if w == nil || !s.Heard[d] && !t.sync {
			continue
		}
		if err := w.write(t.hook.Rate(), s.Samples[d]); err != nil {
			return err
		}
	}
	return nil
}

// forget takes a recording that has ended off the list.
func (h *House) forget(t *tape) (was bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := h.running[t.c]
	for i, other := range list {
		if other == t {
			list, was = append(list[:i:i], list[i+1:]...), true
			break
		}
	}
	if len(list) == 0 {
		delete(h.running, t.c)
	} else {
		h.running[t.c] = list
	}
	return was
}

// of returns the recordings of a leg, the latest first.
func (h *House) of(c *channel.Channel) []*tape {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]*tape(nil), h.running[c]...)
}

// find returns the recording of a leg with an id, with "" the latest; nil is none.
func (h *House) find(c *channel.Channel, id string) *tape {
	for _, t := range h.of(c) {
		if id == "" || t.id == id {
			return t
		}
	}
	return nil
}

// stop ends a recording and reports whether it went on.
func (h *House) stop(t *tape) bool {
	if t == nil || !h.forget(t) {
		return false
	}
	t.hook.Close()
	h.tell(event.KindMixMonitorStop, t.c, func(c *event.Channel) event.Event { return &event.MixMonitorStop{Channel: c} })
	return true
}

// tell publishes an event about a leg, unless nobody is told of it.
func (h *House) tell(kind event.Kind, c *channel.Channel, build func(*event.Channel) event.Event) {
	if bus, s := h.Channels.Bus, c.Snapshot(); bus.Wants(kind) && !s.Internal {
		bus.Publish(build(s))
	}
}

// Record records a leg to a file, with the options of MixMonitor, until stop is called or
// the leg ends.
func (h *House) Record(c *channel.Channel, file, options, post string) (stop func(), err error) {
	t, err := h.begin(c, file, options, post)
	if err != nil {
		return nil, err
	}
	return func() { h.stop(t); <-t.done }, nil
}
