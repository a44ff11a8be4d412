package phone

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/octothorpe/octothorpe/internal/logging"
	"github.com/octothorpe/octothorpe/sip"
)

// defaultSubscription is how long a subscription lasts whose phone does not say.
const defaultSubscription = 3600 * time.Second

// handleSubscribe takes a SUBSCRIBE that begins something.
func (d *Driver) handleSubscribe(m *Model, e *Endpoint, tx *sip.ServerTransaction, r *sip.Message) {
	if !d.subs.post(func() { d.subs.establish(m, e, tx, r) }) {
		d.reply(m, tx, r, 503, "")
	}
}

// establish answers a SUBSCRIBE outside of a dialog.
func (s *subscriptions) establish(m *Model, e *Endpoint, tx *sip.ServerTransaction, r *sip.Message) {
	d := s.driver
	sub, expires, status := s.admit(m, e, r)
	if status != 200 {
		d.reply(m, tx, r, status, choose(status == 489, "Bad Event", ""))
		return
	}
	dialog, err := tx.Dialog(s.dialogOptions(sub, r.Source))
	if err != nil {
		d.log.Warn("a subscription can't begin", "endpoint", e.Name, "error", err)
		d.reply(m, tx, r, 500, "")
		return
	}
	sub.dialog, sub.expires, sub.id = dialog, time.Now().Add(expires), uuid.NewString()
	s.accept(sub, tx, r, expires)
	s.begun(sub)
}

// begun tells a phone that has subscribed the state, and of changes from now on.
func (s *subscriptions) begun(sub *subscription) {
	s.add(sub)
	s.listen()
	s.endLater(sub)
	sub.root.leaves(func(n *node) { s.look(n); s.describe(n) })
	s.notify(sub, true)
	s.keep(sub)
	s.testEvent("SUBSCRIPTION_ESTABLISHED", "initial_notify_task", "Resource", sub.root.name)
}

func (s *subscriptions) dialogOptions(sub *subscription, from sip.Source) sip.DialogOptions {
	return sip.DialogOptions{Contact: "<" + from.Transport.ContactURI("", from.Remote).String() + ">", Rewrite: sub.endpoint.RewriteContact,
		OnRequest: func(_ *sip.Dialog, tx *sip.ServerTransaction, r *sip.Message) { s.inDialog(sub, tx, r) }}
}

// admit decides about a SUBSCRIBE and builds what it watches.
func (s *subscriptions) admit(m *Model, e *Endpoint, r *sip.Message) (sub *subscription, expires time.Duration, status int) {
	d, resource := s.driver, m.user(r.URI.UserText())
	if !e.AllowSubscribe {
		d.tell(logging.Warning, "Subscriptions not permitted for endpoint %s.", e.Name)
		return nil, 0, 603
	}
	switch expires = lifetimeOf(r); {
	case expires == 0:
		d.tell(logging.Warning, "Subscription request from endpoint %s rejected. Expiration of 0 is invalid", e.Name)
		return nil, 0, 400
	case expires < e.SubMinExpiry:
		d.tell(logging.Warning, "Subscription expiration %d is too brief for endpoint %s. Minimum is %d", int(expires/time.Second), e.Name, int(e.SubMinExpiry/time.Second))
		return nil, 0, 423
	}
	about, err := r.Event()
	kinds := bodyTypes(about.Package)
	if err != nil || kinds == nil || m.can.lacks(packageOf[about.Package]) {
		d.tell(logging.Warning, "No registered subscribe handler for event %s from %s", about.Package, e.Name)
		return nil, 0, 489
	}
	kind := bodyFor(kinds, r)
	if kind == "" {
		d.tell(logging.Warning, "No registered body generator for event %s from %s", about.Package, e.Name)
		return nil, 0, 489
	}
	from := r.From.URI
	from.Port = 0
	sub = &subscription{endpoint: e, model: m, event: about.Package, header: r.Get("Event"), kind: kind, request: r,
		remote: sip.URI{Scheme: from.Scheme, User: from.User, Host: from.Host}.String(), digium: strings.Contains(r.Get("User-Agent"), "Digium")}
	lists := slices.ContainsFunc(r.List("Supported"), func(word string) bool { return strings.EqualFold(word, "eventlist") })
	sub.root, status = s.plant(sub, r, resource, lists)
	return sub, expires, status
}

// lifetimeOf is how long a SUBSCRIBE or PUBLISH asks to last.
func lifetimeOf(r *sip.Message) time.Duration {
	text, ok := r.Lookup("Expires")
	if !ok {
		return defaultSubscription
	}
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return defaultSubscription
	}
	return time.Duration(min(n, math.MaxInt32)) * time.Second
}

