package rest

import (
	"bytes"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
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
}

// A User may use the interface.
type User struct {
	Password string
	ReadOnly bool
	crypt    bool // Password is the hash of one, which can't be checked
	acl      config.ACL
}

// Load reads ari.conf and the rules that it names from acl.conf, both of which may be nil.
func Load(f, acl *config.File) (*Settings, []config.Diagnostic) {
	r := config.NewReader(nil)
	g := r.Section(f.Section("general"))
	s := &Settings{Users: map[string]*User{}, Enabled: g.Bool("enabled", f != nil), Realm: g.String("auth_realm", "Asterisk REST Interface"),
		WriteTimeout: g.Duration("websocket_write_timeout", time.Millisecond, 100*time.Millisecond, time.Millisecond, time.Minute),
		Origins:      fields(g.String("allowed_origins", ""))}
	g.Later("channelvars")
	pretty := g.String("pretty", "no")
	s.Pretty = config.True(pretty) || pretty == "pretty"
	g.Done()
	for _, section := range f.Sections() {
		if section.Name == "general" {
			continue
		}
		one := r.Section(section)
		if kind := one.String("type", "user"); kind != "user" {
			one.Later("websocket_client_id", "subscribe_all", "local_ari_user", "apps", "connection_type")
			one.Done()
			continue
		}
		u := &User{Password: one.String("password", ""), ReadOnly: one.Bool("read_only", false)}
		u.crypt = one.Word("password_format", "plain", "plain", "crypt") == "crypt"
		if e, ok := section.Entry("password_format"); ok && u.crypt {
			r.Report(config.Error, e, "write password_format = plain and the password itself", "hashes of passwords can't be checked yet: %s can't log in", section.Name)
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
	if u == nil || u.crypt || u.Password == "" || subtle.ConstantTimeCompare([]byte(u.Password), []byte(password)) != 1 {
		return nil
	}
	return u
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
	q, _ := url.ParseQuery(r.URL.RawQuery)
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
