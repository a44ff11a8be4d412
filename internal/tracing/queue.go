package tracing

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// A queue stands before and behind the SDK's batch processor. Before it it counts
// the spans that wait or are on their way, and drops what is too much: the
// processor would drop, too, and tell nobody. Behind it it is the exporter, which
// takes back what was counted.
type queue struct {
	sdktrace.SpanProcessor // the batch processor, set before the first span
	next                   sdktrace.SpanExporter
	limit                  int64
	log                    *slog.Logger

	ctx    context.Context // of sending; ends when Close has waited long enough
	cancel context.CancelFunc

	waiting                         atomic.Int64
	dropped, delivered, undelivered atomic.Uint64
	complained                      time.Time // of the processor's goroutine
}

func newQueue(next sdktrace.SpanExporter, limit int, log *slog.Logger) *queue {
	q := &queue{next: next, limit: int64(limit), log: log}
	q.ctx, q.cancel = context.WithCancel(context.Background())
	q.SpanProcessor = sdktrace.NewBatchSpanProcessor(outlet{q}, sdktrace.WithMaxQueueSize(limit))
	return q
}

// OnEnd implements sdktrace.SpanProcessor. It never waits.
func (q *queue) OnEnd(s sdktrace.ReadOnlySpan) {
	if !s.SpanContext().IsSampled() {
		return
	}
	if q.waiting.Add(1) > q.limit {
		q.waiting.Add(-1)
		q.dropped.Add(1)
		return
	}
	q.SpanProcessor.OnEnd(s)
}

// close sends what waits, until ctx ends. What is left then is counted.
func (q *queue) close(ctx context.Context) {
	stop := context.AfterFunc(ctx, q.cancel)
	defer stop()
	// Not with ctx: sending ends with that, and then the processor, for which this waits.
	if err := q.SpanProcessor.Shutdown(context.WithoutCancel(ctx)); err != nil {
		q.log.Debug("traces did not end well", "error", err)
	}
	q.cancel()
	q.dropped.Add(uint64(q.waiting.Swap(0)))
}

// outlet is a queue as the exporter of its processor.
type outlet struct{ q *queue }

// pausing is how long one complaint about the collector holds.
const pausing = time.Minute

// ExportSpans implements sdktrace.SpanExporter. Failures are counted and told
// here: the SDK would write each of them to the standard error output.
func (o outlet) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	q := o.q
	defer q.waiting.Add(-int64(len(spans)))
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(q.ctx, cancel)
	defer stop()
	err := q.next.ExportSpans(ctx, spans)
	if err == nil {
		q.delivered.Add(uint64(len(spans)))
		if !q.complained.IsZero() {
			q.complained = time.Time{}
			q.log.Info("traces reach their collector again")
		}
		return nil
	}
	q.undelivered.Add(uint64(len(spans)))
	if now := time.Now(); now.Sub(q.complained) >= pausing {
		q.complained = now
		q.log.Warn("traces don't reach their collector", "spans", len(spans), "error", err)
	}
	return nil
}

// Shutdown implements sdktrace.SpanExporter.
func (o outlet) Shutdown(ctx context.Context) error { return o.q.next.Shutdown(ctx) }
