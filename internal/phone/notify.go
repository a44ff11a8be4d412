package phone

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/config"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/sip"
)

// LoadNotifies reads pjsip_notify.conf or sip_notify.conf: the headers of each
// type of NOTIFY that an administrator can send, by the name of its section.
func LoadNotifies(file *config.File) map[string][]event.Variable {
	if file == nil {
		return nil
	}
	types := map[string][]event.Variable{}
	for _, s := range plain(file) {
		if strings.EqualFold(s.Name, "general") {
			continue
		}
		var list []event.Variable
		for _, e := range s.Entries {
			if !strings.HasPrefix(e.Key, "@") {
				list = append(list, event.Variable{Name: e.Key, Value: e.Value})
			}
		}
		types[s.Name] = list
	}
	return types
}

// notifyWith adds what an administrator gave to a NOTIFY: headers, and a body of
// the lines of Content if there is a Content-Type.
func notifyWith(r *sip.Message, list []event.Variable) {
	var kind string
	var lines []string
	for _, v := range list {
		switch strings.ToLower(v.Name) {
		case "content-type":
			kind = v.Value
		case "content":
			lines = append(lines, v.Value)
		case "content-length": // is counted
		case "from", "to", "cseq", "contact", "call-id", "via", "route", "record-route", "request-uri": // are the exchange's own
		default:
			r.Add(v.Name, v.Value)
		}
	}
	if kind != "" && len(lines) > 0 {
		r.SetBody(kind, []byte(strings.Join(lines, "\r\n")))
	}
}

// variablesOf reads the Variable lines of an action: name=value, several with commas.
func variablesOf(lines []string) []event.Variable {
	var list []event.Variable
	for _, line := range lines {
		for _, part := range strings.Split(line, ",") {
			name, value, _ := strings.Cut(part, "=")
			if name = strings.TrimSpace(name); name != "" {
				list = append(list, event.Variable{Name: name, Value: strings.TrimSpace(value)})
			}
		}
	}
	return list
}

// notifyContact sends a NOTIFY to one contact of an endpoint.
func (d *Driver) notifyContact(e *Endpoint, a *AOR, c *Contact, list []event.Variable) {
	m := d.Model()
	from := originOf(m, e)
	if d.technology == PJSIP && e.FromUser == "" {
		from.user, from.contactUser = e.Name, orText(e.ContactUser, e.Name)
	}
	d.notifyURI(c.URI, from, list, func(r *sip.Message) sip.RequestOptions { return d.ways(r, e, a, c) }, m.outboundAuths(e))
}

func (d *Driver) notifyURI(uri string, from origin, list []event.Variable, ways func(*sip.Message) sip.RequestOptions, auths []*Auth) {
	target, err := sip.ParseURI(uri)
	if err != nil || d.stack == nil {
		d.log.Warn("a NOTIFY can't be sent", "to", uri, "error", err)
		return
	}
	r := d.newRequest(d.Model(), sip.Notify, target, d.addressed(target), sip.NewCallID(), 102)
	r.Add("Subscription-State", "terminated")
	notifyWith(r, list)
	o := ways(r)
	o.Prepare = from.prepare
	d.ask(d.ctx, r, o, auths, func(_ *sip.Message, err error) {
		if err != nil {
			d.log.Debug("a NOTIFY was not answered", "to", uri, "error", err)
		}
	})
}

// notifyEndpoint sends a NOTIFY to every contact of an endpoint.
func (d *Driver) notifyEndpoint(e *Endpoint, list []event.Variable) {
	for _, a := range d.aorsOf(e) {
		for _, c := range d.location.contacts(a.Name) {
			d.notifyContact(e, a, c, list)
		}
	}
}

// notifyAnywhere sends a NOTIFY to any URI by way of default_outbound_endpoint.
func (d *Driver) notifyAnywhere(uri string, list []event.Variable) {
	m := d.Model()
	e := m.Endpoint(m.Global.OutboundEndpoint)
	if e == nil {
		d.log.Warn("no default_outbound_endpoint is configured: no NOTIFY is sent", "uri", uri)
		return
	}
	d.notifyURI(uri, originOf(m, e), list, func(r *sip.Message) sip.RequestOptions { return d.ways(r, e, nil, nil) }, m.outboundAuths(e))
}

// notifySession sends a NOTIFY within a call.
func (s *session) notifyWith(list []event.Variable) {
	s.mu.Lock()
	dialog := s.dialog
	s.mu.Unlock()
	if dialog == nil {
		return
	}
	n := dialog.NewRequest(sip.Notify)
	n.Add("Subscription-State", "terminated")
	notifyWith(n, list)
	if err := s.ask(dialog, n, sip.RequestOptions{}, nil); err != nil {
		s.driver.log.Debug("a NOTIFY was not sent", "channel", s.ch.Name(), "error", err)
	}
}

// notifyFromPlan is PJSIPNotify([to],content): content is a type of
// pjsip_notify.conf, or variables with & before each.
func (d *Driver) notifyFromPlan(c *channel.Channel, data string) error {
	args := command.SplitArgs(data, 2)
	to, content := command.Arg(args, 0), command.Arg(args, 1)
	list, known := d.Model().Notifies[content]
	if text, given := strings.CutPrefix(content, "&"); given {
		known = true
		for _, part := range strings.Split(text, "&") {
			if name, value, _ := strings.Cut(part, "="); name != "" {
				list = append(list, event.Variable{Name: name, Value: value})
			}
		}
	}
	if !known {
		return fmt.Errorf("there is no type %q of NOTIFY", content)
	}
	if to != "" {
		d.notifyAnywhere(strings.Trim(to, "<>"), list)
		return nil
	}
	s, err := d.ours(c)
	if err != nil {
		return err
	}
	s.notifyWith(list)
	return nil
}

