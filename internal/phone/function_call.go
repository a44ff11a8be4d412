package phone

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
	"github.com/octothorpe/octothorpe/sip"
)

// callFunctions are the functions of pjsip.conf's driver that belong to a call.
func (d *Driver) callFunctions() []function {
	row := func(name, synopsis, syntax, module string) command.Row {
		return command.Row{Name: name, Synopsis: synopsis, Syntax: syntax, Module: module}
	}
	const header = "res_pjsip_header_funcs"
	return []function{
		{Row: row("PJSIP_HEADER", "Headers of the INVITE of this leg", "PJSIP_HEADER(action,name[,number])", header), Read: d.readHeader, Write: d.writeHeader},
		{Row: row("PJSIP_HEADERS", "Names of the headers of the INVITE of this leg", "PJSIP_HEADERS([prefix])", header), Read: d.listHeaders},
		{Row: row("PJSIP_INHERITABLE_HEADER", "Headers of the INVITEs of the calls that this leg makes", "PJSIP_INHERITABLE_HEADER(action,name[,number])", header),
			Read: readPassed, Write: writePassed},
		{Row: row("PJSIP_HEADER_PARAM", "Parameters of From", "PJSIP_HEADER_PARAM(From,{header|uri},name)", header),
			Read: d.readFromParameter, Write: d.writeFromParameter},
		{Row: row("PJSIP_RESPONSE_HEADER", "Headers of the answer to our INVITE", "PJSIP_RESPONSE_HEADER(read,name[,number])", header), Read: d.readResponse},
		{Row: row("PJSIP_RESPONSE_HEADERS", "Names of the headers of the answer to our INVITE", "PJSIP_RESPONSE_HEADERS([prefix])", header), Read: d.listResponse},
		{Row: row("PJSIP_DTMF_MODE", "How this leg sends keys", "PJSIP_DTMF_MODE()", "chan_pjsip"), Read: d.readKeyMode, Write: d.writeKeyMode},
		{Row: row("PJSIP_MOH_PASSTHROUGH", "Whether hold is passed on to this leg", "PJSIP_MOH_PASSTHROUGH()", "chan_pjsip"),
			Read: func(_ context.Context, c *channel.Channel, _ string) (string, error) {
				s, err := d.ours(c)
				if err != nil {
					return "", err
				}
				return choose(s.endpoint.MOHPassthrough, "Yes", "No"), nil
			}},
		{Row: row("PJSIP_MEDIA_OFFER", "Codecs that are offered to this leg", "PJSIP_MEDIA_OFFER(audio)", "chan_pjsip"), Read: d.readOffer, Write: d.writeOffer},
		{Row: row("PJSIP_SEND_SESSION_REFRESH", "Describe the media of this call anew", "PJSIP_SEND_SESSION_REFRESH([invite|update])", "chan_pjsip"), Write: d.writeRefresh},
		{Row: row("PJSIP_TRANSFER_HANDLING", "Who does the transfers that this leg asks for: the exchange (core) or a client of ARI (ari-only)",
			"PJSIP_TRANSFER_HANDLING([mode])", "chan_pjsip"), Write: d.writeHandling},
		reader("PJSIP_PARSE_URI", "A part of a URI", "PJSIP_PARSE_URI(uri,part)", "chan_pjsip", parseURI),
		{Row: row("PJSIP_PARSE_URI_FROM", "A part of a URI that stands in a variable", "PJSIP_PARSE_URI_FROM(uri,type)", "chan_pjsip"), Read: parseURIFrom},
	}
}

// The ways for keys in the words of PJSIP_DTMF_MODE.
var keyModes = map[DTMFMode]string{DTMFRFC4733: "rfc4733", DTMFInband: "inband", DTMFInfo: "info", DTMFAuto: "auto", DTMFAutoInfo: "auto_info", DTMFNone: "none"}

func (d *Driver) readKeyMode(_ context.Context, c *channel.Channel, _ string) (string, error) {
	s, err := d.ours(c)
	if err != nil {
		return "", err
	}
	return keyModes[s.dtmf()], nil
}

func (d *Driver) writeKeyMode(_ context.Context, c *channel.Channel, _, value string) error {
	s, err := d.ours(c)
	if err != nil {
		return err
	}
	return s.setDTMF(value)
}

// setDTMF changes how this call's keys travel.
func (s *session) setDTMF(word string) error {
	word = strings.ToLower(strings.TrimSpace(word))
	if word == "rfc2833" {
		word = "rfc4733"
	}
	for mode, name := range keyModes {
		if name == word {
			s.keysBy.Store(uint32(mode) + 1)
			return nil
		}
	}
	return fmt.Errorf("%q is no way for keys", word)
}

