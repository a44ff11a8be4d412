package phone

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/sip"
)

// allowEvents is what Allow-Events says.
const allowEvents = "message-summary, presence, dialog, refer"

// notify sends a NOTIFY: with everything, or what has changed. The last of a
// subscription ends its dialog when it is answered.
func (s *subscriptions) notify(sub *subscription, full bool) {
	d := s.driver
	d.clock.stop(sub.batch)
	sub.batch = nil
	if d.technology == SIP {
		s.send(sub, s.notifySIP(sub), 0, sub.over)
		return
	}
	if l := sub.root.list; l != nil && l.FullState {
		full = true
	}
	kind, body := s.document(sub, sub.root, full)
	n := sub.dialog.NewRequest(sip.Notify)
	shape(n, "<"+s.contact(sub)+">")
	n.Add("Event", sub.header)
	n.Add("Subscription-State", sub.state(time.Now()))
	n.Add("Allow-Events", allowEvents)
	if sub.root.list != nil {
		n.Add("Require", "eventlist")
	}
	d.finish(n, sub.model)
	n.SetBody(kind, body)
	last := sub.over
	s.send(sub, n, 0, last)
	s.testEvent("SUBSCRIPTION_STATE_SET", "sip_subscription_send_request", "StateText", choose(last, "TERMINATED", "ACTIVE"), "Endpoint", sub.endpoint.Name)
}

func (s *subscriptions) contact(sub *subscription) string {
	way := sub.dialog.Way()
	return way.Transport.ContactURI("", way.Remote).String()
}

// shape gives a request within a dialog the order of headers, and the From and To
// without ports, that the reference has.
func shape(n *sip.Message, contact string) {
	from, to, callID, cseq := n.Get("From"), n.Get("To"), n.Get("Call-ID"), n.Get("CSeq")
	for _, name := range []string{"From", "To", "Call-ID", "CSeq"} {
		n.Remove(name)
	}
	n.Add("From", withoutPort(from))
	n.Add("To", withoutPort(to))
	n.Add("Contact", contact)
	n.Add("Call-ID", callID)
	n.Add("CSeq", cseq)
}

// withoutPort takes the port off the URI of a From or To (RFC 3261 table 1).
func withoutPort(value string) string {
	a, err := sip.ParseAddress(value)
	if err != nil || a.URI.Port == 0 {
		return value
	}
	a.URI.Port = 0
	return a.String()
}

// finish adds what stands before the body.
func (d *Driver) finish(n *sip.Message, m *Model) {
	hops := m.Global.MaxForwards
	if hops == 0 {
		hops = 70
	}
	n.Add("Max-Forwards", itoa(hops))
	if agent := m.Global.UserAgent; agent != "" {
		n.Add("User-Agent", agent)
	}
}

// state is Subscription-State.
func (sub *subscription) state(now time.Time) string {
	if sub.over {
		return "terminated"
	}
	return "active;expires=" + strconv.FormatInt(max(sub.expires.Unix()-now.Unix(), 0), 10)
}

// send sends a NOTIFY, again where the phone asks who we are. A phone that refuses
// it has forgotten the subscription (RFC 6665 §4.2.2), and one that does not answer is gone.
func (s *subscriptions) send(sub *subscription, n *sip.Message, proofs int, last bool) {
	d := s.driver
	ended := func() {
		s.must(func() {
			if !sub.over {
				s.forget(sub)
			}
			sub.dialog.End()
		})
	}
	o := sip.RequestOptions{Transport: d.transport(sub.endpoint.Transport)}
	o.OnResponse = func(_ *sip.ClientTransaction, r *sip.Message, err error) {
		switch {
		case errors.Is(err, sip.ErrClosed): // we end, and go on with it in the next run
		case err == nil && r.Status < 200:
		case err == nil && (r.Status == 401 || r.Status == 407) && proofs < maxProofs:
			if next := d.authorize(n, r, sub.model.outboundAuths(sub.endpoint)); next != nil {
				s.must(func() { s.send(sub, sub.dialog.Renumber(next), proofs+1, last) })
				return
			}
			ended()
		case last, err != nil, r.Status >= 300:
			ended()
		}
	}
	if _, err := sub.dialog.Request(d.ctx, n, o); err != nil {
		d.log.Debug("a NOTIFY was not sent", "endpoint", sub.endpoint.Name, "error", err)
		if d.ctx.Err() == nil && !errors.Is(err, sip.ErrClosed) {
			ended()
		}
	}
}

// document is the body of a node: of a leaf its own, of a list what RFC 4662 §5 says.
func (s *subscriptions) document(sub *subscription, n *node, full bool) (kind string, body []byte) {
	if n.list == nil {
		n.changed = false
		return sub.kind, n.body
	}
	host := sub.request.URI.Host
	boundary := fiveLetters()
	root := elem("list", textElem("name", n.name)).with("xmlns", "urn:ietf:params:xml:ns:rlmi", "uri", n.uri,
		"version", strconv.Itoa(n.told), "fullState", strconv.FormatBool(full))
	n.told++
	var parts bytes.Buffer
	for _, k := range n.kids {
		if !full && !k.hasChanged() {
			continue
		}
		kind, body := s.document(sub, k, full)
		id := fiveLetters() + "@" + host
		root.add(elem("resource", textElem("name", s.called(n.list, k)),
			elem("instance").with("id", fiveLetters(), "state", choose(sub.over, "terminated", "active"), "cid", id)).with("uri", k.uri))
		writePart(&parts, boundary, id, kind, body)
	}
	var all bytes.Buffer
	writePart(&all, boundary, fiveLetters()+"@"+host, "application/rlmi+xml", root.document())
	all.Write(parts.Bytes())
	fmt.Fprintf(&all, "\r\n--%s--\r\n", boundary)
	return `multipart/related;type="application/rlmi+xml";boundary=` + boundary, all.Bytes()
}

// called is the name of what is on a list: that of its hint, if the list wants it.
func (s *subscriptions) called(l *ResourceList, n *node) string {
	if named := s.driver.hooks.HintName; l.Named && named != nil && n.exten != "" {
		return orText(named(n.exten, n.context), n.name)
	}
	return n.name
}

func writePart(b *bytes.Buffer, boundary, id, kind string, body []byte) {
	fmt.Fprintf(b, "\r\n--%s\r\nContent-ID: <%s>\r\nContent-Type: %s\r\nContent-Length: %5d\r\n\r\n", boundary, id, kind, len(body))
	b.Write(body)
}

// hasChanged reports whether something at or below a node has changed since it was told.
func (n *node) hasChanged() bool {
	changed := false
	n.leaves(func(l *node) { changed = changed || l.changed })
	return changed
}

// testEvent tells a point that the reference's tests wait for.
func (s *subscriptions) testEvent(name, function string, pairs ...string) {
	if s.driver.technology == SIP {
		return
	}
	var fields []event.Variable
	for i := 0; i+1 < len(pairs); i += 2 {
		fields = append(fields, event.Variable{Name: pairs[i], Value: pairs[i+1]})
	}
	s.driver.testEvent(name, "res_pjsip_pubsub.c", function, fields...)
}
