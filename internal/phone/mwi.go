package phone

import (
	"bytes"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/octothorpe/octothorpe/internal/state"
	"github.com/octothorpe/octothorpe/sip"
)

// mailboxChanged tells the phones of a mailbox that did not ask for it (RFC 3842
// §2.1 calls this unsolicited).
func (d *Driver) mailboxChanged(box string) {
	for _, e := range d.Model().ofMailbox(box) {
		boxes := []string{box}
		if e.AggregateMWI || d.technology == SIP {
			boxes = e.Mailboxes
		}
		for _, a := range d.aorsOf(e) {
			for _, c := range d.location.contacts(a.Name) {
				d.summarize(e, a, c, boxes)
			}
		}
	}
}

// greetMailboxes tells a phone that has registered of its mailboxes.
func (d *Driver) greetMailboxes(a *AOR, c *Contact) {
	if d.mailboxes == nil {
		return
	}
	for _, e := range d.Model().endpointsOf(a.Name) {
		d.summarizeAll(e, a, c)
	}
}

// greetAll does so for the phones that are there when the driver begins.
func (d *Driver) greetAll() {
	m := d.Model()
	if d.mailboxes == nil || m.Global.NoInitialMWI {
		return
	}
	for _, e := range m.List() {
		if len(e.Mailboxes) == 0 {
			continue
		}
		for _, a := range d.aorsOf(e) {
			for _, c := range d.location.contacts(a.Name) {
				d.summarizeAll(e, a, c)
			}
		}
	}
}

func (d *Driver) summarizeAll(e *Endpoint, a *AOR, c *Contact) {
	switch {
	case len(e.Mailboxes) == 0:
	case e.AggregateMWI || d.technology == SIP:
		d.summarize(e, a, c, e.Mailboxes)
	default:
		for _, box := range e.Mailboxes {
			d.summarize(e, a, c, []string{box})
		}
	}
}

// summarize sends a contact what waits in mailboxes, unless it has subscribed to
// that instead.
func (d *Driver) summarize(e *Endpoint, a *AOR, c *Contact, boxes []string) {
	if d.stack == nil || e.MWIReplaces && d.subs.has(e, eventMWI) || e.Peer != nil && e.Peer.SubscribeMWI {
		return
	}
	target, err := sip.ParseURI(c.URI)
	if err != nil {
		return
	}
	if d.technology == SIP {
		d.summarizeSIP(e, a, c, target)
		return
	}
	m := d.Model()
	from := originOf(m, e)
	from.user = orText(e.MWIFromUser, orText(e.FromUser, e.Name))
	from.contactUser = orText(e.ContactUser, e.Name)
	r := d.newRequest(m, sip.Notify, target, d.addressed(target), sip.NewCallID(), 102)
	for _, name := range []string{"Max-Forwards", "User-Agent"} {
		r.Remove(name)
	}
	r.Add("Subscription-State", "terminated")
	r.Add("Event", eventMWI)
	r.Add("Allow-Events", allowEvents)
	d.finish(r, m)
	counts, exten := d.countsOf(boxes), orText(e.VoicemailExtension, m.Global.VoicemailExtension)
	o := d.ways(r, e, a, c)
	o.Prepare = func(r *sip.Message, to sip.Source) {
		from.prepare(r, to)
		account := ""
		if exten != "" {
			account = to.Transport.ContactURI(sip.EscapeUser(exten), to.Remote).String()
		}
		r.SetBody(typeSummary, messageSummary(counts, account))
	}
	d.ask(d.ctx, r, o, m.outboundAuths(e), func(_ *sip.Message, err error) {
		if err != nil {
			d.log.Debug("a NOTIFY was not answered", "to", c.URI, "error", err)
		}
	})
}

// summarizeSIP is summarize as chan_sip does it: of all mailboxes of a peer.
func (d *Driver) summarizeSIP(e *Endpoint, a *AOR, c *Contact, target sip.URI) {
	m := d.Model()
	from := originOf(m, e)
	if u := m.Global.General.MWIFrom; u != "" {
		from.user, from.contactUser, from.display = u, u, ""
	}
	r := d.newRequest(m, sip.Notify, target, d.addressed(target), sip.NewCallID(), 102)
	for _, name := range []string{"Date", "Allow", "Supported"} {
		r.Remove(name)
	}
	r.Add("Event", eventMWI)
	o := d.ways(r, e, a, c)
	counts := d.countsOf(e.Mailboxes)
	o.Prepare = func(r *sip.Message, to sip.Source) {
		from.prepare(r, to)
		r.SetBody(m.summarySIP(e, counts, d.subs.accountSIP(e, to)))
	}
	d.ask(d.ctx, r, o, m.outboundAuths(e), func(_ *sip.Message, err error) {
		if err != nil {
			d.log.Debug("a NOTIFY was not answered", "to", c.URI, "error", err)
		}
	})
}

