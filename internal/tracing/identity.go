package tracing

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"

	"go.opentelemetry.io/otel/trace"
)

// TraceID returns the trace of a call: the first half of the SHA-256 of
// "instance/linkedid". Who knows the linked ID, from a call record, say, knows
// where to look; and channels that come late find the trace of their call.
func TraceID(instance, linkedID string) trace.TraceID {
	sum := sha256.Sum256([]byte(instance + "/" + linkedID))
	return trace.TraceID(sum[:16])
}

// identities is the sdktrace.IDGenerator: the trace ID comes with the context,
// span IDs by chance.
type identities struct{}

type traceKey struct{}

// withTrace says which trace a span that begins one has.
func withTrace(id trace.TraceID) context.Context {
	return context.WithValue(context.Background(), traceKey{}, id)
}

// NewIDs implements sdktrace.IDGenerator.
func (g identities) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	id, _ := ctx.Value(traceKey{}).(trace.TraceID)
	return id, g.NewSpanID(ctx, id)
}

// NewSpanID implements sdktrace.IDGenerator.
func (identities) NewSpanID(context.Context, trace.TraceID) (id trace.SpanID) {
	for !id.IsValid() {
		binary.BigEndian.PutUint64(id[:], rand.Uint64())
	}
	return id
}
