package proxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"github.com/octothorpe/octothorpe/ami"
	"github.com/octothorpe/octothorpe/ami/amitest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const usual = `
listen: [{address: 127.0.0.1:0}]
websocket: [{address: 127.0.0.1:0}]
metrics: 127.0.0.1:0
default: one
upstreams:
  - {name: one, address: one, username: proxy, secret: upstream}
  - {name: two, address: two, username: proxy, secret: upstream}
users:
  admin: {secret: secret, read: all, write: all}
  calls: {secret: secret, read: [call], write: [call], servers: [two], filters: ["!Channel: Local/", {criteria: "action(exclude),name(VarSet)"}]}
  viewer: {secret: secret, read: "call,system"}
  far: {secret: secret, read: all, allow: [10.0.0.0/8]}
  single: {secret: secret, read: all, sessions: 1}
  slow: {secret: secret, rate: 2}
limits: {queue: 1048576, pending: 50}
`

// house is a proxy and its servers.
type house struct {
	*Proxy
	servers map[string]*amitest.Server
}

func build(t *testing.T, text string, change ...func(*house)) *house {
	t.Helper()
	h := &house{servers: map[string]*amitest.Server{}}
	for _, name := range []string{"one", "two"} {
		h.servers[name] = &amitest.Server{Secrets: map[string]string{"proxy": "upstream"}, Answer: func(s *amitest.Session, action ami.Message) {
			switch action.Get("Action") {
			case "Getvar":
				s.Reply(action, "Success", "", "Variable", action.Get("Variable"), "Value", name)
			case "CoreShowChannels":
				s.List(action, "CoreShowChannelsComplete", ami.Parse("Event: CoreShowChannel\nUniqueid: "+name+".1\nChannel: PJSIP/"+name))
			case "Originate":
				s.Reply(action, "Success", "Originate successfully queued")
				s.Send(ami.Parse("Event: OriginateResponse\nPrivilege: call,all\nActionID: " + action.Get("ActionID") + "\nReason: 4\nResponse: Success"))
			case "Silence":
			default:
				s.Reply(action, "Error", "Permission denied")
			}
		}}
	}
	for _, f := range change {
		f(h)
	}
	config, err := parseConfig([]byte(text), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	h.Proxy, err = newProxy(config, slog.New(slog.DiscardHandler), func(p *Proxy) {
		p.backoff = time.Millisecond
		p.dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			host, _, _ := net.SplitHostPort(address)
			return h.servers[host].Dial(ctx, network, address)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	if err := h.Connected(t.Context()); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *house) address(kind string) string {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for _, l := range h.listeners {
		if l.kind == kind {
			return l.Addr().String()
		}
	}
	return ""
}

func (h *house) client(t *testing.T, user string, change ...func(*ami.Config)) *ami.Client {
	t.Helper()
	config := ami.Config{Address: h.address("ami"), Username: user, Secret: "secret", NoReconnect: true}
	for _, f := range change {
		f(&config)
	}
	c, err := ami.Dial(t.Context(), config)
	if err != nil {
		t.Fatalf("%s: %v", user, err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// events are the next of a subscription, with what tells them apart.
func next(t *testing.T, s *ami.Subscription, n int) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var got []string
	for range n {
		m, err := s.Next(ctx)
		if err != nil {
			t.Fatalf("%v after %q", err, got)
		}
		got = append(got, strings.TrimSpace(strings.Join([]string{m.Get("Server"), m.Event(), m.Get("Uniqueid"), m.Get("ActionID")}, " ")))
	}
	return got
}

func event(text string) ami.Message { return ami.Parse(strings.ReplaceAll(text, "; ", "\n")) }

func TestEventsGoToWhoMaySeeThem(t *testing.T) {
	h := build(t, usual)
	who := map[string][]string{
		"admin":  {"one Newchannel 1", "two Newchannel 2", "two Newchannel 3", "two VarSet 2", "one Reload"},
		"calls":  {"two Newchannel 2"},
		"viewer": {"one Newchannel 1", "two Newchannel 2", "two Newchannel 3", "one Reload"},
		"masked": {"one Reload"},
		"off":    nil,
	}
	subs := map[string]*ami.Subscription{}
	for user := range who {
		name := user
		mask := "on"
		switch user {
		case "masked":
			name, mask = "admin", "system"
		case "off":
			name, mask = "admin", "off"
		}
		c := h.client(t, name, func(c *ami.Config) { c.Events = mask })
		subs[user] = c.Subscribe(ami.SubscribeOptions{Match: func(m ami.Message) bool { return m.Event() != "FullyBooted" }})
	}
	for _, e := range []struct{ server, text string }{
		{"one", "Event: Newchannel; Privilege: call,all; Channel: PJSIP/1; Uniqueid: 1"},
		{"two", "Event: Newchannel; Privilege: call,all; Channel: PJSIP/2; Uniqueid: 2"},
		{"two", "Event: Newchannel; Privilege: call,all; Channel: Local/3; Uniqueid: 3"},
		{"two", "Event: VarSet; Privilege: dialplan,all; Channel: PJSIP/2; Uniqueid: 2"},
		{"one", "Event: Reload; Privilege: system,all"},
		{"two", "Event: Last; Privilege: call,system,all; Channel: PJSIP/2"}, // of no server's dependence: everybody's last one
	} {
		h.servers[e.server].Send(event(e.text))
		h.settled(t, e.server)
	}
	for user, want := range who {
		if user == "off" {
			continue
		}
		want = append(want, "two Last")
		if got := next(t, subs[user], len(want)); !slices.Equal(got, want) {
			t.Errorf("%s got %q, want %q", user, got, want)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if m, err := subs["off"].Next(ctx); err == nil {
		t.Errorf("who wants none got %q", m)
	}
}

// settled waits until the proxy has had what a server sent: answers come behind it.
func (h *house) settled(t *testing.T, server string) {
	t.Helper()
	if _, err := h.upstream(server).client.Load().Do(t.Context(), ami.Action("Getvar")); err != nil {
		t.Fatal(err)
	}
}

func TestActionsAreRouted(t *testing.T) {
	h := build(t, usual)
	c := h.client(t, "admin")
	for server, want := range map[string]string{"": "one", "one": "one", "two": "two"} {
		action := ami.Action("Getvar", "Variable", "X", "ActionID", "mine"+server)
		if server != "" {
			action = action.With("Server", server)
		}
		m, err := c.Do(t.Context(), action)
		if err != nil || m.Get("Value") != want || m.Get("ActionID") != "mine"+server {
			t.Errorf("to %q: %q, %v", server, m, err)
		}
		if _, ok := m.Lookup("Server"); ok {
			t.Errorf("the response says Server: %q", m)
		}
	}
	list, err := c.List(t.Context(), ami.Action("CoreShowChannels", "Server", "two"))
	if err != nil || len(list) != 1 || list[0].Get("Channel") != "PJSIP/two" || list[0].Get("Server") != "two" {
		t.Errorf("a list: %q, %v", list, err)
	}
	servers, err := c.List(t.Context(), ami.Action("ServerList"))
	if err != nil || len(servers) != 2 || servers[1].Get("Server") != "two" || servers[1].Get("Status") != "Connected" {
		t.Errorf("ServerList: %q, %v", servers, err)
	}
	// Nobody logs the proxy in as somebody else on a server.
	if m, err := c.Do(t.Context(), ami.Action("Login", "Username", "admin", "Secret", "x")); err != nil || m.Get("Message") != "Already authenticated" {
		t.Errorf("a second login: %q, %v", m, err)
	}
	if n := h.servers["one"].Logins(); n != 1 {
		t.Errorf("%d logins at the server", n)
	}
	other := h.client(t, "calls")
	for _, wrong := range []struct {
		c      *ami.Client
		action ami.Message
		want   string
	}{
		{c, ami.Action("Getvar", "Server", "three"), "No such server: three"},
		{other, ami.Action("Getvar", "Server", "one"), "No such server: one"},
		{other, ami.Action("CoreShowChannels", "Server", "two"), "Permission denied"},
		{other, ami.Action("NoSuchAction", "Server", "two"), "Permission denied"},
		{other, ami.Action("Originate", "Server", "two", "Channel", "Local/1", "Application", "System", "Data", "x"), "Permission denied"},
		{other, ami.Action("Originate", "Server", "two", "Channel", "Local/1", "Application", "Set", "Data", "A=${SHELL(x)}"), "Permission denied"},
		{other, ami.Action("Originate", "Server", "two", "Channel", "Local/1", "Exten", "1", "Variable", "A=${FILE(/etc/passwd)}"), "Permission denied"},
		{other, ami.Action("Getvar", "Server", "two", "Variable", "SHELL(id)"), "Permission denied"},
		{c, ami.Action("WaitEvent"), "Not through a proxy: events come of themselves"},
		{c, ami.Action("Challenge", "AuthType", "SHA"), "Must specify AuthType"},
		{c, ami.Action("Events"), "Invalid event mask"},
		{c, ami.Action("Filter", "Operation", "Add", "Filter", "("), "Filter did not compile.  Check the syntax of the filter given."},
		{c, ami.Action("Filter", "Operation", "Add"), "Filter was formatted incorrectly.  Check the syntax of the filter given."},
		{c, ami.Action("Filter", "Operation", "Bad", "Filter", "x"), "Unknown operation"},
		{c, ami.Action("Getvar", "ActionID", strings.Repeat("x", 200)), "The ActionID is too long"},
	} {
		var refused *ami.ResponseError
		if _, err := wrong.c.Do(t.Context(), wrong.action); !errors.As(err, &refused) || refused.Text() != wrong.want {
			t.Errorf("%s: %v, want %s", wrong.action.Get("Action"), err, wrong.want)
		}
	}
}

// Asterisk takes a line that begins with a zero byte for the end of a message: what
// follows would be another action, with the rights of the proxy.
func TestZeroBytesAreNotPassedOn(t *testing.T) {
	h := build(t, usual)
	conn, err := net.Dial("tcp", h.address("ami"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "Action: Login\r\nUsername: calls\r\nSecret: secret\r\nEvents: off\r\n\r\n"+
		"Action: Getvar\r\nServer: two\r\nVariable: A\r\n\x00: x\r\nAction: Command\r\nActionID: 1\r\n\r\n"+
		"Action: Getvar\r\nServer: two\r\nVariable: A\r\nwithout a colon\r\nActionID: 2\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	in := ami.NewReader(conn, ami.Limits{})
	if _, err := in.Line(); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Authentication accepted", "Invalid line in message", ""} {
		m, err := in.Read()
		if err != nil || m.Get("Message") != want {
			t.Fatalf("%q, %v; want %q", m, err, want)
		}
	}
}

// What answers an action goes to who asked; what all have to know goes to all, with
// the ActionID of who caused it.
func TestAnswersAndBroadcasts(t *testing.T) {
	h := build(t, usual)
	a, b := h.client(t, "admin"), h.client(t, "admin")
	listen := func(c *ami.Client) *ami.Subscription {
		return c.Subscribe(ami.SubscribeOptions{Events: []string{"OriginateResponse", "CoreShowChannel"}})
	}
	heard, overheard := listen(a), listen(b)
	if _, err := a.Do(t.Context(), ami.Action("CoreShowChannels", "ActionID", "list")); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Do(t.Context(), ami.Action("Originate", "Channel", "Local/1@x", "Async", "true", "ActionID", "orig")); err != nil {
		t.Fatal(err)
	}
	// The list was asked for with Do: so its items are events for who asked.
	if got, want := next(t, heard, 2), []string{"one CoreShowChannel one.1 list", "one OriginateResponse  orig"}; !slices.Equal(got, want) {
		t.Errorf("who asked got %q, want %q", got, want)
	}
	if got, want := next(t, overheard, 1), []string{"one OriginateResponse  orig"}; !slices.Equal(got, want) {
		t.Errorf("the other got %q, want %q", got, want)
	}
}

// Answers find who asked, however many ask.
func TestManyAsk(t *testing.T) {
	h := build(t, strings.Replace(usual, "pending: 50", "pending: 5000", 1))
	var running sync.WaitGroup
	for n := range 20 {
		c := h.client(t, "admin")
		for i := range 50 {
			running.Go(func() {
				name := fmt.Sprintf("v%d.%d", n, i)
				server := []string{"one", "two"}[i%2]
				m, err := c.Do(t.Context(), ami.Action("Getvar", "Variable", name, "Server", server, "ActionID", fmt.Sprint(i)))
				if err != nil || m.Get("Variable") != name || m.Get("Value") != server {
					t.Errorf("%s: %q, %v", name, m, err)
				}
			})
		}
	}
	running.Wait()
	for _, u := range h.upstreams() {
		u.mu.Lock()
		if len(u.pending) != 0 {
			t.Errorf("%s still owes %v", u.config.Name, u.pending)
		}
		u.mu.Unlock()
	}
}

func TestLogins(t *testing.T) {
	h := build(t, usual)
	for name, change := range map[string]func(*ami.Config){
		"a wrong secret":     func(c *ami.Config) { c.Secret = "wrong" },
		"an unknown user":    func(c *ami.Config) { c.Username = "nobody" },
		"a wrong address":    func(c *ami.Config) { c.Username = "far" },
		"no secret, plain":   func(c *ami.Config) { c.PlainLogin, c.Secret = true, "" },
		"the wrong, plainly": func(c *ami.Config) { c.PlainLogin, c.Secret = true, "wrong" },
	} {
		config := ami.Config{Address: h.address("ami"), Username: "admin", Secret: "secret"}
		change(&config)
		var refused *ami.ResponseError
		if _, err := ami.Dial(t.Context(), config); !errors.As(err, &refused) || refused.Text() != "Authentication failed" {
			t.Errorf("%s: %v", name, err)
		}
	}
	h.client(t, "admin", func(c *ami.Config) { c.PlainLogin = true })
	first := h.client(t, "single")
	if _, err := ami.Dial(t.Context(), ami.Config{Address: h.address("ami"), Username: "single", Secret: "secret"}); err == nil {
		t.Error("a second session of a user that may have one")
	}
	first.Close()
	eventually(t, "the session is forgotten", func() bool {
		c, err := ami.Dial(t.Context(), ami.Config{Address: h.address("ami"), Username: "single", Secret: "secret", NoReconnect: true})
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	slow := h.client(t, "slow")
	limited := 0
	for range 10 {
		if err := slow.Ping(t.Context()); err != nil && strings.Contains(err.Error(), "Too many actions") {
			limited++
		}
	}
	if limited < 5 {
		t.Errorf("%d of 10 actions were limited", limited)
	}
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

// A server that goes away answers nothing: the proxy does, and connects again.
func TestServerLost(t *testing.T) {
	h := build(t, usual)
	c := h.client(t, "admin")
	events := c.Subscribe(ami.SubscribeOptions{Events: []string{"Disconnected", "Reconnected"}})
	failed := make(chan error)
	go func() {
		_, err := c.Do(t.Context(), ami.Action("Silence"))
		failed <- err
	}()
	one := h.upstream("one")
	eventually(t, "the action is under way", func() bool { one.mu.Lock(); defer one.mu.Unlock(); return len(one.pending) == 1 })
	h.servers["one"].Cut()
	if err := <-failed; err == nil || err.Error() != "ami: The connection to the server one was lost" {
		t.Errorf("the action: %v", err)
	}
	if got, want := next(t, events, 2), []string{"one Disconnected", "one Reconnected"}; !slices.Equal(got, want) {
		t.Errorf("events %q, want %q", got, want)
	}
	if m, err := c.Do(t.Context(), ami.Action("Getvar", "Variable", "X")); err != nil || m.Get("Value") != "one" {
		t.Errorf("afterwards: %q, %v", m, err)
	}
}

// Too many actions without an answer are the client's own trouble.
func TestPending(t *testing.T) {
	h := build(t, usual)
	c, other := h.client(t, "admin"), h.client(t, "admin")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var running sync.WaitGroup
	for range 50 {
		running.Go(func() { _, _ = c.Do(ctx, ami.Action("Silence")) })
	}
	one := h.upstream("one")
	eventually(t, "fifty are under way", func() bool { one.mu.Lock(); defer one.mu.Unlock(); return len(one.pending) == 50 })
	if _, err := c.Do(t.Context(), ami.Action("Getvar", "Variable", "X")); err == nil || !strings.Contains(err.Error(), "without an answer") {
		t.Errorf("the fifty-first: %v", err)
	}
	if _, err := other.Do(t.Context(), ami.Action("Getvar", "Variable", "X")); err != nil {
		t.Errorf("another client: %v", err)
	}
	cancel()
	running.Wait()
}

func TestEventsAndFilter(t *testing.T) {
	h := build(t, usual)
	c := h.client(t, "admin", func(c *ami.Config) { c.Events = "off" })
	events := c.Subscribe(ami.SubscribeOptions{})
	send := func(number int) {
		h.servers["one"].Send(event(fmt.Sprintf("Event: Test; Privilege: call,all; Uniqueid: %d", number)))
		h.settled(t, "one")
	}
	send(1)
	if m, err := c.Do(t.Context(), ami.Action("Events", "EventMask", "call")); err != nil || m.Get("Events") != "On" {
		t.Errorf("Events: %q, %v", m, err)
	}
	send(2)
	if m, err := c.Do(t.Context(), ami.Action("Filter", "Operation", "Add", "Filter", "Uniqueid: 4")); err != nil {
		t.Errorf("Filter: %q, %v", m, err)
	}
	if _, err := c.Do(t.Context(), ami.Action("Filter", "Operation", "Add", "Filter", "(")); err == nil {
		t.Error("a filter that can't be read is accepted")
	}
	send(3)
	send(4)
	if got, want := next(t, events, 2), []string{"one Test 2", "one Test 4"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if m, err := c.Do(t.Context(), ami.Action("Events", "EventMask", "off")); err != nil || m.Get("Events") != "Off" {
		t.Errorf("Events: %q, %v", m, err)
	}
}

// Programs send what they want and Logoff at once, or end their side after the last
// action: they get all answers, in whole, before the good-bye.
func TestLogoffWaitsForAnswers(t *testing.T) {
	const login = "Action: Login\r\nUsername: admin\r\nSecret: secret\r\nEvents: off\r\n\r\n"
	const asks = "Action: Getvar\r\nVariable: X\r\n\r\nAction: CoreShowChannels\r\nServer: two\r\n\r\n"
	for name, end := range map[string]string{"Logoff": "Action: Logoff\r\n\r\n", "half-closed": ""} {
		t.Run(name, func(t *testing.T) {
			listed := make(chan struct{})
			h := build(t, usual, func(h *house) {
				answer := h.servers["one"].Answer
				h.servers["one"].Answer = func(s *amitest.Session, action ami.Message) {
					if action.Get("Action") == "Getvar" {
						<-listed
					}
					answer(s, action)
				}
				h.servers["two"].Answer = func(s *amitest.Session, action ami.Message) {
					if !strings.HasPrefix(action.Get("ActionID"), idPrefix) { // of the first snapshot
						s.Reply(action, "Error", "Permission denied")
						return
					}
					s.Send(ami.Parse("Response: Success\nEventList: start\nActionID: " + action.Get("ActionID")))
					close(listed)
					s.Send(ami.Parse("Event: CoreShowChannelsComplete\nEventList: Complete\nActionID: " + action.Get("ActionID")))
				}
			})
			conn, err := net.Dial("tcp", h.address("ami"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
			if _, err := io.WriteString(conn, login+asks+end); err != nil {
				t.Fatal(err)
			}
			if end == "" {
				_ = conn.(*net.TCPConn).CloseWrite()
			}
			got, err := io.ReadAll(conn)
			if err != nil {
				t.Fatal(err)
			}
			for _, part := range []string{"Value: one\r\n", "CoreShowChannelsComplete\r\n"} {
				if !strings.Contains(string(got), part) {
					t.Errorf("%q is missing in\n%s", part, got)
				}
			}
			if end != "" && !strings.HasSuffix(string(got), "Response: Goodbye\r\nMessage: Thanks for all the fish.\r\n\r\n") {
				t.Errorf("the last is not the good-bye:\n%s", got)
			}
		})
	}
}

func TestWebSocket(t *testing.T) {
	h := build(t, usual)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	ws, _, err := websocket.Dial(ctx, "ws://"+h.address("websocket")+"/ami", &websocket.DialOptions{Subprotocols: []string{"ami"}})
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	if got := ws.Subprotocol(); got != "ami" { // browsers that ask for it take no other answer
		t.Errorf("the subprotocol is %q", got)
	}
	say := func(text string) {
		t.Helper()
		if err := ws.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	hear := func(want string) {
		t.Helper()
		_, got, err := ws.Read(ctx)
		if err != nil || string(got) != want {
			t.Errorf("got %s, %v, want %s", got, err, want)
		}
	}
	hear(`{"Greeting":"Asterisk Call Manager/11.0.0"}`)
	say(`{"Action":"Getvar"}`)
	hear(`{"Response":"Error","Message":"Permission denied"}`)
	say(`{"Action":"Login","Username":"admin","Secret":"secret","ActionID":1,"Events":"call"}`)
	hear(`{"Response":"Success","ActionID":"1","Message":"Authentication accepted"}`)
	say(`{"Action":"Getvar","Variable":"X","Server":"two","ActionID":"a"}`)
	hear(`{"Response":"Success","ActionID":"a","Variable":"X","Value":"two"}`)
	for _, wrong := range []string{`[1]`, `{"Action":"Getvar","Variable":"X\r\nAction: Logoff"}`} {
		say(wrong)
		hear(`{"Response":"Error","Message":"A message is a JSON object of texts, numbers, true, false and lists of these: {\"Action\": \"Ping\"}"}`)
	}
	h.servers["one"].Send(event("Event: Newchannel; Privilege: call,all; ChanVariable: a=1; Channel: \"q\"; chanvariable: b=2"))
	hear(`{"Event":"Newchannel","Privilege":"call,all","ChanVariable":["a=1","b=2"],"Channel":"\"q\"","Server":"one"}`)
	say(`{"Action":"Logoff"}`)
	hear(`{"Response":"Goodbye","Message":"Thanks for all the fish."}`)
	if _, _, err := ws.Read(ctx); err == nil {
		t.Error("the connection stays after Logoff")
	}
}

func TestMetrics(t *testing.T) {
	h := build(t, usual)
	c := h.client(t, "admin")
	if _, err := c.Do(t.Context(), ami.Action("Getvar", "Variable", "X")); err != nil {
		t.Fatal(err)
	}
	_ = c.Ping(t.Context())
	_, _ = ami.Dial(t.Context(), ami.Config{Address: h.address("ami"), Username: "x", Secret: "y"})
	r, err := http.Get("http://" + h.address("metrics") + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	text, _ := io.ReadAll(r.Body)
	for _, want := range []string{`octothorpe_proxy_sessions{user="admin"} 1`, `octothorpe_proxy_actions_total{result="sent",user="admin"} 1`,
		`octothorpe_proxy_actions_total{result="own",user="admin"} 1`, `octothorpe_proxy_server_connected{server="two"} 1`,
		"octothorpe_proxy_failed_logins_total 1", `octothorpe_proxy_sent_bytes_total{user="admin"}`, `octothorpe_proxy_server_pending_actions{server="one"} 0`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}
