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
	g      *Gateway
	c      *channel.Channel
	step   context.Context // of the application
	at     channel.Location
	queue  chan request
	woken  chan struct{} // one slot
	failed bool          // a command, which ends the session
}

// asyncKey is under what a leg keeps its queue of commands. It stays with the leg, as on the reference: what is asked
// between two sessions is done in the next one.
type asyncKey struct{}

// wait begins to take commands for a leg from the manager's clients.
func (g *Gateway) wait(s *session) link {
	queue, ok := s.c.Value(asyncKey{}).(chan request)
	if !ok {
		queue = make(chan request, asyncQueue)
		s.c.SetValue(asyncKey{}, queue)
	}
	return &asyncLink{g: g, c: s.c, step: s.step, at: s.c.Location(), queue: queue, woken: make(chan struct{}, 1)}
}

func (l *asyncLink) start(e *agi.Environment) error {
	if l.g.Bus.Wants(event.KindAsyncAGIStart) {
		l.g.Bus.Publish(&event.AsyncAGIStart{Channel: l.c.Snapshot(), Env: escape(string(e.Append(nil)))})
	}
	return nil
}

func (l *asyncLink) command() (request, error) {
	if l.step.Err() != nil { // what is queued stays so
		return request{}, os.ErrDeadlineExceeded
	}
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
	if l.g.Bus.Wants(event.KindAsyncAGIEnd) {
		told := *l.c.Snapshot()
		if l.step.Err() != nil { // who has redirected it has changed its place already
			told.Context, told.Exten, told.Priority = l.at.Context, l.at.Exten, l.at.Priority
		}
		l.g.Bus.Publish(&event.AsyncAGIEnd{Channel: &told})
	}
	if l.failed {
		return failure
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
	queue, _ := c.Value(asyncKey{}).(chan request)
	select {
	case queue <- r: // never, where there is none
		return nil
	default:
		return command.Refusal("Failed to add AGI command to queue of channel " + name)
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
