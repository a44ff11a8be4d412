package rest

import (
	"context"
	"net/url"
	"slices"
	"strings"
)

// A session is a WebSocket to applications, or the place of one: what is to be open for ever, or for
// calls, stays on the list while it is not. What follows kind stands under Server.outgoing.
type session struct {
	id, kind string
	peer     string
	apps     []string
	cancel   context.CancelFunc // ends what opens it again; nil where nothing does

	socket *socket // nil while there is none
	over   bool    // the console has ended it
}

// The kinds of sessions, as the console calls them.
const (
	kindInbound    = "inbound"
	kindPersistent = "persistent"
	kindForCalls   = "per_call_config" // the settings of those that are opened for calls
	kindCall       = "per_call"
)

// list puts a session on the list of the console, under an id of its own.
func (s *Server) list(one *session) {
	s.outgoing.Lock()
	defer s.outgoing.Unlock()
	s.sessions[one.id] = one
}

// unlist takes it off, unless another has its id.
func (s *Server) unlist(one *session) {
	s.outgoing.Lock()
	defer s.outgoing.Unlock()
	if s.sessions[one.id] == one {
		delete(s.sessions, one.id)
	}
}

// opened says that a session has a connection, or with nil that it has none. It reports false for one that is over.
func (s *Server) opened(one *session, k *socket) bool {
	s.outgoing.Lock()
	defer s.outgoing.Unlock()
	one.socket = k
	return !one.over
}

// isOver reports whether the console has ended it.
func (s *Server) isOver(one *session) bool {
	s.outgoing.Lock()
	defer s.outgoing.Unlock()
	return one.over
}

// isOpen reports whether a session has a connection.
func (s *Server) isOpen(one *session) bool {
	s.outgoing.Lock()
	defer s.outgoing.Unlock()
	return one.socket != nil
}

// listed are the sessions, by their ids. One for a call is there while it is open.
func (s *Server) listed() []*session {
	s.outgoing.Lock()
	defer s.outgoing.Unlock()
	var all []*session
	for _, one := range s.sessions {
		if one.kind != kindCall || one.socket != nil {
			all = append(all, one)
		}
	}
	slices.SortFunc(all, func(a, b *session) int { return strings.Compare(a.id, b.id) })
	return all
}

// shut ends a session, and has none of its kind opened before [Server.start].
func (s *Server) shut(one *session) {
	s.outgoing.Lock()
	one.over = true
	if s.sessions[one.id] == one {
		delete(s.sessions, one.id)
	}
	k, cancel := one.socket, one.cancel
	s.outgoing.Unlock()
	switch {
	case k != nil && one.kind == kindInbound:
		k.Close()
	case k != nil:
		s.dismiss(k, one.apps)
	case cancel != nil:
		cancel()
	}
}

// Shutdown ends all sessions.
func (s *Server) Shutdown() {
	for _, one := range s.listed() {
		s.shut(one)
	}
}

// start has a WebSocket of the settings opened for ever, or for calls, unless that is so already.
func (s *Server) start(o *Outbound) {
	client := s.Clients.Find(o.Client)
	if client == nil {
		s.Logger.Warn("ari.conf names a WebSocket that websocket_client.conf does not have", "section", o.Name, "client", o.Client)
		return
	}
	if !s.settings.Load().knows(o) {
		s.Logger.Warn("ari.conf names a user for a WebSocket that it does not have", "section", o.Name, "user", o.User)
		return
	}
	one := &session{id: o.Name, kind: kindForCalls, apps: o.Apps}
	ctx := context.Background()
	if client.Persistent {
		one.kind, one.peer = kindPersistent, hostOf(client.URI)
		ctx, one.cancel = context.WithCancel(s.life)
	}
	s.outgoing.Lock()
	there := s.sessions[one.id] != nil
	if !there {
		s.sessions[one.id] = one
	}
	s.outgoing.Unlock()
	switch {
	case there && one.cancel != nil:
		one.cancel()
	case there, one.cancel == nil:
	case s.enter():
		go func() { // ends with the settings or the server
			defer s.sockets.Done()
			defer one.cancel()
			s.keepOpen(ctx, *o, client, one)
		}()
	default:
		one.cancel()
	}
}

// knows reports whether the user is there as whom a WebSocket asks.
func (s *Settings) knows(o *Outbound) bool { return o.User == "" || s.Users[o.User] != nil }

// forCalls reports whether WebSockets of the settings may be opened for calls.
func (s *Server) forCalls(o *Outbound) bool {
	s.outgoing.Lock()
	defer s.outgoing.Unlock()
	one := s.sessions[o.Name]
	return one != nil && one.kind == kindForCalls
}

// hostOf is where a URI leads to.
func hostOf(uri string) string {
	at, err := url.Parse(uri)
	if err != nil {
		return ""
	}
	return at.Host
}