// sessionNamed finds the call of a channel by its name; nil if it is not ours.
func (d *Driver) sessionNamed(name string) (s *session, there bool) {
	if d.registry == nil {
		return nil, false
	}
	var c *channel.Channel
	if c = d.registry.Find(name); c == nil {
		return nil, false
	}
	s, _ = c.Leg().(*session)
	if s != nil && s.driver != d {
		s = nil
	}
	return s, true
}

func (d *Driver) actNotify(r *command.ActionRequest) error {
	endpoint, uri, name, option := r.Get("Endpoint"), r.Get("URI"), r.Get("Channel"), r.Get("Option")
	list := variablesOf(r.All("Variable"))
	if (option == "") == (len(list) == 0) {
		return command.Refusal("PJSIPNotify requires either an Option or Variable(s).You must use only one of them.")
	}
	targets := 0
	for _, t := range []string{endpoint, uri, name} {
		targets += choose(t != "", 1, 0)
	}
	switch {
	case targets == 0:
		return command.Refusal("PJSIPNotify requires either an endpoint name, a SIP URI, or a channel.")
	case targets > 1:
		return command.Refusal("PJSIPNotify requires either an endpoint name, a SIP URI, or a channel.  You must use only one of them.")
	}
	if option != "" {
		known := false
		if list, known = d.Model().Notifies[option]; !known {
			return command.Refusal("Unable to find notify type '" + option + "'\n") // an empty line follows
		}
	}
	switch {
	case endpoint != "":
		e := d.Model().Endpoint(endpoint)
		if e == nil {
			return command.Refusal("Unable to retrieve endpoint " + endpoint)
		}
		d.notifyEndpoint(e, list)
	case uri != "":
		d.notifyAnywhere(uri, list)
	default:
		s, there := d.sessionNamed(name)
		if s == nil {
			return command.Refusal(choose(there, "Channel is not a PJSIP channel", "Channel not found"))
		}
		s.notifyWith(list)
	}
	r.Reply("Success", "NOTIFY sent")
	return nil
}

// sendNotify is "pjsip send notify TYPE {endpoint|uri|channel} WHOM…".
func (d *Driver) sendNotify(w io.Writer, args []string) error {
	if len(args) < 3 || !slices.Contains([]string{"endpoint", "uri", "channel"}, args[1]) {
		return &command.UsageError{}
	}
	list, known := d.Model().Notifies[args[0]]
	if !known {
		return command.Refusal("Unable to find notify type '" + args[0] + "'")
	}
	for _, whom := range args[2:] {
		fmt.Fprintf(w, "Sending NOTIFY of type '%s' to '%s'\n", args[0], whom)
		switch args[1] {
		case "endpoint":
			if e := d.Model().Endpoint(whom); e != nil {
				d.notifyEndpoint(e, list)
			} else {
				fmt.Fprintf(w, "Unable to retrieve endpoint %s\n", whom)
			}
		case "uri":
			d.notifyAnywhere(whom, list)
		case "channel":
			if s, _ := d.sessionNamed(whom); s != nil {
				s.notifyWith(list)
			} else {
				fmt.Fprintf(w, "Unable to find channel %s\n", whom)
			}
		}
	}
	return nil
}

// notifyPeer sends a NOTIFY to a peer of sip.conf; false if nobody knows where
// it is, or it does not answer.
func (d *Driver) notifyPeer(name string, list []event.Variable) bool {
	d.borrow(name)
	e := d.Model().Endpoint(name)
	if e == nil || e.Peer.Kind == "user" {
		return false
	}
	known := d.location.contacts(e.Name)
	if len(known) == 0 || known[0].Status == Unreachable {
		return false
	}
	d.notifyContact(e, d.Model().AOR(e.Name), known[0], list)
	return true
}

func (d *Driver) actNotifyPeer(r *command.ActionRequest) error {
	name := strings.TrimPrefix(r.Get("Channel"), "SIP/")
	if name == "" {
		return command.Refusal("SIPNotify requires a channel name")
	}
	list := variablesOf(r.All("Variable"))
	if id := r.Get("Call-ID"); id != "" {
		s := d.sessionCalled(id)
		if s == nil {
			return command.Refusal("Call-ID not found")
		}
		s.notifyWith(list)
	} else if !d.notifyPeer(name, list) {
		return command.Refusal("Could not create address")
	}
	r.Reply("Success", "Notify Sent")
	return nil
}

// sessionCalled finds a call by its Call-ID.
func (d *Driver) sessionCalled(id string) *session {
	for _, name := range d.channelNames("") {
		if s, _ := d.sessionNamed(name); s != nil && s.ch.Protocol() == id {
			return s
		}
	}
	return nil
}

func (d *Driver) sipNotify(w io.Writer, args []string) error {
	if len(args) < 2 {
		return &command.UsageError{}
	}
	types := d.Model().Notifies
	if len(types) == 0 {
		return command.Refusal("No sip_notify.conf file found, or no types listed there")
	}
	list, known := types[args[0]]
	if !known {
		return command.Refusal("Unable to find notify type '" + args[0] + "'")
	}
	for _, name := range args[1:] {
		d.borrow(name)
		e := d.Model().Endpoint(name)
		if e == nil || len(d.location.contacts(e.Name)) == 0 {
			fmt.Fprintf(w, "Could not create address for '%s'\n", name)
			continue
		}
		fmt.Fprintf(w, "Sending NOTIFY of type '%s' to '%s'\n", args[0], name)
		d.notifyPeer(name, list)
	}
	return nil
}
