package stasis

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/media"
)

// recordings are those that are queued or run, by their names.
type recordings struct {
	mu  sync.Mutex // a leaf
	all map[string]*Recording
}

// The states of a recording that playbacks do not have.
const (
	recordingNow = "recording"
	canceled     = "canceled"
)

// A Recording is what is recorded of a leg.
type Recording struct {
	Name, Format string
	Keys         string        // that end it
	Limit        time.Duration // 0 is none
	Silence      time.Duration // that ends it; 0 is none
	Append       bool          // to what the file holds
	Beep         bool

	leg  *Leg
	hub  *Hub
	path string // without what it ends in
	room string // the bridge that is recorded, or ""

	asQueued []byte

	mu       sync.Mutex // a leaf
	state    string
	muted    bool
	cancel   bool
	stopped  bool
	stop     context.CancelCauseFunc // while it runs
	cause    string                  // why it failed
	duration time.Duration
	silent   time.Duration // of it
}

// Errors of recordings.
var (
	ErrName   = errors.New("the name of the recording is none for a file")
	ErrState  = errors.New("the recording is not in a state for that")
	ErrFormat = errors.New("no such format")
)

// recordingPath is where the recording of a name lies.
func (h *Hub) recordingPath(name string) (string, error) {
	if name == "" || !filepath.IsLocal(name) {
		return "", ErrName
	}
	return filepath.Join(h.Recordings, name), nil
}

// Record has the leg recorded, after what waits already. It fails where a recording of
// the name runs, or lies there and fresh is set.
func (l *Leg) Record(r *Recording, fresh bool) error {
	h := l.hub
	if err := h.possible(r, fresh); err != nil {
		return err
	}
	r.leg, r.hub, r.state = l, h, queued
	r.asQueued = r.AppendTo(nil)
	h.live.mu.Lock()
	taken := h.live.all[r.Name] != nil
	if !taken {
		h.live.all[r.Name] = r
	}
	h.live.mu.Unlock()
	if taken {
		return ErrExists
	}
	if err := l.queue(order{run: r.run, dropped: func() { r.end(failed) }}); err != nil {
		r.forget()
		return err
	}
	return nil
}

// Recording reports whether what the leg says is recorded, or will be.
func (l *Leg) Recording() bool {
	h := l.hub
	h.live.mu.Lock()
	defer h.live.mu.Unlock()
	for _, r := range h.live.all {
		if r.leg == l {
			return true
		}
	}
	return false
}

// possible tells what is wrong with a recording, and finds where it will lie.
func (h *Hub) possible(r *Recording, fresh bool) (err error) {
	if _, ok := media.FileFormat(r.Format); !ok {
		return ErrFormat
	}
	if r.path, err = h.recordingPath(r.Name); err != nil {
		return err
	}
	if _, err := os.Stat(r.path + "." + r.Format); fresh && err == nil {
		return ErrExists
	}
	return nil
}

func (r *Recording) forget() {
	r.hub.live.mu.Lock()
	delete(r.hub.live.all, r.Name)
	r.hub.live.mu.Unlock()
}

// Recording returns the recording of a name that runs or waits, or nil.
func (h *Hub) Recording(name string) *Recording {
	h.live.mu.Lock()
	defer h.live.mu.Unlock()
	return h.live.all[name]
}

// AsQueued is the LiveRecording as it was when it was queued: the leg may have begun,
// or failed, since.
func (r *Recording) AsQueued() []byte { return r.asQueued }

// AppendTo appends the LiveRecording.
func (r *Recording) AppendTo(b []byte) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	b = member(member(append(b, '{'), "name", r.Name), "format", r.Format)
	target := "channel:" + r.leg.Channel.UniqueID()
	if r.room != "" {
		target = "bridge:" + r.room
	}
	b = member(member(b, "state", r.state), "target_uri", target)
	if r.cause != "" {
		b = member(b, "cause", r.cause)
	}
	if r.state == done {
		b = number(b, "duration", int(r.duration/time.Second))
		if r.Silence > 0 { // otherwise nobody has listened
			whole, silent := int(r.duration/time.Second), int(r.silent/time.Second) // the two add up, as on the reference
			b = number(number(b, "talking_duration", whole-silent), "silence_duration", silent)
		}
	}
	return append(b, '}')
}

func (r *Recording) tell(kind string) {
	r.hub.tellOf(r.leg, kind, func(b []byte) []byte { return r.AppendTo(key(b, "recording")) })
}

func (r *Recording) end(state string) {
	r.mu.Lock()
	r.state = state
	r.mu.Unlock()
	r.forget()
	kind := "RecordingFinished"
	if state == failed {
		kind = "RecordingFailed"
	}
	r.tell(kind)
}

// run records, on the goroutine of the leg's owner.
func (r *Recording) run(ctx context.Context) {
	within, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	r.mu.Lock()
	r.stop = stop
	stopped, unheard := r.stopped, done
	if r.cancel {
		unheard = canceled
	}
	if !stopped {
		r.state = recordingNow
	}
	r.mu.Unlock()
	if stopped {
		r.end(unheard)
		return
	}
	if r.leg.Bridge() != nil {
		r.mu.Lock()
		r.cause = "Cannot record channel while in bridge"
		r.mu.Unlock()
		r.end(failed)
		return
	}
	state := done
	r.leg.aside(within, func(ctx context.Context) {
		if err := r.record(ctx); err != nil {
			state = failed
			r.hub.Logger.Warn("a recording failed", "channel", r.leg.Channel.Name(), "recording", r.Name, "error", err)
		}
	})
	r.end(state)
}

