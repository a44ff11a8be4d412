package phone

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/message"
	"github.com/octothorpe/octothorpe/sip"
)

// messageHeaders are the exchange's own in a MESSAGE: values of a message that have
// these names do not go along.
var messageHeaders = []string{"to", "from", "via", "route", "contact", "call-id", "cseq", "allow", "content-length", "content-type", "request-uri"}

var errNoTarget = errors.New("neither an endpoint nor an address that can be reached")

// SendMessage is the driver's message.Sender: a MESSAGE outside of any call
// (RFC 3428 §4). It does not wait for the answer.
func (d *Driver) SendMessage(_ context.Context, msg *message.Message, destination, from string) error {
	if d.stack == nil {
		return errNoTarget
	}
	m := d.Model()
	known := []event.Variable{{Name: "MdataFrom", Value: from}, {Name: "MsgFrom", Value: ""}, {Name: "MdataDestination", Value: destination}, {Name: "MsgTo", Value: msg.To}}
	to, shown, err := d.messageTarget(m, destination)
	if err != nil {
		d.messageTest("MSG_ENDPOINT_URI_FAIL", known)
		return fmt.Errorf("send a message to %s: %w", destination, err)
	}
	outgoing := &outgoingMessage{driver: d, model: m, to: to, message: msg.Clone(), from: originOf(m, to.endpoint), sender: from, visited: map[string]bool{}}
	outgoing.from.display = ""
	if to.endpoint.FromUser == "" {
		outgoing.from.user = to.endpoint.Name
	}
	if m.Global.FromUser != "" && to.endpoint.Name == "" {
		outgoing.from.user = m.Global.FromUser
	}
	r := outgoing.request(to.uri)
	outgoing.tell = func(r *sip.Message) {
		d.messageTest("MSG_FROMTO_URI", append(known, event.Variable{Name: "Endpoint", Value: to.endpoint.Name},
			event.Variable{Name: "RequestURI", Value: shown}, event.Variable{Name: "ToURI", Value: r.To.URI.String()},
			event.Variable{Name: "FromURI", Value: r.From.URI.String()}))
	}
	return outgoing.send(r)
}

func (d *Driver) messageTest(state string, fields []event.Variable) {
	d.testEvent(state, "res_pjsip_messaging.c", "msg_send", fields...)
}

// An outgoingMessage is one MESSAGE on its way, over all the places that it is sent on to.
type outgoingMessage struct {
	driver  *Driver
	model   *Model
	to      destination
	message *message.Message
	from    origin
	sender  string // who the message is to come from, or empty
	tell    func(*sip.Message)
	visited map[string]bool // where it was sent
	left    []sip.URI       // where it may be sent on to, best first
	steps   int
}

func (o *outgoingMessage) request(target sip.URI) *sip.Message {
	d := o.driver
	r := sip.NewRequest(sip.MessageM, target)
	r.Add("From", "<sip:invalid>")
	r.Add("To", o.addressed(target))
	r.Add("Call-ID", sip.NewCallID())
	r.Add("CSeq", "102"+" "+sip.MessageM)
	kind := "text/plain"
	for _, v := range o.message.Outgoing() {
		switch name := strings.ToLower(v.Name); {
		case name == "content-type":
			kind = v.Value
		case !slices.Contains(messageHeaders, name):
			r.Add(v.Name, v.Value)
		}
	}
	hops := o.model.Global.MaxForwards
	if hops == 0 {
		hops = 70
	}
	r.Add("Max-Forwards", itoa(hops))
	if agent := o.model.Global.UserAgent; agent != "" {
		r.Add("User-Agent", agent)
	}
	if d.technology == SIP {
		r.Add("Allow", allowSIP)
		r.Add("Supported", supportedSIP)
	}
	r.SetBody(kind, []byte(o.message.Body))
	return r
}

// addressed is To: what the message says where that is a SIP address, else where it goes.
func (o *outgoingMessage) addressed(target sip.URI) string {
	if text := o.message.To; text != "" {
		if a, err := sip.ParseAddress(text); err == nil && strings.HasPrefix(a.URI.Scheme, "sip") {
			a.Params = ""
			return a.String()
		}
	}
	return o.driver.addressed(target)
}

// prepare writes From: what the sender says over what the endpoint does.
func (o *outgoingMessage) prepare(r *sip.Message, to sip.Source) {
	o.from.prepare(r, to)
	r.Remove("Contact")
	if o.sender == "" {
		return
	}
	from := r.From
	if e := o.model.Endpoint(o.sender); e != nil {
		from.URI.User = sip.EscapeUser(orText(e.FromUser, e.Name))
		if e.FromDomain != "" {
			from.URI.Host = e.FromDomain
		}
	} else if a, err := sip.ParseAddress(o.sender); err == nil && strings.HasPrefix(a.URI.Scheme, "sip") {
		a.Params = from.Params
		from = a
	} else {
		return
	}
	r.Set("From", from.String())
}

// send sends it and takes the answer: done, or sent on elsewhere.
func (o *outgoingMessage) send(r *sip.Message) error {
	d := o.driver
	o.visited[r.URI.String()] = true
	options := d.ways(r, o.to.endpoint, o.to.aor, choose(o.steps == 0, o.to.contact, nil))
	told := o.tell
	options.Prepare = func(r *sip.Message, to sip.Source) {
		o.prepare(r, to)
		if told != nil {
			told(r)
			told = nil
		}
	}
	d.ask(d.ctx, r, options, o.model.outboundAuths(o.to.endpoint), func(a *sip.Message, err error) {
		switch {
		case a != nil && a.Status < 300:
			return
		case a != nil && a.Status < 400 && slices.Contains(o.to.endpoint.FollowRedirectMethods, "message"):
			o.sentOn(a)
		case err != nil:
			d.log.Debug("a message was not answered", "to", r.URI.String(), "error", err)
		default:
			d.log.Info("a message was refused", "to", r.URI.String(), "status", a.Status)
		}
		o.next()
	})
	return nil
}

// mostSteps is how many places one message is sent on to at most.
const mostSteps = 5

// sentOn takes the places that a response of class 3xx names, the most wanted
// first (RFC 3261 §20.10), before those that are left of earlier ones.
func (o *outgoingMessage) sentOn(r *sip.Message) {
	contacts, err := r.Contacts()
	if err != nil {
		return
	}
	slices.SortStableFunc(contacts, func(a, b sip.Address) int { return cmp.Compare(preference(b), preference(a)) })
	var list []sip.URI
	for _, c := range contacts {
		if !c.Star && strings.HasPrefix(c.URI.Scheme, "sip") {
			list = append(list, bareURI(c.URI))
		}
	}
	o.left = append(list, o.left...)
}

// preference is the q of a contact, 1 where it has none.
func preference(a sip.Address) float64 {
	if text, ok := a.Param("q"); ok {
		if q, err := strconv.ParseFloat(text, 64); err == nil {
			return q
		}
	}
	return 1
}

// next goes on to the next place, if there is one where the message has not been.
func (o *outgoingMessage) next() {
	for len(o.left) > 0 && o.steps < mostSteps {
		target := o.left[0]
		o.left = o.left[1:]
		if o.visited[target.String()] {
			continue
		}
		o.steps++
		o.tell = nil
		_ = o.send(o.request(target)) // fails only where there is no stack
		return
	}
}
