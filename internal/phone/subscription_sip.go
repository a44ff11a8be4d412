package phone

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/state"
	"github.com/octothorpe/octothorpe/sip"
)

// handleSubscribeSIP takes a SUBSCRIBE as chan_sip does: of peers, and of guests
// where they may call.
func (d *Driver) handleSubscribeSIP(m *Model, tx *sip.ServerTransaction, r *sip.Message) {
	e := d.identify(m, r)
	if e != nil && !e.ACL.Allows(r.Source.Remote.Addr()) {
		d.security("FailedACL", securityError, e.Name, r, event.Variable{Name: "ACLName", Value: "device_must_match_acl"})
		e = nil
	} else if e == nil && m.Global.General.AllowGuest {
		d.subscribeSIP(m, m.guest, tx, r)
		return
	}
	if e != nil && (e.ForceRport || e.Peer.AutoForceRport) {
		tx.ForceRport()
	}
	if d.authenticatePeer(m, e, r.From.URI.UserText(), tx, r) {
		d.subscribeSIP(m, e, tx, r)
	}
}

func (d *Driver) subscribeSIP(m *Model, e *Endpoint, tx *sip.ServerTransaction, r *sip.Message) {
	if !d.subs.post(func() { d.subs.establishSIP(m, e, tx, r) }) {
		d.reply(m, tx, r, 503, "")
	}
}

// establishSIP answers a SUBSCRIBE outside of a dialog.
func (s *subscriptions) establishSIP(m *Model, e *Endpoint, tx *sip.ServerTransaction, r *sip.Message) {
	d := s.driver
	sub, expires, refusal := s.admitSIP(m, e, tx, r)
	if refusal != nil {
		d.send(tx, refusal)
		return
	}
	contactUser := sub.root.name
	if sub.event == eventMWI {
		contactUser = e.Name
	}
	dialog, err := tx.Dialog(sip.DialogOptions{Rewrite: e.RewriteContact, CSeq: 101, ContactUser: sip.EscapeUser(contactUser),
		OnRequest: func(_ *sip.Dialog, tx *sip.ServerTransaction, r *sip.Message) { s.inDialog(sub, tx, r) }})
	if err != nil {
		d.log.Warn("a subscription can't begin", "endpoint", e.Name, "error", err)
		d.reply(m, tx, r, 500, "")
		return
	}
	sub.dialog, sub.expires, sub.granted, sub.id = dialog, time.Now().Add(expires), expires, uuid.NewString()
	s.acceptSIP(sub, tx, r, expires)
	s.begun(sub)
}

// admitSIP decides about a SUBSCRIBE. It returns the answer if it is refused.
func (s *subscriptions) admitSIP(m *Model, e *Endpoint, tx *sip.ServerTransaction, r *sip.Message) (sub *subscription, expires time.Duration, refusal *sip.Message) {
	d := s.driver
	refuse := func(status int, reason string) (*subscription, time.Duration, *sip.Message) {
		return nil, 0, d.response(m, tx, r, status, reason)
	}
	about, err := r.Event()
	kinds := bodyTypes(about.Package)
	switch {
	case !e.AllowSubscribe || !m.Global.General.AllowSubscribe:
		return refuse(403, "Forbidden (policy)")
	case err != nil || kinds == nil:
		return refuse(489, "Bad Event")
	}
	if expires = s.lifetimeSIP(m, r); expires < 0 {
		a := d.response(m, tx, r, 423, "Interval too small")
		a.Add("Min-Expires", itoa(int(s.shortestSIP(m)/time.Second)))
		return nil, 0, a
	}
	kind, known := kindSIP(about.Package, r)
	if kind == "" {
		return refuse(489, choose(known == "", "Bad Event", "Bad Event (format "+known+")"))
	}
	local := r.To.URI
	sub = &subscription{endpoint: e, model: m, event: about.Package, header: about.Package, kind: kind, request: r,
		remote: sip.URI{Scheme: r.From.URI.Scheme, User: r.From.URI.User, Host: r.From.URI.Host, Port: r.From.URI.Port}.String(),
		digium: strings.Contains(r.Get("User-Agent"), "Digium")}
	resource := m.userOf(r.URI)
	n := &node{sub: sub, name: resource, uri: sip.URI{Scheme: local.Scheme, User: local.User, Host: local.Host, Port: local.Port}.String()}
	sub.root = n
	if sub.event == eventMWI {
		n.boxes, n.account = e.Mailboxes, e.VoicemailExtension
		if len(n.boxes) == 0 {
			return refuse(404, "Not found (no mailbox)")
		}
		return sub, expires, nil
	}
	n.context = orText(e.SubscribeContext, orText(m.Global.General.SubscribeContext, e.Context))
	in, ok := "", false
	if d.hooks.Hint != nil && resource != "" {
		in, ok = d.hooks.Hint(resource, n.context)
	}
	if !ok {
		return refuse(404, "Not Found")
	}
	n.exten, n.context, n.known = resource, in, "Unknown"
	return sub, expires, nil
}

