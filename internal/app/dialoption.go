package app

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

// The option letters of Dial: those that do what they say, and those that have no
// effect here: of operators on DAHDI's lines, and of legs whose streams never change.
const (
	dialHonoured   = "AaBbCcDdEeFfGgHhIiKkLmNnoPpQRrSsTtUuWwXxz"
	dialEffectless = "jO"
)

// dialOptions are those options of a Dial that need more than to be there.
type dialOptions struct {
	flags   command.Flags
	timeout time.Duration // until an answer
	silence time.Duration // until anything is heard of a leg
	length  time.Duration // of the call
	clock   callClock     // what is said about it
	// elsewhere is the cause for the legs that are given up because another
	// answered, late for those that are given up since nobody did.
	elsewhere, late int
	// shown, if valid, is who the called legs are told to be called by.
	shown event.Party
	// stored, if valid, is the caller ID of the called legs themselves.
	stored event.Party
}

// options reads what Dial was given. The error ends the call.
func (h *House) dialOptions(c *channel.Channel, timeouts, letters string) (*dialOptions, error) {
	o := &dialOptions{flags: command.ParseFlags(letters), elsewhere: channel.CauseAnsweredElsewhere}
	for letter := range o.flags {
		if strings.IndexByte(dialHonoured+dialEffectless, letter) < 0 {
			h.Logger.Warn(fmt.Sprintf("Unrecognized option: '%c'", letter), "channel", c.Name())
		}
	}
	answer, silence, _ := strings.Cut(timeouts, "^")
	o.timeout = h.dialTimeout(c, "answer", answer)
	o.silence = h.dialTimeout(c, "dial", silence)
	if err := o.limit(c); err != nil {
		h.Logger.Warn(err.Error(), "channel", c.Name())
		return nil, err
	}
	if text := o.flags['Q']; text != "" {
		if cause, ok := causeOrNone(text); ok {
			o.elsewhere = cause
		} else {
			h.Logger.Warn(fmt.Sprintf("Invalid cause given to Dial(...Q(<cause>)): %q", text), "channel", c.Name())
		}
	}
	if o.flags.Has('c') {
		o.late = channel.CauseAnsweredElsewhere
	}
	o.parties(c.Snapshot())
	return o, nil
}

func causeOrNone(text string) (int, bool) {
	if text == "0" || strings.EqualFold(text, "NONE") {
		return 0, true
	}
	return CauseOf(text)
}

func (h *House) dialTimeout(c *channel.Channel, of, text string) time.Duration {
	if text = strings.TrimSpace(text); text == "" {
		return 0
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || seconds <= 0 {
		h.Logger.Warn(fmt.Sprintf("Invalid %s timeout specified: '%s'. Setting timeout to infinite", of, text), "channel", c.Name())
		return 0
	}
	return time.Duration(seconds * float64(time.Second))
}

// A limitError is a length of the call that is none. status is DIALSTATUS then.
type limitError struct{ why, status string }

func (e *limitError) Error() string { return e.why }

// limit reads S(seconds) and L(ms[:warning[:repeat]]), and from the caller what
// is to be said then.
func (o *dialOptions) limit(c *channel.Channel) error {
	if text := o.flags['S']; text != "" {
		seconds, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || seconds <= 0 {
			return &limitError{"Dial does not accept S(" + text + ")", "INVALIDARGS"}
		}
		o.length = time.Duration(seconds) * time.Second
	}
	if text := o.flags['L']; text != "" {
		parts := append(strings.SplitN(text, ":", 3), "", "")
		o.length = milliseconds(parts[0], 0)
		if o.length <= 0 {
			return &limitError{why: "Bridge does not accept L(" + text + ")"}
		}
		o.clock = newCallClock(c, o.length, milliseconds(parts[1], 0), milliseconds(parts[2], 0))
	}
	return nil
}

// parties reads f, s, u and o: who calls, as the called are told.
func (o *dialOptions) parties(from *event.Channel) {
	if text := o.flags['f']; text != "" {
		o.shown = event.ParseParty(text)
		pres := event.AllowedPassedScreen
		if given, ok := event.ParsePresentation(o.flags['u']); ok {
			pres = given
		}
		o.shown.Number.Valid, o.shown.Number.Presentation = true, pres
		o.shown.Name.Presentation = pres
		o.shown.Tag = o.flags['s']
	}
	if text, ok := o.flags['o']; ok {
		o.stored = from.Caller
		if text != "" {
			o.stored = event.ParseParty(text)
		}
	}
}
