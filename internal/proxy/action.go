package proxy

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"math/big"
	"regexp/syntax"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/ami"
)

// local are the actions that the proxy carries out itself.
var local = map[string]func(*session, ami.Message) error{
	"logoff":     (*session).logoff,
	"ping":       (*session).ping,
	"events":     (*session).events,
	"filter":     (*session).filter,
	"serverlist": (*session).serverList,
	"waitevent":  (*session).refuse,
	"login":      (*session).again,
	"challenge":  (*session).giveChallenge,
}

// act carries out an action. An error ends the session.
func (s *session) act(m ami.Message) error {
	name := value(m, "Action")
	lower := strings.ToLower(name)
	switch {
	case name == "":
		s.fail(m.Get("ActionID"), "Missing action in request")
		return nil
	case lower == "challenge" && s.user.Load() == nil:
		return s.giveChallenge(m)
	case lower == "login" && s.user.Load() == nil:
		return s.login(m)
	case s.user.Load() == nil && lower != "logoff":
		s.count(refused)
		s.reply(m, "Error", "Permission denied")
		return nil
	}
	u := s.user.Load()
	if u != nil && u.Rate > 0 && !s.bucket.take(u.Rate, time.Now()) {
		s.count(limited)
		s.reply(m, "Error", "Too many actions: wait a moment")
		return nil
	}
	if do := local[lower]; do != nil {
		s.count(own)
		return do(s, m)
	}
	return s.forward(u, name, m)
}

// What becomes of an action.
const (
	sent    = iota // to a server
	own            // carried out by the proxy
	refused        // the user may not
	limited        // too many
	failed         // no server for it
	results
)

var resultNames = [results]string{"sent", "own", "refused", "limited", "failed"}

// count counts an action by what became of it.
func (s *session) count(result int) {
	if s.counters[result] == nil {
		s.counters[result] = s.proxy.figures.actions.WithLabelValues(s.name, resultNames[result])
	}
	s.counters[result].Inc()
}

// forward sends an action to its server.
func (s *session) forward(u *User, name string, m ami.Message) error {
	server := or(value(m, "Server"), s.proxy.config.Load().Default)
	target := s.proxy.upstream(server)
	limit := uint64(s.proxy.config.Load().Limits.Pending)
	switch {
	case !u.may(name, m):
		s.count(refused)
		s.reply(m, "Error", "Permission denied")
	case server == "":
		s.count(failed)
		s.reply(m, "Error", "Server not specified")
	case target == nil || !u.sees(server):
		s.count(failed)
		s.reply(m, "Error", "No such server: "+server)
	case len(m.Get("ActionID")) > 128:
		s.count(failed)
		s.reply(m, "Error", "The ActionID is too long")
	case s.asked-s.answered.Load() >= limit:
		s.count(limited)
		s.reply(m, "Error", "Too many actions without an answer")
	default:
		s.asked++
		if err := target.ask(s.ctx, s, m); err != nil {
			s.answered.Add(1)
			s.count(failed)
			s.reply(m, "Error", unsent(server, err))
			return nil
		}
		s.count(sent)
	}
	return nil
}

// unsent says why an action did not go to its server.
func unsent(server string, err error) string {
	if errors.Is(err, ami.ErrInvalid) {
		return "Invalid line in message"
	}
	return "The server " + server + " is not connected"
}

func (s *session) giveChallenge(m ami.Message) error {
	if !strings.EqualFold(value(m, "AuthType"), "MD5") {
		s.reply(m, "Error", "Must specify AuthType")
		return nil
	}
	if s.challenge == "" {
		n, _ := rand.Int(rand.Reader, big.NewInt(1_000_000_000)) // never fails
		s.challenge = n.String()
	}
	s.reply(m, "Success", "", "Challenge", s.challenge)
	return nil
}

// login lets a client in, or ends the session.
func (s *session) login(m ami.Message) error {
	name := or(value(m, "Username"), value(m, "UserName"))
	u, known := s.proxy.config.Load().Users[name]
	right := known && s.proves(m, u.Secret)
	if known && !u.admits(s.remote) {
		right = false
	}
	if !right {
		s.proxy.figures.failedLogins.Add(1)
		s.proxy.logger.Info("a login failed", "user", name, "address", s.remote)
		s.reply(m, "Error", "Authentication failed")
		return errBye
	}
	if !s.proxy.admit(s, name, &u) {
		s.proxy.figures.failedLogins.Add(1)
		s.proxy.logger.Info("a user has too many sessions", "user", name, "address", s.remote)
		s.reply(m, "Error", "Too many sessions")
		return errBye
	}
	_ = s.conn.SetReadDeadline(time.Time{})
	clear(s.counters[:]) // those until now are of no user
	s.reply(m, "Success", "Authentication accepted")
	mask := everything
	if events := value(m, "Events"); events != "" {
		mask, _ = maskOf(events)
	}
	if u.read&mask&classBits["system"] != 0 {
		up := s.proxy.uptime()
		s.send(ami.Message{{Key: "Event", Value: "FullyBooted"}, {Key: "Privilege", Value: "system,all"},
			{Key: "Uptime", Value: up}, {Key: "LastReload", Value: up}, {Key: "Status", Value: "Fully Booted"}})
	}
	s.proxy.look(s, func() { s.mask = mask })
	return nil
}

