package conference

import (
	"context"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
)

// meetMe is ConfBridge under the name, and with the options, of the application before it, which the
// reference has no more.
func (h *House) meetMe(ctx context.Context, c *channel.Channel, data string) error {
	a := command.SplitArgs(data, 3)
	name := strings.TrimSpace(command.Arg(a, 0))
	h.Logger.Warn("MeetMe is ConfBridge here: call that, by the profiles of confbridge.conf", "channel", c.Name(), "conference", name)
	if name == "" {
		return h.refuse(c)
	}
	w, err := h.profiles(c, "", "", "")
	if err != nil {
		return err
	}
	u := *w.user
	u.pin = command.Arg(a, 2)
	for letter, argument := range command.ParseFlags(command.Arg(a, 1)) {
		switch letter {
		case '1':
			u.announceOnly = false
		case 'a':
			u.admin = true
		case 'A':
			u.marked = true
		case 'c':
			u.announceCount = true
		case 'd', 'D': // every conference is made when somebody comes
		case 'F':
			u.passthrough = true
		case 'i':
			u.announceJoinLeave, u.review = true, true
		case 'I':
			u.announceJoinLeave = true
		case 'l', 'm':
			u.startMuted = true
		case 'M':
			u.musicWhenEmpty, u.music = true, argument
		case 'q':
			u.quiet = true
		case 'T':
			u.talkEvents = true
		case 'w':
			u.waitMarked = true
		case 'x':
			u.endMarked = true
		default:
			h.Logger.Warn("MeetMe does not honour an option", "channel", c.Name(), "option", string(rune(letter)))
		}
	}
	w.user = &u
	return h.take(ctx, c, name, w)
}
