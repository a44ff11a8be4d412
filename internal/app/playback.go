package app

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// playback are the applications that play prompts and tones.
func (h *House) playback() []Application {
	return []Application{
		{Row: row("Playback", "app_playback", "Play prompts", "Playback(file[&file…][,options])"), Run: h.playbackApp},
		{Row: row("BackGround", builtin, "Play prompts while digits of an extension are taken",
			"BackGround(file[&file…][,options[,language[,context]]])"), Run: h.background},
		{Row: row("WaitExten", builtin, "Wait for the digits of an extension", "WaitExten([seconds[,options]])"), Run: h.waitExten},
		{Row: row("Echo", "app_echo", "Send back what the leg sends", "Echo()"), Run: echo},
		{Row: row("PlayTones", "app_playtones", "Play a tone while the dialplan goes on", "PlayTones(tone)"), Run: h.playTones},
		{Row: row("StopPlayTones", "app_playtones", "End the tone of PlayTones", "StopPlayTones()"), Run: stopTones},
		{Row: row("Milliwatt", "app_milliwatt", "Send a test tone of 1004 Hz", "Milliwatt([options])"), Run: h.milliwatt},
		{Row: row("SendDTMF", "app_senddtmf", "Send keys", "SendDTMF(digits[,between[,duration[,channel[,options]]]])"), Run: h.sendDTMF},
	}
}

func (h *House) playbackApp(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 2)
	files, options := command.Arg(args, 0), strings.ToLower(command.Arg(args, 1))
	if files == "" {
		h.Logger.Warn("Playback requires an argument (filename)", "channel", c.Name())
		return ErrHangup
	}
	if c.State() != event.Up {
		switch {
		case strings.Contains(options, "skip"):
			c.SetVariable("PLAYBACKSTATUS", "SUCCESS")
			return nil
		case !strings.Contains(options, "noanswer"):
			if err := answer(ctx, c); err != nil {
				return err
			}
		}
	}
	status := "SUCCESS"
	for _, name := range splitFiles(files) {
		if err := h.playOrSay(ctx, c, name, options); err != nil {
			if ended(ctx, err) {
				return err
			}
			h.Logger.Warn("Playback failed", "channel", c.Name(), "argument", data, "error", err)
			status = "FAILED"
		}
	}
	c.SetVariable("PLAYBACKSTATUS", status)
	return nil
}

// playOrSay plays a file, or says what an expression of say.conf is: with the option say each is
// one, with mix those with a colon.
func (h *House) playOrSay(ctx context.Context, c *channel.Channel, name, options string) error {
	if !strings.Contains(options, "say") && !(strings.Contains(options, "mix") && strings.Contains(name, ":")) {
		_, err := h.playFile(ctx, c, name, "")
		return err
	}
	prompts, flaw := h.Speech.Expression(name, c.Snapshot().Language)
	for _, prompt := range prompts {
		if _, err := h.playFile(ctx, c, prompt, ""); err != nil {
			return err
		}
	}
	return flaw
}

// background plays prompts until a key is pressed, with which the dialplan then
// begins to collect an extension.
func (h *House) background(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 4)
	if command.Arg(args, 0) == "" {
		h.Logger.Warn("Background requires an argument (filename)", "channel", c.Name())
		return ErrHangup
	}
	flags, language, place := command.ParseFlags(command.Arg(args, 1)), command.Arg(args, 2), command.Arg(args, 3)
	if language == "" {
		language = c.Snapshot().Language
	}
	if place == "" {
		place = c.Location().Context
	}
	if c.State() != event.Up {
		switch {
		case flags.Has('s'):
			c.SetVariable("BACKGROUNDSTATUS", "SUCCESS")
			return nil
		case !flags.Has('n'):
			if err := answer(ctx, c); err != nil {
				return err
			}
		}
	}
	keys := anyKey
	switch {
	case flags.Has('p'):
		keys = ""
	case flags.Has('m'):
		keys = h.extensionKeys(c, place)
	}
	digit, status, err := h.playUntilKey(ctx, c, splitFiles(args[0]), language, keys)
	if err != nil {
		return err
	}
	c.SetVariable("BACKGROUNDSTATUS", status)
	if digit != 0 {
		return h.begin(c, place, digit)
	}
	return nil
}

func (h *House) playUntilKey(ctx context.Context, c *channel.Channel, names []string, language, keys string) (byte, string, error) {
	status := "SUCCESS"
	for _, name := range names {
		digit, err := h.playIn(ctx, c, name, language, keys)
		switch {
		case digit != 0:
			return digit, status, nil
		case ended(ctx, err):
			return 0, "", err
		case err != nil:
			h.Logger.Warn("BackGround failed", "channel", c.Name(), "sound", name)
			status = "FAILED"
			return 0, status, nil
		}
	}
	return 0, status, nil
}

