package phone

import (
	"errors"
	"net"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/message"
	"github.com/octothorpe/octothorpe/sip"
)

// handleMessage takes a MESSAGE that belongs to no call (RFC 3428 §7): the dialplan
// gets it, and its sender is told so before it has run.
func (d *Driver) handleMessage(m *Model, e *Endpoint, tx *sip.ServerTransaction, r *sip.Message) {
	if mediaType(r) != "text/plain" {
		d.reply(m, tx, r, 415, "")
		return
	}
	d.deliverMessage(m, e, tx, r)
}

// handleMessageSIP is handleMessage for sip.conf, where whoever may not call may not
// write either.
func (d *Driver) handleMessageSIP(m *Model, tx *sip.ServerTransaction, r *sip.Message) {
	g := m.Global.General
	switch {
	case mediaType(r) != "text/plain":
		d.reply(m, tx, r, 415, "")
		return
	case !g.AcceptMessages:
		d.reply(m, tx, r, 405, "")
		return
	}
	e := d.identify(m, r)
	switch {
	case e == nil && (g.AllowGuest || !g.AuthMessages):
		e = m.guest
	case g.AuthMessages && !d.authenticatePeer(m, e, r.From.URI.UserText(), tx, r):
		return
	}
	d.deliverMessage(m, e, tx, r)
}

// deliverMessage gives a message to the dialplan.
func (d *Driver) deliverMessage(m *Model, e *Endpoint, tx *sip.ServerTransaction, r *sip.Message) {
	exten := m.userOf(r.URI)
	if exten == "" {
		exten = "s"
	}
	status := 404
	if d.hooks.Message != nil {
		switch err := d.hooks.Message(d.received(e, r, exten)); {
		case err == nil:
			status = 202
		case !errors.Is(err, message.ErrNoPlace):
			d.log.Warn("a message was refused", "endpoint", e.Name, "error", err)
			status = 503
		}
	}
	d.reply(m, tx, r, status, "")
}

// received is a MESSAGE as the dialplan sees it: where it goes without its port,
// and all its headers.
func (d *Driver) received(e *Endpoint, r *sip.Message, exten string) *message.Message {
	to, from := r.URI, r.From
	if d.technology == PJSIP {
		to = r.To.URI
	}
	to.Port, from.URI.Port = 0, 0
	from.Params = ""
	if from.Display != "" { // as it came, quotes or not
		from.URI.Params, from.URI.Headers = "", ""
	}
	msg := &message.Message{Technology: d.technology, Endpoint: e.Name, To: strings.ToLower(d.technology) + to.String()[strings.IndexByte(to.String(), ':'):], From: from.String(),
		Body: strings.TrimRight(string(r.Body), " \t\r\n"), Context: orText(e.MessageContext, e.Context), Exten: exten}
	for _, h := range r.Headers {
		if msg.Datum(h.Name) == "" {
			msg.Set(h.Name, h.Value, false)
		}
	}
	source := r.Source.Remote
	msg.Set(d.technology+"_RECVADDR", net.JoinHostPort(source.Addr().Unmap().String(), strconv.Itoa(int(source.Port()))), false)
	msg.Set(d.technology+"_TRANSPORT", strings.ToUpper(r.Source.Transport.Network), false)
	return msg
}
