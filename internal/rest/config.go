package rest

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/config"
)

// Settings are ari.conf.
type Settings struct {
	Enabled      bool
	Pretty       bool
	Origins      []string // allowed_origins
	Realm        string
	WriteTimeout time.Duration // of WebSockets
	Users        map[string]*User
	Outbound     []Outbound
	ChannelVars  []string // that events show of every leg
}

// A User may use the interface.
type User struct {
	Password string
	ReadOnly bool
	crypt    bool                              // Password is the hash of one
	known    atomic.Pointer[[sha256.Size]byte] // of the password that fitted last, as hashing takes its time
	acl      config.ACL
}

// writePatience is how long a WebSocket may take nothing where ari.conf does not say. It is much
// longer than the reference's 100 ms: here others do not wait for a slow client meanwhile.
const writePatience = 30 * time.Second

// Load reads ari.conf and the rules that it names from acl.conf, both of which may be nil.
func Load(f, acl *config.File) (*Settings, []config.Diagnostic) {
	r := config.NewReader(nil)
	g := r.Section(f.Section("general"))
	s := &Settings{Users: map[string]*User{}, Enabled: g.Bool("enabled", f != nil), Realm: g.String("auth_realm", "Asterisk REST Interface"),
		WriteTimeout: g.Duration("websocket_write_timeout", time.Millisecond, writePatience, time.Millisecond, time.Minute),
		Origins:      fields(g.String("allowed_origins", ""))}
	if text := g.String("channelvars", ""); text != "" {
		s.ChannelVars = strings.Split(text, ",")
	}
	pretty := g.String("pretty", "no")
	s.Pretty = config.True(pretty) || pretty == "pretty"
	g.Done()
	for _, section := range f.Sections() {
		if section.Name == "general" {
			continue
		}
		one := r.Section(section)
		if kind := one.String("type", "user"); kind != "user" {
			o := Outbound{Name: section.Name, Client: one.String("websocket_client_id", ""), Apps: fields(one.String("apps", "")),
				All: one.Bool("subscribe_all", false), User: one.String("local_ari_user", "")}
			one.Done()
			if kind == "outbound_websocket" && len(o.Apps) > 0 {
				s.Outbound = append(s.Outbound, o)
			}
			continue
		}
		u := &User{Password: one.String("password", ""), ReadOnly: one.Bool("read_only", false)}
		u.crypt = one.Word("password_format", "plain", "plain", "crypt") == "crypt"
		if e, ok := section.Entry("password_format"); ok && u.crypt {
			if _, err := crypt(u.Password, ""); err != nil {
				r.Report(config.Error, e, "make it with mkpasswd -m sha-512", "the password of %s is %v: it can't log in", section.Name, err)
			}
		}
		for _, key := range []string{"permit", "deny", "acl"} {
			one.All(key)
		}
		one.Done()
		for _, e := range section.Lines() {
			if config.IsACL(e.Key) {
				u.acl.Add(e, acl, section.Name+" can't log in", r.Report)
			}
		}
		s.Users[section.Name] = u
	}
	return s, r.Diagnostics()
}

func fields(text string) []string {
	return strings.FieldsFunc(text, func(c rune) bool { return c == ',' || c == ' ' || c == '\t' })
}

// authenticate returns the user of a request, or nil.
func (s *Settings) authenticate(r *http.Request) *User {
	name, password, ok := r.BasicAuth()
	if !ok {
		key, found := apiKey(r)
		if !found {
			return nil
		}
		name, password, _ = strings.Cut(key, ":")
	}
	u := s.Users[name]
	if u == nil || u.Password == "" || !u.fits(password) {
		return nil
	}
	return u
}

// fits reports whether a password is the user's.
func (u *User) fits(password string) bool {
	if !u.crypt {
		return subtle.ConstantTimeCompare([]byte(u.Password), []byte(password)) == 1
	}
	sum := sha256.Sum256([]byte(password))
	if known := u.known.Load(); known != nil && subtle.ConstantTimeCompare(known[:], sum[:]) == 1 {
		return true
	}
	if !checkHash(u.Password, password) {
		return false
	}
	u.known.Store(&sum)
	return true
}

// admits reports whether a user may come from where a request comes.
func (u *User) admits(r *http.Request) bool {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	return err != nil && u.acl.Empty() || u.acl.Allows(from.Addr())
}

// apiKey is name:password in the query.
func apiKey(r *http.Request) (string, bool) {
	if !strings.Contains(r.URL.RawQuery, "api_key") {
		return "", false
	}
	q := queryOf(r.URL.RawQuery)
	return q.Get("api_key"), q.Has("api_key")
}

// pretty sets JSON over several lines.
func pretty(b []byte) []byte {
	var out bytes.Buffer
	if json.Indent(&out, b, "", "  ") != nil {
		return b
	}
	return out.Bytes()
}
