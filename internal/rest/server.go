package rest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/httpd"
	"github.com/octothorpe/octothorpe/internal/rest/stasis"
	"github.com/octothorpe/octothorpe/internal/wsclient"
)

// maxBody is how long the body of a request may be.
const maxBody = 4 << 20

// Config is what a Server works with.
type Config struct {
	Hub    *stasis.Hub
	Logger *slog.Logger
	// Prefix returns what is before our paths, as http.conf has it: "" or "/asterisk".
	// Requests come without it.
	Prefix   func() string
	Exchange Exchange
	// Console shows a text to who debugs applications; nil is nobody.
	Console func(text string)
	// Clients are the WebSockets that may be opened to applications; nil is none.
	Clients *wsclient.Book
}

// An Exchange is what the interface tells of the exchange around it, and asks of it.
type Exchange interface {
	Info() Info
	// Global and SetGlobal are the variables of everybody; a name may be a function.
	Global(ctx context.Context, name string) string
	SetGlobal(ctx context.Context, name, value string) error
	// Devices are the devices whose state clients set, "Stasis:x". SetDevice with an
	// empty state forgets one.
	Devices() []string
	SetDevice(name, state string)
	Modules() []Module
	// LoadModule and UnloadModule load and unload one while the exchange runs; the name may lack its ".so". The
	// errors are ErrLoaded, ErrNoModule, or another where it can't be done.
	LoadModule(name string) error
	UnloadModule(name string) error
	// Reload reads the configuration of a module again; ok is false if there is none.
	Reload(module string) (ok bool, err error)
	LogChannels() []LogChannel
	AddLog(name, configuration string) error
	DeleteLog(name string) (ok bool)
	RotateLog(name string) (ok bool)
	// Mailboxes are those whose counts clients tell; DeleteMailbox reports whether there was one.
	Mailboxes() []Mailbox
	SetMailbox(m Mailbox)
	DeleteMailbox(name string) bool
	// HasObjects reports whether there is a class of dynamic configuration, and a type of objects in it.
	HasObjects(class, kind string) (knownClass, knownKind bool)
	// Object returns all options of an object. PutObject makes or changes one, and DeleteObject
	// deletes it; the errors are ErrForbidden and ErrInvalid.
	Object(kind, id string) ([]Tuple, bool)
	PutObject(kind, id string, fields []Tuple) error
	DeleteObject(kind, id string) error
	// Sounds are the prompts that there are, by their names.
	Sounds() []Sound
	// HasWebSocket reports whether websocket_client.conf has one of a name.
	HasWebSocket(name string) bool
	// Send sends a text message; ok is false where the destination does not exist.
	Send(ctx context.Context, to, from, body string, variables map[string]string) (ok bool, err error)
	// Refer asks who is at "technology:destination" to call target; self is Referral.Self.
	Refer(ctx context.Context, r Referral) error
}

// A Referral asks somebody to call somebody else.
type Referral struct {
	To, From, Target string
	Self             bool // by way of us
	Headers          []event.Variable
}

// Info is what /asterisk/info tells.
type Info struct {
	OS, Machine, Built      string
	Version, Name, Language string
	MaxCalls                int
	Started, Reloaded       time.Time
}

// A Module is what modules.conf can name.
type Module struct {
	Name, Description string
	Level             string // of support: core or extended
	Uses              int    // legs that run what it has
}

// A LogChannel is a place where log lines go.
type LogChannel struct{ Channel, Type, Status, Configuration string }

// A Server serves ARI.
type Server struct {
	Config
	settings atomic.Pointer[Settings]
	figures  []figures       // by the numbers of operations
	life     context.Context // ends with Close
	end      context.CancelFunc
	sockets  sync.WaitGroup
	entering sync.Mutex // a leaf; held while sockets grows, and when life ends
	writer   writer

	outgoing sync.Mutex // above entering
	summoned map[string]*summons
	sessions map[string]*session // by their ids
}

// New returns a server that lets nobody in until Configure.
func New(g Config) *Server {
	s := &Server{Config: g, figures: make([]figures, len(names())), summoned: map[string]*summons{}, sessions: map[string]*session{}}
	s.life, s.end = context.WithCancel(context.Background())
	s.settings.Store(&Settings{})
	if s.Clients == nil {
		s.Clients = &wsclient.Book{}
	}
	if s.Hub != nil {
		s.Hub.Summon = s.Summon
		s.Hub.Shown = s.showEvent
	}
	return s
}

// Configure puts settings in force.
func (s *Server) Configure(settings *Settings) {
	s.settings.Store(settings)
	s.restart(settings)
}

// enter counts a WebSocket, for which Close waits until it has left. It reports false where the server has ended.
func (s *Server) enter() bool {
	s.entering.Lock()
	defer s.entering.Unlock()
	if s.life.Err() != nil {
		return false
	}
	s.sockets.Add(1)
	return true
}

