package ami

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/ami"
	"github.com/octothorpe/octothorpe/ami/amievent"
	"github.com/octothorpe/octothorpe/test/blackbox"
)

// The proxy, as the program that people run, in front of all exchanges at once: its
// clients see the events of each with its name, reach each by its name, and are told
// what they missed when a server was away.
func TestProxy(t *testing.T) {
	servers := map[string]*exchange{"ours": octothorpe(t)}
	for _, release := range []string{"22", "16"} {
		if x := installed(t, release); x != nil {
			servers["asterisk"+release] = x
		}
	}
	via := runProxy(t, servers)
	c := via.client(t)
	var names []string
	for name := range servers {
		names = append(names, name)
	}
	slices.Sort(names)
	list, err := c.List(within(t), ami.Action("ServerList"))
	if err != nil || len(list) != len(servers) {
		t.Fatalf("ServerList: %q, %v", list, err)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) { throughProxy(t, via, servers[name], name) })
	}
}

func throughProxy(t *testing.T, via *proxied, x *exchange, name string) {
	c, other := via.client(t), via.client(t)
	to := func(action ami.Message) ami.Message { return action.With("Server", name) }
	m, err := c.Do(within(t), to(ami.Action("Command", "Command", "core show version")))
	if err != nil || !strings.HasPrefix(m.Output(), "Asterisk ") {
		t.Errorf("a command: %q, %v", m, err)
	}
	direct := x.client(t)
	if out, err := direct.Command(within(t), "core show version"); err != nil || out != m.Output() {
		t.Errorf("the server itself says %q, %v", out, err)
	}
	// A call of one client is seen by the other, and its answer by who asked.
	events := other.Subscribe(ami.SubscribeOptions{Events: []string{"Newchannel", "Hangup", "OriginateResponse"},
		Match: func(m ami.Message) bool { return m.Get("Server") == name }})
	m, err = c.Do(within(t), to(ami.Action("Originate", "ActionID", "mine", "Channel", "Local/answer@test", "Application", "NoOp", "Async", "true")))
	if err != nil || m.Get("ActionID") != "mine" {
		t.Fatalf("Originate: %q, %v", m, err)
	}
	var seen []string
	for m, err := range events.All(within(t)) {
		if err != nil {
			t.Fatalf("%v after %q", err, seen)
		}
		switch e := amievent.Decode(m).(type) {
		case *amievent.OriginateResponse:
			seen = append(seen, fmt.Sprintf("response %s %d", e.ActionID, e.Reason))
		case *amievent.Newchannel:
			seen = append(seen, "new")
		case *amievent.Hangup:
			seen = append(seen, "hangup")
		}
		if len(seen) == 5 {
			break
		}
	}
	slices.Sort(seen)
	if want := []string{"hangup", "hangup", "new", "new", "response mine 4"}; !slices.Equal(seen, want) {
		t.Errorf("the other saw %q, want %q", seen, want)
	}
	list, err := c.List(within(t), to(ami.Action("CoreShowChannels")))
	if err != nil || len(list) != 0 {
		t.Errorf("channels: %q, %v", list, err)
	}
	var refused *ami.ResponseError
	viewer := via.client(t, func(c *ami.Config) { c.Username = "viewer" })
	if _, err := viewer.Do(within(t), to(ami.Action("Command", "Command", "core show version"))); !errors.As(err, &refused) || refused.Text() != "Permission denied" {
		t.Errorf("a command without the right: %v", err)
	}
	t.Run("missed hang-up", func(t *testing.T) { missed(t, via, x, name) })
}

