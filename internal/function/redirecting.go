package function

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
)

// reasons are those of a diversion, by their numbers (RFC 5806 §6 and ITU-T
// Q.952 know most of them).
var reasons = []string{"unknown", "cfb", "cfnr", "unavailable", "cfu", "time_of_day", "dnd", "deflection", "follow_me",
	"out_of_order", "away", "cf_dte", "send_to_vm"}

// reason reads a reason: a number, a name, another name for it, or the user's own.
func reason(text string) string {
	switch name := coded(reasons, text); strings.ToLower(name) {
	case "":
		return "unknown"
	case "unconditional":
		return "cfu"
	default:
		return name
	}
}

// side returns the party that a REDIRECTING field names, and the rest of the field.
func side(r *event.Redirection, field string) (*event.Party, string) {
	who, rest, _ := strings.Cut(field, "-")
	switch who {
	case "orig":
		return &r.Orig, rest
	case "from":
		return &r.From, rest
	case "to":
		return &r.To, rest
	case "pres": // of old: the one who diverted
		return &r.From, field
	}
	return nil, field
}

func redirectingRead(_ context.Context, c *channel.Channel, args string) (string, error) {
	if c == nil {
		return "", errNoChannel
	}
	field, private := item(args)
	r := c.Snapshot().Redirect
	switch field {
	case "count":
		return strconv.Itoa(r.Count), nil
	case "reason":
		return orDefault(r.Reason, "unknown"), nil
	case "orig-reason":
		return orDefault(r.OrigReason, "unknown"), nil
	}
	if private {
		r = asideOf(c).redirect
	}
	if p, rest := side(&r, field); p != nil {
		if v, ok := partyField(*p, rest); ok {
			return v, nil
		}
	}
	return "", fmt.Errorf("unknown REDIRECTING data type %q", args)
}

func redirectingWrite(_ context.Context, c *channel.Channel, args, value string) error {
	if c == nil {
		return errNoChannel
	}
	field, private := item(args)
	if private {
		a := asideOf(c)
		err := setRedirection(&a.redirect, field, value)
		c.SetValue(asideKey{}, a)
		return err
	}
	r := c.Snapshot().Redirect
	if err := setRedirection(&r, field, value); err != nil {
		return err
	}
	c.Change(func(s *event.Channel) { s.Redirect = r })
	if command.Arg(command.SplitArgs(args, 2), 1) != "i" {
		_ = c.Indicate(media.Frame{Signal: media.Redirecting, Value: channel.PartyOf{Redirect: r}})
	}
	return nil
}

func setRedirection(r *event.Redirection, field, value string) error {
	switch field {
	case "count":
		n, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil || n < 0 {
			return fmt.Errorf("%q is no count", value)
		}
		r.Count = n
		return nil
	case "reason":
		r.Reason = reason(value)
		return nil
	case "orig-reason":
		r.OrigReason = reason(value)
		return nil
	}
	p, rest := side(r, field)
	if p == nil {
		return fmt.Errorf("unknown REDIRECTING data type %q", field)
	}
	return setPartyField(p, rest, value)
}
