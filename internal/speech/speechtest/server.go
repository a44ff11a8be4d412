package speechtest

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// Answers are results by the name under which a caller asks for them, by setting "answer" to it: they come a moment
// later. The setting "hear" has them come when so much has been heard.
var Answers = map[string]string{
	"one":    `[{"text":"hello world","score":87,"grammar":"gr"}]`,
	"three":  `[{"text":"b","score":50,"grammar":"gr"},{"text":"c","score":42,"grammar":"gr2"},{"text":"a","score":70,"grammar":"gr2"}]`,
	"two":    `[{"text":"hello","score":90,"grammar":"gr","best":0},{"text":"hollow","score":42,"grammar":"gr2","best":3}]`,
	"quotes": `[{"text":"he \"said\" hola","score":7,"grammar":"gr"}]`,
	"none":   `[]`,
}

// Clients is an aeap.conf with servers of all kinds; ENGINE stands for the address of a Server.
const Clients = `[mine]
type=client
url=ws://ENGINE/
codecs=!all,ulaw
protocol=speech_to_text
@language=en-US
[refuse]
type=client
url=ws://ENGINE/refuse
codecs=!all,ulaw
protocol=speech_to_text
[silent]
type=client
url=ws://ENGINE/silent
codecs=!all,ulaw
protocol=speech_to_text
[wrong]
type=client
url=ws://ENGINE/wrong
codecs=!all,ulaw
protocol=speech_to_text
[gone]
type=client
url=ws://127.0.0.1:1/
codecs=!all,ulaw
protocol=speech_to_text
[other]
type=client
url=ws://ENGINE/
codecs=!all,ulaw
protocol=other
[mute]
type=client
url=ws://ENGINE/
protocol=speech_to_text
`

// Delay is how long after the setting the results come, and Enough how many bytes of sound they need with "hear".
const (
	Delay  = 700 * time.Millisecond
	Enough = 4000
)

// A Server is the engine. What it does depends on the path: "/refuse" refuses a setup, "/silent" answers none,
// "/wrong" wants another codec, others agree. The zero value is ready.
type Server struct {
	mu       sync.Mutex // a leaf
	requests []string
	sound    int
}

// Requests are what has been asked, without the ids, in order.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.requests...)
}

// Sound is how many bytes of sound have come.
func (s *Server) Sound() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sound
}

type message struct {
	Request  string          `json:"request,omitempty"`
	Response string          `json:"response,omitempty"`
	Codecs   json.RawMessage `json:"codecs,omitempty"`
	Params   json.RawMessage `json:"params,omitempty"`
	ID       string          `json:"id"`
	Error    string          `json:"error_msg,omitempty"`
}

// ServeHTTP implements http.Handler: a connection is a leg.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"speech_to_text"}})
	if err != nil {
		return
	}
	defer func() { _ = conn.CloseNow() }()
	l := &leg{server: s, conn: conn, ctx: r.Context(), path: r.URL.Path}
	for {
		kind, data, err := conn.Read(r.Context())
		if err != nil {
			return
		}
		if kind == websocket.MessageBinary {
			l.hear(data)
			continue
		}
		var m message
		if json.Unmarshal(data, &m) == nil && m.Request != "" {
			l.asked(m)
		}
	}
}

// A leg is a connection.
type leg struct {
	server *Server
	conn   *websocket.Conn
	ctx    context.Context //nolint:containedctx // of the connection that it stands for
	path   string
	want   string // of "hear"
	heard  int
}

func (l *leg) send(m message) {
	data, _ := json.Marshal(m)
	_ = l.conn.Write(l.ctx, websocket.MessageText, data)
}

func (l *leg) results(name string) {
	l.send(message{Request: "set", ID: "1", Params: json.RawMessage(`{"results":` + Answers[name] + `}`)})
}

func (l *leg) hear(data []byte) {
	l.server.mu.Lock()
	l.server.sound += len(data)
	l.server.mu.Unlock()
	if l.heard += len(data); l.want != "" && l.heard >= Enough {
		l.results(l.want)
		l.want = ""
	}
}

func (l *leg) asked(m message) {
	l.server.mu.Lock()
	l.server.requests = append(l.server.requests, strings.TrimSpace(m.Request+" "+string(m.Codecs)+string(m.Params)))
	l.server.mu.Unlock()
	reply := message{Response: m.Request, ID: m.ID}
	switch m.Request {
	case "setup":
		switch reply.Codecs = m.Codecs; l.path {
		case "/silent":
			return
		case "/refuse":
			reply.Codecs, reply.Error = nil, "not today"
		case "/wrong":
			reply.Codecs = json.RawMessage(`[{"name":"g729"}]`)
		}
	case "get":
		reply.Params = json.RawMessage(`{"mood":"good","depth":3,"results":[{"text":"so far","score":50,"grammar":"gr"}]}`)
	case "set":
		var p map[string]string
		_ = json.Unmarshal(m.Params, &p)
		switch {
		case p["answer"] == "gone":
			_ = l.conn.Close(websocket.StatusNormalClosure, "")
			return
		case p["answer"] != "":
			time.AfterFunc(Delay, func() { l.results(p["answer"]) })
		case p["hear"] != "":
			l.want, l.heard = p["hear"], 0
		}
	}
	l.send(reply)
}
