package tracing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/octothorpe/octothorpe/internal/event"
)

// A Tracer makes traces of calls until it is closed.
type Tracer struct {
	provider *sdktrace.TracerProvider
	recorder *recorder
	client   *client
	queue    *queue
	cancel   func() // of the subscription
}

// Config is what a tracer needs.
type Config struct {
	Settings Settings
	Bus      *event.Bus
	Logger   *slog.Logger
	Version  string // of the exchange
	// Instance tells this exchange from others, in service.instance.id and in the
	// IDs of traces: its systemname, or its host's name.
	Instance string
}

// Start begins to trace. It returns nil if the environment says not to, and an
// error if it says what can't be honoured.
func Start(g Config) (*Tracer, error) {
	d, err := readEnvironment(g.Settings.Endpoint)
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	if d.off {
		return nil, nil //nolint:nilnil // to be off is no error
	}
	// What the SDK finds wrong in the environment it says nowhere else.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { g.Logger.Warn("traces", "error", err) }))
	c := newClient(d)
	q := newQueue(otlptrace.NewUnstarted(c), d.queue, g.Logger)
	t := begin(g, q)
	t.client, t.queue = c, q
	return t, nil
}

// begin has what spans there are go to a processor.
func begin(g Config, p sdktrace.SpanProcessor) *Tracer {
	about := describe(g)
	limits := sdktrace.NewSpanLimits()
	if limits.AttributeValueLengthLimit < 0 {
		limits.AttributeValueLengthLimit = longest
	}
	t := &Tracer{provider: sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(p), sdktrace.WithIDGenerator(identities{}),
		sdktrace.WithResource(about), sdktrace.WithRawSpanLimits(limits))}
	instance, _ := about.Set().Value("service.instance.id")
	t.recorder = newRecorder(g.Settings, t.provider.Tracer("github.com/octothorpe/octothorpe/internal/tracing"), instance.AsString())
	t.cancel = g.Bus.Subscribe(kinds(g.Settings), t.recorder.take)
	return t
}

// longest is how many characters of an attribute are told unless
// OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT says otherwise.
const longest = 4096

// describe says who makes the traces. OTEL_SERVICE_NAME and
// OTEL_RESOURCE_ATTRIBUTES come first.
func describe(g Config) *resource.Resource {
	r, err := resource.New(context.Background(), resource.WithTelemetrySDK(),
		resource.WithAttributes(attribute.String("service.name", "octothorpe"), attribute.String("service.version", g.Version),
			attribute.String("service.instance.id", g.Instance)),
		resource.WithFromEnv())
	if err != nil && g.Logger != nil {
		g.Logger.Warn("traces", "error", err)
	}
	return r
}

// Patience is how long Close waits for the collector.
const Patience = 2 * time.Second

// Close ends the spans of calls that run still and sends what waits, until ctx
// ends or for Patience. A nil Tracer is closed.
func (t *Tracer) Close(ctx context.Context) {
	if t == nil {
		return
	}
	t.cancel()
	t.recorder.end(time.Now())
	ctx, cancel := context.WithTimeoutCause(ctx, Patience, errors.New("the collector is too slow"))
	defer cancel()
	if t.queue != nil {
		t.queue.close(ctx)
	}
	_ = t.provider.Shutdown(ctx) // its one processor has been shut down
}

// Spans counts what became of spans.
type Spans struct {
	Delivered   uint64 // to the collector
	Dropped     uint64 // because too many waited
	Undelivered uint64 // because sending failed
	Refused     uint64 // by the collector
	Waiting     int64  // now
}

// Spans returns the counters. Those of a nil Tracer are 0.
func (t *Tracer) Spans() Spans {
	if t == nil || t.queue == nil {
		return Spans{}
	}
	q := t.queue
	return Spans{Delivered: q.delivered.Load(), Dropped: q.dropped.Load(), Undelivered: q.undelivered.Load(),
		Refused: t.client.refused.Load(), Waiting: q.waiting.Load()}
}
