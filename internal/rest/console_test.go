package rest

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/octothorpe/octothorpe/internal/app"
	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/rest/stasis"
)

// A shop is a server with a console.
type shop struct {
	*Server
	t     *testing.T
	url   string
	mu    sync.Mutex
	shown strings.Builder
}

func newShop(t *testing.T) *shop {
	s := &shop{t: t}
	bus := event.NewBus()
	channels := channel.NewRegistry(bus, slog.New(slog.DiscardHandler), "")
	house := &app.House{Channels: channels, Bridges: bridge.NewRegistry(channels)}
	hub := stasis.New(stasis.Config{House: house, Bus: bus, Logger: slog.New(slog.DiscardHandler), Entity: "here"})
	s.Server = New(Config{Hub: hub, Logger: slog.New(slog.DiscardHandler), Prefix: func() string { return "" }, Console: func(text string) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.shown.WriteString(text)
	}})
	s.Configure(&Settings{Enabled: true, Users: map[string]*User{"me": {Password: "secret"}}, WriteTimeout: time.Second})
	server := httptest.NewServer(s.Server)
	s.url = server.URL
	t.Cleanup(func() {
		s.Server.Close()
		server.Close()
	})
	return s
}

// run runs a command of the console.
func (s *shop) run(line string) string {
	s.t.Helper()
	for _, c := range s.Commands() {
		if rest, ok := strings.CutPrefix(line, c.Name); ok && (rest == "" || rest[0] == ' ') {
			var b bytes.Buffer
			err := c.Run(context.Background(), &command.ConsoleRequest{Args: strings.Fields(rest), Out: &b})
			var usage *command.UsageError
			switch {
			case errors.As(err, &usage):
				return "usage"
			case err != nil:
				return b.String() + "failed"
			}
			return b.String()
		}
	}
	s.t.Fatalf("there is no %s", line)
	return ""
}

func (s *shop) listen(query string) {
	s.t.Helper()
	conn, _, err := websocket.Dial(context.Background(), strings.Replace(s.url, "http", "ws", 1)+"/ari/events?api_key=me:secret&"+query, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.CloseNow() })
}

func (s *shop) ask(path string) {
	s.t.Helper()
	r, err := http.NewRequest("POST", s.url+"/ari"+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.SetBasicAuth("me", "secret")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	answer.Body.Close()
}

func TestConsoleApps(t *testing.T) {
	s := newShop(t)
	s.listen("app=zebra,ant&subscribeAll=true")
	s.listen("app=bee")
	s.ask("/applications/bee/subscription?eventSource=deviceState:Stasis:x")
	const head = "Application Name         \n=========================\n"
	for _, c := range []struct{ line, want string }{
		{"ari show apps", head + "ant\nbee\nzebra\n"},
		{"ari show app bee", "Name: bee\n  Debug: No\n  Subscription Model: Application/Explicit Resource Subscription\n  Subscriptions: 0\n    Channels:\n    Bridges:\n    Endpoints:\n"},
		{"ari set debug zebra on", "Debugging on 'zebra' enabled\n"},
		{"ari show app zebra", "Name: zebra\n  Debug: Yes\n  Subscription Model: Global Resource Subscription\n  Subscriptions: 3\n    Channels:\n      __AST_CHANNEL_ALL_TOPIC (1)\n" +
			"    Bridges:\n      __AST_BRIDGE_ALL_TOPIC (1)\n    Endpoints:\n      __AST_ENDPOINT_ALL_TOPIC (1)\n"},
		{"ari set debug zebra off", "Debugging on 'zebra' disabled\n"},
		{"ari set debug nobody on", "failed"},
		{"ari show app nobody", "failed"},
		{"ari show apps x", "usage"},
		{"ari set debug zebra", "usage"},
	} {
		if got := s.run(c.line); got != c.want {
			t.Errorf("%s says %q, want %q", c.line, got, c.want)
		}
	}
}

// A hash that the console makes is one of the password, each time another.
func TestConsoleHash(t *testing.T) {
	s := newShop(t)
	var seen []string
	for range 3 {
		m := regexp.MustCompile(`^; .*\npassword_format = crypt\npassword = (\$6\$[./0-9A-Za-z]{16}\$\S+)\n$`).FindStringSubmatch(s.run("ari mkpasswd hidden"))
		if m == nil || !checkHash(m[1], "hidden") || checkHash(m[1], "other") || slices.Contains(seen, m[1]) {
			t.Fatalf("it is %q", m)
		}
		seen = append(seen, m[1])
	}
}

// Who debugs an application sees what it is told, and requests that name it, and no other.
func TestConsoleDebug(t *testing.T) {
	s := newShop(t)
	s.listen("app=one")
	s.listen("app=two")
	s.ask("/events/user/Before?application=one")
	s.run("ari set debug one on")
	s.ask("/events/user/Seen?application=one")
	s.ask("/events/user/Other?application=two")
	s.ask("/channels?app=one")
	s.ask("/channels?app=two")
	s.run("ari set debug one off")
	s.ask("/events/user/After?application=one")
	s.mu.Lock()
	got := s.shown.String()
	s.mu.Unlock()
	got = regexp.MustCompile(`127\.0\.0\.1:\d+`).ReplaceAllString(got, "CLIENT")
	got = regexp.MustCompile(`"timestamp": "[^"]*"`).ReplaceAllString(got, `"timestamp": "TIME"`)
	for _, want := range []string{
		"<--- Sending ARI event to CLIENT --->\n{\n  \"type\": \"ChannelUserevent\",",
		"  \"eventname\": \"Seen\",",
		"<--- ARI request received from: CLIENT --->\nPOST channels\nHost: CLIENT\n",
		"\nAuthorization: ********\n", "\napp: one\nbody:\n\n\n",
		"<--- Sending ARI response to CLIENT --->\n400 Bad Request\nContent-type: application/json\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("there is no %q", want)
		}
	}
	for _, other := range []string{"Before", "Other", "After", "two", "secret"} {
		if strings.Contains(got, other) {
			t.Errorf("there is %s", other)
		}
	}
	if t.Failed() {
		t.Log(got)
	}
}
