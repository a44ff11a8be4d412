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

// callers are the functions of who calls, who is called and who diverted.
func (h *House) callers() []Function {
	return []Function{
		full("CALLERID", "func_callerid", "Who calls", "datatype[,CID]", callerRead, callerWrite),
		full("CALLERPRES", "func_callerid", "How the caller wants to be shown (Asterisk 16; CALLERID(pres) since)", "",
			func(ctx context.Context, c *channel.Channel, _ string) (string, error) {
				return callerRead(ctx, c, "pres")
			},
			func(ctx context.Context, c *channel.Channel, _, value string) error {
				return callerWrite(ctx, c, "pres", value)
			}),
		full("CONNECTEDLINE", "func_callerid", "Who the leg is connected to", "datatype[,i]", connectedRead, connectedWrite),
		full("REDIRECTING", "func_callerid", "Who diverted the call", "datatype[,i]", redirectingRead, redirectingWrite),
	}
}

// aside is what these functions know of a leg's parties and no event tells. It
// is kept on the leg as a value that is replaced, never changed.
type aside struct {
	caller, connected event.Party       // the private ones
	redirect          event.Redirection // the private parties of a diversion
	source            string            // why the connected party changed
	ani2              int
	dialedPlan        int
	dialed            event.Subaddress
}

type asideKey struct{}

func asideOf(c *channel.Channel) aside {
	a, _ := c.Value(asideKey{}).(aside)
	return a
}

// item reads the first argument: which field, and whether of the private party.
func item(args string) (field string, private bool) {
	field = strings.ToLower(strings.TrimSpace(command.Arg(command.SplitArgs(args, 2), 0)))
	return strings.CutPrefix(field, "priv-")
}

func callerRead(_ context.Context, c *channel.Channel, args string) (string, error) {
	if c == nil {
		return "", errNoChannel
	}
	field, private := item(args)
	if _, cid, ok := strings.Cut(args, ","); ok {
		p := event.ParseParty(cid)
		v, _ := partyField(p, field)
		return v, nil
	}
	a, s := asideOf(c), c.Snapshot()
	switch field {
	case "dnid", "dnid-num":
		return s.DialedNum, nil
	case "dnid-num-plan":
		return strconv.Itoa(a.dialedPlan), nil
	case "rdnis":
		return shownNumber(s.Redirect.From), nil
	case "ani2":
		return strconv.Itoa(a.ani2), nil
	case "ani":
		return shownNumber(c.ANI()), nil
	}
	p := s.Caller
	if rest, ok := strings.CutPrefix(field, "ani-"); ok {
		p, field = c.ANI(), rest
	} else if rest, ok := strings.CutPrefix(field, "dnid-"); ok {
		p, field = event.Party{Subaddress: a.dialed}, rest
	} else if private {
		p = a.caller
	}
	if v, ok := partyField(p, field); ok {
		return v, nil
	}
	return "", fmt.Errorf("unknown CALLERID data type %q", args)
}

func callerWrite(_ context.Context, c *channel.Channel, args, value string) error {
	if c == nil {
		return errNoChannel
	}
	field, private := item(args)
	value = strings.TrimSpace(value)
	if rest, ok := strings.CutPrefix(field, "dnid"); ok {
		return setDialed(c, rest, value)
	}
	if rest, ok := strings.CutPrefix(field, "ani"); ok {
		return setANI(c, rest, value)
	}
	if field == "rdnis" {
		c.Change(func(s *event.Channel) { s.Redirect.From.Number = event.Number{Valid: true, Text: value} })
		return nil
	}
	if private {
		a := asideOf(c)
		err := setPartyField(&a.caller, field, value)
		c.SetValue(asideKey{}, a)
		return err
	}
	p := c.Snapshot().Caller
	if err := setPartyField(&p, field, value); err != nil {
		return err
	}
	c.SetCaller(p)
	return nil
}

// setDialed sets a field of what was dialled to get here.
func setDialed(c *channel.Channel, field, value string) error {
	a := asideOf(c)
	var err error
	switch rest, subaddress := strings.CutPrefix(field, "-subaddr"); {
	case field == "" || field == "-num":
		c.Change(func(s *event.Channel) { s.DialedNum = value })
		return nil
	case field == "-num-plan":
		err = plan(&a.dialedPlan, value)
	case subaddress:
		err = setSubaddress(&a.dialed, rest, value)
	default:
		err = fmt.Errorf("unknown CALLERID data type %q", "dnid"+field)
	}
	c.SetValue(asideKey{}, a)
	return err
}

// setANI sets a field of who pays for the call.
func setANI(c *channel.Channel, field, value string) error {
	if field == "2" {
		a := asideOf(c)
		n, err := strconv.Atoi(value)
		if err != nil {
			return fmt.Errorf("%q is no ANI2 code", value)
		}
		a.ani2 = n
		c.SetValue(asideKey{}, a)
		return nil
	}
	p := c.ANI()
	if err := setPartyField(&p, orDefault(strings.TrimPrefix(field, "-"), "num"), value); err != nil {
		return err
	}
	c.SetANI(p)
	return nil
}

// sources are the reasons for which the connected party changes, by their numbers.
var sources = []string{"unknown", "answer", "diversion", "transfer_active", "transfer_alerting"}

func connectedRead(_ context.Context, c *channel.Channel, args string) (string, error) {
	if c == nil {
		return "", errNoChannel
	}
	field, private := item(args)
	p := c.Snapshot().Connected
	if private {
		p = asideOf(c).connected
	}
	if field == "source" {
		return orDefault(asideOf(c).source, "unknown"), nil
	}
	v, ok := partyField(p, field)
	if !ok {
		return "", fmt.Errorf("unknown CONNECTEDLINE data type %q", args)
	}
	return v, nil
}

func connectedWrite(_ context.Context, c *channel.Channel, args, value string) error {
	if c == nil {
		return errNoChannel
	}
	field, private := item(args)
	a, p := asideOf(c), c.Snapshot().Connected
	var err error
	switch {
	case field == "source":
		switch name := coded(sources, value); {
		case name == "transfer":
			a.source = "transfer_active"
		case name == unknownCode || known(sources, name): // another word changes nothing
			a.source = name
		}
	case private:
		err = setPartyField(&a.connected, field, value)
	default:
		err = setPartyField(&p, field, value)
	}
	if err != nil {
		return err
	}
	c.SetValue(asideKey{}, a)
	if !private && field != "source" {
		c.SetConnected(p)
	}
	if command.Arg(command.SplitArgs(args, 2), 1) != "i" {
		_ = c.Indicate(media.Frame{Signal: media.ConnectedLine, Value: channel.PartyOf{Party: p}})
	}
	return nil
}

// unknownCode is what a number means that has no name.
const unknownCode = "not-known"

// coded returns the name for a number, or the text itself, a name in its own case.
func coded(names []string, text string) string {
	text = strings.TrimSpace(text)
	if n, err := strconv.Atoi(text); err == nil {
		if n < 0 || n >= len(names) {
			return unknownCode
		}
		return names[n]
	}
	for _, name := range names {
		if strings.EqualFold(name, text) {
			return name
		}
	}
	return text
}

func known(names []string, name string) bool {
	for _, n := range names {
		if n == name {
			return true
		}
	}
	return false
}
