package phone

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/sip"
)

// An origin is who a request of ours says to be. Empty parts are filled in when
// it is known by which transport and to whom it goes.
type origin struct {
	user, domain, display, tag string
	contactUser, contactParams string
	// fromParams and fromURIParams are added to From, with their semicolons.
	fromParams, fromURIParams string
	escape                    func(user string) string // for URIs; nil is sip.EscapeUser
}

// originOf is the origin of a request to an endpoint that no call stands behind.
func originOf(m *Model, e *Endpoint) origin {
	o := origin{escape: m.escaped, user: m.Global.FromUser, domain: m.Global.FromDomain, tag: sip.NewTag()}
	if e != nil {
		if e.FromUser != "" {
			o.user = e.FromUser
		}
		if e.FromDomain != "" {
			o.domain = e.FromDomain
		}
		o.contactUser = e.ContactUser
	}
	if m.Technology == SIP {
		o.display = "asterisk"
	}
	if o.contactUser == "" {
		o.contactUser = o.user
	}
	return o
}

// newRequest makes a request outside of dialogs. Its From and Contact are put
// right by prepare.
func (d *Driver) newRequest(m *Model, method string, target sip.URI, to string, callID string, cseq uint32) *sip.Message {
	r := sip.NewRequest(method, withoutTransport(target))
	hops := m.Global.MaxForwards
	if hops == 0 {
		hops = 70
	}
	r.Add("Max-Forwards", itoa(hops))
	r.Add("From", "<sip:invalid>")
	r.Add("To", to)
	r.Add("Contact", "<sip:invalid>")
	r.Add("Call-ID", callID)
	r.Add("CSeq", itoa(int(cseq))+" "+method)
	if agent := m.Global.UserAgent; agent != "" {
		r.Add("User-Agent", agent)
	}
	if d.technology == SIP {
		r.Add("Date", date(time.Now()))
		r.Add("Allow", allowSIP)
		r.Add("Supported", supportedSIP)
	}
	return r
}

// addressed is a To for a URI: without what only routes it, in pjsip.conf's
// driver without its port, too, in sip.conf's with its transport.
func (d *Driver) addressed(uri sip.URI) string {
	over := uri.Transport()
	uri = bare(uri)
	if d.technology == PJSIP {
		uri.Port = 0
	} else if over != "" && !strings.EqualFold(over, "udp") {
		uri.Params = ";transport=" + over
	}
	return sip.Address{URI: uri}.String()
}

func (o origin) escaped(user string) string {
	if o.escape == nil {
		return sip.EscapeUser(user)
	}
	return o.escape(user)
}

// prepare writes From and Contact as the peer has to see them.
func (o origin) prepare(r *sip.Message, to sip.Source) {
	t := to.Transport
	host, port := t.Sent(to.Remote)
	domain := o.domain
	if domain == "" {
		domain = host
	}
	from := sip.Address{Display: o.display, URI: sip.URI{Scheme: "sip", User: o.escaped(o.user), Host: domain, Params: o.fromURIParams}, Params: ";tag=" + o.tag + o.fromParams}
	r.Set("From", from.String())
	contact := sip.URI{Scheme: choose(t.Network == "tls", "sips", "sip"), User: sip.EscapeUser(o.contactUser), Host: host, Port: port}
	switch t.Network {
	case "tcp":
		contact.Params = t.ContactURI("", to.Remote).Params
	case "ws", "wss":
		contact.Params = ";transport=ws"
	}
	contact.Params += o.contactParams
	r.Set("Contact", "<"+contact.String()+">")
}

// patience is when a request to a peer of sip.conf is first repeated, and how long its
// answer may take. The first repetition comes after twice T1; of a peer that qualify
// watches after the time that it last took to answer, though no less than t1min.
func (d *Driver) patience(p *Peer, c *Contact) (first, whole time.Duration) {
	if p.Qualify == 0 || c == nil || c.RTT == 0 {
		return 2 * p.T1, p.TimerB
	}
	first = max(c.RTT, d.Model().Global.General.T1Min)
	if p.TimerB != 64*p.T1 { // timerb says so
		return first, p.TimerB
	}
	return first, 64 * first
}

