package parking

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

type (
	// Application is a row of this package's table, Function another.
	Application = command.Application[*channel.Channel]
	Function    = command.Function[*channel.Channel]
)

var errHangup = errors.New("the call ends here")

func row(name, synopsis, syntax string) command.Row {
	return command.Row{Name: name, Module: "res_parking", Synopsis: synopsis, Syntax: syntax}
}

// Applications returns the dialplan applications.
func (h *House) Applications() []Application {
	return []Application{
		{Row: row("Park", "Park the caller", "Park([lot[,options]])"), Run: h.park},
		{Row: row("ParkAndAnnounce", "Park the caller and tell somebody of it", "ParkAndAnnounce([lot],[options],announcement[:…],device)"), Run: h.parkAndAnnounce},
		{Row: row("ParkedCall", "Fetch a parked call", "ParkedCall([lot[,space]])"), Run: h.fetch},
	}
}

// Functions returns the dialplan functions.
func (h *House) Functions() []Function {
	return []Function{{Row: row("PARK_GET_CHANNEL", "Tell which channel is parked in a space", "PARK_GET_CHANNEL(space,lot)"),
		Read: func(_ context.Context, _ *channel.Channel, text string) (string, error) {
			args := command.SplitArgs(text, 2)
			l := h.Find(command.Arg(args, 1))
			if l == nil {
				return "", nil
			}
			if s := l.at(command.Arg(args, 0)); s != nil {
				return s.leg().Name(), nil
			}
			return "", nil
		}}}
}

// at returns who is in a space; "" is who has been in the lot for the longest.
func (l *Lot) at(space string) (found *stay) {
	space = strings.TrimSpace(space)
	for _, s := range l.parked() {
		if strconv.Itoa(s.space) == space {
			return s
		}
		if space == "" && (found == nil || s.began.Before(found.began)) {
			found = s
		}
	}
	return found
}

// park is the application Park.
func (h *House) park(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 2)
	l, err := h.lotFor(c, command.Arg(args, 0))
	if err != nil {
		h.Logger.Warn("a call was not parked", "channel", c.Name(), "error", err)
		_, err := h.Voice.Prompt(ctx, c, "pbx-parkingfailed", "")
		return err
	}
	return h.parkIn(ctx, c, l, h.wishes(c, command.Arg(args, 1)), nil)
}

// wishes reads the options of Park.
func (h *House) wishes(c *channel.Channel, options string) wishes {
	flags := command.ParseFlags(options)
	w := wishes{random: flags.Has('R'), ringing: flags.Has('r')}
	w.parker, _ = c.Variable("BLINDTRANSFER")
	w.space, _ = c.Variable("PARKINGEXTEN")
	if n, err := strconv.Atoi(strings.TrimSpace(flags['t'])); err == nil && n > 0 {
		w.limit = time.Duration(n) * time.Second
	}
	if place := flags['c']; place != "" {
		to, err := h.Dialplan.Resolve(c, place)
		if err != nil {
			h.Logger.Warn("Park can't come back to this place", "channel", c.Name(), "place", place, "error", err)
		} else {
			w.back = &to
		}
	}
	return w
}

// parkIn parks a leg until it leaves. It is the owner's. told, if not nil, is called with
// the stay before it begins.
func (h *House) parkIn(ctx context.Context, c *channel.Channel, l *Lot, w wishes, told func(*stay)) error {
	if err := c.AnswerAndListen(ctx, 0); err != nil {
		return err
	}
	s, err := l.take(c, w)
	if err != nil {
		h.Logger.Warn("a call was not parked", "channel", c.Name(), "lot", l.get().name, "error", err)
		_, err := h.Voice.Prompt(ctx, c, "pbx-parkingfailed", "")
		return err
	}
	if told != nil {
		told(s)
	}
	err = h.keep(ctx, s)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, bridge.ErrOver), errors.Is(err, bridge.ErrKicked): // the call into which it was fetched has ended
		return errHangup
	}
	return err
}

// fetched is the key of where a leg will go on that was parked in the midst of its dialplan.
type fetched struct{}

// errand has a leg parked by its owner, whatever that does now; stepped says that the
// step of the dialplan in which it is is over.
func (h *House) errand(s *stay, stepped bool) channel.Interrupt {
	return channel.Interrupt{Dropped: func() {
		s.die()
		s.end()
	}, Errand: func(ctx context.Context, c *channel.Channel) {
		_ = c.Answer()
		switch at := c.Location(); {
		case !c.RunsDialplan():
			c.SetApplication("Park", s.settings.name+":"+strconv.Itoa(s.space))
		case stepped && c.Value(fetched{}) != at: // it is seen where it will go on
			at.Priority++
			c.SetValue(fetched{}, at)
			c.SetLocation(at)
		}
		_ = h.keep(ctx, s)
	}}
}

// Parks tells whether a place begins with Park, as the extension of a lot does, and then returns what has a
// leg parked that by sent there: see call.Calls.
func (h *House) Parks(to channel.Location) func(c, by *channel.Channel) (channel.Interrupt, error) {
	if to.Priority > 1 || !h.Dialplan.Exists(to, "") {
		return nil
	}
	application, data := h.Dialplan.Step(to)
	if !strings.EqualFold(application, "Park") {
		return nil
	}
	args := command.SplitArgs(data, 2)
	return func(c, by *channel.Channel) (channel.Interrupt, error) {
		into, err := h.lotFor(by, command.Arg(args, 0))
		if err != nil {
			return channel.Interrupt{}, err
		}
		w := h.wishes(c, command.Arg(args, 1))
		w.parker = by.Name()
		s, err := into.take(c, w)
		if err != nil {
			return channel.Interrupt{}, err
		}
		return h.errand(s, false), nil
	}
}

// ByKeys is what parkcall's keys do: who pressed them hears the space and is out of
// the call, the other one is parked. It is a bridge.Feature's.
func (h *House) ByKeys(ctx context.Context, b *bridge.Bridge, c *channel.Channel) {
	peer := b.Peer(c)
	if peer == nil {
		return
	}
	l, err := h.lotFor(c, "")
	var s *stay
	if err == nil {
		s, err = l.take(peer, wishes{parker: c.Name()})
	}
	if err != nil {
		h.Logger.Warn("a call was not parked", "channel", peer.Name(), "error", err)
		_, _ = h.Voice.Prompt(ctx, c, "pbx-parkingfailed", "")
		return
	}
	b.Loosen()
	peer.SetVariable("BLINDTRANSFER", c.Name()) // until it is in the lot
	if err := peer.Interrupt(h.errand(s, false)); err != nil {
		s.end()
	}
	for _, digit := range strconv.Itoa(s.space) {
		if _, err := h.Voice.Prompt(ctx, c, "digits/"+string(digit), ""); err != nil {
			break
		}
	}
	b.Kick(c)
}
