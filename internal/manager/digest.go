package manager

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/httpd"
)

// digestRealm is the realm of digest authentication (RFC 7616, with MD5: it is all that
// the clients of the interface speak).
const digestRealm = "asterisk"

// mostNonces are remembered at a time; more push the oldest out.
const mostNonces = 1000

// nonce is a challenge that was given, and how often it was answered.
type nonce struct {
	given time.Time
	count uint64
	user  string
}

// serveDigest serves a request that brings its authentication. The requests that answer
// one challenge are one session.
func (s *Server) serveDigest(h *httpd.Server, as dress, w http.ResponseWriter, r *http.Request) {
	given, ok := digestFields(r.Header.Get("Authorization"))
	if !ok {
		s.demand(h, w, false)
		return
	}
	a := s.settings.Load().account(given["username"])
	web := s.openWeb(r, "digest "+given["nonce"])
	switch ok, stale := s.digestAnswers(a, given, r); {
	case ok && !a.ACL.Allows(web.remote.Addr()):
		s.security("FailedACL", "Error", a.Name, web.session)
		s.tell(levelNotice, "%s failed to pass IP ACL as '%s'", web.remote.Addr().Unmap(), a.Name)
		h.Error(w, http.StatusForbidden, "Permission denied", "Permission denied")
		return
	case !ok:
		if !stale {
			s.tell(levelNotice, "%s failed to authenticate as '%s'", web.remote.Addr().Unmap(), given["username"])
			s.security("InvalidPassword", "Error", given["username"], web.session)
		}
		s.demand(h, w, stale)
		return
	}
	if known := s.webSession(web.key); known != nil {
		web = known
	} else if !s.admitWeb(web, a) {
		s.demand(h, w, false)
		return
	}
	s.serveWeb(h, as, web, w, r, false)
}

// admitWeb makes a session an account's.
func (s *Server) admitWeb(web *webSession, a *Account) bool {
	if !s.claim(web.session, a) {
		return false
	}
	web.out.configure(a.QueueBytes, a.stall())
	web.chosen.Store(&a.Filters)
	web.user = a.Name
	web.account.Store(a)
	web.join()
	s.security("SuccessfulAuth", "Informational", a.Name, web.session, usedPassword)
	return s.keepWeb(web)
}

// demand asks for authentication.
func (s *Server) demand(h *httpd.Server, w http.ResponseWriter, stale bool) {
	value := newCookie()
	s.mu.Lock()
	if len(s.nonces) >= mostNonces {
		oldest, when := "", time.Now()
		for name, n := range s.nonces {
			if n.given.Before(when) {
				oldest, when = name, n.given
			}
		}
		delete(s.nonces, oldest)
	}
	s.nonces[value] = &nonce{given: time.Now()}
	s.mu.Unlock()
	again := ""
	if stale {
		again = ", stale=true"
	}
	w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Digest algorithm=MD5, realm="%s", nonce="%s", qop="auth", opaque="%s"%s`, digestRealm, value, value, again))
	h.Error(w, http.StatusUnauthorized, "Unauthorized", "")
}

// digestAnswers reports whether an answer is right; stale, that it would be if its
// challenge were not too old, or answered so before.
func (s *Server) digestAnswers(a *Account, given map[string]string, r *http.Request) (ok, stale bool) {
	if a == nil || a.Secret == "" || given["realm"] != digestRealm || given["uri"] != r.RequestURI ||
		given["algorithm"] != "" && !strings.EqualFold(given["algorithm"], "MD5") {
		return false, false
	}
	want := hexMD5(r.Method + ":" + given["uri"])
	secret := hexMD5(a.Name + ":" + digestRealm + ":" + a.Secret)
	count, err := strconv.ParseUint(given["nc"], 16, 64)
	if given["qop"] != "auth" || err != nil {
		return false, false
	}
	if !equal(given["response"], hexMD5(strings.Join([]string{secret, given["nonce"], given["nc"], given["cnonce"], "auth", want}, ":"))) {
		return false, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.nonces[given["nonce"]]
	if n == nil || time.Since(n.given) > time.Hour || count <= n.count || n.user != "" && n.user != a.Name {
		return false, true
	}
	n.count, n.user = count, a.Name
	return true, false
}

// digestFields reads an Authorization header: Digest key=value, key="value".
func digestFields(text string) (map[string]string, bool) {
	scheme, rest, _ := strings.Cut(text, " ")
	if !strings.EqualFold(scheme, "Digest") {
		return nil, false
	}
	fields := map[string]string{}
	for rest != "" {
		key, value, ok := strings.Cut(strings.TrimLeft(rest, ", "), "=")
		if !ok {
			return nil, false
		}
		if quoted, found := strings.CutPrefix(value, `"`); found {
			if value, rest, ok = strings.Cut(quoted, `"`); !ok {
				return nil, false
			}
		} else {
			value, rest, _ = strings.Cut(value, ",")
		}
		fields[strings.ToLower(strings.TrimSpace(key))] = strings.TrimSpace(value)
	}
	return fields, true
}