// bodyFor is the first type that a phone accepts and somebody makes; "" is none.
func bodyFor(kinds []string, r *sip.Message) string {
	accepted := r.List("Accept")
	if len(accepted) == 0 {
		return kinds[0]
	}
	for _, text := range accepted {
		kind, _, _ := strings.Cut(text, ";")
		kind = strings.ToLower(strings.TrimSpace(kind))
		if slices.Contains(kinds, kind) {
			return kind
		}
	}
	return ""
}

// accept answers a SUBSCRIBE.
func (s *subscriptions) accept(sub *subscription, tx *sip.ServerTransaction, r *sip.Message, expires time.Duration) {
	a := sip.NewResponse(r, 200, "", tx.Tag())
	a.Set("From", withoutPort(a.Get("From")))
	a.Set("To", withoutPort(a.Get("To")))
	first := r.To.Tag() == ""
	if sub.root.list != nil && !first {
		a.Add("Require", "eventlist")
	}
	a.Add("Expires", itoa(int(expires/time.Second)))
	if sub.root.list != nil && first {
		a.Add("Require", "eventlist")
	}
	a.Add("Contact", "<"+r.Source.Transport.ContactURI("", r.Source.Remote).String()+">")
	a.Add("Allow", sub.model.can.allows())
	a.Add("Supported", sub.model.extensions())
	if agent := sub.model.Global.UserAgent; agent != "" {
		a.Add("Server", agent)
	}
	s.driver.send(tx, a)
}

// inDialog takes what a phone asks within its subscription, in the dialog's lane.
func (s *subscriptions) inDialog(sub *subscription, tx *sip.ServerTransaction, r *sip.Message) {
	d := s.driver
	if sub.endpoint.ForceRport {
		tx.ForceRport()
	}
	if r.Method != sip.Subscribe {
		d.reply(sub.model, tx, r, 501, "")
		return
	}
	if !s.post(func() { s.refresh(sub, tx, r) }) {
		d.reply(sub.model, tx, r, 503, "")
	}
}

// refresh prolongs a subscription or ends it.
func (s *subscriptions) refresh(sub *subscription, tx *sip.ServerTransaction, r *sip.Message) {
	d := s.driver
	if sub.over {
		d.reply(sub.model, tx, r, 481, "")
		return
	}
	if m := d.Model(); d.technology == PJSIP && m.Endpoint(sub.endpoint.Name) == nil {
		d.reply(m, tx, r, 404, "")
		return
	}
	expires := lifetimeOf(r)
	if d.technology == SIP {
		if expires = s.lifetimeSIP(sub.model, r); expires < 0 {
			a := d.response(sub.model, tx, r, 423, "Interval too small")
			a.Add("Min-Expires", itoa(int(s.shortestSIP(sub.model)/time.Second)))
			d.send(tx, a)
			return
		}
		s.acceptSIP(sub, tx, r, expires)
	} else {
		s.accept(sub, tx, r, expires)
	}
	if d.technology == SIP { // which counts each document, also of what has not changed
		s.describe(sub.root)
	}
	if expires == 0 {
		s.terminate(sub)
		return
	}
	s.mu.Lock()
	sub.expires, sub.granted = time.Now().Add(expires), expires
	s.mu.Unlock()
	s.endLater(sub)
	s.notify(sub, true)
	s.keep(sub)
	s.testEvent("SUBSCRIPTION_REFRESHED", "pubsub_on_refresh_timeout", "Resource", sub.root.name)
}

// endLater ends a subscription when its time is up.
func (s *subscriptions) endLater(sub *subscription) {
	c := s.driver.clock
	c.stop(sub.expiry)
	var t *task
	t = c.after(time.Until(sub.expires), func() {
		s.must(func() {
			if !sub.over && sub.expiry == t {
				s.terminate(sub)
			}
		})
	})
	sub.expiry = t
}

// terminate tells the phone the last state and forgets it.
func (s *subscriptions) terminate(sub *subscription) {
	s.forget(sub)
	s.notify(sub, true)
	s.testEvent("SUBSCRIPTION_TERMINATED", "pubsub_on_refresh_timeout", "Resource", sub.root.name)
}

// forget ends everything about a subscription but its dialog.
func (s *subscriptions) forget(sub *subscription) {
	s.remove(sub)
	s.listen()
	c := s.driver.clock
	c.stop(sub.expiry)
	c.stop(sub.batch)
	sub.expiry, sub.batch = nil, nil
	s.unkeep(sub)
}
