package app

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

// reading are the applications that take keys.
func (h *House) reading() []Application {
	return []Application{
		{Row: row("Read", "app_read", "Read digits into a variable",
			"Read(variable[,file[&file…][,maxdigits[,options[,attempts[,timeout]]]]])"), Run: h.read},
		{Row: row("WaitDigit", "app_waitdigit", "Wait for a key", "WaitDigit([seconds[,digits]])"), Run: h.waitDigit},
		{Row: row("ReadExten", "app_readexten", "Read an extension into a variable",
			"ReadExten(variable[,file[,context[,option[,timeout]]]])"), Run: h.readExten},
		{Row: row("Authenticate", "app_authenticate", "Ask for a password", "Authenticate(password[,options[,maxdigits[,prompt]]])"),
			Run: h.authenticate},
		{Row: row("PrivacyManager", "app_privacy", "Ask who calls without a number for one",
			"PrivacyManager([maxretries[,minlength[,options[,context]]]])"), Run: h.privacyManager},
	}
}

// entry is how digits are asked for.
type entry struct {
	files       []string // prompts, played first
	tone        string   // or a tone, until a key
	most        int      // digits
	terminators string   // keys that end the entry
	fixed       bool     // keys don't cut the prompts short
	keep        bool     // a terminator alone is the entry (option e)
	first, next time.Duration
}

// result is how an entry ended.
type result uint8

const (
	complete   result = iota // as many digits as were wanted, or the terminator
	timedOut                 // with the digits up to then
	unplayable               // a prompt could not be played
)

// enter plays the prompts and takes digits.
func (h *House) enter(ctx context.Context, c *channel.Channel, e entry) (string, result, error) {
	keys := anyKey
	if e.fixed {
		keys = ""
	}
	var digit byte
	for _, name := range e.files {
		var err error
		digit, err = h.playFile(ctx, c, name, keys)
		switch {
		case ended(ctx, err):
			return "", unplayable, err
		case err != nil:
			return "", unplayable, nil
		}
		if digit != 0 {
			break
		}
	}
	if e.tone != "" {
		if src, err := h.Sounds.Tone(e.tone, c); err == nil {
			c.StartSource(src)
			defer c.StopSource()
		}
	}
	return e.digits(ctx, c, digit)
}

// digits takes digits, of which the first may have come already.
func (e *entry) digits(ctx context.Context, c *channel.Channel, digit byte) (string, result, error) {
	got, wait := "", e.first
	for {
		if digit == 0 {
			var err error
			if digit, err = waitKey(ctx, c, anyKey, wait); err != nil {
				return got, timedOut, err
			}
		}
		if got == "" && e.tone != "" {
			c.StopSource()
		}
		switch {
		case digit == 0:
			return got, timedOut, nil
		case strings.IndexByte(e.terminators, digit) >= 0:
			if got == "" && e.keep {
				got = string(rune(digit))
			}
			return got, complete, nil
		}
		got += string(rune(digit))
		if len(got) >= e.most {
			return got, complete, nil
		}
		digit, wait = 0, e.next
	}
}

func (h *House) read(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 6)
	name := command.Arg(args, 0)
	if name == "" {
		h.Logger.Warn("Read requires an argument (variable)", "channel", c.Name())
		c.SetVariable("READSTATUS", "ERROR")
		return nil
	}
	c.SetVariable("READSTATUS", "ERROR") // until there is something better to say
	flags := command.ParseFlags(command.Arg(args, 3))
	e := h.entryOf(c, args, flags)
	attempts := max(1, atoi(command.Arg(args, 4)))
	if c.State() != event.Up {
		switch {
		case flags.Has('s'):
			setVariables(c, name, "", "READSTATUS", "SKIPPED")
			return nil
		case !flags.Has('n'):
			if err := answer(ctx, c); err != nil {
				c.SetVariable("READSTATUS", "HANGUP")
				return err
			}
		}
	}
	c.StopSource()
	got, status := "", "OK"
	for ; attempts > 0; attempts-- {
		var r result
		var err error
		if got, r, err = h.enter(ctx, c, e); err != nil {
			setVariables(c, name, got, "READSTATUS", interruption(c))
			return err
		}
		status = [...]string{"OK", "TIMEOUT", "ERROR"}[r]
		if got != "" || r == unplayable {
			break
		}
	}
	setVariables(c, name, got, "READSTATUS", status)
	return nil
}

// interruption is the status of what ended before its time.
func interruption(c *channel.Channel) string {
	if c.HungUp() {
		return "HANGUP"
	}
	return "INTERRUPTED"
}

