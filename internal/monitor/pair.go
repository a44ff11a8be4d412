package monitor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// A pair is the recording of Monitor: what a leg says and what it hears, each in a file
// of its own. A leg has one at most.
type pair struct {
	house     *House
	c         *channel.Channel
	hook      *channel.Hook
	extension string
	base      string // the files' name, without -in and -out; running's lock
	begun     string // under which they are written
	one       [2]*strand
	mixed     *strand // nil unless one file is made of both here
	mix       bool
	paused    atomic.Bool
	at        int64         // how much was heard, in samples of the hook's rate
	opened    chan struct{} // closed when it has begun, or can't
	done      chan struct{}
}

// A strand is a file that has silence where nothing was heard before what is.
type strand struct {
	*writer
	length int64 // in samples of the hook's rate
}

// wanted is what Monitor's options ask for.
type wanted struct {
	mix     bool
	skipped [2]bool       // by direction
	every   time.Duration // between two beeps; 0 for none
}

var errNotMonitored = errors.New("the leg is not recorded by Monitor")

// endings are how the names of the files of both directions end.
var endings = [2]string{channel.In: "-in", channel.Out: "-out"}

// monitor begins to record a leg, unless it is already.
func (h *House) monitor(c *channel.Channel, base, format string, w wanted) error {
	if format == "" {
		format = "wav"
	}
	if _, ok := media.FileFormat(format); !ok {
		return fmt.Errorf("there is no file format %q", format)
	}
	p := &pair{house: h, c: c, extension: format, mix: w.mix && !w.skipped[0] && !w.skipped[1], opened: make(chan struct{}), done: make(chan struct{})}
	if strings.EqualFold(format, "wav49") {
		p.extension = "WAV"
	}
	if base == "" {
		base = fmt.Sprintf("%d-%s", time.Now().Unix(), strings.ReplaceAll(c.Name(), "/", "-"))
	}
	p.base, p.begun = h.path(base), h.path(base)
	if !h.reserve(p) {
		return nil
	}
	if err := p.begin(w); err != nil {
		h.release(p)
		return err
	}
	c.AtEnd(func() {
		if h.pairOf(c) == p {
			h.stopPair(c)
			c.PopVariable(autoMonitor)
		}
	})
	if w.every > 0 {
		h.Channels.Go(c.Name(), func() { h.beeps(c, p.hook, w.every) })
	}
	return nil
}

// begin makes the files and begins to write them. Who stops the recording meanwhile waits for it.
func (p *pair) begin(w wanted) error {
	defer close(p.opened)
	if err := p.open(w); err != nil {
		return err
	}
	p.c.SetVariable("__MONITORED", "true")
	p.tell("MonitorStart")
	p.house.Channels.Go(p.c.Name(), p.run)
	return nil
}

// open makes the files.
func (p *pair) open(w wanted) error {
	rate := 8000
	for d, ending := range endings {
		if w.skipped[d] {
			continue
		}
		f, err := open(p.begun+ending+"."+p.extension, false)
		if err != nil {
			p.close()
			return err
		}
		p.one[d] = &strand{writer: f}
		rate = f.file.Format().Rate
	}
	if program, _ := p.c.Variable("MONITOR_EXEC"); p.mix && program == "" {
		f, err := open(p.begun+"-mix."+p.extension, false)
		if err != nil {
			p.close()
			return err
		}
		p.mixed = &strand{writer: f}
	}
	p.hook = p.c.Hook(rate)
	return nil
}

// run is the recording, on a goroutine of its own.
func (p *pair) run() {
	defer close(p.done)
	for {
		s, err := p.hook.Next(context.Background()) // it ends with the leg
		if err != nil {
			return
		}
		if p.paused.Load() {
			continue
		}
		if err := p.take(s); err != nil {
			p.house.Logger.Error("a recording broke off", "channel", p.c.Name(), "file", p.begun, "error", err)
			p.hook.Close()
			return
		}
	}
}

// take writes 20 ms.
func (p *pair) take(s channel.Sound) error {
	for d, f := range p.one {
		if f != nil && s.Heard[d] {
			if err := f.put(p.hook.Rate(), p.at, s.Samples[d]); err != nil {
				return err
			}
		}
	}
	if p.mixed != nil && (s.Heard[0] || s.Heard[1]) {
		if err := p.mixed.put(p.hook.Rate(), p.at, s.Samples[channel.In], s.Samples[channel.Out]); err != nil {
			return err
		}
	}
	p.at += int64(len(s.Samples[0]))
	return nil
}

