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
		full("CONNECTEDLINE", "func_callerid", "Who the leg is connected to", "datatype[,i]", connectedRead, connectedWrite),
		full("REDIRECTING", "func_callerid", "Who diverted the call", "datatype[,i]", redirectingRead, redirectingWrite),
	}
}

// Quote writes a party as "name" <number>.
func quoteParty(p event.Party) string {
	switch {
	case p.Name.Text != "" && p.Number.Text != "":
		return fmt.Sprintf("\"%s\" <%s>", p.Name.Text, p.Number.Text)
	case p.Name.Text != "":
		return p.Name.Text
	}
	return p.Number.Text
}

// ParseParty reads "name" <number>, name <number>, <number> or a number.
func ParseParty(text string) event.Party {
	text = strings.TrimSpace(text)
	var p event.Party
	if open := strings.LastIndexByte(text, '<'); open >= 0 {
		number, _, _ := strings.Cut(text[open+1:], ">")
		p.Number = event.Number{Valid: number != "", Text: strings.TrimSpace(number)}
		name := strings.Trim(strings.TrimSpace(text[:open]), `"`)
		p.Name = event.Name{Valid: name != "", Text: name}
		return p
	}
	bare := strings.Trim(text, `"`)
	if strings.Trim(bare, "0123456789*#+-() ") == "" && bare != "" {
		p.Number = event.Number{Valid: true, Text: bare}
	} else if bare != "" {
		p.Name = event.Name{Valid: true, Text: bare}
	}
	return p
}

// partyField reads a field of a party: "num", "name-pres", "subaddr-type" …
func partyField(p event.Party, field string) (string, bool) {
	switch strings.ToLower(field) {
	case "all":
		return quoteParty(p), true
	case "num", "number":
		return p.Number.Text, true
	case "num-valid":
		return truth(p.Number.Valid), true
	case "num-plan", "ton":
		return strconv.Itoa(p.Number.Plan), true
	case "num-pres":
		return p.Number.Presentation.String(), true
	case "name":
		return p.Name.Text, true
	case "name-valid":
		return truth(p.Name.Valid), true
	case "name-charset":
		return orDefault(p.Name.Charset, "iso8859-1"), true
	case "name-pres":
		return p.Name.Presentation.String(), true
	case "pres":
		return p.Number.Presentation.String(), true
	case "tag":
		return p.Tag, true
	case "subaddr":
		return p.Subaddress.Text, true
	case "subaddr-valid":
		return truth(p.Subaddress.Valid), true
	case "subaddr-type":
		return strconv.Itoa(p.Subaddress.Type), true
	case "subaddr-odd":
		return truth(p.Subaddress.Odd), true
	}
	return "", false
}