// ways says how to reach a contact of an endpoint: the transport that is
// configured, the proxies on the way, and for phones behind a NAT of sip.conf the
// address that they registered from. It adds Route headers to the request.
func (d *Driver) ways(r *sip.Message, e *Endpoint, a *AOR, c *Contact) sip.RequestOptions {
	var o sip.RequestOptions
	var routes []string
	if e != nil && e.Peer != nil {
		o.T1, o.Timeout = d.patience(e.Peer, c)
	}
	if e != nil {
		o.Transport = d.transport(e.Transport)
		routes = proxies(e.OutboundProxy)
	}
	if o.Transport == nil {
		o.Transport = d.symmetricWay(c)
	}
	if len(routes) == 0 && a != nil {
		routes = proxies(a.OutboundProxy)
	}
	if c != nil {
		routes = append(routes, c.Path...)
		if d.technology == SIP && c.Source.IsValid() && len(routes) == 0 {
			if t := d.transportBy(c.Transport, c.Source.Addr(), o.Transport); t != nil {
				o.To = sip.Source{Transport: t, Remote: c.Source}
			}
		}
	}
	for _, route := range routes {
		r.Add("Route", route)
	}
	return o
}

// proxies reads outbound_proxy: one URI or several with commas, as Route has them.
func proxies(text string) []string {
	var list []string
	for _, p := range splitList(text) {
		if !strings.HasPrefix(p, "<") {
			if !strings.Contains(p, ":") || !isSIPURI(p) {
				p = "sip:" + p + ";lr"
			}
			p = "<" + p + ">"
		}
		list = append(list, p)
	}
	return list
}

// transportBy returns the open transport of a network by which to reach an address,
// one of the address's family if there is one; preferred, if it is of the network, comes before.
func (d *Driver) transportBy(network string, peer netip.Addr, preferred *sip.Transport) *sip.Transport {
	if network == "" {
		network = "udp"
	}
	if preferred != nil && preferred.Network == network {
		return preferred
	}
	return d.stack.TransportFor(network, peer)
}

// ask sends a request, answers challenges with the auths, and calls done once
// with the final response, or with nil where none came. It does not wait.
func (d *Driver) ask(ctx context.Context, r *sip.Message, o sip.RequestOptions, auths []*Auth, done func(response *sip.Message, err error)) {
	d.askAgain(ctx, r, o, auths, maxProofs, nothing, done)
}

// nothing is for requests that go out again as they are.
func nothing(_, _ *sip.Message) {}

// askAgain is ask with a last look at a request that goes out again after a refusal, as
// often as attempts says.
func (d *Driver) askAgain(ctx context.Context, r *sip.Message, o sip.RequestOptions, auths []*Auth, attempts int, look func(again, refusal *sip.Message),
	done func(response *sip.Message, err error)) {
	tries := 0
	o.OnResponse = nil
	var send func(r *sip.Message)
	send = func(r *sip.Message) {
		options := o
		options.OnResponse = func(_ *sip.ClientTransaction, a *sip.Message, err error) {
			switch {
			case err != nil:
				done(nil, err)
			case a.Status < 200:
			case (a.Status == 401 || a.Status == 407) && tries < attempts:
				if again := d.authorize(r, a, auths); again != nil {
					tries++
					look(again, a)
					send(again)
					return
				}
				done(a, nil)
			default:
				done(a, nil)
			}
		}
		if _, err := d.stack.Request(ctx, r, options); err != nil {
			done(nil, err)
		}
	}
	send(r)
}

