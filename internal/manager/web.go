package manager

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/httpd"
)

// AMI over HTTP: a request is an action, its parameters are the lines, and a cookie
// or digest authentication tell whose session it belongs to. Events wait until the
// action WaitEvent asks for them.

// cookieName is what the reference calls it, and so do its clients.
const cookieName = "mansession_id"

// Pages are what the HTTP server serves of AMI.
func (s *Server) Pages(h *httpd.Server) []httpd.Page {
	on := func() bool { g := s.settings.Load(); return g.Enabled && g.WebEnabled }
	var list []httpd.Page
	for _, kind := range []struct {
		path, about string
		dress       dress
	}{{"manager", "HTML Manager Event Interface", asHTML}, {"rawman", "Raw HTTP Manager Event Interface", asText}, {"mxml", "XML Manager Event Interface", asXML}} {
		list = append(list, httpd.Page{Path: "/" + kind.path, About: kind.about, On: on,
			Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serveCookie(h, kind.dress, w, r) })})
		digested := map[string]string{"manager": "amanager", "rawman": "arawman", "mxml": "amxml"}[kind.path]
		list = append(list, httpd.Page{Path: "/" + digested, About: kind.about + " w/Digest authentication", On: on,
			Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serveDigest(h, kind.dress, w, r) })})
	}
	return append(list, httpd.Page{Path: "/ami", About: "JSON Manager Event Interface over WebSocket", On: on, Handler: http.HandlerFunc(s.serveSocket)})
}

// webSession is a session of HTTP. Its requests take turns.
type webSession struct {
	*session
	key    string
	turn   chan struct{}
	expiry *time.Timer
}

// webSessionLimit is how many sessions there may be at a time that have asked for a
// challenge and not logged in.
const webSessionLimit = 100

// openWeb makes the session of a request. It is not known to others yet.
func (s *Server) openWeb(r *http.Request, key string) *webSession {
	c := newSession(s, nil)
	c.remote, _ = netip.ParseAddrPort(r.RemoteAddr)
	if a, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
		c.local = addressOf(a)
	}
	c.secure = r.TLS != nil
	c.out.pulled = make(chan struct{}, 1)
	g := s.settings.Load()
	c.out.configure(g.QueueBytes, g.QueueTime)
	c.web = true
	return &webSession{session: c, key: key, turn: make(chan struct{}, 1)}
}

// newCookie names a session. The reference has 32 bits of them, which can be guessed.
func newCookie() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

func (s *Server) webSession(key string) *webSession {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.web[key]
}

// keepWeb has a session live until its timeout after this request.
func (s *Server) keepWeb(w *webSession) bool {
	g := s.settings.Load()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || w.ctx.Err() != nil {
		return false
	}
	if s.web[w.key] == nil {
		waiting := 0
		for _, other := range s.web {
			if other.account.Load() == nil {
				waiting++
			}
		}
		if w.account.Load() == nil && waiting >= webSessionLimit {
			return false
		}
		s.web[w.key] = w
		s.running.Add(1)
		w.expiry = time.AfterFunc(g.HTTPTimeout, func() { s.dropWeb(w) })
		context.AfterFunc(w.ctx, func() { s.dropWeb(w) }) // its events had no room
	}
	w.expiry.Reset(g.HTTPTimeout)
	return true
}

// dropWeb ends a session, kept or not.
func (s *Server) dropWeb(w *webSession) {
	s.mu.Lock()
	kept := s.web[w.key] == w
	if kept {
		delete(s.web, w.key)
		w.expiry.Stop()
	}
	delete(s.sessions, w.session)
	s.mu.Unlock()
	if kept && errors.Is(context.Cause(w.ctx), errSlow) {
		w.goodbye(errSlow)
	}
	w.cancel(errBye)
	s.hub.join(w.session, wish{})
	if kept {
		s.running.Done()
	}
}

// serveCookie serves a request whose session a cookie names.
func (s *Server) serveCookie(h *httpd.Server, as dress, w http.ResponseWriter, r *http.Request) {
	var web *webSession
	if c, err := r.Cookie(cookieName); err == nil {
		web = s.webSession(strings.Trim(c.Value, `"`))
	}
	if web == nil {
		web = s.openWeb(r, newCookie())
	}
	s.serveWeb(h, as, web, w, r, true)
}

