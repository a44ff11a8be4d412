package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// recordings are the applications that listen to the leg.
func (h *House) recordings() []Application {
	return []Application{
		{Row: row("Record", "app_record", "Record the leg to a file",
			"Record(file.format[,silence[,maxduration[,options]]])"), Run: h.record},
		{Row: row("Dictate", "app_dictate", "Record and play a dictation as keys say", "Dictate([base_dir][,filename])"), Run: h.dictate},
		h.alarm(),
		{Row: row("WaitForSilence", "app_waitforsilence", "Wait until the leg is silent",
			"WaitForSilence([ms[,iterations[,timeout]]])"), Run: h.waitFor(true)},
		{Row: row("WaitForNoise", "app_waitforsilence", "Wait until the leg is not silent",
			"WaitForNoise([ms[,iterations[,timeout]]])"), Run: h.waitFor(false)},
	}
}

// recording is one run of Record.
type recording struct {
	house   *House
	c       *channel.Channel
	flags   command.Flags
	file    *media.FileWriter
	silence media.Silence
	quiet   time.Duration // that ends it; 0 for none
	limit   time.Duration
	status  string
	tacit   bool // its outcome is no variable of the leg's
	samples []int16
}

func (h *House) record(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 4)
	name := command.Arg(args, 0)
	if name == "" {
		h.Logger.Warn("Record requires an argument (filename)", "channel", c.Name())
		c.SetVariable("RECORD_STATUS", "ERROR")
		return ErrHangup
	}
	base, extension, ok := cutExtension(name)
	if !ok {
		h.Logger.Warn("No extension specified to filename!", "channel", c.Name(), "file", name)
		c.SetVariable("RECORD_STATUS", "ERROR")
		return ErrHangup
	}
	r := &recording{house: h, c: c, silence: c.Hearing().Level(), flags: command.ParseFlags(command.Arg(args, 3)), status: "TIMEOUT"}
	if d, err := seconds(command.Arg(args, 1)); err == nil {
		r.quiet = d
	}
	if d, err := seconds(command.Arg(args, 2)); err == nil {
		r.limit = d
	}
	base, release := h.recordingPath(base, extension)
	defer release()
	c.SetVariable("RECORDED_FILE", base)
	if c.State() != event.Up {
		switch {
		case r.flags.Has('s'):
			c.SetVariable("RECORD_STATUS", "SKIP")
			return nil
		case !r.flags.Has('n'):
			if err := answer(ctx, c); err != nil {
				c.SetVariable("RECORD_STATUS", "HANGUP")
				return err
			}
		}
	}
	return r.run(ctx, base+"."+extension, extension)
}

// cutExtension parts file.wav, or file:wav.
func cutExtension(name string) (base, extension string, ok bool) {
	i := strings.LastIndexAny(name, ".:")
	if i < 0 || strings.IndexByte(name[i:], '/') >= 0 || i+1 == len(name) {
		return name, "", false
	}
	return name[:i], name[i+1:], true
}

// fileNames are the names that were given out for %d and are not files yet.
type fileNames struct {
	mu    sync.Mutex // a leaf
	given map[string]bool
}

// take reports whether a name was free. release gives it back.
func (n *fileNames) take(path string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.given[path] {
		return false
	}
	if n.given == nil {
		n.given = map[string]bool{}
	}
	n.given[path] = true
	return true
}

func (n *fileNames) release(path string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.given, path)
}

// recordingPath makes a path of a name: with %d in it the first that is free. Until
// release, when the recording has been made or not, nobody else gets that.
func (h *House) recordingPath(base, extension string) (path string, release func()) {
	if !filepath.IsAbs(base) {
		base = filepath.Join(h.Recordings, base)
	}
	if !strings.Contains(base, "%d") {
		return base, func() {}
	}
	for n := 0; ; n++ {
		path := strings.ReplaceAll(base, "%d", fmt.Sprint(n))
		file := path + "." + extension
		if !h.names.take(file) {
			continue
		}
		// What is wrong with it, if it is something else, shows when it is opened.
		if _, err := os.Stat(file); err != nil {
			return path, func() { h.names.release(file) }
		}
		h.names.release(file)
	}
}

