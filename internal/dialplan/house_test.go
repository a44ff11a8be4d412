package dialplan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/octothorpe/octothorpe/internal/channel"
	"github.com/octothorpe/octothorpe/internal/command"
	"github.com/octothorpe/octothorpe/internal/event"
	"github.com/octothorpe/octothorpe/internal/media"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// silentLeg is a technology that does nothing.
type silentLeg struct{}

func (silentLeg) Call(context.Context) error { return nil }
func (silentLeg) Answer() error              { return nil }
func (silentLeg) Indicate(media.Frame) error { return nil }
func (silentLeg) Write(media.Frame) error    { return nil }
func (silentLeg) WriteFormat() *media.Format { return nil }
func (silentLeg) Hangup(int)                 {}

// house is an exchange of an engine and a few applications.
type house struct {
	*Engine
	bus   *event.Bus
	mu    sync.Mutex
	steps []string // as the reference's log shows them
	names int
}

var errHangup = errors.New("hang up")

func newHouse(t testing.TB, text string) *house {
	t.Helper()
	bus := event.NewBus()
	log := slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelError}))
	plan, _ := loadText(t, text)
	h := &house{bus: bus}
	h.Engine = NewEngine(Config{Channels: channel.NewRegistry(bus, log, ""), Logger: log, Plan: plan})
	app := func(name string, run func(context.Context, *channel.Channel, string) error) {
		h.AddApplication(Application{Row: command.Row{Name: name}, Run: run})
	}
	app("NoOp", func(context.Context, *channel.Channel, string) error { return nil })
	app("Answer", func(_ context.Context, c *channel.Channel, _ string) error { return c.Answer() })
	app("Set", func(ctx context.Context, c *channel.Channel, data string) error {
		name, value, _ := strings.Cut(data, "=")
		return h.Assign(ctx, c, strings.TrimSpace(name), value)
	})
	app("Hangup", func(_ context.Context, c *channel.Channel, data string) error {
		cause, _ := strconv.Atoi(data)
		c.SetCause(max(cause, 16))
		if cause > 0 {
			c.SetCause(cause)
		}
		return errHangup
	})
	app("Wait", func(ctx context.Context, c *channel.Channel, data string) error {
		seconds, _ := strconv.Atoi(data)
		_, err := WaitDigit(ctx, c, time.Duration(seconds)*time.Second)
		return err
	})
	ending := func(cause int) func(context.Context, *channel.Channel, string) error {
		return func(_ context.Context, c *channel.Channel, _ string) error { c.SetCause(cause); return errHangup }
	}
	app("Busy", ending(channel.CauseUserBusy))
	app("Congestion", ending(channel.CauseCongestion))
	function := func(name string, read func(args string) (string, error)) {
		h.AddFunction(Function{Row: command.Row{Name: name}, Read: func(_ context.Context, _ *channel.Channel, args string) (string, error) { return read(args) }})
	}
	function("LEN", func(args string) (string, error) { return strconv.Itoa(len(args)), nil })
	function("MATH", func(args string) (string, error) {
		n, _, _ := strings.Cut(args, "+")
		i, err := strconv.Atoi(n)
		return strconv.Itoa(i + 1), err
	})
	return h
}

// watch records the steps of all channels.
func (h *house) watch(t testing.TB) {
	t.Cleanup(h.bus.Subscribe(event.Kinds(event.KindNewexten), func(s event.Stamped) {
		x := s.Event.(*event.Newexten) //nolint:forcetypeassert // the only kind that is asked for
		h.mu.Lock()
		defer h.mu.Unlock()
		h.steps = append(h.steps, fmt.Sprintf("[%s@%s:%d] %s(%s)", x.Extension, x.Channel.Context, x.Channel.Priority, x.Application, x.Data))
	}))
}

func (h *house) seen() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.steps...)
}

// leg makes a channel at exten@context.
func (h *house) leg(t testing.TB, place string) *channel.Channel {
	t.Helper()
	exten, context, _ := strings.Cut(place, "@")
	h.names++
	c, err := h.channels.New(channel.Config{Name: fmt.Sprintf("Test/%d", h.names), Technology: "Test", Leg: silentLeg{},
		Caller: event.Party{Number: event.Number{Valid: true, Text: "5551234"}}, Context: context, Exten: exten})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// dial is a key pressed on the leg.
func dial(c *channel.Channel, digits string) {
	for i := range len(digits) {
		c.Deliver(media.Frame{Kind: media.DTMFBegin, Digit: digits[i]})
		c.Deliver(media.Frame{Kind: media.DTMFEnd, Digit: digits[i], Duration: 100 * time.Millisecond})
	}
}
