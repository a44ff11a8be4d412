package call_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"

	"github.com/octothorpe/octothorpe/internal/bridge"
	"github.com/octothorpe/octothorpe/internal/call"
	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/channel/channeltest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// plan is a dialplan in which a leg waits until somebody wants it elsewhere, and
// the extension "gone" does not exist.
type plan struct {
	x  *channeltest.Exchange
	mu sync.Mutex
	at []string // where legs were, in order
}

func (p *plan) note(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at = append(p.at, fmt.Sprintf(format, args...))
}

func (p *plan) seen() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return fmt.Sprint(p.at)
}

func (p *plan) Exists(l channel.Location, _ string) bool { return l.Exten != "gone" }

func (p *plan) Start(c *channel.Channel) { p.x.Go(c.Name(), func() { p.Run(c) }) }

func (p *plan) Run(c *channel.Channel) {
	c.SetRunsDialplan(true)
	defer c.End()
	for {
		p.note("%s at %s", c.Name(), c.Location().Exten)
		<-c.Context().Done()
		i, ok := c.TakeInterrupt()
		if !ok {
			return
		}
		if i.Errand != nil {
			i.Errand(c.Context(), c)
		}
		if i.Location != nil {
			c.SetLocation(*i.Location)
		}
		if c.HungUp() {
			return
		}
	}
}

func (p *plan) Execute(ctx context.Context, c *channel.Channel, application, data string) error {
	p.note("%s runs %s(%s)", c.Name(), application, data)
	<-ctx.Done()
	return context.Cause(ctx)
}

// house is an exchange with calls.
type house struct {
	*channeltest.Exchange
	*call.Calls
	plan *plan
}

func in(t *testing.T, behave func(destination string, c *channeltest.Channel), test func(t *testing.T, h *house)) {
	t.Helper()
	channeltest.In(t, func(t *testing.T, x *channeltest.Exchange) {
		x.Register(&channeltest.Driver{Exchange: x, Behave: behave})
		p := &plan{x: x}
		bridges := bridge.NewRegistry(x.Registry)
		test(t, &house{x, &call.Calls{Channels: x.Registry, Bridges: bridges, Dialplan: p, Logger: slog.New(slog.DiscardHandler)}, p})
	})
}

// started makes a leg whose dialplan runs at an extension.
func (h *house) started(t *testing.T, exten string) *channeltest.Channel {
	t.Helper()
	c := h.Leg(t, &channeltest.Leg{})
	c.SetLocation(channel.Location{Context: "test", Exten: exten, Priority: 1})
	h.plan.Start(c.Channel)
	return c
}

func (p *plan) Farewell(c *channel.Channel) { p.note("%s says goodbye", c.Name()) }
