package ami

import (
	"context"
	"errors"
	"strings"
)

// A snapshot is what the server says it has.
type snapshot struct {
	tracker
	known   [sorts]bool // what it was willing to say
	missing []string    // the actions that it refused
}

// inventory is one action of a snapshot: the events of its answer, and what they are.
type inventory struct {
	action string
	sorts  []sort
	take   func(*snapshot, Message)
}

var inventories = []inventory{
	{"CoreShowChannels", []sort{channels}, func(s *snapshot, m Message) {
		id := m.Get("Uniqueid")
		s.add(channels, id, pick(m, channelKeys))
		if bridge := m.Get("BridgeId"); bridge != "" {
			s.inside[id] = bridge
		}
	}},
	{"BridgeList", []sort{bridges}, func(s *snapshot, m Message) {
		s.add(bridges, m.Get("BridgeUniqueid"), pick(m, bridgeKeys))
	}},
	{"QueueStatus", []sort{members, callers}, func(s *snapshot, m Message) {
		switch m.Event() {
		case "QueueMember":
			// A list says Name and Location where events say MemberName and Interface.
			member := m.With("MemberName", m.Get("Name")).With("Interface", m.Get("Location"))
			s.set(members, memberKey(member), pick(member, memberKeys))
		case "QueueEntry":
			s.set(callers, callerKey(m), pick(m, callerKeys))
		}
	}},
	{"SIPpeers", []sort{peers}, func(s *snapshot, m Message) {
		peer := Message{{"ChannelType", m.Get("Channeltype")}, {"Peer", m.Get("Channeltype") + "/" + m.Get("ObjectName")},
			{"PeerStatus", peerStatus(m)}}
		s.set(peers, peer.Get("Peer"), pick(peer, peerKeys))
	}},
	{"PJSIPShowContacts", []sort{contacts}, func(s *snapshot, m Message) {
		aor, _, _ := strings.Cut(m.Get("ObjectName"), ";@")
		contact := Message{{"URI", m.Get("Uri")}, {"ContactStatus", m.Get("Status")}, {"AOR", aor}, {"EndpointName", m.Get("Endpoint")}}
		s.set(contacts, contactKey(contact), pick(contact, contactKeys))
	}},
	{"DeviceStateList", []sort{devices}, func(s *snapshot, m Message) { s.set(devices, m.Get("Device"), pick(m, deviceKeys)) }},
	{"ExtensionStateList", []sort{hints}, func(s *snapshot, m Message) { s.set(hints, hintKey(m), pick(m, hintKeys)) }},
}

// peerStatus is what an event would have said of a peer of a list.
func peerStatus(m Message) string {
	status := m.Get("Status")
	switch {
	case strings.HasPrefix(status, "OK"):
		return "Reachable"
	case strings.HasPrefix(status, "LAGGED"):
		return "Lagged"
	case strings.HasPrefix(status, "UNREACHABLE"):
		return "Unreachable"
	case m.Get("IPaddress") == "-none-":
		return "Unregistered"
	}
	return "Registered"
}

// take asks the server for a snapshot.
func (c *Client) take(ctx context.Context) (*snapshot, error) {
	s := &snapshot{tracker: *newTracker()}
	for _, i := range inventories {
		var refused *ResponseError
		for m, err := range c.Stream(ctx, Action(i.action)) {
			switch {
			case errors.As(err, &refused):
			case err != nil:
				return nil, err
			default:
				i.take(s, m)
			}
		}
		if refused != nil && !empty(refused) {
			s.missing = append(s.missing, i.action)
			continue
		}
		for _, which := range i.sorts {
			s.known[which] = true
		}
	}
	return s, nil
}

// empty tells an error that says there is nothing to list: "No Contacts found", and
// what of a module that is not loaded can't be known to an exchange either.
func empty(e *ResponseError) bool {
	text := strings.ToLower(e.Text())
	return strings.HasPrefix(text, "no ") || strings.HasPrefix(text, "invalid/unknown command")
}

// resync takes a snapshot while live events are held back, tells what is different from
// what was known, and then the events that were held and are still news. The first time
// there is nothing to compare with.
func (c *Client) resync(l *link, again bool) error {
	ctx, cancel := context.WithTimeout(l.ctx, 6*c.config.Timeout)
	defer cancel()
	now, err := c.take(ctx)
	if err != nil {
		return err
	}
	c.telling.Lock()
	defer c.telling.Unlock()
	if again {
		told := Message{{"Event", "Reconnected"}, {"Resynchronised", "yes"}}
		if len(now.missing) > 0 {
			told = Message{{"Event", "Reconnected"}, {"Resynchronised", "partly"}, {"Missing", strings.Join(now.missing, ",")}}
		}
		c.publish(told)
		for _, m := range c.state.differences(now) {
			c.publish(m.With(KeyResync, "yes"))
		}
	}
	c.state.adopt(now)
	for _, m := range c.held {
		// What the snapshot has already said is no news; what was said before it was
		// taken of what is gone again neither.
		if c.state.apply(m) || !again {
			c.publish(m)
		}
	}
	c.holding, c.held = false, nil
	return nil
}

// adopt takes over what a snapshot says.
func (t *tracker) adopt(now *snapshot) {
	for s := range sorts {
		if now.known[s] {
			t.things[s] = now.things[s]
		}
	}
	if now.known[channels] {
		t.inside = now.inside
	}
}
