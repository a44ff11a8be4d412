package manager

import (
	"context"
	"crypto/md5" //nolint:gosec // AMI's challenge is MD5 by definition
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

// errBye ends the session after Logoff.
var errBye = errors.New("logged off")

// own is the table of the actions that belong to the interface itself.
func (s *Server) own() []command.Action {
	return []command.Action{
		{Row: command.Row{Name: "Login", Synopsis: "Log in"}, Anonymous: true, Run: s.login},
		{Row: command.Row{Name: "Challenge", Synopsis: "Ask for a challenge, to log in without sending the secret"}, Anonymous: true, Run: s.challenge},
		{Row: command.Row{Name: "Logoff", Synopsis: "Log off"}, Anonymous: true, Run: s.logoff},
		{Row: command.Row{Name: "Ping", Synopsis: "Keep the connection alive"}, Run: s.ping},
		{Row: command.Row{Name: "Events", Synopsis: "Choose which events this session gets"}, Run: s.events},
		{Row: command.Row{Name: "Filter", Synopsis: "Choose among the events that this session gets"}, Privilege: command.System, Run: s.filter},
		{Row: command.Row{Name: "ListCommands", Synopsis: "List the actions that the user may call"}, Run: s.listCommands},
		{Row: command.Row{Name: "UserEvent", Synopsis: "Tell all clients an event of one's own"}, Privilege: command.UserClass, Run: s.userEvent},
		{Row: command.Row{Name: "WaitEvent", Synopsis: "Wait for the next event", Partial: "answers at once: events come by themselves"}, Run: s.waitEvent},
	}
}

func (s *Server) login(_ context.Context, r *command.ActionRequest) error {
	h := r.Session.(*handle)
	c, m := h.session, h.message
	if c.account.Load() != nil {
		r.Reply("Success", "Already authenticated") // not an error: programs that reconnect log in again
		return nil
	}
	g := s.settings.Load()
	a, name := g.Accounts[m.get("Username")], m.get("Username")
	ok := false
	switch {
	case a == nil:
		s.security("InvalidAccountID", "Error", name, c)
		s.tell(levelNotice, "%s tried to authenticate with nonexistent user '%s'", c.remote.Addr().Unmap(), name)
	case !a.allows(c.remote.Addr()):
		s.security("FailedACL", "Error", name, c)
		s.tell(levelNotice, "%s failed to pass IP ACL as '%s'", c.remote.Addr().Unmap(), name)
	case strings.EqualFold(m.get("AuthType"), "MD5"):
		ok = a.answers(c.challenge, m.get("Key"))
		if !ok {
			s.security("ChallengeResponseFailed", "Error", "", c, // whose challenge it was is not known yet
				event.Variable{Name: "Challenge", Value: c.challenge}, event.Variable{Name: "Response", Value: m.get("Key")},
				event.Variable{Name: "ExpectedResponse", Value: hexMD5(c.challenge + a.Secret)})
		}
	default:
		ok = a.knows(m.get("Secret"))
		if !ok {
			s.security("InvalidPassword", "Error", name, c)
		}
	}
	if ok && !s.claim(c, a) {
		s.logger.Warn("manager user is logged in already", "user", name)
		ok = false
	}
	if !ok {
		s.tell(levelNotice, "%s failed to authenticate as '%s'", c.remote.Addr().Unmap(), name)
		r.Reply("Error", "Authentication failed")
		return errBye
	}
	s.welcome(c, a, r)
	return nil
}

// levelNotice is package logging's level between warning and info, levelVerbose
// that of what consoles show who ask for more.
const (
	levelNotice  = 2
	levelVerbose = -2
)

// tell writes a line of the log that programs look for, word for word.
func (s *Server) tell(level slog.Level, format string, args ...any) {
	if s.logger.Enabled(context.Background(), level) {
		s.logger.LogAttrs(context.Background(), level, fmt.Sprintf(format, args...), slog.Int("verbosity", 2))
	}
}

// welcome makes the session the account's.
func (s *Server) welcome(c *session, a *Account, r *command.ActionRequest) {
	if mask := r.Get("Events"); mask != "" {
		c.mask.Store(uint32(maskOf(mask)))
	}
	_ = c.conn.SetReadDeadline(time.Time{})
	r.Reply("Success", "Authentication accepted")
	c.chosen.Store(&a.Filters)
	c.account.Store(a)
	s.listen()
	if a.DisplayConnects {
		s.tell(levelVerbose, "Manager '%s' logged on from %s", a.Name, c.remote.Addr().Unmap())
	}
	if ready, uptime, reload := s.booted(); ready && c.wants()&command.System != 0 {
		w := writer{settings: s.settings.Load(), time: time.Now()}
		w.start("FullyBooted", command.System)
		w.booted(uptime, reload)
		c.queue(append(w.b, "\r\n"...))
	}
	s.security("SuccessfulAuth", "Informational", a.Name, c, event.Variable{Name: "UsingPassword", Value: "0"})
}

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func hexMD5(text string) string {
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

// claim gives an account to a session. It reports false where that is for one
// session alone and another has it.
func (s *Server) claim(c *session, a *Account) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for other := range s.sessions {
		if !a.AllowMultiple && other.claimed == a.Name {
			return false
		}
	}
	c.claimed = a.Name
	return true
}

// security tells of a log-in that worked or did not.
func (s *Server) security(name, severity, account string, c *session, more ...event.Variable) {
	if !s.bus.Wants(event.KindSecurity) {
		return
	}
	began := time.Unix(0, 0) // a session begins with its log-in
	if c.account.Load() != nil {
		began = c.began
	}
	fields := append(more, event.Variable{Name: "SessionTV", Value: began.UTC().Format("2006-01-02T15:04:05.000-0700")})
	if name == "RequestBadFormat" { // has the account last
		fields, account = append(fields, event.Variable{Name: "AccountID", Value: account}), ""
	}
	near, _ := netip.ParseAddrPort(c.conn.LocalAddr().String())
	s.bus.Publish(&event.Security{Name: name, Severity: severity, Service: "AMI", AccountID: account, SessionID: c.id,
		LocalAddress: securityAddress(near), RemoteAddress: securityAddress(c.remote), Fields: fields})
}

// securityAddress writes an address as security events do: IPV4/TCP/127.0.0.1/5038.
func securityAddress(a netip.AddrPort) string {
	family := "IPV4"
	if a.Addr().Unmap().Is6() {
		family = "IPV6"
	}
	return fmt.Sprintf("%s/TCP/%s/%d", family, a.Addr().Unmap(), a.Port())
}

func (s *Server) challenge(_ context.Context, r *command.ActionRequest) error {
	if !strings.EqualFold(r.Get("AuthType"), "MD5") {
		return command.Refusal("Must specify AuthType")
	}
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000_000))
	if err != nil {
		return fmt.Errorf("no challenge: %w", err)
	}
	c := r.Session.(*handle).session
	c.challenge = n.String()
	r.Reply("Success", "", command.Field{Key: "Challenge", Value: c.challenge})
	return nil
}

