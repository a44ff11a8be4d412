package phone

import (
	"slices"

	"github.com/octothorpe/octothorpe/internal/logging"
	"github.com/octothorpe/octothorpe/internal/state"
	"github.com/octothorpe/octothorpe/sip"
)

// plant builds what a SUBSCRIBE watches: a list with what is on it, if the phone
// understands lists, or one resource. It returns the status of the answer.
func (s *subscriptions) plant(sub *subscription, r *sip.Message, resource string, lists bool) (*node, int) {
	if l := sub.model.list(sub.event, resource); l != nil && lists {
		visited := []string{resource}
		n := s.branch(sub, r, l, &visited)
		if len(n.kids) == 0 {
			s.driver.tell(logging.Warning, "Failed to create a subscription for resource list '%s': none of its resources exist", resource)
			return nil, 500
		}
		return n, 200
	}
	n := &node{sub: sub, name: resource, uri: resourceURI(r.URI, resource)}
	return n, s.leaf(n)
}

// branch builds a list. What is on it twice, or is nowhere, is left out.
func (s *subscriptions) branch(sub *subscription, r *sip.Message, l *ResourceList, visited *[]string) *node {
	n := &node{sub: sub, name: l.Name, uri: resourceURI(r.URI, l.Name), list: l}
	for _, item := range l.Items {
		if slices.Contains(*visited, item) {
			continue
		}
		*visited = append(*visited, item)
		if inner := sub.model.list(sub.event, item); inner != nil {
			if k := s.branch(sub, r, inner, visited); len(k.kids) > 0 {
				n.kids = append(n.kids, k)
			}
			continue
		}
		k := &node{sub: sub, name: item, uri: resourceURI(r.URI, item)}
		if s.leaf(k) == 200 {
			n.kids = append(n.kids, k)
		}
	}
	return n
}

// leaf finds what a resource is. It returns the status of the answer.
func (s *subscriptions) leaf(n *node) int {
	if n.sub.event == eventMWI {
		return s.mailboxLeaf(n)
	}
	e := n.sub.endpoint
	n.context = orText(e.SubscribeContext, e.Context)
	if n.name == "" {
		return 404
	}
	if s.driver.hooks.Hint == nil {
		return 404
	}
	in, ok := s.driver.hooks.Hint(n.name, n.context)
	if !ok {
		s.driver.tell(levelNotice, "Endpoint '%s' state subscription failed: Extension '%s' does not exist in context '%s' or has no associated hint",
			e.Name, n.name, n.context)
		return 404
	}
	n.exten, n.context, n.known = n.name, in, "Unknown"
	return 200
}

// mailboxLeaf finds the mailboxes of an AOR, by its name or that of the extension
// where it listens to them; of all AORs of the endpoint where none is named.
func (s *subscriptions) mailboxLeaf(n *node) int {
	e, m := n.sub.endpoint, n.sub.model
	var aors []*AOR
	if n.name == "" {
		aors = s.driver.aorsOf(e)
	} else if a := m.AOR(n.name); a != nil {
		aors = []*AOR{a}
	} else {
		for _, a := range s.driver.aorsOf(e) {
			if a.VoicemailExtension == n.name || a.VoicemailExtension == "" && m.Global.VoicemailExtension == n.name {
				aors = []*AOR{a}
				break
			}
		}
	}
	for _, a := range aors {
		if !e.MWIReplaces && slices.ContainsFunc(a.Mailboxes, func(box string) bool { return slices.Contains(e.Mailboxes, box) }) {
			s.driver.tell(levelNotice, "Endpoint '%s' already configured for unsolicited MWI for mailbox '%s'. Denying MWI subscription to %s",
				e.Name, a.Mailboxes[0], a.Name)
			return 500
		}
		n.boxes = append(n.boxes, a.Mailboxes...)
		if n.account == "" {
			n.account = orText(a.VoicemailExtension, m.Global.VoicemailExtension)
		}
	}
	if len(n.boxes) == 0 {
		s.driver.tell(levelNotice, "AOR %s has no configured mailboxes. MWI subscription failed", n.name)
		return 404
	}
	return 200
}