// Close ends all WebSockets and waits for them.
func (s *Server) Close() {
	s.entering.Lock()
	s.end()
	s.entering.Unlock()
	s.Hub.Close()
	s.sockets.Wait()
	s.writer.close()
}

// An answer is what a request gets.
type answer struct {
	status   int
	body     []byte // JSON, unless kind says otherwise
	kind     string
	location string  // below the prefix
	room     *[]byte // where body stands, which is used again once that is written; nil is nowhere
}

var nothing = answer{status: http.StatusNoContent}

// said is an answer with a body.
func said(body []byte) answer { return answer{status: http.StatusOK, body: body} }

// refusal is an answer that says why not.
func refusal(status int, message string) answer {
	b := stasis.AppendText([]byte(`{"message":`), message)
	return answer{status: status, body: append(b, '}')}
}

// internal is the reference's answer to what it can't do for want of something of its own.
var internal = answer{status: http.StatusInternalServerError, body: []byte(`{"error":"Allocation failed"}`)}

// A request is what an operation reads its parameters from.
type request struct {
	*http.Request
	server *Server
	path   map[string]string
	query  url.Values
	body   map[string]any
	raw    []byte         // what body was made of
	bodied bool           // there is a body that was read
	about  *event.Channel // for traces: that it is about, or that it has made
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	settings := s.settings.Load()
	h := w.Header()
	path, ok := strings.CutPrefix(r.URL.EscapedPath(), "/ari")
	if !settings.Enabled || !ok {
		http.NotFound(w, r)
		return
	}
	s.allowOrigin(settings, h, r)
	user := settings.authenticate(r)
	switch {
	case user == nil:
		h.Set("WWW-Authenticate", `Basic realm="`+settings.Realm+`"`)
		s.write(w, r, settings, refusal(http.StatusUnauthorized, "Authentication required"))
		return
	case !user.admits(r):
		s.write(w, r, settings, refusal(http.StatusForbidden, "Access denied by ACL"))
		return
	case user.ReadOnly && r.Method != http.MethodGet && r.Method != http.MethodOptions:
		s.write(w, r, settings, refusal(http.StatusForbidden, "Write access denied"))
		return
	case len(path) > 1 && strings.HasSuffix(path, "/"):
		s.write(w, r, settings, refusal(http.StatusNotFound, "ARI URLs do not end with a slash. Try "+s.Prefix()+"/ari"+strings.TrimRight(path, "/")))
		return
	}
	if path == "/events" && r.Method == http.MethodGet {
		s.serveSocket(w, r)
		return
	}
	if s.Hub != nil && s.Hub.Debugging() {
		a, show := s.watch(r, path, func() answer { return s.answer(h, r, path) })
		if show {
			s.showAnswer(r.RemoteAddr, a)
		}
		s.write(w, r, settings, a)
		return
	}
	s.write(w, r, settings, s.answer(h, r, path))
}

// answer finds the operation of a request and does it.
func (s *Server) answer(h http.Header, r *http.Request, path string) answer {
	if strings.HasPrefix(path, "/api-docs/") && r.Method == http.MethodGet {
		return s.apiDocs(r, strings.TrimPrefix(path, "/api-docs/"))
	}
	if path == "/openapi.json" && r.Method == http.MethodGet {
		return s.openAPI(r)
	}
	n, vars := table().find(path)
	if n == nil {
		return refusal(http.StatusNotFound, "Resource not found")
	}
	do := n.operations[r.Method]
	switch {
	case r.Method == http.MethodOptions:
		s.options(n, h, r)
		return nothing
	case do == nil:
		h.Set("Allow", n.allow())
		return refusal(http.StatusMethodNotAllowed, "Invalid method")
	}
	return s.do(do, &request{Request: r, server: s, path: vars, query: queryOf(r.URL.RawQuery)})
}

// queryOf reads a query. A semicolon separates nothing: identifiers of legs have one. A percent sign
// that escapes nothing is one.
func queryOf(raw string) url.Values {
	values := url.Values{}
	for pair := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if pair != "" {
			name = unescape(name)
			values[name] = append(values[name], unescape(value))
		}
	}
	return values
}

var halfEscape = regexp.MustCompile(`%([^0-9A-Fa-f]|[0-9A-Fa-f][^0-9A-Fa-f]|.?$)`)

// unescape reads a part of a query.
func unescape(text string) string {
	if value, err := url.QueryUnescape(text); err == nil {
		return value
	}
	for halfEscape.MatchString(text) {
		text = halfEscape.ReplaceAllString(text, "%25$1")
	}
	value, _ := url.QueryUnescape(text) // every percent sign escapes something now
	return value
}

// readBody reads a JSON body.
func (r *request) readBody() *answer {
	if r.Body == nil || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
			b, _ := io.ReadAll(io.LimitReader(r.Body, maxBody))
			for name, values := range queryOf(string(b)) {
				r.query[name] = append(r.query[name], values...)
			}
			r.bodied = true
		}
		return nil
	}
	b, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err == nil && len(b) > maxBody {
		wrong := refusal(http.StatusRequestEntityTooLarge, "Request body too large")
		return &wrong
	}
	if len(b) == 0 && err == nil {
		return nil
	}
	var value any
	if err == nil {
		err = json.Unmarshal(b, &value)
	}
	r.bodied = true
	switch v := value.(type) {
	case map[string]any:
		r.body, r.raw = v, b
	case []any:
	default:
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		wrong := refusal(http.StatusBadRequest, "Error parsing request body")
		return &wrong
	}
	return nil
}

