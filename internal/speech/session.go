package speech

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
	"github.com/google/uuid"

	"github.com/octothorpe/octothorpe/internal/media"
)

// The bounds of a connection.
const (
	maxMessage = 64 << 10 // bytes
	// soundQueue is how many messages may wait to be sent; sound beyond is lost, and counted, and a request fails.
	soundQueue = 250
	sendTime   = 5 * time.Second
)

// A session is a connection to a server, for one leg. Two goroutines of its own read and write it, and end with Close.
type session struct {
	client *Client
	conn   *websocket.Conn
	told   Told
	queue  chan outgoing
	life   context.Context
	end    context.CancelFunc
	lost   atomic.Uint64 // frames
	gone   sync.Once     // tells that nothing will be heard

	mu      sync.Mutex // a leaf
	waiting map[string]chan message
}

type outgoing struct {
	kind websocket.MessageType
	data []byte
}

// A message is one of either side.
type message struct {
	Request  string          `json:"request,omitempty"`
	Response string          `json:"response,omitempty"`
	Version  string          `json:"version,omitempty"`
	Codecs   []codec         `json:"codecs,omitempty"`
	Params   json.RawMessage `json:"params,omitempty"`
	ID       string          `json:"id"`
	Error    string          `json:"error_msg,omitempty"`
}

type codec struct {
	Name string `json:"name"`
}

func newSession(c *Client, conn *websocket.Conn, told Told) *session {
	s := &session{client: c, conn: conn, told: told, queue: make(chan outgoing, soundQueue), waiting: map[string]chan message{}}
	s.life, s.end = context.WithCancel(context.Background())
	go s.write()
	go s.read()
	return s
}

// write sends what is queued, and says good-bye in the end.
func (s *session) write() {
	for {
		select {
		case o := <-s.queue:
			ctx, cancel := context.WithTimeout(s.life, sendTime)
			err := s.conn.Write(ctx, o.kind, o.data)
			cancel()
			if err == nil {
				continue
			}
			s.lose()
		case <-s.life.Done():
		}
		_ = s.conn.Close(websocket.StatusNormalClosure, "") // waits 5 s at most
		if n := s.lost.Load(); n > 0 {
			s.client.logger.Warn("a speech engine was too slow and missed sound", "engine", s.client.name, "frames", n)
		}
		return
	}
}

// read takes what the server says until the connection ends, which is the end of listening, too.
func (s *session) read() {
	defer s.lose()
	for {
		kind, data, err := s.conn.Read(context.Background()) // Close ends it: a context would cut the connection short of its good-bye
		if err != nil {
			if s.life.Err() == nil {
				s.client.logger.Warn("a speech engine has ended its connection", "engine", s.client.name, "error", err)
			}
			return
		}
		var m message
		if kind != websocket.MessageText || json.Unmarshal(data, &m) != nil {
			s.client.logger.Warn("a speech engine says what can't be read", "engine", s.client.name, "message", fmt.Sprintf("%.200q", data))
			continue
		}
		switch {
		case m.Response != "":
			s.answered(m)
		case m.Request == "set":
			s.set(m)
		default:
			s.reply(message{Response: m.Request, ID: m.ID, Error: "there is no such request"})
		}
	}
}

// lose is the end of the connection by the other side, or by an error. Listening ends before who waits for an answer goes on:
// otherwise the end might meet the next listening, which has only its timeout, as on the reference.
func (s *session) lose() {
	s.gone.Do(func() { s.told.Heard(nil) })
	s.end()
}

// set takes results.
func (s *session) set(m message) {
	answer := message{Response: m.Request, ID: m.ID}
	results, err := readResults(m.Params)
	if err != nil {
		answer.Error = err.Error()
	}
	s.reply(answer)
	if err == nil {
		s.told.Heard(results)
	}
}

// readResults reads the results among parameters. The last one is the best, as on the reference.
func readResults(params json.RawMessage) ([]Result, error) {
	var p struct {
		Results []struct {
			Text    *string `json:"text"`
			Score   float64 `json:"score"`
			Grammar string  `json:"grammar"`
			Best    int     `json:"best"`
		} `json:"results"`
	}
	if err := json.Unmarshal(params, &p); err != nil || p.Results == nil {
		return nil, errors.New("params has no results that can be read")
	}
	var list []Result
	for _, r := range p.Results {
		if r.Text == nil {
			return nil, errors.New("a result has no text")
		}
		list = append(list, Result{Text: *r.Text, Score: int(math.Round(r.Score)), Grammar: r.Grammar, Best: r.Best})
	}
	slices.Reverse(list)
	return list, nil
}