func orDefault(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// setPartyField is the inverse of partyField.
func setPartyField(p *event.Party, field, value string) error {
	value = strings.TrimSpace(value)
	switch strings.ToLower(field) {
	case "all":
		q := ParseParty(value)
		p.Number.Valid, p.Number.Text = q.Number.Valid, q.Number.Text
		p.Name.Valid, p.Name.Text = q.Name.Valid, q.Name.Text
	case "num", "number":
		p.Number.Valid, p.Number.Text = true, value
	case "num-valid":
		p.Number.Valid = holds(value)
	case "num-plan", "ton":
		p.Number.Plan, _ = strconv.Atoi(value)
	case "name":
		p.Name.Valid, p.Name.Text = true, value
	case "name-valid":
		p.Name.Valid = holds(value)
	case "name-charset":
		p.Name.Charset = value
	case "pres", "num-pres", "name-pres":
		return setPresentation(p, strings.ToLower(field), value)
	case "tag":
		p.Tag = value
	case "subaddr":
		p.Subaddress.Valid, p.Subaddress.Text = true, value
	case "subaddr-valid":
		p.Subaddress.Valid = holds(value)
	case "subaddr-type":
		p.Subaddress.Type, _ = strconv.Atoi(value)
	case "subaddr-odd":
		p.Subaddress.Odd = holds(value)
	default:
		return fmt.Errorf("unknown field %q of a party", field)
	}
	return nil
}

func setPresentation(p *event.Party, field, value string) error {
	pres, ok := event.ParsePresentation(value)
	if n, err := strconv.Atoi(value); err == nil {
		pres, ok = event.Presentation(n), true
	}
	if !ok {
		return fmt.Errorf("%q is no presentation", value)
	}
	if field != "name-pres" {
		p.Number.Presentation = pres
	}
	if field != "num-pres" {
		p.Name.Presentation = pres
	}
	return nil
}

func callerRead(_ context.Context, c *channel.Channel, args string) (string, error) {
	if c == nil {
		return "", errNoChannel
	}
	parts := command.SplitArgs(args, 2)
	field := strings.ToLower(command.Arg(parts, 0))
	s := c.Snapshot()
	if len(parts) == 2 {
		v, _ := partyField(ParseParty(parts[1]), field)
		return v, nil
	}
	switch {
	case field == "dnid" || field == "dnid-num":
		return s.DialedNum, nil
	case field == "rdnis":
		return s.Redirect.From.Number.Text, nil
	case strings.HasPrefix(field, "ani"):
		v, _ := partyField(s.Caller, strings.TrimPrefix(strings.TrimPrefix(orDefault(strings.TrimPrefix(field, "ani"), "num"), "-"), "2"))
		return v, nil
	}
	v, ok := partyField(s.Caller, strings.TrimPrefix(field, "priv-"))
	if !ok {
		return "", fmt.Errorf("unknown CALLERID data type %q", field)
	}
	return v, nil
}

func callerWrite(_ context.Context, c *channel.Channel, args, value string) error {
	if c == nil {
		return errNoChannel
	}
	field := strings.ToLower(command.Arg(command.SplitArgs(args, 2), 0))
	s := c.Snapshot()
	switch field {
	case "dnid", "dnid-num":
		c.Change(func(s *event.Channel) { s.DialedNum = strings.TrimSpace(value) })
		return nil
	case "rdnis":
		c.Change(func(s *event.Channel) {
			s.Redirect.From.Number = event.Number{Valid: true, Text: strings.TrimSpace(value)}
		})
		return nil
	}
	if strings.HasPrefix(field, "ani") {
		return nil // the billing number is the caller's own here
	}
	p := s.Caller
	if err := setPartyField(&p, strings.TrimPrefix(field, "priv-"), value); err != nil {
		return err
	}
	c.SetCaller(p)
	return nil
}

func connectedRead(_ context.Context, c *channel.Channel, args string) (string, error) {
	if c == nil {
		return "", errNoChannel
	}
	field := strings.TrimPrefix(strings.ToLower(command.Arg(command.SplitArgs(args, 2), 0)), "priv-")
	v, ok := partyField(c.Snapshot().Connected, field)
	if !ok {
		return "", fmt.Errorf("unknown CONNECTEDLINE data type %q", field)
	}
	return v, nil
}

func connectedWrite(_ context.Context, c *channel.Channel, args, value string) error {
	if c == nil {
		return errNoChannel
	}
	parts := command.SplitArgs(args, 2)
	p := c.Snapshot().Connected
	if err := setPartyField(&p, strings.TrimPrefix(strings.ToLower(command.Arg(parts, 0)), "priv-"), value); err != nil {
		return err
	}
	c.SetConnected(p)
	if command.Arg(parts, 1) != "i" {
		_ = c.Indicate(media.Frame{Signal: media.ConnectedLine, Value: channel.PartyOf{Party: p}})
	}
	return nil
}

// side returns the party that a REDIRECTING field names, and the rest of the field.
func side(r *event.Redirection, field string) (*event.Party, string) {
	for prefix, p := range map[string]*event.Party{"orig-": &r.Orig, "from-": &r.From, "to-": &r.To} {
		if rest, ok := strings.CutPrefix(field, prefix); ok {
			return p, rest
		}
	}
	return nil, field
}

func redirectingRead(_ context.Context, c *channel.Channel, args string) (string, error) {
	if c == nil {
		return "", errNoChannel
	}
	field := strings.TrimPrefix(strings.ToLower(command.Arg(command.SplitArgs(args, 2), 0)), "priv-")
	r := c.Snapshot().Redirect
	switch field {
	case "count":
		return strconv.Itoa(r.Count), nil
	case "reason":
		return orDefault(r.Reason, "unknown"), nil
	case "orig-reason":
		return orDefault(r.OrigReason, "unknown"), nil
	}
	if p, rest := side(&r, field); p != nil {
		if v, ok := partyField(*p, rest); ok {
			return v, nil
		}
	}
	return "", fmt.Errorf("unknown REDIRECTING data type %q", field)
}

func redirectingWrite(_ context.Context, c *channel.Channel, args, value string) error {
	if c == nil {
		return errNoChannel
	}
	parts := command.SplitArgs(args, 2)
	field := strings.TrimPrefix(strings.ToLower(command.Arg(parts, 0)), "priv-")
	r := c.Snapshot().Redirect
	switch p, rest := side(&r, field); {
	case field == "count":
		n, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil {
			return fmt.Errorf("%q is no count", value)
		}
		r.Count = n
	case field == "reason":
		r.Reason = strings.TrimSpace(value)
	case field == "orig-reason":
		r.OrigReason = strings.TrimSpace(value)
	case p == nil:
		return fmt.Errorf("unknown REDIRECTING data type %q", field)
	default:
		if err := setPartyField(p, rest, value); err != nil {
			return err
		}
	}
	c.Change(func(s *event.Channel) { s.Redirect = r })
	if command.Arg(parts, 1) != "i" {
		_ = c.Indicate(media.Frame{Signal: media.Redirecting, Value: channel.PartyOf{Redirect: r}})
	}
	return nil
}
