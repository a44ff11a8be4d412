package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// patience is how long a scenario waits for an event.
const patience = 8 * time.Second

// A player plays a scenario on the exchange at a URL.
type player struct {
	base    string // http://…/ari
	names   *names
	body    string // of the next request
	answer  any    // the last body or event
	sockets map[string]*listening
	compare bool // with what the scenario has of the exchange
	out     strings.Builder
}

// A listening WebSocket keeps what came.
type listening struct {
	conn *websocket.Conn
	mu   sync.Mutex // a leaf
	all  []map[string]any
	came map[string]int // all that came, by debtOf
	owed map[string]int // what was recorded up to now
	news chan struct{}
	gone chan struct{}
}

// play plays a scenario and returns it with what the exchange says now. To compare that with what the
// scenario has, all that stands there is waited for.
func play(ctx context.Context, base, script string, compare bool) (string, error) {
	p := &player{base: base, names: newNames(), sockets: map[string]*listening{}, compare: compare}
	defer func() {
		for _, s := range p.sockets {
			_ = s.conn.CloseNow()
			<-s.gone
		}
	}()
	lines := strings.Split(script, "\n")
	for n, line := range lines {
		switch {
		case strings.HasPrefix(line, "<"):
			continue
		case !strings.HasPrefix(line, "> "):
			fmt.Fprintln(&p.out, line)
			continue
		}
		fmt.Fprintln(&p.out, line)
		if err := p.step(ctx, strings.TrimPrefix(line, "> "), lines[n+1:]); err != nil {
			return p.out.String(), fmt.Errorf("line %d: %s: %w", n+1, line, err)
		}
	}
	return strings.TrimRight(p.out.String(), "\n") + "\n", nil
}

// step does a step, behind which stands what was recorded.
func (p *player) step(ctx context.Context, line string, record []string) error {
	verb, rest, _ := strings.Cut(line, " ")
	switch verb {
	case "body":
		p.body = p.expand(rest)
		return nil
	case "wait":
		d, err := time.ParseDuration(rest)
		if err != nil {
			return err
		}
		time.Sleep(d)
		return nil
	case "ws":
		query, name, _ := strings.Cut(rest, " ")
		return p.open(ctx, query, name)
	case "close":
		s := p.sockets[rest]
		if s == nil {
			return errors.New("no such socket")
		}
		delete(p.sockets, rest)
		p.rest(s)
		return s.conn.Close(websocket.StatusNormalClosure, "")
	case "until":
		return p.until(rest, record)
	case "rest":
		for _, name := range slices.Sorted(maps.Keys(p.sockets)) {
			p.rest(p.sockets[name])
		}
		return nil
	case "say":
		name, text, _ := strings.Cut(rest, " ")
		s := p.sockets[name]
		if s == nil {
			return errors.New("no such socket")
		}
		return s.conn.Write(ctx, websocket.MessageText, []byte(p.expand(text)))
	case "as":
		user, request, _ := strings.Cut(rest, " ")
		return p.request(ctx, user, request)
	}
	return p.request(ctx, "ari", line)
}

// passwords are those of the users in testdata/conf.
var passwords = map[string]string{"ari": "secret", "viewer": "look"}

// shownHeaders are those of an answer that programs look at.
var shownHeaders = []string{"Allow", "Location", "Www-Authenticate", "Access-Control-Allow-Origin", "Access-Control-Allow-Methods",
	"Access-Control-Allow-Headers", "Access-Control-Allow-Credentials"}