func (r *recording) run(ctx context.Context, path, extension string) (err error) {
	c := r.c
	if !r.flags.Has('q') {
		if _, err := r.house.playFile(ctx, c, "beep", ""); ended(ctx, err) {
			r.tell("HANGUP")
			return err
		}
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil { //nolint:gosec // as the reference creates them; umask decides
		r.house.Logger.Warn("the recording has no folder", "channel", c.Name(), "error", err)
	}
	if r.file, err = media.Create(path, extension, r.flags.Has('a')); err != nil {
		r.house.Logger.Warn("Could not create file", "channel", c.Name(), "file", path, "error", err)
		r.tell("ERROR")
		return nil
	}
	old := c.ReadFormat()
	c.SetReadFormat(linearOf(r.file.Format()))
	filled := c.FillSilence()
	err = r.listen(ctx)
	filled()
	c.SetReadFormat(old)
	if r.status == "SILENCE" {
		rate := int64(r.file.Format().Rate)
		spare := r.quiet - time.Second // a second of it is kept
		if cut := r.file.Position() - int64(spare.Seconds()*float64(rate)); spare > 0 && cut >= 0 {
			_ = r.file.Truncate(cut)
		}
	}
	if !r.tacit {
		c.SetValue(recordedKey{}, r.file.Position()*1000/int64(r.file.Format().Rate))
	}
	if closing := r.file.Close(); closing != nil {
		r.house.Logger.Warn("the recording is not whole", "channel", c.Name(), "error", closing)
	}
	if err != nil {
		r.status = "HANGUP"
		if !r.flags.Has('k') {
			_ = os.Remove(path)
		}
	}
	r.tell(r.status)
	return err
}

// recordedKey is where a leg keeps how long its last recording is, in ms.
type recordedKey struct{}

// recordingInfo tells of the leg's last recording.
func recordingInfo(_ context.Context, c *channel.Channel, item string) (string, error) {
	if c == nil {
		return "", errors.New("RECORDING_INFO needs a channel")
	}
	ms, ok := c.Value(recordedKey{}).(int64)
	switch {
	case !ok:
		return "", fmt.Errorf("no recordings have completed on channel %s", c.Name())
	case !strings.EqualFold(strings.TrimSpace(item), "duration"):
		return "", fmt.Errorf("RECORDING_INFO has no item %q", item)
	}
	return strconv.FormatInt(ms, 10), nil
}

// tell says how the recording came to its end.
func (r *recording) tell(status string) {
	if !r.tacit {
		r.c.SetVariable("RECORD_STATUS", status)
	}
}

// linearOf is the linear format at the rate of another.
func linearOf(f *media.Format) *media.Format {
	if l := media.LinearAt(f.Rate); l != nil {
		return l
	}
	return media.SLin
}

// listen writes what the leg sends until one of the ends.
func (r *recording) listen(ctx context.Context) error {
	within, cancel := ctx, context.CancelFunc(func() {})
	if r.limit > 0 {
		within, cancel = context.WithTimeoutCause(ctx, r.limit, errTime)
	}
	defer cancel()
	for {
		f, err := r.c.Read(within)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case within.Err() != nil:
			return nil
		case err != nil:
			continue
		}
		done, err := r.take(f)
		if err != nil {
			r.house.Logger.Warn("the recording broke off", "channel", r.c.Name(), "error", err)
			r.status = "ERROR"
			return nil
		}
		if done {
			return nil
		}
	}
}

// take writes a frame and tells whether it is the last.
func (r *recording) take(f media.Frame) (done bool, err error) {
	switch f.Kind {
	case media.Voice:
		if err := r.file.Write(f); err != nil {
			return false, err
		}
		if r.quiet > 0 && f.Format.Linear() {
			r.samples = media.AppendSamples(r.samples[:0], f.Data)
			if r.silence.Process(r.samples, f.Format.Rate); r.silence.Quiet >= r.quiet {
				r.status = "SILENCE"
				return true, nil
			}
		}
	case media.DTMFEnd:
		return r.key(f.Digit), nil
	}
	return false, nil
}

// key tells whether a key ends the recording: # does, or with the options any (y),
// * (t), none at all (x) or 0, which is told as OPERATOR (o).
func (r *recording) key(digit byte) bool {
	switch {
	case r.flags.Has('o') && digit == '0':
		r.status = "OPERATOR"
		return true
	case r.flags.Has('y'):
	case r.flags.Has('x'):
		return false
	case r.flags.Has('t'):
		if digit != '*' {
			return false
		}
	case digit != '#':
		return false
	}
	r.status = "DTMF"
	return true
}

// waitFor makes WaitForSilence and WaitForNoise.
func (h *House) waitFor(silent bool) func(context.Context, *channel.Channel, string) error {
	return func(ctx context.Context, c *channel.Channel, data string) error {
		args := command.SplitArgs(data, 3)
		length, times := milliseconds(command.Arg(args, 0), 2*time.Second), max(1, atoi(command.Arg(args, 1)))
		if length <= 0 {
			length = 2 * time.Second
		}
		within, cancel := ctx, context.CancelFunc(func() {})
		if limit := atoi(command.Arg(args, 2)); limit > 0 {
			within, cancel = context.WithTimeoutCause(ctx, time.Duration(limit)*time.Second, errTime)
		}
		defer cancel()
		if err := answer(ctx, c); err != nil {
			return err
		}
		c.SetVariable("WAITSTATUS", "")
		old := c.ReadFormat()
		c.SetReadFormat(media.SLin)
		defer c.SetReadFormat(old)
		for range times {
			if heard, err := waitForLevel(ctx, within, c, silent, length); err != nil {
				c.SetVariable("WAITSTATUS", "HANGUP")
				return err
			} else if !heard {
				c.SetVariable("WAITSTATUS", "TIMEOUT")
				return nil
			}
		}
		if silent {
			c.SetVariable("WAITSTATUS", "SILENCE")
		} else {
			c.SetVariable("WAITSTATUS", "NOISE")
		}
		return nil
	}
}

// waitForLevel waits until the leg was silent, or loud, for a length of time.
// A leg that sends nothing at all is silent.
func waitForLevel(ctx, within context.Context, c *channel.Channel, silent bool, length time.Duration) (bool, error) {
	level := c.Hearing().Level()
	var samples []int16
	for {
		f, came, err := readFor(within, c, length)
		switch {
		case ctx.Err() != nil:
			return false, context.Cause(ctx)
		case within.Err() != nil:
			return false, nil
		case !came && silent:
			return true, nil
		case !came || err != nil || f.Kind != media.Voice:
			continue
		}
		samples = media.AppendSamples(samples[:0], f.Data)
		level.Process(samples, f.Format.Rate)
		if silent && level.Quiet >= length || !silent && level.Loud >= length {
			return true, nil
		}
	}
}

// readFor reads a frame, if one comes within a time: one that comes when the time is
// up has come.
func readFor(ctx context.Context, c *channel.Channel, d time.Duration) (f media.Frame, came bool, err error) {
	within, cancel := context.WithTimeoutCause(ctx, d, errTime)
	defer cancel()
	f, err = c.Read(within)
	return f, err == nil || within.Err() == nil, err
}
