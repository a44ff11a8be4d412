package voicemail

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/media"
)

// A recording is sound of a leg in some formats, below one name.
type recording struct {
	base   string
	length time.Duration
	key    byte // that ended it; 0 is silence, the time, or the leg's end
	quiet  bool // silence did
	began  time.Time
}

// limits end a recording.
type limits struct {
	keys      string
	most      time.Duration // 0 is no limit
	silence   time.Duration
	threshold int
}

var errTime = errors.New("the time is up")

// temporary returns a name for a recording in a mailbox's tmp.
func (h *House) temporary(m *Mailbox) (base string, remove func(), err error) {
	folder := h.folder(m, "tmp")
	if err := os.MkdirAll(folder, 0o777); err != nil { //nolint:gosec // as the reference creates them; umask decides
		return "", nil, fmt.Errorf("make folder: %w", err)
	}
	f, err := os.CreateTemp(folder, "")
	if err != nil {
		return "", nil, fmt.Errorf("begin recording: %w", err)
	}
	_ = f.Close()
	return f.Name(), func() {
		_ = os.Remove(f.Name())
		_ = discard(f.Name()) // what was moved away is not there
	}, nil
}

// record records a leg in formats below a name. The files are whole when it returns,
// whatever ended it; the error is the end of the step, or that nothing could be written.
func (h *House) record(ctx context.Context, c *channel.Channel, base string, formats []string, l limits) (r recording, err error) {
	r = recording{base: base, began: time.Now()}
	var files []*media.FileWriter
	for _, format := range formats {
		f, err := media.Create(base+"."+format, format, false)
		if err != nil {
			h.Logger.Warn("a message can't be recorded in a format", "channel", c.Name(), "format", format, "error", err)
			continue
		}
		files = append(files, f)
	}
	if len(files) == 0 {
		return r, fmt.Errorf("record: none of the formats %s can be written", strings.Join(formats, "|"))
	}
	best := files[0].Format()
	for _, f := range files {
		if f.Format().Rate > best.Rate {
			best = f.Format()
		}
	}
	linear := media.LinearAt(best.Rate)
	if linear == nil {
		linear = media.SLin
	}
	before := c.ReadFormat()
	c.SetReadFormat(linear)
	err = r.listen(ctx, c, files, l)
	c.SetReadFormat(before)
	for i, f := range files {
		if cut := l.silence - time.Second; r.quiet && cut > 0 { // a second of it is kept
			_ = f.Truncate(f.Position() - int64(cut.Seconds()*float64(f.Format().Rate)))
		}
		if i == 0 {
			r.length = time.Duration(f.Position()) * time.Second / time.Duration(f.Format().Rate)
		}
		if closing := f.Close(); closing != nil {
			h.Logger.Warn("the recording is not whole", "channel", c.Name(), "error", closing)
		}
	}
	return r, err
}

func (r *recording) listen(ctx context.Context, c *channel.Channel, files []*media.FileWriter, l limits) error {
	within, cancel := ctx, context.CancelFunc(func() {})
	if l.most > 0 {
		within, cancel = context.WithTimeoutCause(ctx, l.most, errTime)
	}
	defer cancel()
	level := c.Hearing().Level()
	if l.threshold > 0 {
		level.Threshold = l.threshold
	}
	var samples []int16
	for {
		f, err := c.Read(within)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case within.Err() != nil:
			return nil
		case err != nil:
		case f.Kind == media.DTMFEnd && strings.IndexByte(l.keys, f.Digit) >= 0:
			r.key = f.Digit
			return nil
		case f.Kind == media.Voice:
			for _, file := range files {
				if err := file.Write(f); err != nil {
					return fmt.Errorf("record: %w", err)
				}
			}
			if l.silence <= 0 || !f.Format.Linear() {
				continue
			}
			samples = media.AppendSamples(samples[:0], f.Data)
			if level.Process(samples, f.Format.Rate); level.Quiet >= l.silence {
				r.quiet = true
				return nil
			}
		}
	}
}

// greeting is where a mailbox keeps one of its own: unavail, busy, temp, greet.
func (h *House) greeting(m *Mailbox, name string) (path string, there bool) {
	path = filepath.Join(h.box(m), name)
	return path, len(sounds(path)) > 0
}