// entryOf reads the arguments of Read.
func (h *House) entryOf(c *channel.Channel, args []string, flags command.Flags) entry {
	e := entry{most: atoi(command.Arg(args, 2)), terminators: "#", fixed: flags.Has('p'), keep: flags.Has('e')}
	if e.most < 1 || e.most > 255 {
		e.most = 255
	}
	if given, ok := flags['t']; ok {
		e.terminators = given
	}
	if flags.Has('i') {
		e.tone = command.Arg(args, 1)
	} else {
		e.files = splitFiles(command.Arg(args, 1))
	}
	e.first, e.next = h.Dialplan.Timeouts(c)
	if d, err := seconds(command.Arg(args, 5)); err == nil && d > 0 {
		e.first, e.next = d, d
	}
	return e
}

// atoi reads a number, 0 where there is none.
func atoi(text string) int {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		return 0
	}
	return n
}

func (h *House) waitDigit(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 2)
	keys := command.Arg(args, 1)
	if keys == "" {
		keys = anyKey
	}
	limit := time.Duration(-1)
	if text := command.Arg(args, 0); text != "" {
		d, err := timeLength(text)
		if err != nil {
			h.Logger.Warn("WaitDigit was given an invalid time", "channel", c.Name(), "time", text)
			c.SetVariable("WAITDIGITSTATUS", "ERROR")
			return nil
		}
		limit = d
	}
	digit, err := waitKey(ctx, c, keys, limit)
	switch {
	case err != nil:
		c.SetVariable("WAITDIGITSTATUS", "CANCEL")
		return err
	case digit == 0:
		setVariables(c, "WAITDIGITSTATUS", "TIMEOUT")
	default:
		setVariables(c, "WAITDIGITSTATUS", "DTMF", "WAITDIGITRESULT", string(rune(digit)))
	}
	return nil
}

// readExten reads an extension that exists in a context: as long as more digits
// may make a longer one it waits for them.
func (h *House) readExten(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 5)
	name, file, place := command.Arg(args, 0), command.Arg(args, 1), command.Arg(args, 2)
	if name == "" {
		h.Logger.Warn("ReadExten requires at least one argument", "channel", c.Name())
		c.SetVariable("READEXTENSTATUS", "ERROR")
		return nil
	}
	if place == "" {
		place = c.Location().Context
	}
	flags := command.ParseFlags(command.Arg(args, 3))
	first, next := h.Dialplan.Timeouts(c)
	if d, err := seconds(command.Arg(args, 4)); err == nil && d > 0 {
		first, next = d, d
	}
	if c.State() != event.Up {
		switch {
		case flags.Has('s'):
			setVariables(c, name, "", "READEXTENSTATUS", "SKIPPED")
			return nil
		case !flags.Has('n'):
			if err := answer(ctx, c); err != nil {
				c.SetVariable("READEXTENSTATUS", "HANGUP")
				return err
			}
		}
	}
	digit, err := h.askExten(ctx, c, file, flags)
	if err == nil {
		var got, status string
		if got, status, err = h.collectExten(ctx, c, place, digit, first, next); err == nil {
			setVariables(c, name, got, "READEXTENSTATUS", status)
			return nil
		}
	}
	setVariables(c, name, "", "READEXTENSTATUS", interruption(c))
	return err
}

// askExten plays the prompt or tone of ReadExten, and returns the key that ended it.
func (h *House) askExten(ctx context.Context, c *channel.Channel, file string, flags command.Flags) (byte, error) {
	if file == "" {
		return 0, nil
	}
	if flags.Has('i') {
		src, err := h.Sounds.Tone(file, c)
		if err == nil {
			c.StartSource(src)
		}
		return 0, nil //nolint:nilerr // without the tone the digits are taken all the same
	}
	digit, err := h.playFile(ctx, c, file, anyKey)
	if ended(ctx, err) {
		return 0, err
	}
	return digit, nil
}

func (h *House) collectExten(ctx context.Context, c *channel.Channel, place string, digit byte, first, next time.Duration) (got, status string, err error) {
	caller, wait := c.Snapshot().Caller.Number.Text, first
	defer c.StopSource()
	for {
		if digit == 0 {
			if digit, err = waitKey(ctx, c, anyKey, wait); err != nil {
				return "", "", err
			}
			c.StopSource()
		}
		if digit == 0 || digit == '#' && got != "" && !h.Dialplan.CanMatch(place, got+"#", caller) {
			break
		}
		got += string(rune(digit))
		if !h.Dialplan.MatchMore(place, got, caller) {
			break
		}
		digit, wait = 0, next
	}
	switch {
	case got == "":
		return "t", "TIMEOUT", nil
	case h.Dialplan.Exists(channel.Location{Context: place, Exten: got, Priority: 1}, caller):
		return got, "OK", nil
	}
	c.SetVariable("INVALID_EXTEN", got)
	return "i", "INVALID", nil
}