// proves tells whether a login knows the secret, without telling by its time.
func (s *session) proves(m ami.Message, secret string) bool {
	if strings.EqualFold(value(m, "AuthType"), "MD5") {
		sum := md5.Sum([]byte(s.challenge + secret))
		return s.challenge != "" && subtle.ConstantTimeCompare([]byte(strings.ToLower(value(m, "Key"))), []byte(hex.EncodeToString(sum[:]))) == 1
	}
	return subtle.ConstantTimeCompare([]byte(m.Get("Secret")), []byte(secret)) == 1
}

func (s *session) logoff(m ami.Message) error {
	s.drain()
	s.reply(m, "Goodbye", "Thanks for all the fish.")
	return errBye
}

func (s *session) ping(m ami.Message) error {
	if s.json || strings.ContainsRune(m.Get("ActionID"), '\r') {
		s.reply(m, "Success", "", "Ping", "Pong", "Timestamp", string(appendTime(nil, time.Now())))
		return nil
	}
	// The action that clients send most, and test with: no message is made of it.
	b := append(make([]byte, 0, 128), "Response: Success\r\n"...)
	if id := m.Get("ActionID"); id != "" {
		b = append(append(append(b, "ActionID: "...), id...), "\r\n"...)
	}
	b = appendTime(append(b, "Ping: Pong\r\nTimestamp: "...), time.Now())
	s.sink.Send(append(b, "\r\n\r\n"...))
	return nil
}

// appendTime adds seconds since 1970, with six digits behind the point.
func appendTime(b []byte, t time.Time) []byte {
	b = append(strconv.AppendInt(b, t.Unix(), 10), '.')
	at := len(b)
	b = strconv.AppendInt(b, int64(1_000_000+t.Nanosecond()/1000), 10)
	return append(b[:at], b[at+1:]...)
}

// refuse answers an action that makes no sense here: events come of themselves.
func (s *session) refuse(m ami.Message) error {
	s.reply(m, "Error", "Not through a proxy: events come of themselves")
	return nil
}

// again answers a second login. A server would take it for the proxy's.
func (s *session) again(m ami.Message) error {
	s.reply(m, "Success", "Already authenticated")
	return nil
}

// maskOf reads on, off or classes.
func maskOf(text string) (mask classes, on bool) {
	switch strings.ToLower(text) {
	case "on", "yes", "true", "1", "all":
		return everything, true
	case "off", "no", "false", "0", "none":
		return 0, false
	}
	for _, name := range strings.Split(text, ",") {
		mask |= classBits[strings.ToLower(strings.TrimSpace(name))]
	}
	return mask, mask != 0
}

// events is what the client wants to be told from now on.
func (s *session) events(m ami.Message) error {
	if value(m, "EventMask") == "" {
		s.reply(m, "Error", "Invalid event mask")
		return nil
	}
	mask, on := maskOf(value(m, "EventMask"))
	s.proxy.look(s, func() { s.mask = mask })
	if on {
		s.reply(m, "Success", "", "Events", "On")
	} else {
		s.reply(m, "Success", "", "Events", "Off")
	}
	return nil
}

// mostFilters is how many a session may have: each is tried on each event.
const mostFilters = 100

// filter adds a filter.
func (s *session) filter(m ami.Message) error {
	text := filterText{value(m, "MatchCriteria"), value(m, "Filter")}
	f, err := ami.ParseFilter(text.Criteria, text.Pattern)
	var pattern *syntax.Error
	switch {
	case !strings.EqualFold(value(m, "Operation"), "Add"):
		s.reply(m, "Error", "Unknown operation")
	case errors.As(err, &pattern):
		s.reply(m, "Error", "Filter did not compile.  Check the syntax of the filter given.")
	case err != nil:
		s.reply(m, "Error", "Filter was formatted incorrectly.  Check the syntax of the filter given.")
	case len(s.filters) >= mostFilters:
		s.reply(m, "Error", "Too many filters")
	default:
		s.proxy.look(s, func() {
			s.filters = append(s.filters[:len(s.filters):len(s.filters)], f)
			s.filterTexts = append(s.filterTexts, text)
		})
		s.reply(m, "Success", "Success")
	}
	return nil
}

// serverList tells of the servers that the user may know: an action of the proxy's own.
func (s *session) serverList(m ami.Message) error {
	s.reply(m, "Success", "", "EventList", "start")
	n := 0
	for _, up := range s.proxy.upstreams() {
		if !s.user.Load().sees(up.config.Name) {
			continue
		}
		n++
		status := "Disconnected"
		if up.connected.Load() {
			status = "Connected"
		}
		s.sendItem(m, "ServerEntry", "Server", up.config.Name, "Status", status)
	}
	s.sendItem(m, "ServerListComplete", "EventList", "Complete", "ListItems", strconv.Itoa(n))
	return nil
}

func (s *session) sendItem(action ami.Message, event string, pairs ...string) {
	item := ami.Message{{Key: "Event", Value: event}}
	if id := action.Get("ActionID"); id != "" {
		item = item.With("ActionID", id)
	}
	s.send(append(item, ami.Action("", pairs...)[1:]...))
}