// MayUpload reports whether a request belongs to a session that may change the
// configuration.
func (s *Server) MayUpload(r *http.Request) bool {
	c, err := r.Cookie(cookieName)
	if err != nil {
		return false
	}
	web := s.webSession(strings.Trim(c.Value, `"`))
	if web == nil {
		return false
	}
	a := web.account.Load()
	return a != nil && a.Write&command.ConfigClass != 0
}

// serveWeb carries the action of a request out.
func (s *Server) serveWeb(h *httpd.Server, as dress, web *webSession, w http.ResponseWriter, r *http.Request, cookie bool) {
	m, query, status := parameters(h, r)
	switch status {
	case http.StatusOK:
	case http.StatusNotImplemented:
		h.Unsupported(w)
		return
	default:
		w.Header().Set("Connection", "close")
		h.Error(w, status, http.StatusText(status), "Body too large")
		return
	}
	select {
	case web.turn <- struct{}{}:
		defer func() { <-web.turn }()
	case <-r.Context().Done():
		return
	}
	web.requests.Add(1)
	defer web.requests.Add(-1)
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(web.ctx, cancel)()
	deadlines := http.NewResponseController(w)
	patience := time.Now().Add(s.longestWait() + answerTime)
	_ = deadlines.SetReadDeadline(patience)
	_ = deadlines.SetWriteDeadline(patience)

	var answer []byte
	asked := newHandle(web.session, func(b []byte) { answer = append(answer, b...) })
	asked.ctx = ctx
	ended := web.act(asked, m)
	kept := ended == nil && (web.account.Load() != nil || web.challenge != "") && s.keepWeb(web)
	if !kept {
		s.dropWeb(web)
	}
	head := w.Header()
	head.Set("Content-Type", as.kind())
	if cookie {
		head.Set("Set-Cookie", fmt.Sprintf(`%s="%s"; Version=1; Max-Age=%d`, cookieName, web.key, int(s.settings.Load().HTTPTimeout.Seconds())))
		head.Set("Pragma", "SuppressEvents")
	}
	body := as.write(answer, strings.Trim(r.URL.Path, "/"), query)
	head.Set("Content-Length", fmt.Sprint(len(body)))
	_, _ = w.Write(body)
}

// answerTime is how long a client may take to read an answer.
const answerTime = 30 * time.Second

// longestWait is how long WaitEvent waits in a session of HTTP, which must not end
// meanwhile.
func (s *Server) longestWait() time.Duration {
	return max(s.settings.Load().HTTPTimeout-10*time.Second, time.Second)
}

// parameters are those of the query, or of a form that is posted, in their order.
func parameters(h *httpd.Server, r *http.Request) (m message, query url.Values, status int) {
	text := r.URL.RawQuery
	switch r.Method {
	case http.MethodGet, http.MethodHead:
	case http.MethodPost:
		text = ""
		if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "application/x-www-form-urlencoded" {
			b, err := io.ReadAll(io.LimitReader(r.Body, h.Settings().Body+1))
			if err != nil || int64(len(b)) > h.Settings().Body {
				return message{}, nil, http.StatusRequestEntityTooLarge
			}
			text = string(b)
		}
	default:
		return message{}, nil, http.StatusNotImplemented
	}
	query = url.Values{}
	var lines []byte
	for pair := range strings.SplitSeq(text, "&") {
		key, value, _ := strings.Cut(pair, "=")
		k, err := url.QueryUnescape(key)
		v, wrong := url.QueryUnescape(value)
		if key == "" || err != nil || wrong != nil {
			continue
		}
		if len(m.fields) < maxHeaders {
			k, v = oneLine(k), oneLine(v)
			m.fields = append(m.fields, command.Field{Key: k, Value: v})
			lines = append(append(append(append(lines, k...), ": "...), v...), '\n')
		}
		query.Add(k, v)
	}
	m.text = string(lines)
	return m, query, http.StatusOK
}

// awaitPulled is awaitEvent of a session that no connection belongs to.
func (c *session) awaitPulled(ctx context.Context, limit time.Duration) {
	limit = min(limit, c.server.longestWait())
	if limit == math.MaxInt64 {
		limit = c.server.longestWait()
	}
	late := time.NewTimer(limit)
	defer late.Stop()
	for c.out.waiting() == 0 {
		select {
		case <-c.out.pulled:
		case <-late.C:
			return
		case <-ctx.Done():
			return
		}
	}
}
