package feature

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// anyKey are the keys that end a prompt.
const anyKey = "0123456789*#ABCD"

// contextOf is where a leg transfers to.
func contextOf(c *channel.Channel) string {
	for _, name := range []string{"TRANSFER_CONTEXT", "MACRO_CONTEXT"} {
		if v, _ := c.Variable(name); v != "" {
			return v
		}
	}
	return c.Location().Context
}

// tellEntry is for tests that wait for it.
func tellEntry(c *channel.Channel, state string, fields ...event.Variable) {
	c.TestEvent(state, "bridge_basic.c", "grab_transfer",
		append([]event.Variable{{Name: "Channel", Value: c.Name()}}, fields...)...)
}

// ask asks a leg that is aside to where it transfers. ok is false where it says
// nothing that there is.
func (h *House) ask(ctx context.Context, c *channel.Channel) (to channel.Location, ok bool) {
	g := h.of(c)
	to = channel.Location{Context: contextOf(c), Priority: 1}
	if exten, _ := c.Variable("TRANSFER_EXTEN"); exten != "" {
		to.Exten = exten
		if ok = h.Dialplan.Exists(to, c.Caller().Number.Text); !ok {
			h.Logger.Warn("TRANSFER_EXTEN is no extension", "channel", c.Name(), "extension", exten, "context", to.Context)
		}
		return to, ok
	}
	digit, _ := h.prompt(ctx, c, g.general["transferannouncesound"])
	for attempt := 1; ; attempt++ {
		tried := event.Variable{Name: "Attempt", Value: strconv.Itoa(attempt)}
		tellEntry(c, "TRANSFER_BEGIN_DIAL", tried)
		to.Exten = h.digits(ctx, c, to.Context, digit, g.seconds("transferdigittimeout"))
		if ctx.Err() != nil {
			return to, false
		}
		ok = to.Exten != "" && h.Dialplan.Exists(to, c.Caller().Number.Text)
		tellEntry(c, "TRANSFER_DIALLED", tried, event.Variable{Name: "Dialled", Value: to.Exten}, result(ok))
		if ok || attempt >= g.number("transferdialattempts") {
			break
		}
		digit, _ = h.prompt(ctx, c, g.general["transferretrysound"])
	}
	tellEntry(c, "TRANSFER_DIAL_FINAL", result(ok))
	if !ok {
		_, _ = h.prompt(ctx, c, g.general["transferinvalidsound"])
	}
	return to, ok
}

func result(ok bool) event.Variable {
	return event.Variable{Name: "Result", Value: map[bool]string{true: "Success", false: "Failure"}[ok]}
}

// prompt plays a sound, if there is to be one, until a key.
func (h *House) prompt(ctx context.Context, c *channel.Channel, name string) (byte, error) {
	if name == "" {
		return 0, nil
	}
	return h.Voice.Prompt(ctx, c, name, anyKey)
}

// digits takes an extension, of which the first digit may have come already: until
// it can be no longer one, or no digit comes for a time.
func (h *House) digits(ctx context.Context, c *channel.Channel, in string, first byte, wait time.Duration) string {
	caller := c.Caller().Number.Text
	got := ""
	if first != 0 {
		got = string(rune(first))
	} else {
		h.Voice.DialTone(c)
		defer c.StopSource()
	}
	for got == "" || h.Dialplan.MatchMore(in, got, caller) {
		digit := key(ctx, c, wait)
		c.StopSource()
		if digit == 0 {
			break
		}
		got += string(rune(digit))
		if strings.HasSuffix(got, "#") && len(got) > 1 && !h.Dialplan.MatchMore(in, got, caller) &&
			!h.Dialplan.Exists(channel.Location{Context: in, Exten: got, Priority: 1}, caller) {
			return got[:len(got)-1]
		}
	}
	return got
}

// key waits for a key; 0 is none.
func key(ctx context.Context, c *channel.Channel, wait time.Duration) byte {
	within, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for {
		f, err := c.Read(within)
		if within.Err() != nil {
			return 0
		}
		if err == nil && f.Kind == media.DTMFEnd {
			return f.Digit
		}
	}
}
