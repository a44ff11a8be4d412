package manager

import (
	"context"
	"crypto/md5" //nolint:gosec // AMI's challenge is MD5 by definition
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"log/slog"
	"math/big"
	"net/netip"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

func (s *Server) login(ctx context.Context, r *command.ActionRequest) error {
	h := r.Session.(*handle)
	c, m := h.session, h.message
	if c.account.Load() != nil {
		r.Reply("Success", "Already authenticated") // not an error: programs that reconnect log in again
		return nil
	}
	g := s.settings.Load()
	a, name := g.account(m.get("Username")), m.get("Username")
	ok := false
	switch {
	case name == "": // of which the reference tells nothing
	case a == nil:
		s.security("InvalidAccountID", "Error", name, c)
		s.tell(levelNotice, "%s tried to authenticate with nonexistent user '%s'", c.remote.Addr().Unmap(), name)
	case !a.ACL.Allows(c.remote.Addr()):
		s.security("FailedACL", "Error", name, c)
		s.tell(levelNotice, "%s failed to pass IP ACL as '%s'", c.remote.Addr().Unmap(), name)
	case strings.EqualFold(m.get("AuthType"), "MD5"):
		ok = a.answers(c.challenge, m.get("Key"))
		if !ok && c.challenge != "" && m.get("Key") != "" {
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
	refusal := "Authentication failed"
	if ok && !s.claim(c, a) {
		s.security("SessionLimit", "Error", "", c)
		s.logger.Warn("manager user is logged in already", "user", name)
		ok, refusal = false, "Login Already In Use"
	}
	if !ok {
		s.tell(levelNotice, "%s failed to authenticate as '%s'", c.remote.Addr().Unmap(), name)
		c.out.flush()
		select { // who guesses secrets has to wait, as on the reference
		case <-time.After(penalty):
		case <-ctx.Done():
		}
		r.Reply("Error", refusal)
		return errBye
	}
	s.welcome(c, a, r)
	return nil
}

// penalty is how long an answer to a login that failed is kept back.
const penalty = time.Second

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
	if c.conn != nil {
		c.waitUntil(time.Time{})
	}
	c.out.configure(a.QueueBytes, a.stall())
	// The events begin with the account, and are told behind the answer: a client that
	// has it misses none.
	c.out.hold(true)
	c.chosen.Store(&a.Filters)
	c.user = r.Get("Username")
	c.account.Store(a)
	c.join()
	r.Reply("Success", "Authentication accepted")
	c.out.hold(false)
	if a.DisplayConnects {
		s.tell(levelVerbose, "%sManager '%s' logged on from %s", c.how(), c.user, c.remote.Addr().Unmap())
	}
	if ready, uptime, reload := s.booted(); ready && !c.web && c.wants()&command.System != 0 {
		w := writer{settings: s.settings.Load(), time: time.Now()}
		w.start("FullyBooted", command.System)
		w.booted(uptime, reload)
		c.tell(append(w.b, "\r\n"...))
	}
	s.security("SuccessfulAuth", "Informational", c.user, c, usedPassword)
}

// how is what the log has before the name of an account.
func (c *session) how() string {
	if c.web {
		return "HTTP "
	}
	return ""
}

// usedPassword is what the reference says of every login.
var usedPassword = event.Variable{Name: "UsingPassword", Value: "0"}

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
	if !a.AllowMultiple {
		for other := range s.sessions {
			if other.claimed == a.Name {
				return false
			}
		}
	}
	c.claimed = a.Name
	s.sessions[c] = struct{}{} // one of HTTP was not there
	c.figures.Store(s.figuresOf(a.Name))
	s.welcomed(c)
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
	s.bus.Publish(&event.Security{Name: name, Severity: severity, Service: "AMI", AccountID: account, SessionID: c.id,
		LocalAddress: securityAddress(c.local, c.secure), RemoteAddress: securityAddress(c.remote, c.secure), Fields: fields})
}

// securityAddress writes an address as security events do: IPV4/TCP/127.0.0.1/5038.
func securityAddress(a netip.AddrPort, secure bool) string {
	family := "IPV4"
	if a.Addr().Unmap().Is6() {
		family = "IPV6"
	}
	transport := "TCP"
	if secure {
		transport = "TLS"
	}
	return fmt.Sprintf("%s/%s/%s/%d", family, transport, a.Addr().Unmap(), a.Port())
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

// requestType names an action in a security event.
func requestType(action string) event.Variable {
	return event.Variable{Name: "RequestType", Value: "Action: " + action}
}