// put writes what was heard at a place, with silence before it.
func (f *strand) put(rate int, at int64, voices ...[]int16) error {
	for f.length < at {
		n := min(at-f.length, int64(rate))
		if err := f.write(rate, make([]int16, n)); err != nil {
			return err
		}
		f.length += n
	}
	f.length += int64(len(voices[0]))
	return f.write(rate, voices...)
}

func (p *pair) close() {
	for _, f := range []*strand{p.one[0], p.one[1], p.mixed} {
		if f == nil {
			continue
		}
		if err := f.close(); err != nil {
			p.house.Logger.Error("a recording is not whole", "channel", p.c.Name(), "file", p.begun, "error", err)
		}
	}
}

// reserve puts a recording on the list, unless its leg has one.
func (h *House) reserve(p *pair) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.pairs == nil {
		h.pairs = map[*channel.Channel]*pair{}
	}
	if h.pairs[p.c] != nil {
		return false
	}
	h.pairs[p.c] = p
	return true
}

// release takes a recording off the list that could not begin, if it is still there.
func (h *House) release(p *pair) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.pairs[p.c] == p {
		delete(h.pairs, p.c)
	}
}

// take takes the recording of a leg off the list; nil is none.
func (h *House) take(c *channel.Channel) *pair {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.pairs[c]
	delete(h.pairs, c)
	return p
}

// pairOf returns the recording of a leg, or nil.
func (h *House) pairOf(c *channel.Channel) *pair {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.pairs[c]
}

// rename has the files of a leg's recording have another name, once it ends.
func (h *House) rename(c *channel.Channel, base string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if p := h.pairs[c]; p != nil {
		p.base = h.path(base)
	}
}

// stopPair ends the recording of a leg, if there is one.
func (h *House) stopPair(c *channel.Channel) {
	p := h.take(c)
	if p == nil {
		return
	}
	<-p.opened
	if p.hook == nil { // it could not begin
		return
	}
	p.hook.Close()
	<-p.done
	p.close()
	p.tell("MonitorStop")
	c.PopVariable("MONITORED")
	if err := p.settle(); err != nil {
		h.Logger.Error("a recording has not the name that it should have", "channel", c.Name(), "file", p.base, "error", err)
		return
	}
	p.finish()
}

// settle gives the files the name that was asked for last.
func (p *pair) settle() error {
	if p.base == p.begun {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(p.base), 0o777); err != nil { //nolint:gosec // as the reference creates them; umask decides
		return err
	}
	for d, ending := range endings {
		if p.one[d] == nil {
			continue
		}
		if err := os.Rename(p.begun+ending+"."+p.extension, p.base+ending+"."+p.extension); err != nil {
			return err
		}
	}
	return nil
}

// finish makes one file of both, by a program of the dialplan's or here.
func (p *pair) finish() {
	in, out, whole := p.base+endings[channel.In]+"."+p.extension, p.base+endings[channel.Out]+"."+p.extension, p.base+"."+p.extension
	switch {
	case p.mixed != nil:
		if err := os.Rename(p.begun+"-mix."+p.extension, whole); err != nil {
			p.house.Logger.Error("a recording has not the name that it should have", "channel", p.c.Name(), "file", whole, "error", err)
			return
		}
		_, _ = os.Remove(in), os.Remove(out)
	case p.mix:
		program, _ := p.c.Variable("MONITOR_EXEC")
		more, _ := p.c.Variable("MONITOR_EXEC_ARGS")
		line := fmt.Sprintf("nice -n 19 \"%s\" \"%s\" \"%s\" \"%s\" %s", program, in, out, whole, more)
		p.house.Channels.Go(p.c.Name(), func() {
			if told, err := exec.Command("/bin/sh", "-c", line).CombinedOutput(); err != nil { //nolint:gosec,noctx // it is the dialplan's
				p.house.Logger.Warn("the command after a recording failed", "file", whole, "command", line, "error", err, "output", string(told))
			}
		})
	}
}

// tell publishes an event about the recording.
func (p *pair) tell(name string) {
	if bus, s := p.house.Channels.Bus, p.c.Snapshot(); bus.Wants(event.KindGeneric) && !s.Internal {
		bus.Publish(&event.Generic{Name: name, Class: "call", Channel: s})
	}
}
