package tracing

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/octothorpe/octothorpe/internal/event"
)

// step begins a step of the dialplan, which lasts until the next.
func (r *recorder) step(l *leg, e *event.Newexten, at time.Time) {
	if l.step != nil {
		l.step.End(trace.WithTimestamp(at))
		l.step = nil
	}
	l.steps++
	if l.steps > r.settings.Steps || !l.span.IsRecording() {
		return
	}
	s := e.Channel
	list := []attribute.KeyValue{text("dialplan.application", e.Application), text("dialplan.context", s.Context),
		text("dialplan.exten", e.Extension), attribute.Int("dialplan.priority", s.Priority)}
	if r.settings.Data {
		list = append(list, text("dialplan.data", e.Data))
	}
	l.step = r.start(l.ctx, e.Application, at, trace.WithAttributes(list...))
	l.inStep = trace.ContextWithSpan(l.ctx, l.step)
}

// within is the context of what a leg does now: its step's, or its own.
func (l *leg) within() context.Context {
	if l.step != nil {
		return l.inStep
	}
	return l.ctx
}

// dial begins the calling of a leg, within the step of who calls.
func (r *recorder) dial(e *event.DialBegin, at time.Time) {
	peer := r.leg(e.Peer, at)
	if peer == nil {
		return
	}
	if peer.dial != nil {
		peer.dial.End(trace.WithTimestamp(at))
	}
	ctx := peer.call.ctx
	if caller := r.leg(e.Channel, at); caller != nil {
		ctx = caller.within()
	}
	peer.dial = r.start(ctx, "dial", at, trace.WithAttributes(text("dial.string", e.DialString),
		text("dial.channel.name", e.Peer.Name), text("dial.channel.uniqueid", e.Peer.UniqueID)))
}

// dialled ends it.
func (r *recorder) dialled(e *event.DialEnd, at time.Time) {
	peer := r.leg(e.Peer, at)
	if peer == nil || peer.dial == nil {
		return
	}
	peer.dial.SetAttributes(text("dial.status", e.Status))
	if e.Forward != "" {
		peer.dial.SetAttributes(text("dial.forward", e.Forward))
	}
	if e.Status == "CHANUNAVAIL" || e.Status == "CONGESTION" {
		peer.dial.SetStatus(codes.Error, e.Status)
	}
	peer.dial.End(trace.WithTimestamp(at))
	peer.dial = nil
}

// enter begins the time of a leg in a bridge.
func (r *recorder) enter(l *leg, b *event.Bridge, at time.Time) {
	if l.bridge != nil {
		l.bridge.End(trace.WithTimestamp(at))
	}
	l.bridgeID = b.ID
	l.bridge = r.start(l.within(), "bridge", at, trace.WithAttributes(text("bridge.id", b.ID), text("bridge.type", b.Type),
		text("bridge.technology", b.Technology), text("bridge.creator", b.Creator), text("bridge.name", b.Name)))
}

// leave ends it.
func (l *leg) leave(b *event.Bridge, at time.Time) {
	if l.bridge == nil || l.bridgeID != b.ID {
		return
	}
	if b.Technology != "" { // it may have been another in the beginning
		l.bridge.SetAttributes(text("bridge.technology", b.Technology))
	}
	l.bridge.End(trace.WithTimestamp(at))
	l.bridge = nil
}