// shortestSIP is the shortest subscription that is granted.
func (s *subscriptions) shortestSIP(m *Model) time.Duration {
	if g := m.Global.General; g.SubMinExpiry > 0 {
		return g.SubMinExpiry
	}
	return m.Global.General.MinExpiry
}

// lifetimeSIP is how long a SUBSCRIBE is granted; negative is too short.
func (s *subscriptions) lifetimeSIP(m *Model, r *sip.Message) time.Duration {
	g := m.Global.General
	expires, longest := g.DefaultExpiry, g.SubMaxExpiry
	if longest == 0 {
		longest = g.MaxExpiry
	}
	if _, told := r.Lookup("Expires"); told {
		expires = lifetimeOf(r)
	}
	switch {
	case expires > 0 && expires < s.shortestSIP(m):
		return -1
	case longest > 0 && expires > longest:
		return longest
	}
	return expires
}

// kindSIP is the type of bodies that a phone takes; known is what it said where
// that is none. Some phones say one thing and mean another.
func kindSIP(about string, r *sip.Message) (kind, known string) {
	accepted := strings.ToLower(strings.Join(r.All("Accept"), ","))
	if about == eventMWI {
		if accepted == "" || strings.Contains(accepted, typeSummary) {
			return typeSummary, ""
		}
		return "", accepted
	}
	switch {
	case strings.Contains(accepted, "application/pidf+xml"):
		return choose(strings.Contains(r.Get("User-Agent"), "Polycom"), typeXPIDF, typePIDF), ""
	case strings.Contains(accepted, typeDialogInfo):
		return typeDialogInfo, ""
	case strings.Contains(accepted, typeCPIM):
		return typeCPIM, ""
	case strings.Contains(accepted, typeXPIDF):
		return typeXPIDF, ""
	}
	return "", accepted
}

// acceptSIP answers a SUBSCRIBE with 200.
func (s *subscriptions) acceptSIP(sub *subscription, tx *sip.ServerTransaction, r *sip.Message, expires time.Duration) {
	a := s.driver.response(sub.model, tx, r, 200, "")
	a.Add("Expires", itoa(int(expires/time.Second)))
	user := choose(sub.event == eventMWI, sub.endpoint.Name, sub.root.name)
	a.Add("Contact", fmt.Sprintf("<%s>;expires=%d", r.Source.Transport.ContactURI(sip.EscapeUser(user), r.Source.Remote), int(expires/time.Second)))
	s.driver.send(tx, a)
}

