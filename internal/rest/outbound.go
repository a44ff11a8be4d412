package rest

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/octothorpe/octothorpe/internal/rest/stasis"
	"github.com/octothorpe/octothorpe/internal/wsclient"
)

// An Outbound is a WebSocket that the exchange opens to applications: for ever, or while
// there are legs in them.
type Outbound struct {
	Name   string
	Client string // in websocket_client.conf
	Apps   []string
	All    bool   // they hear of everything
	User   string // as whom they ask
}

// restart ends the WebSockets that were opened for ever, and opens those of the settings.
func (s *Server) restart(settings *Settings) {
	s.outgoing.Lock()
	var old []context.CancelFunc
	for id, one := range s.sessions {
		if one.kind == kindPersistent || one.kind == kindForCalls {
			delete(s.sessions, id)
			if one.cancel != nil {
				old = append(old, one.cancel)
			}
		}
	}
	s.outgoing.Unlock()
	for _, end := range old {
		end()
	}
	for i := range settings.Outbound {
		s.start(&settings.Outbound[i])
	}
}

// keepOpen opens a WebSocket again and again.
func (s *Server) keepOpen(ctx context.Context, o Outbound, client *wsclient.Client, one *session) {
	for ctx.Err() == nil && !s.isOver(one) {
		if err := s.openOne(ctx, o, client, one, nil); err != nil && ctx.Err() == nil {
			s.Logger.Warn("a WebSocket to applications can't be opened", "section", o.Name, "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(client.Interval):
		}
	}
}

// openOne opens the WebSocket of a session and serves it until it ends. there, if not nil, is called
// when its applications are registered.
func (s *Server) openOne(ctx context.Context, o Outbound, client *wsclient.Client, one *session, there func(*socket)) error {
	conn, answer, err := client.DialOften(ctx, nil)
	if err != nil {
		return err
	}
	settings := s.settings.Load()
	k := newSocket(settings.WriteTimeout)
	k.peer = client.URI
	k.conn = conn
	listening := stasis.Listening{Everything: o.All, Sequence: client.Asks("sequence"), Share: client.Asks("share"), Since: answer.Get(resumedHeader)}
	if listening.Since != "" {
		listening.Sequence = true
	}
	if !listening.Sequence { // otherwise it is told with its place
		s.tellAll(k, o.Apps, "ApplicationRegistered")
	}
	missed, err := s.Hub.Register(o.Apps, listening, k)
	if err != nil {
		_ = conn.Close(websocket.StatusPolicyViolation, err.Error())
		return err
	}
	defer s.Hub.Unregister(k)
	for message := range missed.All() {
		if !k.putNow(ctx, message) {
			_ = conn.CloseNow()
			return nil
		}
	}
	defer s.opened(one, nil)
	if !s.opened(one, k) {
		_ = conn.CloseNow()
		return nil
	}
	if there != nil {
		there(k)
	}
	within, cancel := context.WithCancel(ctx)
	defer cancel()
	user := settings.Users[o.User]
	if user == nil {
		user = &User{ReadOnly: true} // nobody in particular changes nothing
	}
	s.converse(within, cancel, k, &caller{server: s, user: user, app: o.Apps[0], host: "localhost", socket: k})
	return nil
}

// tellAll tells each of the applications of a socket the same.
func (s *Server) tellAll(k *socket, names []string, kind string) {
	for _, name := range names {
		k.Send(stasis.Finish(s.Hub.Begin(nil, kind), name))
	}
}

// dismiss ends a socket that was opened to applications, when they were told. It reports false
// where a leg has come.
func (s *Server) dismiss(k *socket, names []string) bool {
	if !s.Hub.UnregisterEmpty(k, names) {
		return false
	}
	s.tellAll(k, names, "ApplicationUnregistered")
	k.Drain()
	return true
}

// A summons is a WebSocket that is opened for a call.
type summons struct{ done chan struct{} }

// Summon opens the WebSocket of an application that has none, if there is one to open for calls, and
// reports whether it has one now. It stays open while there are legs in the application.
func (s *Server) Summon(ctx context.Context, name string) bool {
	settings := s.settings.Load()
	i := slices.IndexFunc(settings.Outbound, func(o Outbound) bool { return slices.Contains(o.Apps, name) })
	if i < 0 {
		return false
	}
	o := settings.Outbound[i]
	client := s.Clients.Find(o.Client)
	if client == nil || client.Persistent || !s.forCalls(&o) {
		return false
	}
	s.outgoing.Lock()
	one := s.summoned[o.Name]
	if one == nil {
		if !s.enter() {
			s.outgoing.Unlock()
			return false
		}
		one = &summons{done: make(chan struct{})}
		s.summoned[o.Name] = one
		go func() { // ends with the last leg or the server
			defer s.sockets.Done()
			s.serveCalls(o, client, one)
		}()
	}
	s.outgoing.Unlock()
	select {
	case <-one.done:
	case <-ctx.Done():
	}
	return s.Hub.Has(name)
}

// serveCalls opens the WebSocket of applications while there are legs in them.
func (s *Server) serveCalls(o Outbound, client *wsclient.Client, one *summons) {
	ready := sync.OnceFunc(func() {
		s.outgoing.Lock()
		delete(s.summoned, o.Name) // who comes while it is open needs none
		s.outgoing.Unlock()
		close(one.done)
	})
	defer ready() // nobody waits any longer
	it := &session{id: o.Name + ":" + strings.Join(o.Apps, ","), kind: kindCall, peer: hostOf(client.URI), apps: o.Apps}
	s.list(it)
	defer s.unlist(it)
	for {
		stop := func() {}
		var dismissed atomic.Bool
		err := s.openOne(s.life, o, client, it, func(k *socket) {
			stop = s.Hub.WhenEmpty(o.Apps, func() bool {
				dismissed.Store(s.dismiss(k, o.Apps))
				return dismissed.Load()
			})
			ready()
		})
		stop()
		if err != nil && s.life.Err() == nil {
			s.Logger.Warn("a WebSocket to applications can't be opened for a call", "section", o.Name, "error", err)
		}
		// after the last leg was dismissed the next opens one of its own
		if err != nil || s.life.Err() != nil || s.isOver(it) || dismissed.Load() || !s.Hub.Occupied(o.Apps) {
			return
		}
	}
}
