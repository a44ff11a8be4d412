package tracing

import (
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/octothorpe/octothorpe/internal/event"
)

// ask begins a command of AGI, within the step that runs the program. There are as many as
// there may be steps; a program can ask for ever.
func (r *recorder) ask(l *leg, e *event.AGIExecStart, at time.Time) {
	l.asks++
	if l.asks > r.settings.Steps || !l.span.IsRecording() {
		return
	}
	name := "AGI"
	if e.Name != "" {
		name += " " + e.Name
	}
	list := []attribute.KeyValue{text("agi.command.id", e.CommandID)}
	if r.settings.Data {
		list = append(list, text("agi.command", e.Command))
	}
	if l.asked != nil { // nobody told of its end
		l.asked.End(trace.WithTimestamp(at))
	}
	l.asked = r.start(l.within(), name, at, trace.WithAttributes(list...))
}

// told ends it.
func (l *leg) answered(e *event.AGIExecEnd, at time.Time) {
	if l.asked == nil {
		return
	}
	l.asked.SetAttributes(attribute.Int("agi.result.code", e.ResultCode), text("agi.result", e.Result))
	if e.ResultCode != 200 {
		l.asked.SetStatus(codes.Error, clean(e.Result))
	}
	l.asked.End(trace.WithTimestamp(at))
	l.asked = nil
}