func (p *player) request(ctx context.Context, user, line string) error {
	method, path, _ := strings.Cut(p.expand(line), " ")
	path, headers, _ := strings.Cut(path, " ")
	r, err := http.NewRequestWithContext(ctx, method, p.base+path, strings.NewReader(p.body))
	if err != nil {
		return err
	}
	if p.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	p.body = ""
	for h := range strings.SplitSeq(headers, " | ") {
		if name, value, ok := strings.Cut(h, ": "); ok {
			r.Header.Set(name, value)
		}
	}
	if user != "nobody" {
		password := passwords[user]
		if name, given, ok := strings.Cut(user, ":"); ok {
			user, password = name, given
		}
		r.SetBasicAuth(user, password)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	fmt.Fprintf(&p.out, "< %d", answer.StatusCode)
	for _, name := range shownHeaders {
		if value := answer.Header.Get(name); value != "" {
			fmt.Fprintf(&p.out, " | %s: %s", name, p.names.text("", value))
		}
	}
	fmt.Fprintln(&p.out)
	if len(b) > 0 {
		var value any
		if err := json.Unmarshal(b, &value); err != nil {
			fmt.Fprintf(&p.out, "< something of %s\n", answer.Header.Get("Content-Type"))
			return nil //nolint:nilerr // that it is no JSON is the answer
		}
		p.answer = value
		if m, ok := value.(map[string]any); ok && answer.StatusCode == http.StatusCreated && m["state"] != nil {
			m["state"] = "queued or playing" // the leg may be quicker than the answer
		}
		if m, ok := value.(map[string]any); ok && method == http.MethodPost && strings.Contains(path, "/snoop") && m["dialplan"] != nil {
			m["dialplan"] = "there or not yet in the application"
		}
		p.show("", value)
	}
	return nil
}

// show writes a value as the scenarios have it.
func (p *player) show(prefix string, value any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(p.names.plain("", value))
	fmt.Fprintf(&p.out, "< %s%s", prefix, b.String())
}

// open opens the WebSocket of an application.
func (p *player) open(ctx context.Context, query, name string) error {
	if name == "" {
		name = query
	}
	if !strings.Contains(query, "=") {
		query = "app=" + query
	}
	at := strings.Replace(p.base, "http", "ws", 1) + "/events?api_key=ari:" + url.QueryEscape(passwords["ari"]) + "&" + query
	c, r, err := websocket.Dial(ctx, at, nil)
	if err != nil {
		if r == nil {
			return err
		}
		fmt.Fprintf(&p.out, "< %d\n", r.StatusCode)
		return nil
	}
	c.SetReadLimit(1 << 20)
	s := &listening{conn: c, came: map[string]int{}, owed: map[string]int{}, news: make(chan struct{}, 1), gone: make(chan struct{})}
	p.sockets[name] = s
	go s.read()
	return nil
}

func (s *listening) read() {
	defer close(s.gone)
	for {
		_, b, err := s.conn.Read(context.Background())
		if err != nil {
			return
		}
		var e map[string]any
		if json.Unmarshal(b, &e) != nil {
			e = map[string]any{"type": "not JSON"}
		}
		s.mu.Lock()
		s.all = append(s.all, e)
		s.came[debtOf(fmt.Sprint(e["type"]), aboutOf(e))]++
		s.mu.Unlock()
		select {
		case s.news <- struct{}{}:
		default:
		}
	}
}

// until waits for an event, "[socket] Type[+Type…][*n]", and shows what has come; n is for the
// n-th, and of several types, which may come in any order, each is waited for.
func (p *player) until(what string, record []string) error {
	name, kind, ok := strings.Cut(what, " ")
	if !ok {
		kind = what
		for only := range p.sockets {
			name = only
		}
	}
	s := p.sockets[name]
	if s == nil {
		return errors.New("no such socket")
	}
	kind, text, _ := strings.Cut(kind, "*")
	wanted, _ := strconv.Atoi(text)
	var shown []map[string]any
	found := s.await(func() (found bool) {
		shown, found = s.take(kind, max(1, wanted), false)
		return found
	})
	if !found {
		shown, _ = s.take(kind, max(1, wanted), true)
	}
	p.tell(shown)
	if !found {
		fmt.Fprintln(&p.out, "< no more")
	}
	if p.compare {
		s.owe(record)
		s.await(s.paid)
	}
	return nil
}

// rest shows what else has come, where it is compared.
func (p *player) rest(s *listening) {
	if !p.compare {
		return
	}
	shown, _ := s.take("", 1, true)
	for _, e := range shown {
		p.show(fmt.Sprint(e["type"])+" ", e)
	}
}

// await waits until something is so, which may be with each event, and reports whether it is.
func (s *listening) await(so func() bool) bool {
	end := time.NewTimer(patience)
	defer end.Stop()
	for !so() {
		select {
		case <-s.news:
		case <-s.gone:
			return so()
		case <-end.C:
			return so()
		}
	}
	return true
}

// take takes what came up to the n-th event of a kind, or of each of some kinds, or all.
func (s *listening) take(kind string, n int, all bool) (shown []map[string]any, found bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	left := map[any]int{}
	for one := range strings.SplitSeq(kind, "+") {
		left[one] = n
	}
	for i, e := range s.all {
		if left[e["type"]]--; left[e["type"]] == 0 {
			delete(left, e["type"])
		}
		open := false
		for _, n := range left {
			open = open || n > 0
		}
		if !open {
			shown, s.all = s.all[:i+1], s.all[i+1:]
			return shown, true
		}
	}
	if all {
		shown, s.all = s.all, nil
	}
	return shown, false
}

// tell shows events, and keeps the last as the answer.
func (p *player) tell(events []map[string]any) {
	for _, e := range events {
		p.answer = e
		p.show(fmt.Sprint(e["type"])+" ", e)
	}
}

var reference = regexp.MustCompile(`\$\{([a-z_.0-9]+)\}`)

// expand puts fields of the last answer in: ${channel.id}.
func (p *player) expand(line string) string {
	return reference.ReplaceAllStringFunc(line, func(s string) string {
		value := p.answer
		for _, key := range strings.Split(s[2:len(s)-1], ".") {
			switch v := value.(type) {
			case map[string]any:
				value = v[key]
			case []any:
				n, _ := strconv.Atoi(key)
				if n >= len(v) {
					return s
				}
				value = v[n]
			}
		}
		return fmt.Sprint(value)
	})
}
