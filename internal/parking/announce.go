package parking

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

// announceTime is how long who is to hear of a parked call may take to answer.
const announceTime = 30 * time.Second

var errNobodyToTell = errors.New("ParkAndAnnounce needs an announcement and a device")

// parkAndAnnounce is the application ParkAndAnnounce.
func (h *House) parkAndAnnounce(ctx context.Context, c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 4)
	announcement, device := command.Arg(args, 2), command.Arg(args, 3)
	if announcement == "" || device == "" {
		return errNobodyToTell
	}
	l, err := h.lotFor(c, command.Arg(args, 0))
	if err != nil {
		h.Logger.Warn("a call was not parked", "channel", c.Name(), "error", err)
		return nil
	}
	return h.parkIn(ctx, c, l, h.wishes(c, command.Arg(args, 1)), func(s *stay) {
		// The owner of the leg waits in its space; this goroutine owns the leg that is told.
		h.Calls.Channels.Go(c.Name(), func() {
			s.wait()
			if err := h.announce(s, announcement, device); err != nil {
				h.Logger.Warn("nobody was told of a parked call", "channel", c.Name(), "device", device, "error", err)
			}
		})
	})
}

// announce calls a device and has it hear where a call is parked.
func (h *House) announce(s *stay, announcement, device string) error {
	technology, destination, ok := call.SplitDevice(device)
	if !ok {
		return errors.New("the device must be TECHNOLOGY/destination")
	}
	ctx := s.life // nobody needs to hear of a call that is over
	space := strconv.Itoa(s.space)
	d := h.Calls.NewDialer(nil)
	d.Untold = true
	a, err := d.Add(ctx, technology, channel.Request{Destination: destination}, func(c *channel.Channel) error {
		c.SetVariable("_PARKEDAT", space)
		return nil
	})
	if err != nil {
		return err
	}
	if d.Wait(ctx, announceTime, call.Listener{}) == nil {
		d.GiveUp("CANCEL", channel.CauseNoAnswer)
		return call.ErrNotAnswered
	}
	c := a.Release()
	defer c.End()
	for _, sound := range sounds(announcement, space) {
		if _, err := h.Voice.Prompt(c.Context(), c, sound, ""); c.Context().Err() != nil {
			return err
		}
	}
	return nil
}

// sounds are those of an announcement: PARKED is the digits of the space.
func sounds(announcement, space string) (list []string) {
	for _, name := range strings.Split(announcement, ":") {
		if !strings.EqualFold(name, "PARKED") {
			list = append(list, name)
			continue
		}
		for _, digit := range space {
			list = append(list, "digits/"+string(digit))
		}
	}
	return list
}
