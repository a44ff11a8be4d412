package tracing

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// gone are the channels that ended lately: the BYE of a call is answered, or given
// up, after its channel is gone.
type gone struct {
	spans map[string]trace.SpanContext // by unique ID
	order []departure                  // the oldest first
}

type departure struct {
	id string
	at time.Time
}

// How long channels are remembered: a SIP transaction lasts 32 seconds at most
// (RFC 3261 timer F). And how many.
const (
	remembered = 40 * time.Second
	mostGone   = 4096
)

func newGone() gone { return gone{spans: map[string]trace.SpanContext{}} }

// remember adds a channel, and forgets those that ended too long ago.
func (g *gone) remember(id string, span trace.Span, at time.Time) {
	g.spans[id] = span.SpanContext()
	g.order = append(g.order, departure{id, at})
	n := 0
	for n < len(g.order) && (len(g.order)-n > mostGone || at.Sub(g.order[n].at) > remembered) {
		delete(g.spans, g.order[n].id)
		n++
	}
	g.order = g.order[n:]
}

func (g *gone) find(id string) (context.Context, bool) {
	span, ok := g.spans[id]
	return trace.ContextWithSpanContext(context.Background(), span), ok
}

// forget makes room for a channel to which a client gave an ID again.
func (g *gone) forget(id string) { delete(g.spans, id) }