// dtmf is how this call's keys travel: as the dialplan said, or the endpoint.
func (s *session) dtmf() DTMFMode {
	if set := s.keysBy.Load(); set > 0 {
		return DTMFMode(set - 1)
	}
	return s.endpoint.DTMF
}

func (d *Driver) readOffer(_ context.Context, c *channel.Channel, kind string) (string, error) {
	s, err := d.ours(c)
	if err != nil {
		return "", err
	}
	if !strings.EqualFold(strings.TrimSpace(kind), "audio") {
		return "", nil
	}
	s.mu.Lock()
	formats := s.formats
	s.mu.Unlock()
	if s.incoming {
		formats = s.endpoint.Formats
	}
	var names []string
	for _, f := range formats {
		names = append(names, f.Name)
	}
	return strings.Join(names, ","), nil
}

// writeOffer chooses the codecs that our INVITE will offer.
func (d *Driver) writeOffer(_ context.Context, c *channel.Channel, kind, value string) error {
	s, err := d.ours(c)
	if err != nil {
		return err
	}
	if !strings.EqualFold(strings.TrimSpace(kind), "audio") {
		return fmt.Errorf("%q is no media that can be offered", kind)
	}
	list, err := media.ParseFormats(value, nil)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return errors.New("no codec would be left to offer")
	}
	formats := make([]*media.Format, len(list))
	for i, p := range list {
		formats[i] = p.Format
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.formats, s.chosen = formats, true
	return nil
}

// writeRefresh sends a re-INVITE or UPDATE with our media, as PJSIP_MEDIA_OFFER left it.
func (d *Driver) writeRefresh(_ context.Context, c *channel.Channel, _, value string) error {
	s, err := d.ours(c)
	if err != nil {
		return err
	}
	if c.State() != event.Up {
		return errors.New("the call is not answered")
	}
	n := renewal{method: sip.Invite}
	switch strings.ToLower(strings.TrimSpace(value)) {
	case "", "invite":
	case "update":
		n.method = sip.Update
	default:
		return fmt.Errorf("%q is neither invite nor update", value)
	}
	s.mu.Lock()
	n.formats = choose(s.chosen, s.formats, s.endpoint.Formats)
	s.mu.Unlock()
	s.renew(n)
	return nil
}

// parseURI takes a URI, or a name and address, apart.
// parseURIFrom is parseURI of what stands in a variable, so that commas and
// semicolons in it are no matter.
func parseURIFrom(_ context.Context, c *channel.Channel, args string) (string, error) {
	if c == nil {
		return "", errors.New("PJSIP_PARSE_URI_FROM needs a channel")
	}
	name, part, ok := strings.Cut(args, ",")
	if !ok {
		return "", errors.New("which part of the URI?")
	}
	uri, _ := c.Variable(strings.TrimSpace(name))
	return parseURI([]string{uri, strings.TrimSpace(part)})
}

func parseURI(args []string) (string, error) {
	if len(args) < 2 {
		return "", errors.New("which part of the URI?")
	}
	var a sip.Address
	var err error
	if strings.Contains(args[0], "<") {
		a, err = sip.ParseAddress(args[0])
	} else {
		a.URI, err = sip.ParseURI(args[0]) // its parameters are the URI's here
	}
	if err != nil {
		return "", fmt.Errorf("parse %q: %w", args[0], err)
	}
	if scheme := strings.ToLower(a.URI.Scheme); !slices.Contains([]string{"sip", "sips"}, scheme) {
		return "", fmt.Errorf("%q is no SIP URI", args[0])
	}
	switch args[1] {
	case "display":
		return a.Display, nil
	case "scheme":
		return a.URI.Scheme, nil
	case "user":
		return a.URI.UserText(), nil
	case "passwd":
		return sip.Unescape(a.URI.Password), nil
	case "host":
		return strings.Trim(a.URI.Host, "[]"), nil
	case "port":
		return strconv.Itoa(a.URI.Port), nil
	}
	name, isParam := strings.CutSuffix(args[1], "_param")
	value, there := a.URI.Param(name)
	switch {
	case isParam && there && name != "lr":
		return value, nil
	case name == "lr" && isParam:
		return choose(there, "1", "0"), nil
	case name == "ttl" && isParam:
		return "-1", nil
	case isParam && slices.Contains([]string{"user", "method", "transport", "maddr"}, name):
		return "", nil
	}
	return "", fmt.Errorf("a URI has no part %q", args[1])
}
