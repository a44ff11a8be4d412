package tracing

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/octothorpe/octothorpe/internal/event"
)

// request tells a request of ARI, which has been answered: below the channel that it was about,
// if there was one, and within what that did then. There are as many for each channel as there
// may be steps, those of events with them; programs can ask for ever.
func (r *recorder) request(e *event.ARIRequest) {
	ctx, o, ok := r.place(e.Channel, e.Ended)
	if !ok {
		return
	}
	if e.Parent != "" { // who asked has a trace of its own
		asked := propagation.TraceContext{}.Extract(context.Background(), propagation.MapCarrier{"traceparent": e.Parent})
		if span := trace.SpanContextFromContext(asked); span.IsValid() {
			o = append(o, trace.WithLinks(trace.Link{SpanContext: span}))
		}
	}
	over := "http"
	if e.WebSocket {
		over = "websocket"
	}
	span := r.start(ctx, e.Operation, e.Began, append(o, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
		text("ari.operation", e.Operation), text("ari.over", over), attribute.Int("http.response.status_code", e.Status)))...)
	if e.Status >= http.StatusInternalServerError { // others are the program's business
		span.SetStatus(codes.Error, strconv.Itoa(e.Status)+" "+http.StatusText(e.Status))
	}
	span.End(trace.WithTimestamp(e.Ended))
}

// notice tells that an application was told something.
func (r *recorder) notice(e *event.ARIEvent) {
	ctx, o, ok := r.place(e.Channel, e.Told)
	if !ok {
		return
	}
	r.start(ctx, e.Name, e.Happened, append(o, trace.WithSpanKind(trace.SpanKindProducer), trace.WithAttributes(
		text("ari.event", e.Name), text("ari.application", e.Application), attribute.Int("ari.clients", e.Clients),
		attribute.Int("ari.bytes", e.Bytes)))...).End(trace.WithTimestamp(e.Told))
}

// place is where a span about a channel goes: what is about none is a trace of its own. ok is
// false where there are enough, or it is a channel that nobody knows.
func (r *recorder) place(s *event.Channel, at time.Time) (ctx context.Context, o []trace.SpanStartOption, ok bool) {
	if s == nil {
		var id trace.TraceID
		for i := range id {
			id[i] = byte(rand.Uint32())
		}
		return withTrace(id), []trace.SpanStartOption{trace.WithNewRoot()}, true
	}
	if l := r.leg(s, at); l != nil {
		l.told++
		return l.within(), nil, l.told <= r.settings.Steps
	}
	ctx, ok = r.gone.find(s.UniqueID)
	return ctx, nil, ok
}