// look reads the state of a leaf. It reports whether it is another than before.
func (s *subscriptions) look(n *node) bool {
	d := s.driver
	if n.exten == "" {
		before := n.counts
		n.counts = d.countsOf(n.boxes)
		return n.counts != before
	}
	if h, ok := d.board.Of(n.exten, n.context); ok {
		n.state = n.heeds(h.State)
		if d.presences != nil {
			n.presence = d.presences.Shown(h.Devices)
		}
	}
	return true
}

// heeds is a state as the phone is told of it: sip.conf tells who is held only with
// notifyhold.
func (n *node) heeds(now state.ExtensionState) state.ExtensionState {
	if g := n.sub.model.Global.General; g != nil && !g.NotifyHold && now.Device() == state.OnHold {
		return state.Extension(state.InUse)
	}
	return now
}

// countsOf adds the messages of mailboxes up.
func (d *Driver) countsOf(boxes []string) (sum state.Counts) {
	if d.mailboxes == nil {
		return sum
	}
	for _, box := range boxes {
		c, _ := d.mailboxes.Of(box)
		sum.New, sum.Old = sum.New+c.New, sum.Old+c.Old
	}
	return sum
}

// describe makes the document of a leaf.
func (s *subscriptions) describe(n *node) {
	sub := n.sub
	if s.driver.technology == SIP {
		s.describeSIP(n)
		return
	}
	if n.exten == "" {
		account := n.account
		if account != "" {
			account = s.accountURI(sub, account)
		}
		n.body = messageSummary(n.counts, account)
		return
	}
	v := extensionView{exten: n.exten, state: n.state, presence: n.presence, local: n.uri, remote: sub.remote,
		digium: sub.digium, early: sub.endpoint.NotifyEarlyInUseRinging, version: n.versions,
		host: sub.request.URI.Host, caller: s.callerOf(n)}
	n.body = v.body(sub.kind)
	if sub.kind == typeDialogInfo {
		n.versions++
	}
}

// accountURI is where messages are heard.
func (s *subscriptions) accountURI(sub *subscription, exten string) string {
	way := sub.dialog.Way()
	return way.Transport.ContactURI(sip.EscapeUser(exten), way.Remote).String()
}

// changed tells the phones that watch it of a change.
func (s *subscriptions) changed(c *stateChange) {
	s.mu.Lock()
	nodes := slices.Clone(s.watched[c.of])
	s.mu.Unlock()
	if c.of.mailbox != "" {
		s.driver.mailboxChanged(c.of.mailbox)
	}
	s.publishChange(c)
	for _, n := range nodes {
		if n.sub.over || !s.change(n, c) {
			continue
		}
		s.describe(n)
		n.changed = true
		s.tell(n)
	}
}

// change puts a change in place. It reports false if the phone knows it.
func (s *subscriptions) change(n *node, c *stateChange) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case c.state != nil:
		next := n.heeds(*c.state)
		if n.state == next {
			return false
		}
		n.state, n.known = next, next.Text
	case c.presence != nil:
		if n.presence == *c.presence {
			return false
		}
		n.presence, n.known = *c.presence, n.state.Text
	default:
		return s.look(n)
	}
	return true
}

// tell sends a NOTIFY about a leaf that changed, or has it gathered with others.
func (s *subscriptions) tell(n *node) {
	sub := n.sub
	if l := sub.root.list; l != nil && l.Interval > 0 {
		if sub.batch != nil {
			return
		}
		var t *task
		t = s.driver.clock.after(l.Interval, func() {
			s.must(func() {
				if !sub.over && sub.batch == t {
					s.tellNow(sub)
				}
			})
		})
		sub.batch = t
		return
	}
	s.tellNow(sub)
}

func (s *subscriptions) tellNow(sub *subscription) {
	s.notify(sub, false)
	s.keep(sub)
	s.testEvent("SUBSCRIPTION_STATE_CHANGED", "ast_sip_subscription_notify", "Resource", sub.root.name)
}
