package amitest

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"net"
	"strconv"
	"strings"
	"sync"

	"github.com/octothorpe/octothorpe/ami"
)

// A Server is the manager. The zero value answers Ping, and everything else with an
// error. Its fields are set before it is used.
type Server struct {
	// Answer is called with each action but Login, Challenge, Logoff and Ping, on the
	// goroutine of its connection. All are answered with an error if nil.
	Answer func(s *Session, action ami.Message)
	// Secrets are those of users; anybody may log in if nil.
	Secrets map[string]string
	// Banner is what it calls itself; "Asterisk Call Manager/11.0.0" if empty.
	Banner string
	// Refuse has new connections fail with its error, if it returns one.
	Refuse func() error

	mu       sync.Mutex
	sessions map[*Session]bool
	logins   int
}

// Dial connects to the server; it is for ami.Config.
func (v *Server) Dial(context.Context, string, string) (net.Conn, error) {
	if v.Refuse != nil {
		if err := v.Refuse(); err != nil {
			return nil, err
		}
	}
	theirs, ours := net.Pipe()
	go v.Serve(ours)
	return theirs, nil
}

// Serve is a connection, until it ends.
func (v *Server) Serve(conn net.Conn) {
	s := &Session{server: v, conn: conn, reader: ami.NewReader(conn, ami.Limits{}), challenge: "314159265"}
	v.mu.Lock()
	if v.sessions == nil {
		v.sessions = map[*Session]bool{}
	}
	v.sessions[s] = true
	v.mu.Unlock()
	defer func() {
		_ = conn.Close()
		v.mu.Lock()
		delete(v.sessions, s)
		v.mu.Unlock()
	}()
	banner := v.Banner
	if banner == "" {
		banner = "Asterisk Call Manager/11.0.0"
	}
	if s.write([]byte(banner+"\r\n")) != nil {
		return
	}
	for {
		m, err := s.reader.Read()
		if errors.Is(err, ami.ErrTooLarge) {
			s.Reply(m, "Error", "Failed to parse message: line too long")
			continue
		}
		if err != nil || !s.act(m) {
			return
		}
	}
}

// Send sends an event to all who are logged in and did not ask for none.
func (v *Server) Send(event ami.Message) {
	v.mu.Lock()
	var to []*Session
	for s := range v.sessions {
		if s.user != "" && !s.silent {
			to = append(to, s)
		}
	}
	v.mu.Unlock()
	for _, s := range to {
		s.Send(event)
	}
}

// Cut closes all connections, as a server that falls over does.
func (v *Server) Cut() {
	v.mu.Lock()
	defer v.mu.Unlock()
	for s := range v.sessions {
		_ = s.conn.Close()
	}
}

// Logins is how many logins have succeeded.
func (v *Server) Logins() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.logins
}

// A Session is one connection.
type Session struct {
	server    *Server
	conn      net.Conn
	reader    *ami.Reader
	challenge string

	writing sync.Mutex
	user    string // under the server's mu
	silent  bool   // as user
}

func (s *Session) write(b []byte) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	_, err := s.conn.Write(b)
	return err
}

// User is who has logged in.
func (s *Session) User() string {
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	return s.user
}

// Send sends a message to this session.
func (s *Session) Send(m ami.Message) { _ = s.write(m.Append(nil)) }

// Write sends bytes as they are, for tests of what no server should send.
func (s *Session) Write(b []byte) { _ = s.write(b) }

// Close ends the session.
func (s *Session) Close() { _ = s.conn.Close() }

// Reply answers an action: with its ActionID, a Message if there is a text, and keys
// and values in turn.
func (s *Session) Reply(action ami.Message, response, text string, pairs ...string) {
	m := withID(ami.Message{{Key: "Response", Value: response}}, action)
	if text != "" {
		m = m.With("Message", text)
	}
	s.Send(append(m, ami.Action("", pairs...)[1:]...))
}

// List answers an action with events, in whose completion their number stands.
func (s *Session) List(action ami.Message, complete string, items ...ami.Message) {
	s.Reply(action, "Success", "", "EventList", "start")
	for _, item := range items {
		s.Send(append(withID(item[:1:1], action), item[1:]...))
	}
	s.Send(withID(ami.Message{{Key: "Event", Value: complete}}, action).With("EventList", "Complete").
		With("ListItems", strconv.Itoa(len(items))))
}

func withID(m, action ami.Message) ami.Message {
	if id, ok := action.Lookup("ActionID"); ok {
		m = m.With("ActionID", id)
	}
	return m
}

// act carries out an action; false ends the session.
func (s *Session) act(action ami.Message) bool {
	v := s.server
	switch strings.ToLower(action.Get("Action")) {
	case "challenge":
		s.Reply(action, "Success", "", "Challenge", s.challenge)
	case "login":
		user := action.Get("Username")
		if secret, known := v.Secrets[user]; v.Secrets != nil && (!known || !s.proves(action, secret)) {
			s.Reply(action, "Error", "Authentication failed")
			return false
		}
		v.mu.Lock()
		s.user, s.silent = user, strings.EqualFold(action.Get("Events"), "off")
		v.logins++
		v.mu.Unlock()
		s.Reply(action, "Success", "Authentication accepted")
	case "logoff":
		s.Reply(action, "Goodbye", "Thanks for all the fish.")
		return false
	case "ping":
		s.Reply(action, "Success", "", "Ping", "Pong")
	default:
		if v.Answer == nil {
			s.Reply(action, "Error", "Invalid/unknown command: "+action.Get("Action")+".")
			break
		}
		v.Answer(s, action)
	}
	return true
}

// proves tells whether a login knows the secret.
func (s *Session) proves(login ami.Message, secret string) bool {
	if login.Get("AuthType") == "" {
		return login.Get("Secret") == secret
	}
	sum := md5.Sum([]byte(s.challenge + secret))
	return login.Get("Key") == hex.EncodeToString(sum[:])
}
