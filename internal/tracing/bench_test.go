package tracing

import (
	"context"
	"log/slog"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/octothorpe/octothorpe/internal/event"
)

// nowhere is an exporter that forgets.
type nowhere struct{}

func (nowhere) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error { return nil }
func (nowhere) Shutdown(context.Context) error                             { return nil }

func benchmark(b *testing.B, steps int) *event.Bus {
	b.Helper()
	g := Config{Settings: Settings{Enabled: true, Steps: steps, Data: true}, Bus: event.NewBus(), Logger: slog.New(slog.DiscardHandler), Instance: "here"}
	q := newQueue(nowhere{}, defaultQueue, g.Logger)
	tracer := begin(g, q)
	b.Cleanup(func() { tracer.cancel(); tracer.recorder.end(time.Now()); q.close(context.Background()) })
	b.ReportAllocs()
	return g.Bus
}

// BenchmarkStep is what a step of the dialplan costs while it becomes a span, and
// when it is beyond those that do.
func BenchmarkStep(b *testing.B) {
	for name, steps := range map[string]int{"span": 1 << 60, "counted": 1} {
		b.Run(name, func(b *testing.B) {
			bus := benchmark(b, steps)
			c := channel("Local/1", "1.0")
			bus.Publish(&event.Newchannel{Channel: c})
			step := exten(c, 1, "Set", "I=1")
			for b.Loop() {
				bus.Publish(step)
			}
		})
	}
}

// BenchmarkCall is a channel of five steps.
func BenchmarkCall(b *testing.B) {
	bus := benchmark(b, defaultSteps)
	c := channel("Local/1", "1.0")
	step := exten(c, 1, "Set", "I=1")
	for b.Loop() {
		bus.Publish(&event.Newchannel{Channel: c})
		for range 5 {
			bus.Publish(step)
		}
		bus.Publish(&event.Hangup{Channel: c, Cause: 16, CauseText: "Normal Clearing"})
	}
}
