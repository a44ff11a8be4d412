package tracing

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/octothorpe/octothorpe/internal/event"
)

// A call is a trace: the channels that began with one linked ID. Channels that
// change their linked ID later, because they meet those of another call, stay in
// the trace in which they began, and the two are linked.
type call struct {
	linked      string
	root        trace.Span
	ctx         context.Context
	legs, total int // channels: now, ever
}

// A leg is a channel and what it does now.
type leg struct {
	id, linked string
	call       *call
	span       trace.Span
	ctx        context.Context

	step     trace.Span // nil in none
	inStep   context.Context
	steps    int
	asked    trace.Span // a command of AGI, or nil
	asks     int
	told     int        // requests and events of ARI
	dial     trace.Span // in which the channel is being called, or nil
	bridge   trace.Span // or nil
	bridgeID string
}

// begin makes the span of a channel, and of its call if it is the first.
func (r *recorder) begin(s *event.Channel, at time.Time) *leg {
	c := r.calls[s.LinkedID]
	if c == nil {
		c = &call{linked: s.LinkedID}
		c.root = r.start(withTrace(TraceID(r.instance, s.LinkedID)), "call", at, trace.WithNewRoot(), trace.WithAttributes(
			text("call.linkedid", s.LinkedID), text("call.channel", s.Name), text("call.technology", s.Technology),
			number("call.caller.number", s.Caller), text("call.context", s.Context), text("call.exten", s.Exten)))
		c.ctx = trace.ContextWithSpan(context.Background(), c.root)
		r.calls[s.LinkedID] = c
	}
	c.legs++
	c.total++
	l := &leg{id: s.UniqueID, linked: s.LinkedID, call: c}
	l.span = r.start(c.ctx, "channel "+s.Technology, at, trace.WithAttributes(
		text("channel.name", s.Name), text("channel.uniqueid", s.UniqueID), text("channel.linkedid", s.LinkedID),
		text("channel.technology", s.Technology), attribute.Bool("channel.outgoing", s.Outgoing),
		number("channel.caller.number", s.Caller), text("channel.context", s.Context), text("channel.exten", s.Exten)))
	l.ctx = trace.ContextWithSpan(c.ctx, l.span)
	r.gone.forget(s.UniqueID)
	r.legs[s.UniqueID] = l
	return l
}

// leg returns the leg of a channel, or nil for none that is known. If its call has
// become part of another, it says so in both.
func (r *recorder) leg(s *event.Channel, at time.Time) *leg {
	if s == nil {
		return nil
	}
	l := r.legs[s.UniqueID]
	if l == nil || l.linked == s.LinkedID {
		return l
	}
	l.linked = s.LinkedID
	l.span.SetAttributes(text("channel.linkedid", s.LinkedID))
	l.span.AddEvent("joined another call", trace.WithTimestamp(at), trace.WithAttributes(text("call.linkedid", s.LinkedID)))
	if other := r.calls[s.LinkedID]; other != nil && other != l.call {
		l.span.AddLink(trace.Link{SpanContext: other.root.SpanContext()})
		other.root.AddLink(trace.Link{SpanContext: l.span.SpanContext()})
	}
	return l
}

// happened notes something that takes no time.
func (l *leg) happened(what string, at time.Time) { l.span.AddEvent(what, trace.WithTimestamp(at)) }

// hangup ends a channel, and its call if it is the last.
func (r *recorder) hangup(l *leg, e *event.Hangup, at time.Time) {
	s, c := e.Channel, l.call
	ending := []attribute.KeyValue{attribute.Int("channel.cause", e.Cause), text("channel.cause_text", e.CauseText)}
	l.span.SetAttributes(append(ending, text("channel.name", s.Name), number("channel.caller.number", s.Caller),
		text("channel.caller.name", name(s.Caller)), number("channel.connected.number", s.Connected), text("channel.accountcode", s.AccountCode),
		attribute.Int("channel.steps", l.steps), attribute.Int("channel.agi_commands", l.asks), attribute.Int("channel.ari_requests_and_events", l.told))...)
	if s.TechCause != 0 {
		l.span.SetAttributes(attribute.Int("channel.tech_cause", s.TechCause))
	}
	if abnormal(e.Cause) {
		l.span.SetStatus(codes.Error, e.CauseText)
	}
	if l.id == c.linked { // the channel that began it tells how the call ended
		c.root.SetAttributes(attribute.Int("call.cause", e.Cause), text("call.cause_text", e.CauseText))
		if abnormal(e.Cause) {
			c.root.SetStatus(codes.Error, e.CauseText)
		}
	}
	l.end(at)
	delete(r.legs, l.id)
	r.gone.remember(l.id, l.span, at)
	if c.legs--; c.legs == 0 {
		c.root.SetAttributes(attribute.Int("call.channels", c.total))
		c.root.End(trace.WithTimestamp(at))
		delete(r.calls, c.linked)
	}
}

// end ends the spans of a leg, the inner ones first.
func (l *leg) end(at time.Time) {
	for _, span := range []trace.Span{l.bridge, l.dial, l.asked, l.step, l.span} {
		if span != nil {
			span.End(trace.WithTimestamp(at))
		}
	}
	l.bridge, l.dial, l.asked, l.step = nil, nil, nil, nil
}

// abnormal reports whether a cause (ITU-T Q.850) means that something is wrong:
// not that nobody answered, or who did was busy. 127 is what remains of a call
// that its caller gave up.
func abnormal(cause int) bool {
	switch cause {
	case 0, 16, 17, 18, 19, 21, 26, 31, 127:
		return false
	}
	return true
}