func (s *Server) logoff(_ context.Context, r *command.ActionRequest) error {
	r.Reply("Goodbye", "Thanks for all the fish.")
	return errBye
}

func (s *Server) ping(_ context.Context, r *command.ActionRequest) error {
	now := strconv.FormatFloat(float64(time.Now().UnixMicro())/1e6, 'f', 6, 64)
	r.Reply("Success", "", command.Field{Key: "Ping", Value: "Pong"}, command.Field{Key: "Timestamp", Value: now})
	return nil
}

// maskOf reads what `Events:` and `EventMask:` take: on, off, or classes.
func maskOf(text string) command.Class {
	mask, _ := ParseClasses(text)
	return mask
}

func (s *Server) events(_ context.Context, r *command.ActionRequest) error {
	c := r.Session.(*handle).session
	if r.Get("EventMask") == "" {
		return command.Refusal("Invalid event mask")
	}
	mask := maskOf(r.Get("EventMask"))
	c.mask.Store(uint32(mask))
	s.listen()
	state := "On"
	if mask == 0 {
		state = "Off"
	}
	r.Reply("Success", "", command.Field{Key: "Events", Value: state})
	return nil
}

func (s *Server) listCommands(_ context.Context, r *command.ActionRequest) error {
	var fields []command.Field
	for _, a := range s.Actions() {
		if a.Privilege == 0 || r.Can(a.Privilege) {
			fields = append(fields, command.Field{Key: a.Name, Value: a.Synopsis + "  (Priv: " + privilegeText(a.Privilege) + ")"})
		}
	}
	r.Reply("Success", "", fields...)
	return nil
}

// ClassList names classes as the console and ListCommands do.
func ClassList(c command.Class) string { return privilegeText(c) }

func privilegeText(c command.Class) string {
	if c == 0 {
		return "<none>"
	}
	return className(c)
}

func (s *Server) userEvent(_ context.Context, r *command.ActionRequest) error {
	name := r.Get("UserEvent") // may be empty, as on the reference
	var fields []event.Variable
	for _, f := range r.Session.(*handle).message {
		if !strings.EqualFold(f.Key, "Action") && !strings.EqualFold(f.Key, "UserEvent") {
			fields = append(fields, event.Variable{Name: f.Key, Value: f.Value})
		}
	}
	r.Reply("Success", "Event Sent")
	if s.bus.Wants(event.KindUserEvent) {
		s.bus.Publish(&event.UserEvent{Name: name, Fields: fields})
	}
	return nil
}

func (s *Server) waitEvent(_ context.Context, r *command.ActionRequest) error {
	r.Reply("Success", "Waiting for Event completed.")
	r.Event("WaitEventComplete")
	return nil
}
