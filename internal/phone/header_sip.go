package phone

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/sip"
)

// The headers that SIPAddHeader adds travel as variables of this name and a
// number, which the legs that are called inherit.
const (
	addedHeader = "SIPADDHEADER"
	mostHeaders = 50
)

// Applications returns the dialplan applications of the driver.
func (d *Driver) Applications() []command.Application[*channel.Channel] {
	app := func(name, synopsis, syntax, module string, run func(c *channel.Channel, data string) error) command.Application[*channel.Channel] {
		return command.Application[*channel.Channel]{Row: command.Row{Name: name, Synopsis: synopsis, Syntax: syntax, Module: module},
			Run: func(_ context.Context, c *channel.Channel, data string) error {
				if err := run(c, data); err != nil {
					d.log.Warn(name+" did nothing", "channel", c.Name(), "error", err)
				}
				return nil
			}}
	}
	if d.technology == PJSIP {
		return []command.Application[*channel.Channel]{
			app("PJSIPNotify", "Send NOTIFY within this call, or to a URI", "PJSIPNotify([to],content)", "res_pjsip_notify", d.notifyFromPlan),
			app("PJSIPHangup", "Refuse a call with a SIP status", "PJSIPHangup(status)", "chan_pjsip", d.hangupWith),
		}
	}
	return []command.Application[*channel.Channel]{
		app("SIPAddHeader", "Add a header to the calls that this leg makes", "SIPAddHeader(Header: content)", "chan_sip", addSIPHeader),
		app("SIPRemoveHeader", "Take added headers back", "SIPRemoveHeader([header])", "chan_sip", removeSIPHeaders),
		app("SIPDtmfMode", "Change how this leg sends keys", "SIPDtmfMode(inband|info|rfc2833)", "chan_sip", func(c *channel.Channel, mode string) error {
			s, err := d.ours(c)
			if err != nil {
				return err
			}
			return s.setDTMF(mode)
		}),
		app("SIPSendCustomINFO", "Send INFO within the call", "SIPSendCustomINFO(data[,user agent])", "chan_sip", d.sendCustomINFO),
	}
}

func addSIPHeader(c *channel.Channel, header string) error {
	if header == "" {
		return errors.New("it needs a header")
	}
	for n := 1; n <= mostHeaders; n++ {
		name := fmt.Sprintf("%s%02d", addedHeader, n)
		if _, taken := c.Variable(name); !taken {
			c.SetVariable("__"+name, header)
			return nil
		}
	}
	return fmt.Errorf("there are %d headers already", mostHeaders)
}

// removeSIPHeaders forgets the added headers that begin so; without a name, all.
func removeSIPHeaders(c *channel.Channel, prefix string) error {
	for _, v := range c.Variables() {
		if strings.HasPrefix(v.Name, addedHeader) && strings.HasPrefix(strings.ToLower(v.Value), strings.ToLower(prefix)) {
			c.DropVariable(v.Name)
		}
	}
	return nil
}

// addSIPHeaders puts what SIPAddHeader left on the leg into its INVITE or
// REFER, the newest first.
func (s *session) addSIPHeaders(r *sip.Message) {
	for _, v := range s.ch.Variables() {
		name, value, ok := strings.Cut(v.Value, ":")
		if strings.HasPrefix(v.Name, addedHeader) && ok {
			r.Add(strings.TrimSpace(name), strings.TrimSpace(value))
		}
	}
}

func (d *Driver) sendCustomINFO(c *channel.Channel, data string) error {
	s, err := d.ours(c)
	if err != nil {
		return err
	}
	args := command.SplitArgs(data, 2)
	if command.Arg(args, 0) == "" {
		return errors.New("it needs data")
	}
	return s.inCall(sip.Info, "text/plain", args[0])
}

// sipFunctions are the functions of sip.conf's driver that belong to a call.
func (d *Driver) sipFunctions() []function {
	row := func(name, synopsis, syntax string) command.Row {
		return command.Row{Name: name, Synopsis: synopsis, Syntax: syntax, Module: "chan_sip"}
	}
	return []function{
		{Row: row("SIP_HEADER", "A header of the INVITE that came in", "SIP_HEADER(name[,number])"),
			Read: func(_ context.Context, c *channel.Channel, text string) (value string, err error) {
				s, err := d.ours(c)
				if err != nil {
					return "", err
				}
				args := command.SplitArgs(text, 2)
				name, n := strings.TrimSpace(command.Arg(args, 0)), 1
				if name == "" {
					return "", errors.New("which header?")
				}
				if number := command.Arg(args, 1); number != "" {
					if n, err = strconv.Atoi(strings.TrimSpace(number)); err != nil {
						return "", fmt.Errorf("%q is no number of a header", number)
					}
				}
				s.seen(func(h *headers) { value = h.read(name, n) })
				return value, nil
			}},
		{Row: row("SIP_HEADERS", "Names of the headers of the INVITE that came in", "SIP_HEADERS([prefix])"),
			Read: func(_ context.Context, c *channel.Channel, prefix string) (value string, err error) {
				s, err := d.ours(c)
				if err != nil {
					return "", err
				}
				s.seen(func(h *headers) { value = each(h.names(strings.TrimSpace(prefix))) })
				return value, nil
			}},
		reader("CHECKSIPDOMAIN", "Whether a domain is ours", "CHECKSIPDOMAIN(domain)", "chan_sip", func(args []string) (string, error) {
			for _, domain := range d.Model().Global.General.Domains {
				if strings.EqualFold(domain.Name, args[0]) {
					return args[0], nil
				}
			}
			return "", nil
		}),
	}
}

// each keeps the first of every word of a list with commas.
func each(list string) string {
	known := map[string]bool{}
	var words []string
	for word := range strings.SplitSeq(list, ",") {
		if !known[strings.ToLower(word)] {
			known[strings.ToLower(word)] = true
			words = append(words, word)
		}
	}
	return strings.Join(words, ",")
}