// notifySIP makes a NOTIFY of a subscription.
func (s *subscriptions) notifySIP(sub *subscription) *sip.Message {
	n := sub.dialog.NewRequest(sip.Notify)
	n.Prepend("Max-Forwards", "70")
	callID, cseq := n.Get("Call-ID"), n.Get("CSeq")
	n.Remove("Call-ID")
	n.Remove("CSeq")
	way := sub.dialog.Way()
	user := sub.root.name
	if sub.event == eventMWI { // it comes from the exchange, not from a mailbox
		from := originOf(sub.model, sub.endpoint)
		user = from.contactUser
		host, _ := way.Transport.Sent(way.Remote)
		n.Set("From", fmt.Sprintf("%q <sip:%s@%s>;tag=%s", "asterisk", sip.EscapeUser(from.user), orText(from.domain, host), sub.dialog.LocalTag))
	}
	n.Add("Contact", "<"+way.Transport.ContactURI(sip.EscapeUser(user), way.Remote).String()+">")
	n.Add("Call-ID", callID)
	n.Add("CSeq", cseq)
	if agent := sub.model.Global.UserAgent; agent != "" {
		n.Add("User-Agent", agent)
	}
	stands := choose(sub.over, "terminated;reason=timeout", "active")
	if sub.event == eventMWI {
		n.Add("Event", sub.header)
		n.SetBody(sub.kind, sub.root.body)
		n.Add("Subscription-State", stands)
	} else {
		n.Add("Subscription-State", stands)
		n.Add("Event", sub.header)
		n.SetBody(sub.kind, sub.root.body)
	}
	return n
}

// describeSIP makes the document of a subscription, laid out as chan_sip does.
func (s *subscriptions) describeSIP(n *node) {
	sub, g := n.sub, n.sub.model.Global.General
	switch {
	case n.exten == "":
		sub.kind, n.body = sub.model.summarySIP(sub.endpoint, n.counts, s.accountSIP(sub.endpoint, sub.dialog.Way()))
	case sub.kind == typePIDF:
		n.body = pidfSIP(n, sub)
	case sub.kind == typeDialogInfo:
		n.body = dialogInfoSIP(n, g.NotifyRinging, s.ringsFor(n))
		n.versions++
	default:
		n.body = xpidfSIP(n, sub)
	}
}

func (s *subscriptions) accountSIP(e *Endpoint, way sip.Source) string {
	host, _ := way.Transport.Sent(way.Remote)
	return "sip:" + orText(e.VoicemailExtension, "asterisk") + "@" + host
}

func pidfSIP(n *node, sub *subscription) []byte {
	note, basic, activity := "Ready", "open", ""
	switch n.state.Device() {
	case state.Ringing, state.RingInUse:
		note, activity = "Ringing", "busy"
	case state.InUse, state.Busy:
		note, activity = "On the phone", "busy"
	case state.OnHold:
		note, activity = "On hold", "busy"
	case state.Unavailable:
		note, basic, activity = "Not online", "closed", "away"
	}
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" \n" +
		"xmlns:pp=\"urn:ietf:params:xml:ns:pidf:person\"\nxmlns:es=\"urn:ietf:params:xml:ns:pidf:rpid:status:rpid-status\"\n" +
		"xmlns:ep=\"urn:ietf:params:xml:ns:pidf:rpid:rpid-person\"\n")
	fmt.Fprintf(&b, "entity=\"%s\">\n<pp:person><status>\n", escaped(sub.remote))
	if activity != "" {
		fmt.Fprintf(&b, "<ep:activities><ep:%s/></ep:activities>\n", activity)
	}
	fmt.Fprintf(&b, "</status></pp:person>\n<note>%s</note>\n<tuple id=\"%s\">\n<contact priority=\"1\">%s</contact>\n<status><basic>%s</basic></status>\n</tuple>\n",
		note, escaped(n.exten), escaped(n.uri), basic)
	if p := n.presence; sub.digium && p.Status != "" && p.Status != state.NotSet {
		fmt.Fprintf(&b, "<tuple id=\"digium-presence\">\n<status>\n<digium_presence type=\"%s\" subtype=\"%s\">%s</digium_presence>\n</status>\n</tuple>\n",
			escaped(p.Status), escaped(p.Subtype), escaped(p.Message))
	}
	b.WriteString("</presence>\n")
	return []byte(b.String())
}