// send queues a message.
func (s *session) send(o outgoing) error {
	select {
	case <-s.life.Done():
		return errors.New("the connection to the speech engine has ended")
	default:
	}
	select {
	case s.queue <- o:
		return nil
	default:
		return errors.New("the speech engine does not read")
	}
}

func (s *session) reply(m message) {
	data, _ := json.Marshal(m) // of strings
	_ = s.send(outgoing{websocket.MessageText, data})
}

// ask sends a request and waits for the answer.
func (s *session) ask(ctx context.Context, m message) (message, error) {
	m.ID = uuid.NewString()
	data, err := json.Marshal(m)
	if err != nil {
		return message{}, err
	}
	answer := make(chan message, 1)
	s.mu.Lock()
	s.waiting[m.ID] = answer
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.waiting, m.ID)
	}()
	if err := s.send(outgoing{websocket.MessageText, data}); err != nil {
		return message{}, err
	}
	select {
	case m := <-answer:
		if m.Error != "" {
			return m, fmt.Errorf("%w: %.200s", errRefused, m.Error)
		}
		return m, nil
	case <-s.life.Done():
		return message{}, errors.New("the connection to the speech engine has ended")
	case <-ctx.Done():
		return message{}, context.Cause(ctx)
	}
}

func (s *session) answered(m message) {
	s.mu.Lock()
	answer := s.waiting[m.ID]
	delete(s.waiting, m.ID)
	s.mu.Unlock()
	if answer != nil {
		answer <- m // it has room for the one
	}
}

// setup offers one codec, which the server has to take.
func (s *session) setup(ctx context.Context, format *media.Format) error {
	params := map[string]string{}
	for _, p := range s.client.params {
		params[p.name] = p.value
	}
	text, err := json.Marshal(params)
	if err != nil {
		return err
	}
	answer, err := s.ask(ctx, message{Request: "setup", Version: "0.1.0", Codecs: []codec{{wireName(format)}}, Params: text})
	switch {
	case err != nil:
		return err
	case len(answer.Codecs) == 0 || answer.Codecs[0].Name != wireName(format):
		return fmt.Errorf("%w the codec %s", errRefused, format)
	}
	return nil
}

// Set sends a setting and waits until the server has it. That it refuses, or is gone, is no error: so it is on the reference.
func (s *session) Set(name, value string) error {
	params, err := json.Marshal(map[string]string{name: value})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(s.life, askTime)
	defer cancel()
	if _, err := s.ask(ctx, message{Request: "set", Params: params}); err != nil {
		s.client.logger.Warn("a speech engine does not take a setting", "engine", s.client.name, "setting", name, "error", err)
	}
	return nil
}

func (s *session) get(ctx context.Context, name string) (json.RawMessage, error) {
	names, err := json.Marshal([]string{name})
	if err != nil {
		return nil, err
	}
	answer, err := s.ask(ctx, message{Request: "get", Params: names})
	return answer.Params, err
}

// Get asks for a setting. What is no string is told as JSON.
func (s *session) Get(ctx context.Context, name string) (string, error) {
	params, err := s.get(ctx, name)
	if err != nil {
		return "", err
	}
	var values map[string]json.RawMessage
	if err := json.Unmarshal(params, &values); err != nil {
		return "", err
	}
	value, text := values[name], ""
	if json.Unmarshal(value, &text) == nil {
		return text, nil
	}
	return string(value), nil
}

// Results asks for what was heard.
func (s *session) Results(ctx context.Context) ([]Result, error) {
	params, err := s.get(ctx, "results")
	if err != nil {
		return nil, err
	}
	return readResults(params)
}

// Write sends sound; what the server does not take in time is lost.
func (s *session) Write(f media.Frame) {
	if s.send(outgoing{websocket.MessageBinary, f.Data}) != nil {
		s.lost.Add(1)
	}
}

// Start needs nothing: the server hears whatever comes.
func (s *session) Start() error { return nil }

func (s *session) Load(string, string) error { return errUnsupported }
func (s *session) Unload(string) error       { return errUnsupported }
func (s *session) Activate(string) error     { return errUnsupported }
func (s *session) Deactivate(string) error   { return errUnsupported }

// Close ends the connection, which its writer closes.
func (s *session) Close() { s.end() }