// missed has the proxy lose a server, where a call ends meanwhile.
func missed(t *testing.T, via *proxied, x *exchange, name string) {
	direct := x.client(t)
	if _, err := direct.Originate(within(t), ami.Originate{Channel: "Local/hold@test/n", Application: "Wait", Data: "60", ChannelID: "gone", OtherChannels: "gone-2"}); err != nil {
		t.Fatal(err)
	}
	c := via.client(t)
	events := c.Subscribe(ami.SubscribeOptions{Events: []string{"Disconnected", "Reconnected", "Hangup"},
		Match: func(m ami.Message) bool { return m.Get("Server") == name }})
	wait := func(event, id, resync string) {
		t.Helper()
		m, err := events.Next(within(t))
		if err != nil || m.Event() != event || m.Get("Uniqueid") != id || m.Get(ami.KeyResync) != resync {
			t.Errorf("%q, %v, want %s %s", m, err, event, id)
		}
	}
	via.gates[name].close()
	wait("Disconnected", "", "")
	if _, err := c.Do(within(t), ami.Action("Getvar", "Variable", "EPOCH", "Server", name)); err == nil || !strings.Contains(err.Error(), "is not connected") {
		t.Errorf("an action to a server that is away: %v", err)
	}
	list, err := direct.List(within(t), ami.Action("CoreShowChannels"))
	if err != nil {
		t.Fatal(err)
	}
	over := direct.Subscribe(ami.SubscribeOptions{Events: []string{"Hangup"}})
	for _, m := range list {
		if m.Get("Uniqueid") == "gone" {
			if _, err := direct.Do(within(t), ami.Action("Hangup", "Channel", m.Get("Channel"))); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 2 {
		if _, err := over.Next(within(t)); err != nil {
			t.Fatal(err)
		}
	}
	via.gates[name].open()
	wait("Reconnected", "", "")
	if x.name == "octothorpe" { // which kept them
		m, err := events.Next(within(t))
		if err != nil || m.Event() != "Hangup" || !strings.HasPrefix(m.Get("Uniqueid"), "gone") || m.Get(ami.KeyResync) != "" {
			t.Errorf("%q, %v, want what was missed", m, err)
		}
		return
	}
	wait("Hangup", "gone", "yes")
	wait("Hangup", "gone-2", "yes")
}

// installed is a real Asterisk, or nil where there is none.
func installed(t *testing.T, release string) *exchange {
	t.Helper()
	home := os.Getenv("OCTOTHORPE_REFERENCE")
	if _, err := os.Stat(filepath.Join(home, release, ".complete")); home == "" || err != nil || os.Geteuid() != 0 {
		t.Logf("without Asterisk %s: that needs root and OCTOTHORPE_REFERENCE", release)
		return nil
	}
	return asterisk(t, release)
}

// proxied is the proxy.
type proxied struct {
	*exchange
	gates   map[string]*gate
	command *exec.Cmd
}

// runProxy runs the program in front of servers, each behind a gate.
func runProxy(t *testing.T, servers map[string]*exchange) *proxied {
	t.Helper()
	p := &proxied{gates: map[string]*gate{}}
	var config strings.Builder
	port := blackbox.Port(t)
	fmt.Fprintf(&config, "listen: [{address: 127.0.0.1:%d}]\nusers:\n  admin: {secret: secret, read: all, write: all}\n"+
		"  viewer: {secret: secret, read: call, write: call}\nupstreams:\n", port)
	for name, x := range servers {
		p.gates[name] = newGate(t, x)
		fmt.Fprintf(&config, "  - {name: %s, address: %q, username: admin, secret: secret}\n", name, p.gates[name].address())
	}
	path := filepath.Join(t.TempDir(), "proxy.yaml")
	if err := os.WriteFile(path, []byte(config.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(path + ".log")
	if err != nil {
		t.Fatal(err)
	}
	p.command = exec.Command(blackbox.Build(t, "cmd/octothorpe"), "proxy", "-c", path)
	p.command.Stdout, p.command.Stderr = log, log
	ended := launch(t, p.command)
	t.Cleanup(func() {
		_ = p.command.Process.Signal(syscall.SIGTERM)
		if err := <-ended; err != nil {
			t.Errorf("the proxy ended with %v", err)
		}
		log.Close()
		if t.Failed() {
			text, _ := os.ReadFile(path + ".log")
			t.Logf("%s", text)
		}
	})
	p.exchange = &exchange{name: "proxy", address: fmt.Sprintf("127.0.0.1:%d", port), dial: new(net.Dialer).DialContext}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the proxy does not reach its servers")
		}
		c, err := ami.Dial(within(t), p.config())
		if err != nil {
			continue
		}
		list, err := c.List(within(t), ami.Action("ServerList"))
		c.Close()
		if err == nil && !slices.ContainsFunc(list, func(m ami.Message) bool { return m.Get("Status") != "Connected" }) {
			return p
		}
	}
}

// A gate is the way from the proxy to a server, which can be closed.
type gate struct {
	listener net.Listener
	shut     chan struct{}          // holds a token while it is open
	ways     chan map[net.Conn]bool // of one: the connections
}

func newGate(t *testing.T, x *exchange) *gate {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{listener: l, shut: make(chan struct{}, 1), ways: make(chan map[net.Conn]bool, 1)}
	g.open()
	g.ways <- map[net.Conn]bool{}
	t.Cleanup(func() { l.Close(); g.close() })
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			select {
			case token := <-g.shut:
				g.shut <- token
			default:
				near.Close()
				continue
			}
			far, err := x.dial(context.Background(), "tcp", x.address)
			if err != nil {
				near.Close()
				continue
			}
			ways := <-g.ways
			ways[near], ways[far] = true, true
			g.ways <- ways
			go func() { _, _ = far.(*net.TCPConn).ReadFrom(near); far.Close() }()
			go func() { _, _ = near.(*net.TCPConn).ReadFrom(far); near.Close() }()
		}
	}()
	return g
}

func (g *gate) address() string { return g.listener.Addr().String() }

func (g *gate) open() { g.shut <- struct{}{} }

// close cuts the connections and lets no other through.
func (g *gate) close() {
	select {
	case <-g.shut:
	default:
	}
	ways := <-g.ways
	for conn := range ways {
		conn.Close()
	}
	g.ways <- map[net.Conn]bool{}
}
