package app

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/media"
)

const (
	dictateRate  = 8000 // samples a second of a dictation, which are 16 bits each
	dictateStep  = int64(dictateRate * 2)
	dictateFrame = 320 // bytes of 20 ms
	dictateFast  = 4   // the highest speed
)

// A dictation is one run of Dictate: a file that is played or recorded, or rests.
type dictation struct {
	house     *House
	c         *channel.Channel
	file      *os.File
	at        int64 // where it plays, in bytes; nobody's else while it plays
	speed     int
	recording bool // what is done when it does not rest
	resting   bool
}

// dictate records and plays a file as keys say: 1 changes between playing and
// recording, * rests and goes on, 0 helps, # ends. In playing 2 is the speed, 7 and 8
// go back and ahead by a second; in recording 8 empties the file.
func (h *House) dictate(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 2)
	folder, name := command.Arg(args, 0), command.Arg(args, 1)
	if folder == "" {
		folder = filepath.Join(h.Spool, "dictate")
	}
	if err := answer(ctx, c); err != nil {
		return err
	}
	if name == "" {
		got, _, err := h.enter(ctx, c, entry{files: []string{"dictate/enter_filename"}, most: 255, terminators: "#", first: 10 * time.Second, next: 5 * time.Second})
		if err != nil {
			return err
		}
		name = got
	}
	if name == "" || strings.Contains(name, "/") || name == ".." {
		h.Logger.Warn("Dictate has no name for a file", "channel", c.Name(), "name", name)
		return nil
	}
	err := os.MkdirAll(folder, 0o755) //nolint:gosec // others read dictations: umask decides
	var f *os.File
	if err == nil {
		f, err = os.OpenFile(filepath.Join(folder, name+".raw"), os.O_RDWR|os.O_CREATE, 0o644) //nolint:gosec // the same
	}
	if err != nil {
		h.Logger.Error("the dictation can't be opened", "channel", c.Name(), "error", err)
		return ErrHangup
	}
	old := c.ReadFormat()
	c.SetReadFormat(media.SLin)
	defer c.SetReadFormat(old)
	d := &dictation{house: h, c: c, file: f, speed: 1, resting: true}
	err = d.run(ctx)
	if closing := f.Close(); closing != nil {
		h.Logger.Error("the dictation is not whole", "channel", c.Name(), "error", closing)
	}
	return err
}

func (d *dictation) run(ctx context.Context) error {
	key, err := d.say(ctx, "dictate/forhelp")
	for {
		if err != nil {
			return err
		}
		if key == 0 {
			if key, err = d.goOn(ctx); err != nil {
				return err
			}
		}
		if key == '#' {
			return nil
		}
		pressed := key
		key, err = d.press(ctx, pressed)
	}
}

// say plays a prompt, which a key ends.
func (d *dictation) say(ctx context.Context, name string) (byte, error) {
	key, err := d.house.playFile(ctx, d.c, name, anyKey)
	if !ended(ctx, err) {
		err = nil // the prompt is missing
	}
	return key, err
}

// goOn plays, records or rests until a key.
func (d *dictation) goOn(ctx context.Context) (byte, error) {
	switch {
	case d.resting:
		return waitKey(ctx, d.c, anyKey, -1)
	case d.recording:
		return d.record(ctx)
	}
	heard, pressed := keyAmong(anyKey)
	err := play(ctx, d.c, &dictated{d}, heard)
	switch {
	case errors.Is(err, errKey):
		return *pressed, nil
	case ended(ctx, err):
		return 0, err
	}
	d.resting = true // at the end
	return 0, nil
}

// record adds what the leg says to the file.
func (d *dictation) record(ctx context.Context) (byte, error) {
	end, err := d.file.Seek(0, io.SeekEnd)
	for err == nil {
		f, reading := d.c.Read(ctx)
		switch {
		case ctx.Err() != nil:
			return 0, context.Cause(ctx)
		case reading != nil:
			continue
		case f.Kind == media.DTMFEnd:
			return f.Digit, nil
		case f.Kind == media.Voice && f.Format == media.SLin:
			var n int
			n, err = d.file.WriteAt(f.Data, end)
			end += int64(n)
		}
	}
	d.house.Logger.Error("the dictation can't be written", "channel", d.c.Name(), "error", err)
	return 0, ErrHangup
}

// press does what a key says. A key that ended a prompt is the next one.
func (d *dictation) press(ctx context.Context, key byte) (byte, error) {
	switch {
	case key == '1':
		d.recording, d.resting = !d.recording, true
	case key == '*':
		d.resting = !d.resting
		switch {
		case d.resting:
			return d.say(ctx, "dictate/pause")
		case d.recording:
			return d.say(ctx, "dictate/record")
		}
		return d.say(ctx, "dictate/playback")
	case key == '0':
		d.resting = true
		if next, err := d.say(ctx, "dictate/paused"); next != 0 || err != nil {
			return next, err
		}
		if d.recording {
			return d.say(ctx, "dictate/record_help")
		}
		return d.say(ctx, "dictate/play_help")
	case d.recording && key == '8':
		d.at = 0
		if err := d.file.Truncate(0); err != nil {
			d.house.Logger.Error("the dictation can't be emptied", "channel", d.c.Name(), "error", err)
		}
	case d.recording:
	case key == '2':
		d.speed = d.speed%dictateFast + 1
		return d.say(ctx, "digits/"+strconv.Itoa(d.speed))
	case key == '7':
		d.at = max(0, d.at-dictateStep)
	case key == '8':
		if end, err := d.file.Seek(0, io.SeekEnd); err == nil {
			d.at = min(d.at+dictateStep, end&^1)
		}
	}
	return 0, nil
}

// dictated is the file as it is played: of so many frames as the speed is, one.
type dictated struct{ *dictation }

func (d *dictated) Next() (media.Frame, error) {
	data := make([]byte, dictateFrame)
	n, err := d.file.ReadAt(data, d.at)
	if n &^= 1; n == 0 {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.EOF
		}
		return media.Frame{}, err
	}
	d.at += int64(n)
	if n == dictateFrame {
		d.at += int64((d.speed - 1) * dictateFrame)
	}
	return media.Frame{Kind: media.Voice, Format: media.SLin, Data: data[:n], Samples: n / 2}, nil
}