func xpidfSIP(n *node, sub *subscription) []byte {
	status, substatus := "open", "online"
	switch n.state.Device() {
	case state.Ringing, state.RingInUse, state.InUse, state.Busy:
		status, substatus = "inuse", "onthephone"
	case state.OnHold, state.Unavailable:
		status, substatus = "closed", "offline"
	}
	return fmt.Appendf(nil, "<?xml version=\"1.0\"?>\n<!DOCTYPE presence PUBLIC \"-//IETF//DTD RFCxxxx XPIDF 1.0//EN\" \"xpidf.dtd\">\n<presence>\n"+
		"<presentity uri=\"%s;method=SUBSCRIBE\" />\n<atom id=\"%s\">\n<address uri=\"%s;user=ip\" priority=\"0.800000\">\n"+
		"<status status=\"%s\" />\n<msnsubstatus substatus=\"%s\" />\n</address>\n</atom>\n</presence>\n",
		escaped(sub.remote), escaped(n.exten), escaped(n.uri), status, substatus)
}

// A pickup is what a phone is told of a call that rings elsewhere, so that it may take
// it (notifycid): whose call it is and how the phone's subscription is called.
type pickup struct{ callID, theirTag, ourTag, remote, remoteName, local, localName, target string }

// ringsFor is what a phone is told of the call that rings where it watches, or nil. Where
// nobody knows who calls yet it is the extension.
func (s *subscriptions) ringsFor(n *node) *pickup {
	device := n.state.Device()
	if !n.sub.model.Global.General.NotifyCID || n.sub.dialog == nil || device != state.Ringing && device != state.RingInUse {
		return nil
	}
	d := n.sub.dialog
	p := &pickup{callID: "pickup-" + d.CallID, theirTag: d.RemoteTag, ourTag: d.LocalTag, target: n.uri,
		remote: n.uri, remoteName: n.exten, local: n.uri, localName: n.exten}
	if by := s.callerOf(n); by != nil {
		_, host, _ := strings.Cut(n.uri, "@")
		p.remote, p.remoteName = "sip:"+sip.EscapeUser(by.number)+"@"+host, by.name
		p.local, p.localName = "sip:"+sip.EscapeUser(by.called)+"@"+host, by.calledName
	}
	return p
}

// attributes are those of the dialog, and parties the elements in it.
func (p *pickup) attributes() string {
	return fmt.Sprintf(` call-id="%s" local-tag="%s" remote-tag="%s"`, escaped(p.callID), escaped(p.theirTag), escaped(p.ourTag))
}

func (p *pickup) parties() string {
	party := func(element, uri, name, target string) string {
		return fmt.Sprintf("<%s>\n<identity display=\"%s\">%s</identity>\n<target uri=\"%s\"/>\n</%s>\n", element, escaped(name), escaped(uri), escaped(target), element)
	}
	return party("remote", p.remote, p.remoteName, p.remote) + party("local", p.local, p.localName, p.target)
}

func dialogInfoSIP(n *node, notifyRinging bool, rings *pickup) []byte {
	word, direction, local := "terminated", "", ""
	switch n.state.Device() {
	case state.Ringing:
		word, direction = "early", choose(notifyRinging, ` direction="recipient"`, "")
	case state.RingInUse:
		word, direction = "confirmed", ""
		if notifyRinging {
			word, direction = "early", ` direction="recipient"`
		}
	case state.InUse, state.Busy:
		word = "confirmed"
	case state.OnHold:
		word = "confirmed"
		local = fmt.Sprintf("<local>\n<target uri=\"%s\">\n<param pname=\"+sip.rendering\" pvalue=\"no\"/>\n</target>\n</local>\n", escaped(n.uri))
	}
	parties := ""
	if rings != nil && direction != "" {
		direction, parties = rings.attributes()+direction, rings.parties()
	}
	return fmt.Appendf(nil, "<?xml version=\"1.0\"?>\n<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"%d\" state=\"full\" entity=\"%s\">\n"+
		"<dialog id=\"%s\"%s>\n%s<state>%s</state>\n%s</dialog>\n</dialog-info>\n", n.versions, escaped(n.uri), escaped(n.exten), direction, parties, word, local)
}

func escaped(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(text)
}