func (r *Recording) record(ctx context.Context) error {
	c := r.leg.Channel
	if r.Beep {
		_ = r.hub.House.PlayMoved(ctx, c, "beep", c.Snapshot().Language, noSteps)
	}
	if err := os.MkdirAll(filepath.Dir(r.path), 0o777); err != nil { //nolint:gosec // as the reference creates them; umask decides
		return err
	}
	file, err := media.Create(r.path+"."+r.Format, r.Format, r.Append)
	if err != nil {
		return err
	}
	r.tell("RecordingStarted")
	linear := media.LinearAt(file.Format().Rate)
	if linear == nil {
		linear = media.SLin
	}
	old := c.ReadFormat()
	c.SetReadFormat(linear)
	err = r.listen(ctx, file)
	c.SetReadFormat(old)
	r.mu.Lock()
	r.duration = time.Duration(file.Position()) * time.Second / time.Duration(file.Format().Rate)
	cancel := r.cancel
	r.mu.Unlock()
	if closing := file.Close(); err == nil {
		err = closing
	}
	if cancel {
		err = os.Remove(r.path + "." + r.Format)
	}
	return err
}

// listen writes what the leg says until one of the ends.
func (r *Recording) listen(ctx context.Context, file *media.FileWriter) error {
	within, cancel := ctx, context.CancelFunc(func() {})
	if r.Limit > 0 {
		within, cancel = context.WithTimeout(ctx, r.Limit)
	}
	defer cancel()
	level := r.leg.Channel.Hearing().Level()
	var samples []int16
	for {
		f, err := r.leg.Channel.Read(within)
		switch {
		case within.Err() != nil:
			return nil //nolint:nilerr // that is how it ends
		case err != nil:
		case f.Kind == media.DTMFEnd && strings.IndexByte(r.Keys, f.Digit) >= 0:
			return nil
		case f.Kind == media.Voice:
			state, muted := r.now()
			if state == paused {
				continue
			}
			if muted {
				f.Data = make([]byte, len(f.Data))
			}
			if err := file.Write(f); err != nil {
				return err
			}
			if r.Silence <= 0 || !f.Format.Linear() {
				continue
			}
			samples = media.AppendSamples(samples[:0], f.Data)
			if media.Magnitude(samples) < level.Threshold {
				r.mu.Lock()
				r.silent += time.Duration(len(samples)) * time.Second / time.Duration(f.Format.Rate)
				r.mu.Unlock()
			}
			if level.Process(samples, f.Format.Rate); level.Quiet >= r.Silence {
				return nil
			}
		}
	}
}

func (r *Recording) now() (state string, muted bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state, r.muted
}

// Pause records nothing until it is ended.
func (r *Recording) Pause(on bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.state != recordingNow && r.state != paused:
		return ErrState
	case on:
		r.state = paused
	default:
		r.state = recordingNow
	}
	return nil
}

// Mute records silence instead of what is said.
func (r *Recording) Mute(on bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.state != recordingNow && r.state != paused {
		return ErrState
	}
	r.muted = on
	return nil
}

// Stop ends it; discard throws it away.
func (r *Recording) Stop(discard bool) {
	r.mu.Lock()
	r.stopped, r.cancel = true, discard
	stop := r.stop
	r.mu.Unlock()
	if stop != nil {
		stop(errStopped)
	}
}

// A Stored is a recording that lies there.
type Stored struct{ Name, Format, Path string }

// Stored returns the recordings that lie there, by name.
func (h *Hub) Stored() ([]Stored, error) {
	var list []Stored
	err := filepath.WalkDir(h.Recordings, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(h.Recordings, path)
		if err != nil {
			return err
		}
		extension := filepath.Ext(rel)
		if extension == "" {
			return nil
		}
		list = append(list, Stored{Name: strings.TrimSuffix(rel, extension), Format: extension[1:], Path: path})
		return nil
	})
	slices.SortFunc(list, func(a, b Stored) int { return strings.Compare(a.Name, b.Name) })
	return list, err
}

// FindStored returns the recording of a name that lies there.
func (h *Hub) FindStored(name string) (Stored, bool) {
	path, err := h.recordingPath(name)
	if err != nil {
		return Stored{}, false
	}
	found, _ := filepath.Glob(globEscape(path) + ".*")
	if len(found) == 0 {
		return Stored{}, false
	}
	return Stored{Name: name, Format: strings.TrimPrefix(filepath.Ext(found[0]), "."), Path: found[0]}, true
}

func globEscape(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// Append appends the StoredRecording.
func (s Stored) Append(b []byte) []byte {
	return append(member(member(append(b, '{'), "name", s.Name), "format", s.Format), '}')
}

// CopyStored copies a recording to another name.
func (h *Hub) CopyStored(s Stored, name string) (Stored, error) {
	path, err := h.recordingPath(name)
	if err != nil {
		return Stored{}, err
	}
	if _, there := h.FindStored(name); there {
		return Stored{}, ErrExists
	}
	to := Stored{Name: name, Format: s.Format, Path: path + "." + s.Format}
	b, err := os.ReadFile(s.Path)
	if err != nil {
		return Stored{}, err
	}
	if err := os.MkdirAll(filepath.Dir(to.Path), 0o777); err != nil { //nolint:gosec // as the reference creates them; umask decides
		return Stored{}, err
	}
	return to, os.WriteFile(to.Path, b, 0o666) //nolint:gosec // as the others are
}

// Remove deletes it.
func (s Stored) Remove() error { return os.Remove(s.Path) }

// Read returns the file.
func (s Stored) Read() ([]byte, error) { return os.ReadFile(s.Path) }
