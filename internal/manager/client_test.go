package manager

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/event"
)

// trial is a server without a port, with the accounts boss, who may do everything, and
// clerk, who may and hears little.
type trial struct {
	*Server
	bus *event.Bus
	t   *testing.T
}

const trialConf = `[general]
enabled=yes
webenabled=yes
[boss]
secret=secret
read=all
write=all
[clerk]
secret=pencil
read=user
write=user
ratelimit=3
[alone]
secret=secret
allowmultiplelogin=no
`

func newTrial(t *testing.T, more string) *trial {
	t.Helper()
	return newTrialOf(t, trialConf+more)
}

// newTrialOf is a server of a manager.conf.
func newTrialOf(t *testing.T, conf string) *trial {
	t.Helper()
	bus := event.NewBus()
	s := New(Config{Bus: bus, Logger: slog.New(slog.DiscardHandler), Booted: func() (bool, time.Duration, time.Duration) { return false, 0, 0 }})
	g, problems := Load(parse(t, conf), nil)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	s.settings.Store(g)
	s.hub.keep(g)
	k := &trial{s, bus, t}
	t.Cleanup(k.end)
	return k
}

// end closes the server, once.
func (k *trial) end() { _ = k.Close(k.t.Context()) }

// caller is a client over a pipe.
type caller struct {
	net.Conn
	r *bufio.Reader
	t *testing.T
}

func (k *trial) dial() *caller {
	near, far := net.Pipe()
	k.admit(near, false)
	c := &caller{far, bufio.NewReader(far), k.t}
	k.t.Cleanup(func() { _ = far.Close() })
	if line, err := c.r.ReadString('\n'); line != greeting || err != nil {
		k.t.Fatalf("greeting %q, %v", line, err)
	}
	return c
}

// login dials and logs in; further lines go with the action.
func (k *trial) login(user, secret string, lines ...string) *caller {
	c := k.dial()
	c.send(append([]string{"Action: Login", "Username: " + user, "Secret: " + secret}, lines...)...)
	c.want("Message: Authentication accepted")
	return c
}

func (c *caller) send(lines ...string) {
	c.t.Helper()
	if _, err := io.WriteString(c, strings.Join(lines, "\r\n")+"\r\n\r\n"); err != nil {
		c.t.Fatal(err)
	}
}

// post is send for goroutines of a test: what goes wrong shows in what is missing.
func (c *caller) post(lines ...string) {
	_, _ = io.WriteString(c, strings.Join(lines, "\r\n")+"\r\n\r\n")
}

// message reads the next one: its lines and the empty one.
func (c *caller) message() string {
	c.t.Helper()
	var b strings.Builder
	for {
		line, err := c.r.ReadString('\n')
		if err != nil {
			c.t.Fatalf("after %q: %v", b.String(), err)
		}
		b.WriteString(line)
		if line == "\r\n" {
			return b.String()
		}
	}
}

// want reads the next message, which has to have the lines.
func (c *caller) want(lines ...string) string {
	c.t.Helper()
	m := c.message()
	for _, line := range lines {
		if !strings.Contains("\r\n"+m, "\r\n"+line+"\r\n") {
			c.t.Fatalf("%q has no line %q", m, line)
		}
	}
	return m
}

// value is that of a key of a message.
func value(m, key string) string {
	for line := range strings.Lines(m) {
		if v, ok := strings.CutPrefix(line, key+": "); ok {
			return strings.TrimSpace(v)
		}
	}
	return ""
}
