package app

import (
	"bufio"
	"context"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

// The waits of DISA: for the first digit where the leg has no other, and between
// digits; and how long who may not dial hears that.
const (
	disaFirst   = 20 * time.Second
	disaNext    = 10 * time.Second
	disaRefused = 10 * time.Second
)

// A disa is one run of DISA. The entry of a file of passwords may have a context,
// a caller ID and a mailbox of its own.
type disa struct {
	house          *House
	c              *channel.Channel
	flags          command.Flags
	password       string
	file           bool
	place, caller  string
	mailbox        string // whose new messages have the dial tone stutter
	account        string
	authentic      bool
	digits         string
	playing        bool
	first, between time.Duration
}

// disa gives a caller a dial tone as one within would have, once it knows a password.
func (h *House) disa(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 5)
	if command.Arg(args, 0) == "" {
		h.Logger.Warn("DISA requires an argument (passcode/passcode file)", "channel", c.Name())
		return ErrHangup
	}
	d := &disa{house: h, c: c, password: args[0], place: command.Arg(args, 1), caller: command.Arg(args, 2), mailbox: command.Arg(args, 3),
		flags: command.ParseFlags(command.Arg(args, 4)), first: disaFirst, between: disaNext}
	if d.place == "" {
		d.place = "disa"
	}
	d.file = strings.Contains(d.password, "/")
	d.authentic = strings.EqualFold(d.password, "no-password")
	if !d.flags.Has('n') {
		if err := answer(ctx, c); err != nil {
			return err
		}
	}
	defer c.StopSource()
	d.dialTone()
	for {
		wait := d.between
		if d.digits == "" {
			wait = d.first
		}
		key, err := waitKey(ctx, c, anyKey, wait)
		switch {
		case err != nil:
			return err
		case key == 0 && d.authentic && d.digits != "" && d.exists():
			return d.connect()
		case key == 0:
			return d.refuse(ctx)
		}
		done, err := d.pressed(ctx, key)
		if done || err != nil {
			return err
		}
	}
}

func (d *disa) exists() bool {
	return d.house.Dialplan.Exists(channel.Location{Context: d.place, Exten: d.digits, Priority: 1}, d.number())
}

// number is the caller's by which extensions are matched.
func (d *disa) number() string {
	if d.caller != "" {
		return event.ParseParty(d.caller).Number.Text
	}
	return d.c.Caller().Number.Text
}

// dialTone plays the dial tone, which stutters where new messages wait in the mailbox.
func (d *disa) dialTone() {
	name := "dial"
	if d.mailbox != "" && d.house.Waiting != nil && d.house.Waiting(d.mailbox) {
		name = "dialrecall"
	}
	d.tone(name)
}

// tone plays a tone of the leg's country until another comes.
func (d *disa) tone(name string) {
	src, err := d.house.Sounds.Tone(name, d.c)
	if err != nil {
		d.house.Logger.Warn("no such tone", "channel", d.c.Name(), "tone", name, "error", err)
		return
	}
	d.c.StartSource(src)
	d.playing = true
}

func (d *disa) quiet() {
	if d.playing {
		d.c.StopSource()
		d.playing = false
	}
}

// pressed takes a key, and reports that the leg goes on elsewhere.
func (d *disa) pressed(ctx context.Context, key byte) (done bool, err error) {
	if !d.authentic {
		d.quiet()
		if key != '#' {
			d.digits += string(rune(key))
			return false, nil
		}
		if !d.knows() {
			d.house.Logger.Warn("DISA got a bad password", "channel", d.c.Name())
			return false, d.refuse(ctx)
		}
		d.authentic, d.digits = true, ""
		d.dialTone()
		return false, nil
	}
	if key == '#' && d.digits != "" && d.flags.Has('p') {
		if d.exists() {
			return true, d.connect()
		}
		return d.invalid(ctx)
	}
	d.digits += string(rune(key))
	if plan := d.house.Dialplan.Plan(); plan == nil || !plan.Ignores(d.place, d.digits) {
		d.quiet()
	}
	number := d.number()
	switch {
	case d.house.Dialplan.MatchMore(d.place, d.digits, number):
		return false, nil
	case d.exists():
		return true, d.connect()
	case d.house.Dialplan.CanMatch(d.place, d.digits, number):
		return false, nil
	}
	return d.invalid(ctx)
}

// knows tells whether the password is the one, or stands in the file.
func (d *disa) knows() bool {
	if !d.file {
		d.account = d.password
		return d.digits == d.password
	}
	f, err := os.Open(d.password)
	if err != nil {
		d.house.Logger.Warn("DISA can't read the file of passwords", "channel", d.c.Name(), "error", err)
		return false
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line, _, _ := strings.Cut(strings.TrimSpace(lines.Text()), ";")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		args := command.SplitArgs(line, 4)
		if strings.EqualFold(args[0], "no-password") || args[0] != d.digits {
			continue
		}
		if place := command.Arg(args, 1); place != "" {
			d.place = place
		}
		if caller := command.Arg(args, 2); caller != "" {
			d.caller = caller
		}
		if mailbox := command.Arg(args, 3); mailbox != "" {
			d.mailbox = mailbox
		}
		d.account = args[0]
		return true
	}
	return false
}

// connect sends the leg to what was dialled.
func (d *disa) connect() error {
	d.quiet()
	if d.caller != "" {
		d.c.SetCaller(event.ParseParty(d.caller))
	}
	if d.account != "" {
		d.c.SetAccountCode(d.account)
	}
	return d.house.Dialplan.Goto(d.c, d.place+","+d.digits+",1")
}

// invalid sends the leg to i, if there is one.
func (d *disa) invalid(ctx context.Context) (bool, error) {
	if !d.house.Dialplan.Exists(channel.Location{Context: d.place, Exten: "i", Priority: 1}, d.number()) {
		return false, d.refuse(ctx)
	}
	d.quiet()
	d.c.SetVariable("INVALID_EXTEN", d.digits)
	return true, d.house.Dialplan.Goto(d.c, d.place+",i,1")
}

// refuse plays the tone of congestion for a while and ends the call.
func (d *disa) refuse(ctx context.Context) error {
	d.tone("congestion")
	if err := wait(ctx, d.c, disaRefused); err != nil && !errors.Is(err, errTime) {
		return err
	}
	return ErrHangup
}
