package gateway

import (
	"context"
	"os"
	"strings"
	"time"

	"github.com/octothorpe/octothorpe/agi"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
)

// asyncQueue is how many commands may wait for a leg.
const asyncQueue = 256

// An asyncLink is a session that the manager's clients command.
type asyncLink struct {
	g     *Gateway
	c     *channel.Channel
	queue chan request
	woken chan struct{} // one slot
}

// wait begins to take commands for a leg from the manager's clients.
func (g *Gateway) wait(s *session) link {
	l := &asyncLink{g: g, c: s.c, queue: make(chan request, asyncQueue), woken: make(chan struct{}, 1)}
	g.mu.Lock()
	g.async[s.c] = l
	g.mu.Unlock()
	return l
}

func (l *asyncLink) start(e *agi.Environment) error {
	if l.g.Bus.Wants(event.KindAsyncAGIStart) {
		l.g.Bus.Publish(&event.AsyncAGIStart{Channel: l.c.Snapshot(), Env: escape(string(e.Append(nil)))})
	}
	return nil
}

func (l *asyncLink) command() (request, error) {
	select {
	case r := <-l.queue:
		return r, nil
	case <-l.woken:
		return request{}, os.ErrDeadlineExceeded
	}
}

func (l *asyncLink) wake() {
	select {
	case l.woken <- struct{}{}:
	default: // is woken already
	}
}

func (l *asyncLink) limit(time.Duration) {} // it ends with the leg
func (l *asyncLink) hangup()             {}
func (l *asyncLink) endsWithLeg() bool   { return true }

func (l *asyncLink) reply(id string, r agi.Reply, whole bool) error {
	if !l.g.Bus.Wants(event.KindAsyncAGIExec) {
		return nil
	}
	text := r.Append(nil)
	if whole {
		text = r.AppendEnd(nil)
	}
	l.g.Bus.Publish(&event.AsyncAGIExec{Channel: l.c.Snapshot(), CommandID: id, Result: escape(string(text))})
	return nil
}

func (l *asyncLink) end() status {
	l.g.mu.Lock()
	delete(l.g.async, l.c)
	l.g.mu.Unlock()
	if l.g.Bus.Wants(event.KindAsyncAGIEnd) {
		l.g.Bus.Publish(&event.AsyncAGIEnd{Channel: l.c.Snapshot()})
	}
	return success
}

// Actions are the manager's.
func (g *Gateway) Actions() []command.Action {
	return []command.Action{{Row: command.Row{Name: "AGI", Module: "res_agi", Synopsis: "Give a leg that runs AsyncAGI a command"},
		Privilege: command.AGI, Run: g.action}}
}

func (g *Gateway) action(_ context.Context, r *command.ActionRequest) error {
	name, line := r.Get("Channel"), r.Get("Command")
	if name == "" || line == "" {
		return command.Refusal("Both, Channel and Command are *required*")
	}
	if g.House.Channels.Find(name) == nil {
		return command.Refusal("Channel " + name + " does not exist.")
	}
	if g.order(name, request{line: line, id: r.Get("CommandID")}) != nil {
		return command.Refusal("Failed to add AGI command to channel " + name + " queue")
	}
	r.Reply("Success", "Added AGI command to queue")
	return nil
}

// order queues a command for the leg of a name.
func (g *Gateway) order(name string, r request) error {
	c := g.House.Channels.Find(name)
	if c == nil {
		return command.Refusal("Channel " + name + " does not exist.")
	}
	g.mu.Lock()
	l := g.async[c]
	g.mu.Unlock()
	if l == nil {
		return command.Refusal("Channel " + name + " is not setup for Async AGI.")
	}
	select {
	case l.queue <- r:
		return nil
	default:
		return command.Refusal("Failed to queue AGI command")
	}
}

// escape writes a text as the reference puts it into events: all but letters, digits
// and -_.!~*'() as % and two digits.
func escape(text string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(2 * len(text))
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.!~*'()", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
	}
	return b.String()
}