// authorize returns the request anew with an answer to the challenges of a 401
// or 407, or nil where we know no secret for them, or ours was refused.
func (d *Driver) authorize(r, refusal *sip.Message, auths []*Auth) *sip.Message {
	name, answer := "WWW-Authenticate", "Authorization"
	if refusal.Status == 407 {
		name, answer = "Proxy-Authenticate", "Proxy-Authorization"
	}
	again := r.Clone()
	again.Remove(answer)
	var realms []string
	for _, text := range refusal.All(name) {
		c, ok := sip.ParseChallenge(text)
		if !ok || slices.Contains(realms, c.Realm) || proves(r.Get(answer), c) && !c.Stale {
			continue
		}
		if d.technology == PJSIP && r.Method == sip.Register && forRealm(r.Get(answer), c.Realm) && !c.Stale {
			continue // a new nonce makes what was refused no better, says chan_pjsip
		}
		a := d.authFor(c, auths)
		if a == nil {
			continue
		}
		value, err := sip.Authorize(c, secretOf(a), r.Method, r.URI.String(), 1)
		if err != nil {
			d.log.Warn("a challenge can't be answered", "realm", c.Realm, "error", err)
			continue
		}
		realms = append(realms, c.Realm)
		again.Add(answer, choose(d.technology == SIP, digestSIP(value), value))
	}
	if len(realms) == 0 {
		return nil
	}
	again.Set("CSeq", itoa(int(r.CSeq.Number)+1)+" "+r.Method)
	return again
}

// authFor finds the auth for a challenge: of its realm, or of any.
func (d *Driver) authFor(c sip.Challenge, auths []*Auth) *Auth {
	var otherwise *Auth
	for _, a := range auths {
		switch {
		case !d.answers(a, c.Algorithm):
		case a.Realm == c.Realm:
			return a
		case otherwise == nil && (a.Realm == "" || a.Realm == "*"):
			otherwise = a
		}
	}
	return otherwise
}

// answers reports whether an auth may be used with a digest algorithm.
func (d *Driver) answers(a *Auth, algorithm string) bool {
	if algorithm == "" {
		algorithm = "MD5"
	}
	list := a.AlgorithmsUAC
	if len(list) == 0 {
		list = d.Model().Global.AlgorithmsUAC
	}
	if len(list) == 0 {
		list = []string{"MD5"}
	}
	return slices.ContainsFunc(list, func(n string) bool { return strings.EqualFold(n, algorithm) })
}

// outboundAuths returns the auths of an endpoint for others' challenges; in
// sip.conf also those of [authentication].
func (m *Model) outboundAuths(e *Endpoint) []*Auth {
	var list []*Auth
	if e != nil {
		for _, name := range e.OutboundAuths {
			if a := m.Auth(name); a != nil {
				list = append(list, a)
			}
		}
	}
	if e != nil && e.Peer != nil {
		for i := range e.Peer.Realms {
			list = append(list, &e.Peer.Realms[i])
		}
	}
	if g := m.Global.General; g != nil {
		for i := range g.Realms {
			list = append(list, &g.Realms[i])
		}
	}
	return list
}

// askOptions qualifies a contact: it is there if it answers, whatever it says.
func (d *Driver) askOptions(ctx context.Context, c *Contact, a *AOR, timeout time.Duration, done func(status int)) {
	m := d.Model()
	target, err := sip.ParseURI(c.URI)
	if err != nil {
		done(0)
		return
	}
	var e *Endpoint
	if users := m.endpointsOf(c.AOR); len(users) > 0 {
		e = users[0]
	}
	from := originOf(m, e)
	if user := target.UserText(); d.technology == PJSIP && user != "" { // as in the reference, the contact asks itself
		from = originOf(m, nil)
		from.user, from.contactUser = user, user
	}
	r := d.newRequest(m, sip.Options, target, d.addressed(target), sip.NewCallID(), 102)
	o := d.ways(r, e, a, c)
	o.Timeout, o.Prepare = timeout, from.prepare
	var auths []*Auth
	if a.AuthenticateQual {
		auths = m.outboundAuths(e)
	}
	d.ask(ctx, r, o, auths, func(response *sip.Message, _ error) {
		if response == nil {
			done(0)
			return
		}
		done(response.Status)
	})
}