// text returns a parameter, "" if there is none.
func (r *request) text(name string) string {
	value, _ := r.given(name)
	return value
}

// has reports whether there is something under a parameter's name, whatever it is but a list of nothing.
func (r *request) has(name string) bool {
	v, inBody := r.body[name]
	if list, ok := v.([]any); ok {
		return len(list) > 0
	}
	return inBody || len(r.query[name]) > 0
}

// given returns a parameter and whether it was given. What stands in the body counts, and only if it is a
// string; of several in the query it is the last.
func (r *request) given(name string) (string, bool) {
	if v, ok := r.body[name]; ok {
		text, ok := v.(string)
		return text, ok
	}
	if list := r.query[name]; len(list) > 0 {
		return list[len(list)-1], true
	}
	return "", false
}

// list returns a parameter of which there may be several, also with commas between.
func (r *request) list(name string) []string {
	var all []string
	add := func(text string) {
		for one := range strings.SplitSeq(text, ",") {
			if one != "" {
				all = append(all, one)
			}
		}
	}
	switch v := r.body[name].(type) {
	case string:
		add(v)
		return all
	case []any:
		for _, one := range v {
			if text, ok := one.(string); ok {
				add(text)
			}
		}
		return all
	}
	for _, text := range r.query[name] {
		add(text)
	}
	return all
}

// number returns a parameter as a number, as C reads one: what stands at its beginning.
func (r *request) number(name string, otherwise int) int {
	if v, ok := r.body[name]; ok {
		n, _ := v.(float64)
		if n != math.Trunc(n) {
			return 0
		}
		return int(n)
	}
	text, ok := r.given(name)
	if !ok {
		return otherwise
	}
	n, _ := leading(text)
	return n
}

// leading is the number at the beginning of a text, and whether there is one.
func leading(text string) (int, bool) {
	text = strings.TrimSpace(text)
	end := 0
	for end < len(text) && (text[end] >= '0' && text[end] <= '9' || end == 0 && (text[0] == '-' || text[0] == '+')) {
		end++
	}
	n, err := strconv.Atoi(text[:end])
	return n, err == nil || errors.Is(err, strconv.ErrRange)
}

// truth returns a parameter as a truth.
func (r *request) truth(name string) bool {
	if v, ok := r.body[name]; ok {
		return v == true
	}
	switch strings.ToLower(r.text(name)) {
	case "yes", "true", "y", "t", "1", "on":
		return true
	}
	return false
}

// variables are those in the body.
func (r *request) variables() map[string]any {
	v, _ := r.body["variables"].(map[string]any)
	return v
}

// write sends an answer.
func (s *Server) write(w http.ResponseWriter, r *http.Request, settings *Settings, a answer) {
	h := w.Header()
	if a.location != "" {
		h.Set("Location", s.Prefix()+"/ari"+a.location)
	}
	if a.body == nil {
		w.WriteHeader(a.status)
		return
	}
	if a.kind == "" {
		a.kind = "application/json"
		if settings.Pretty {
			a.body = pretty(a.body)
		}
	}
	h.Set("Content-Type", a.kind)
	h.Set("Content-Length", strconv.Itoa(len(a.body)))
	httpd.Gather(r, len(a.body))
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body)
	a.release()
}

// rooms are where the bodies of long answers stand.
var rooms = sync.Pool{New: func() any { return new([]byte) }}

// roomMost is how large a room may be that is kept.
const roomMost = 64 << 10

// release gives the room of a body back, which is not read any more.
func (a *answer) release() {
	if a.room != nil && cap(*a.room) <= roomMost {
		rooms.Put(a.room)
	}
}

// allowOrigin lets pages of other sites read answers, as far as ari.conf allows it.
func (s *Server) allowOrigin(settings *Settings, h http.Header, r *http.Request) {
	origin := r.Header.Get("Origin")
	if origin == "" || !slices.Contains(settings.Origins, origin) && !slices.Contains(settings.Origins, "*") {
		return
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Credentials", "true")
}

// options answers OPTIONS, with what a browser asks before it asks.
func (s *Server) options(n *node, h http.Header, r *http.Request) {
	h.Set("Allow", n.allow())
	method := r.Header.Get("Access-Control-Request-Method")
	if h.Get("Access-Control-Allow-Origin") == "" || n.operations[method] == nil {
		return
	}
	h.Set("Access-Control-Allow-Methods", n.allow())
	if headers := r.Header.Get("Access-Control-Request-Headers"); headers != "" {
		h.Set("Access-Control-Allow-Headers", headers)
	}
}