// summarySIP is a message summary as sip.conf wants it: under a type of its own, or for
// phones that can't read all of the last line.
func (m *Model) summarySIP(e *Endpoint, c state.Counts, account string) (kind string, body []byte) {
	g, body := m.Global.General, messageSummary(c, account)
	if e.Peer != nil && e.Peer.BuggyMWI {
		body = append(bytes.TrimSuffix(body, []byte(" (0/0)\r\n")), "\r\n"...)
	}
	return orText(g.MWIType, typeSummary), body
}

// has reports whether an endpoint has subscribed to an event package.
func (s *subscriptions) has(e *Endpoint, event string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.list, func(sub *subscription) bool { return sub.event == event && sub.endpoint.Name == e.Name })
}

// indexMailboxes builds what finds the phones of a mailbox.
func (m *Model) indexMailboxes() {
	m.byMailbox = map[string][]*Endpoint{}
	for _, name := range m.order {
		e := m.Endpoints[name]
		for _, box := range e.Mailboxes {
			if !slices.Contains(m.byMailbox[box], e) {
				m.byMailbox[box] = append(m.byMailbox[box], e)
			}
		}
	}
}

// ofMailbox are the endpoints that are told of a mailbox without asking.
func (m *Model) ofMailbox(box string) []*Endpoint {
	return slices.Concat(m.byMailbox[box], m.lending.ofMailbox(box))
}

// summaryLine is the line of RFC 3842 that counts: new, old and the urgent ones of both.
var summaryLine = regexp.MustCompile(`(?i)^Voice-Message:\s*(\d+)/(\d+)(?:\s*\((\d+)/(\d+)\))?`)

// handleNotify takes a NOTIFY that nobody asked for: what waits for us elsewhere.
func (d *Driver) handleNotify(m *Model, e *Endpoint, tx *sip.ServerTransaction, r *sip.Message) {
	if about, err := r.Event(); err != nil || about.Package != eventMWI {
		d.reply(m, tx, r, 501, "")
		return
	}
	const function = "pubsub_on_rx_mwi_notify_request"
	if e.IncomingMWI == "" {
		d.tell(levelNotice, "Endpoint '%s' has no incoming_mwi_mailbox", e.Name)
		d.reply(m, tx, r, 404, "")
		d.subs.testEvent("PUBSUB_NO_INCOMING_MWI_MAILBOX", function, "Endpoint", e.Name)
		return
	}
	kind, _ := r.ContentType()
	if len(r.Body) == 0 || !strings.EqualFold(kind, typeSummary) {
		d.reply(m, tx, r, 404, "")
		return
	}
	var account string
	var n [4]string
	for _, line := range strings.Split(string(r.Body), "\n") {
		line = strings.TrimSpace(line)
		if name, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(name, "Message-Account") {
			account = strings.TrimSpace(value)
		}
		if found := summaryLine.FindStringSubmatch(line); found != nil {
			copy(n[:], found[1:])
		}
	}
	for i := range n {
		n[i] = orText(n[i], "0")
	}
	d.reply(m, tx, r, 200, "")
	if d.mailboxes != nil {
		fresh, _ := strconv.Atoi(n[0]) // digits; too many are none
		old, _ := strconv.Atoi(n[1])
		d.mailboxes.Set(e.IncomingMWI, state.Counts{New: fresh, Old: old})
	}
	d.subs.testEvent("PUBSUB_INCOMING_MWI_PUBLISH", function, "Endpoint", e.Name, "Mailbox", e.IncomingMWI, "MessageAccount", account,
		"VoiceMessagesNew", n[0], "VoiceMessagesOld", n[1], "VoiceMessagesUrgentNew", n[2], "VoiceMessagesUrgentOld", n[3])
}

// WatchesMailbox reports whether a phone is told of a mailbox, because it subscribed or
// because its endpoint has it. As on Asterisk one of pjsip.conf whose last contact has gone
// is told no more, until it has one again, though one that never had one would be.
func (d *Driver) WatchesMailbox(box string) bool {
	for _, e := range d.Model().ofMailbox(box) {
		if !slices.ContainsFunc(d.aorsOf(e), func(a *AOR) bool { _, left := d.left.Load(a.Name); return left }) {
			return true
		}
	}
	d.subs.mu.Lock()
	defer d.subs.mu.Unlock()
	return len(d.subs.watched[watched{mailbox: box}]) > 0
}