// extensionKeys are the keys that are an extension of their own.
func (h *House) extensionKeys(c *channel.Channel, place string) string {
	caller, keys := c.Snapshot().Caller.Number.Text, ""
	for i := 0; i < len(anyKey); i++ {
		if h.Dialplan.Exists(channel.Location{Context: place, Exten: anyKey[i : i+1], Priority: 1}, caller) {
			keys += anyKey[i : i+1]
		}
	}
	return keys
}

// begin goes to the extension that a key is, if it can be no longer one; else it
// is the first of those that the dialplan collects in the leg's context.
func (h *House) begin(c *channel.Channel, place string, digit byte) error {
	caller, exten := c.Snapshot().Caller.Number.Text, string(rune(digit))
	if h.Dialplan.CanMatch(place, exten, caller) && !h.Dialplan.MatchMore(place, exten, caller) {
		return h.Dialplan.Goto(c, place+","+exten+",1")
	}
	h.Dialplan.Pressed(c, digit)
	return nil
}

func (h *House) waitExten(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 2)
	flags := command.ParseFlags(command.Arg(args, 1))
	limit, err := timeLength(command.Arg(args, 0))
	if err != nil && command.Arg(args, 0) != "" {
		h.Logger.Warn("WaitExten was given an invalid time", "channel", c.Name(), "time", args[0])
	}
	var src channel.Source
	switch {
	case flags.Has('m'):
		src, err = h.Sounds.Music(flags['m'], c)
	case flags.Has('d'):
		src, err = h.Sounds.Tone("dial", c)
	}
	if src != nil && err == nil {
		c.StartSource(src)
		defer c.StopSource()
	}
	return h.Dialplan.WaitExten(ctx, c, limit)
}

// echo sends back what the leg sends, until # is pressed.
func echo(ctx context.Context, c *channel.Channel, _ string) error {
	c.StopSource()
	for {
		f, err := c.Read(ctx)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
			continue
		}
		switch f.Kind {
		case media.DTMFEnd:
			if f.Digit == '#' {
				return nil
			}
			_ = c.EndDigit(f.Digit, f.Duration)
		case media.DTMFBegin:
			if f.Digit != '#' {
				_ = c.BeginDigit(f.Digit)
			}
		case media.Voice, media.VideoFrame, media.TextFrame:
			_ = c.Write(f) // a leg that takes nothing hears nothing
		case media.Control:
			if f.Signal == media.VideoUpdate { // whoever misses a picture here is who makes it
				_ = c.Indicate(media.Frame{Kind: media.Control, Signal: media.VideoUpdate})
			}
		}
	}
}

func (h *House) playTones(_ context.Context, c *channel.Channel, data string) error {
	if strings.TrimSpace(data) == "" {
		h.Logger.Log(c.Context(), levelNotice, "Nothing to play", "channel", c.Name())
		return ErrHangup
	}
	// Commas may be escaped: in tables of databases, and by those who take them for the end of an argument.
	src, err := h.Sounds.Tone(strings.ReplaceAll(strings.TrimSpace(data), `\,`, ","), c)
	if err != nil {
		h.Logger.Log(c.Context(), levelNotice, "Unable to start playtones", "channel", c.Name(), "error", err)
		return ErrHangup
	}
	c.StartSource(src)
	return nil
}

func stopTones(_ context.Context, c *channel.Channel, _ string) error {
	c.StopSource()
	return nil
}

// milliwatt sends 1004 Hz, the frequency of the test number (with o 1000 Hz).
func (h *House) milliwatt(ctx context.Context, c *channel.Channel, data string) error {
	flags := command.ParseFlags(data)
	script := "1004/1000"
	switch {
	case flags.Has('m'):
		script = "1004/9000,0/1000"
	case flags.Has('o'):
		script = "1000/1000"
	}
	if err := answer(ctx, c); err != nil {
		return err
	}
	src, err := h.Sounds.Tone(script, c)
	if err != nil {
		return err
	}
	return play(ctx, c, src, nil)
}

func (h *House) sendDTMF(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 5)
	if command.Arg(args, 0) == "" {
		h.Logger.Warn("SendDTMF requires an argument", "channel", c.Name())
		return nil
	}
	between, duration := milliseconds(command.Arg(args, 1), defaultBetween), milliseconds(command.Arg(args, 2), 0)
	if duration <= 0 {
		duration = defaultDuration
	}
	flags := command.ParseFlags(command.Arg(args, 4))
	to := c
	if name := command.Arg(args, 3); name != "" {
		if to = h.Channels.Find(name); to == nil {
			h.Logger.Warn("No such channel", "channel", c.Name(), "wanted", name)
			return nil
		}
	}
	if flags.Has('a') && to.State() != event.Up {
		if err := to.Answer(); err != nil {
			return err
		}
	}
	send := func(ctx context.Context) error { return sendDigits(ctx, to, args[0], between, duration) }
	err := during(ctx, c, send, nil)
	if ended(ctx, err) {
		return err
	}
	if err != nil && !errors.Is(err, io.EOF) {
		h.Logger.Warn("keys were not sent", "channel", c.Name(), "to", to.Name(), "error", err)
	}
	return nil
}
